"""docs/editors.md: its configurations can be read, name settings that there are, and those of editors that are here work."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hullcheck.lsp.settings import Settings, camel, read

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "editors.md"
DOCKERFILE = "FROM debian:12\nADD app.py /srv/app.py\nUSER root\n"


def snippets(heading: str, language: str) -> list[str]:
    """The examples in a language below a heading of the page."""
    section = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert section is not None, heading
    found = re.findall(rf"^```{language}\n(.*?)^```$", section[1], re.MULTILINE | re.DOTALL)
    assert found, (heading, language)
    return found


def test_the_settings_are_described() -> None:
    section = PAGE.read_text().partition("\n## Settings\n")[2].partition("\n## ")[0]
    named = {name for row in re.findall(r"^\| (.*?) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert named == set(map(camel, Settings._fields))


def test_settings_that_are_shown_are_there() -> None:
    said = [json.loads(text) for heading in ("VS Code", "Zed", "JetBrains") for text in snippets(heading, "json")]
    shown = [
        {name.removeprefix("hullcheck."): value for name, value in said[0].items() if name.startswith("hullcheck.")},
        said[1]["glspc.server.initializationOptions"],
        said[2]["lsp"]["hullcheck"]["settings"]["hullcheck"],
        said[3]["hullcheck"],
        tomllib.loads(snippets("Helix", "toml")[0])["language-server"]["hullcheck"]["config"]["hullcheck"],
    ]
    for settings in shown:
        assert settings
        assert read(settings)[1] == []


def test_commands_that_are_shown_start_the_server() -> None:
    helix = tomllib.loads(snippets("Helix", "toml")[0])
    server = helix["language-server"]["hullcheck"]
    assert [server["command"], *server["args"]] == ["hullcheck", "lsp"]
    assert all("hullcheck" in row["language-servers"] for row in helix["language"])
    zed = [tomllib.loads(text) for text in snippets("Zed", "toml")]
    assert list(zed[0]["language_servers"]) == ["hullcheck"]
    generic = json.loads(snippets("VS Code", "json")[1])
    assert [generic["glspc.server.command"], *generic["glspc.server.commandArguments"]] == ["hullcheck", "lsp"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "compose.yaml").write_text("services:\n  api:\n    build: .\n    privileged: true\n")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


def run(command: list[str], folder: Path) -> str:
    """What an editor prints, with this hullcheck first on the PATH and nothing of the user's configuration."""
    programs = str(Path(sys.executable).parent)
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    env = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(home)}
    env |= {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    ended = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL
    )
    return ended.stdout + ended.stderr


def program(name: str, variable: str) -> str:
    if shutil.which("hullcheck", path=str(Path(sys.executable).parent)) is None:
        pytest.skip("this Python has no hullcheck beside it to start")
    found = os.environ.get(variable) or shutil.which(name)
    if not found:
        pytest.skip(f"there is no {name} to try the configuration with")
    return found


NEOVIM_WAITS = """
vim.cmd("edit Dockerfile")
vim.bo.filetype = "dockerfile"
local function codes(buffer)
  local found = {}
  for _, each in ipairs(vim.diagnostic.get(buffer)) do found[tostring(each.code)] = true end
  return found
end
vim.wait(60000, function() return codes(0)["root-user"] end, 50)
for code in pairs(codes(0)) do io.stdout:write("told ", code, "\\n") end
vim.api.nvim_buf_set_lines(0, 2, 3, false, { "USER 10001" })
vim.wait(60000, function() return not codes(0)["root-user"] end, 50)
for code in pairs(codes(0)) do io.stdout:write("then ", code, "\\n") end
vim.cmd("qall!")
"""


@pytest.mark.parametrize("number", [0, 1])
def test_neovim(repository: Path, number: int) -> None:
    nvim = program("nvim", "NVIM")
    version = re.search(
        r"v(\d+)\.(\d+)", subprocess.run([nvim, "--version"], capture_output=True, text=True, check=True).stdout
    )
    assert version is not None
    if (int(version[1]), int(version[2])) < ((0, 11), (0, 8))[number]:
        pytest.skip(f"Neovim {version[0]} is too old for this configuration")
    (repository.parent / "init.lua").write_text(snippets("Neovim", "lua")[number])
    (repository.parent / "wait.lua").write_text(NEOVIM_WAITS)
    shown = run([nvim, "--headless", "-u", "../init.lua", "-c", "luafile ../wait.lua"], repository)
    assert {"told root-user", "told add-instead-of-copy"} <= set(shown.splitlines()), shown
    assert "then add-instead-of-copy" in shown.splitlines(), shown
    assert "then root-user" not in shown, shown


EMACS_WAITS = """
(require 'package)
(add-to-list 'package-directory-list "/usr/share/emacs/site-lisp/elpa") ; where Debian has them
(package-initialize)
(unless (and (require 'eglot nil t) (require 'dockerfile-mode nil t))
  (princ "missing\\n")
  (kill-emacs 0))
(load (expand-file-name "../init.el") nil t)
(setq eglot-sync-connect 30 eglot-connect-timeout 60)
(find-file "Dockerfile")
(dockerfile-mode)
(apply #'eglot--connect (eglot--guess-contact))
(defun codes () (mapconcat #'flymake-diagnostic-text (flymake-diagnostics) "\\n"))
(defun wait (so) (let ((end (+ (float-time) 60)))
  (while (and (not (funcall so)) (< (float-time) end)) (accept-process-output nil 0.05))))
(wait (lambda () (string-match-p "runs as root" (codes))))
(princ (format "TOLD\\n%s\\n" (codes)))
(goto-char (point-min))
(search-forward "USER root")
(replace-match "USER 10001")
(eglot--signal-textDocument/didChange)
(wait (lambda () (not (string-match-p "runs as root" (codes)))))
(princ (format "THEN\\n%s\\n" (codes)))
(set-buffer-modified-p nil)
(kill-emacs 0)
"""


def test_emacs(repository: Path) -> None:
    emacs = program("emacs", "EMACS")
    (repository.parent / "init.el").write_text(snippets("Emacs", "elisp")[0])
    (repository.parent / "wait.el").write_text(EMACS_WAITS)
    shown = run([emacs, "-Q", "--batch", "-l", "../wait.el"], repository)
    if shown.strip().endswith("missing"):
        pytest.skip("this Emacs has no eglot or no dockerfile-mode")
    told, _, then = shown.partition("THEN")
    assert "runs as root" in told, shown
    assert "ADD" in then, shown
    assert "runs as root" not in then, shown
