"""Names that are no UTF-8, or that would speak to a terminal, a log, a shell or a runner."""

import json
import os
import xml.dom.minidom
from pathlib import Path

import pytest

from gitrepo import Repo
from process import run

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no such names there")

PRIVILEGED = "services:\n  w:\n    image: nginx:1.27\n    privileged: true\n"
FORMATS = ("full", "concise", "json", "sarif", "sarif-full", "github", "markdown", "gitlab", "junit", "rdjson", "html")

NAMES = (b"caf\xe9", b"\xff\xfe", b"new\nline", b"esc\x1b[31m", b"a:1:2", b"c:\\x", b"::error::x", b"%41 #?&<>\"'", b" ", b"-rf",
         "\u202ex".encode(), b"\r", b"`x`|y", b"##[group]", b"]]>")  # fmt: skip


def named(folder: Path) -> None:
    for name in NAMES:
        os.mkdir(os.fsencode(folder) + b"/" + name)
        with open(os.fsencode(folder) + b"/" + name + b"/compose.yaml", "wb") as file:
            file.write(PRIVILEGED.encode())


@pytest.mark.parametrize("form", FORMATS)
def test_names_in_every_format(tmp_path: Path, form: str) -> None:
    try:
        named(tmp_path)
    except OSError:
        pytest.skip("this file system has no such names")
    done = run(tmp_path, "check", "--output-format", form)
    assert done.code == 1
    assert "\x1b" not in done.out + done.error
    assert "\u202e" not in done.out or form in ("json", "gitlab", "rdjson"), "written out, or as JSON has it"
    assert not [line for line in done.out.splitlines() if line.startswith("::error::x")]
    if form in ("json", "sarif", "sarif-full", "gitlab", "rdjson"):
        assert done.out.count("privileged") >= len(NAMES)
        json.loads(done.out)
    elif form == "junit":
        xml.dom.minidom.parseString(done.out.encode())
    elif form == "concise":
        assert sum("[privileged]" in line for line in done.out.split("\n")) == len(NAMES)
    if form in ("sarif", "sarif-full"):
        results = json.loads(done.out)["runs"][0]["results"]
        uris = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results}
        assert {"caf%E9/compose.yaml", "new%0Aline/compose.yaml", "%FF%FE/compose.yaml"} <= uris


@pytest.mark.parametrize(
    "command", [("files",), ("show",), ("map",), ("check", "--diff"), ("check", "--statistics", "-v")]
)
def test_names_in_every_command(tmp_path: Path, command: tuple[str, ...]) -> None:
    named(tmp_path)
    done = run(tmp_path, *command)
    assert done.code in (0, 1)
    assert "\x1b" not in done.out + done.error
    assert "caf\\udce9" in done.out


def test_names_on_the_command_line_and_in_messages(tmp_path: Path) -> None:
    named(tmp_path)
    assert run(tmp_path, "check", "--", *map(os.fsdecode, NAMES)).code == 1
    assert run(tmp_path, "check", "--", os.fsdecode(NAMES[0])).code == 1
    done = run(tmp_path, "check", "no\x1b[31m\nsuch\udce9")
    assert done == (2, "", "hullcheck: no such file or folder: no\\x1b[31m\\nsuch\\udce9\n")


def test_names_are_told_apart_in_a_baseline(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are kept: they don't all become the same sign."""
    named(tmp_path)
    assert run(tmp_path, "baseline", "create", "b.json").code == 0
    assert run(tmp_path, "check", "--baseline", "b.json", "--ignore", "unused-suppression").code == 0
    os.mkdir(os.fsencode(tmp_path) + b"/caf\xe8")
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe8")) / "compose.yaml").write_text(PRIVILEGED)
    assert run(tmp_path, "check", "--baseline", "b.json", "--select", "privileged").code == 1


def test_names_in_a_history(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "versioned")
    named(repo.folder)
    repo.commit()
    assert run(repo.folder, "check", "--gate", "--diff-base", "HEAD").code == 0
    with open(os.fsencode(repo.folder) + b"/caf\xe9/compose.yaml", "ab") as file:
        file.write(b"    pid: host\n")
    done = run(repo.folder, "check", "--gate", "--diff-base", "HEAD", "--output-format", "concise")
    assert done.code == 1
    assert [line.split(":")[0] for line in done.out.splitlines()] == ["caf\\udce9/compose.yaml"]
    repo.commit()
    for name in NAMES:
        os.unlink(os.fsencode(repo.folder) + b"/" + name + b"/compose.yaml")
    done = run(repo.folder, "check", "--diff-base", "HEAD", "--allow-no-files")
    assert (done.code, done.error) == (
        0,
        "hullcheck: nothing to check: no Dockerfile, Compose file, Kubernetes manifest or development container found\n",
    )
    assert run(repo.folder, "show", "--diff-base", "HEAD").code == 0
    assert run(repo.folder, "map", "--diff-base", "HEAD").code == 0
