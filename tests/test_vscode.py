"""The extension for VS Code: its settings are the server's, what it ships is in order, and its own tests pass."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hullcheck import __version__
from hullcheck.lsp.settings import Settings, camel, read

FOLDER = Path(__file__).parent.parent / "editors" / "vscode"
PACKAGE: dict[str, Any] = json.loads((FOLDER / "package.json").read_text())
PROPERTIES: dict[str, dict[str, Any]] = PACKAGE["contributes"]["configuration"]["properties"]
OF_SERVER = {name.removeprefix("hullcheck."): told for name, told in PROPERTIES.items() if name != "hullcheck.path"}


def test_settings_are_those_of_the_server() -> None:
    assert sorted(OF_SERVER) == sorted(map(camel, Settings._fields))


@pytest.mark.parametrize("name", Settings._fields)
def test_a_setting_has_the_type_and_the_default_of_the_server(name: str) -> None:
    told, default = OF_SERVER[camel(name)], Settings._field_defaults[name]
    kinds = {bool: "boolean", str: "string", tuple: "array"}
    types = told["type"] if isinstance(told["type"], list) else [told["type"]]
    assert types[0] == kinds[type(default)]
    assert told["default"] == (list(default) if isinstance(default, tuple) else default)
    assert told["scope"] == "resource"
    assert told["markdownDescription"].endswith(".")
    for value in told.get("enum", []):
        assert read({camel(name): value})[1] == [], value
    objects = {"some": "value", "on": True, "port": 1}
    assert (read({camel(name): objects})[1] == []) == ("object" in types)


@pytest.mark.parametrize("name", [name for name, told in OF_SERVER.items() if "enum" in told])
def test_a_choice_has_all_that_the_server_takes(name: str) -> None:
    (wrong,) = read({name: "no such value"})[1]
    taken = wrong.partition("must be one of ")[2].split(", ")
    assert OF_SERVER[name]["enum"] == ["", *taken]


def test_no_choice_of_the_server_is_left_open() -> None:
    for name in set(OF_SERVER) - {name for name, told in OF_SERVER.items() if "enum" in told}:
        assert not any("must be one of" in wrong for wrong in read({name: "no such value"})[1]), name


def test_a_repository_cannot_say_what_is_run() -> None:
    assert PROPERTIES["hullcheck.path"]["scope"] == "machine"
    untrusted = PACKAGE["capabilities"]["untrustedWorkspaces"]
    assert untrusted["supported"] == "limited"
    files = ("config", "baseline", "env_file", "values")
    assert all(name in Settings._fields for name in files)
    own = ["hullcheck.path", *(f"hullcheck.{camel(name)}" for name in files)]
    assert untrusted["restrictedConfigurations"] == own


def test_the_version_is_one_that_the_extension_takes() -> None:
    oldest = re.search(r'OLDEST = "([\d.]+)"', (FOLDER / "src" / "version.ts").read_text())
    assert oldest is not None
    assert [int(part) for part in oldest[1].split(".")] <= [int(part) for part in __version__.split(".")[:3]]


def test_the_picture_is_what_its_script_draws() -> None:
    script = _script(FOLDER / "scripts" / "icon.py")
    assert script.rows_of((FOLDER / "icon.png").read_bytes()) == script.pixels()


def test_the_lock_names_no_host_and_fits_the_package() -> None:
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    assert not [name for name, row in lock["packages"].items() if "resolved" in row]
    assert all("integrity" in row for name, row in lock["packages"].items() if name and not row.get("link"))
    assert lock["packages"][""]["devDependencies"] == PACKAGE["devDependencies"]
    assert lock["version"] == PACKAGE["version"]


def test_the_licence_is_the_project_s() -> None:
    assert (FOLDER / "LICENSE").read_text() == (FOLDER.parent.parent / "LICENSE").read_text()


def test_what_is_fetched_or_built_is_not_kept() -> None:
    ignored = (FOLDER / ".gitignore").read_text().split()
    assert {"node_modules/", "out/", "*.vsix"} <= set(ignored)


def test_its_own_tests(tmp_path: Path) -> None:
    """`npm test`: types, bundle, and the extension in a window that isn't there, with this hullcheck."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm")
    if not (FOLDER / "node_modules" / "typescript").is_dir():
        pytest.skip("the extension's packages aren't there: `npm ci` in editors/vscode")
    program = shutil.which("hullcheck", path=str(Path(sys.executable).parent))
    env = {**_environment(), "HULLCHECK": program or "", "XDG_CACHE_HOME": str(tmp_path)}
    run = subprocess.run([npm, "test"], cwd=FOLDER, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
    counts = dict(re.findall(r"^# (pass|fail|skipped) (\d+)$", run.stdout, re.MULTILINE))
    assert int(counts["pass"]) > 30
    assert program is None or counts["skipped"] == "0", run.stdout[-5000:]
    # After the tests, not beside them: both build the bundle anew.
    packed = tmp_path / "hullcheck.vsix"
    _npm([npm, "exec", "--", "vsce", "package", "--no-dependencies", "--out", str(packed)], env)
    with zipfile.ZipFile(packed) as archive:
        shipped = sorted(
            name.removeprefix("extension/") for name in archive.namelist() if name.startswith("extension/")
        )
        bundle = archive.read("extension/out/extension.js").decode()
    texts = ["LICENSE.txt", "changelog.md", "readme.md"]
    assert shipped == sorted([*texts, "icon.png", "package.json", "out/THIRD-PARTY.txt", "out/extension.js"])
    assert len(bundle) < 1_000_000
    assert str(FOLDER) not in bundle


def _npm(command: list[str], env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    run = subprocess.run(command, cwd=FOLDER, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
    return run


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("npm_")}


def _script(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
