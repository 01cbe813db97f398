"""How a run starts and ends: what it imports, from where, and what it leaves undone."""

import ast
import inspect
import marshal
import os
import shutil
import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest

import hullcheck
import hullcheck_checks
from gitrepo import Repo
from hullcheck import bundle
from hullcheck.check import search

LINTER, CHECKS = (Path(package.__file__).parent for package in (hullcheck, hullcheck_checks))
SOURCES = sorted(path for folder in (LINTER, CHECKS) for path in folder.rglob("*.py"))
DOCKERFILE = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\nENV PASSWORD=s3cr3t-Pa55\n"
COMPOSE = "services:\n  web:\n    image: nginx\n    privileged: true\n    ports: ['80:80']\n"
POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostNetwork: true\n"
    "  containers: [{name: a, image: nginx, securityContext: {privileged: true}}]\n"
)
FILES = {"Dockerfile": DOCKERFILE, "compose.yaml": COMPOSE, "pod.yaml": POD}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def _run(folder: Path, *arguments: str, code: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    start = code or "import sys; from hullcheck.__main__ import run; sys.exit(run())"
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    kept["PYTHONPATH"] = os.pathsep.join((str(LINTER.parent), str(CHECKS.parent)))
    return subprocess.run(
        [sys.executable, "-c", start, *(("--no-cache",) if arguments else ()), *arguments],
        cwd=folder, env=kept | environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_plain_run_imports_little(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(FILES[name])
    code = (
        "import os, sys\nfrom hullcheck import __main__\n"
        "def end(code):\n    print(*sys.modules, file=sys.stderr, flush=True); ended(code)\n"
        "ended, os._exit = os._exit, end\n__main__.run()\nprint('not at once', file=sys.stderr)"
    )
    loaded = set(_run(tmp_path, name, code=code).stderr.split())
    assert "hullcheck.engine" in loaded
    heavy = {"typing", "argparse", "threading", "tokenize", "traceback", "inspect", "pathlib", "dataclasses", "atexit"}
    assert not heavy & loaded
    others = {
        "Dockerfile": "hullcheck.model.network.solve",
        "compose.yaml": "dockerfile_parse",
        "pod.yaml": "hullcheck.link.compose_services",
    }
    assert others[name] not in loaded


def test_a_hook_imports_little_and_leaves_no_git_behind(tmp_path: Path) -> None:
    """It needs subprocess and GitPython, of which nothing has to be done at the interpreter's end."""
    repo = Repo(tmp_path / "repo")
    repo.commit(FILES)
    repo.write({"Dockerfile": f"{DOCKERFILE}USER root\n"})
    repo.git("add", "--all")
    code = (
        "import os, sys\nfrom hullcheck import __main__\n"
        "def end(code):\n"
        "    print(*(name for name, module in sys.modules.items() if type(module) is type(sys)), file=sys.stderr)\n"
        "    try: print('child', os.waitpid(-1, os.WNOHANG), file=sys.stderr)\n"
        "    except ChildProcessError: print('alone', file=sys.stderr)\n"
        "    sys.stderr.flush(); ended(code)\n"
        "ended, os._exit = os._exit, end\n__main__.run()\nprint('not at once', file=sys.stderr)"
    )
    hook = _run(repo.folder, "--pre-commit", "Dockerfile", code=code)
    assert hook.returncode == 1
    assert "Dockerfile" in hook.stdout
    *_, names, alone = hook.stderr.splitlines()
    assert alone == "alone"
    assert {"hullcheck.plumbing", "subprocess"} <= set(names.split())
    heavy = {
        "typing",
        "argparse",
        "threading",
        "atexit",
        "logging",
        "signal",
        "hashlib",
        "json",
        "weakref",
        "git",
        "gitdb",
    }
    assert not heavy & set(names.split())


def test_what_others_asked_for_at_the_end_is_done(tree: Path) -> None:
    code = (
        "import atexit, sys\nfrom hullcheck.__main__ import run\n"
        "atexit.register(print, 'goodbye', file=sys.stderr)\nsys.exit(run())"
    )
    done = _run(tree, "pod.yaml", code=code)
    assert done.returncode == 1
    assert done.stderr.endswith("goodbye\n")


def test_all_is_written_before_the_end(tree: Path) -> None:
    pods = "---\n".join(POD.replace("name: a}\nspec", f"name: pod{number}}}\nspec") for number in range(300))
    (tree / "pod.yaml").write_text(pods)
    done = _run(tree, "--output-format", "json", "pod.yaml")
    assert done.stdout.endswith("}\n")
    assert done.returncode == 1


def test_a_pipe_that_nobody_reads_is_no_traceback(tree: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    start = "import sys; from hullcheck.__main__ import run; sys.exit(run())"
    done = subprocess.run(
        [sys.executable, "-c", start, "pod.yaml"],
        cwd=tree,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (2, b"")


def test_deferred_modules_are_the_real_ones_once_they_are_used() -> None:
    code = (
        "import sys\nfrom hullcheck import deferred\ndeferred.allowed = True\n"
        "deferred.defer('logging', getLogger=deferred.Logger)\ndeferred.defer('json')\n"
        "import json, logging\n"
        "log = logging.getLogger('x')\nassert 'threading' not in sys.modules\n"
        "assert log.isEnabledFor(logging.ERROR) and 'threading' in sys.modules\n"
        "assert logging.getLogger('x') is logging.getLogger('x') is not log\n"
        "import logging.handlers\nassert json.loads('[1]') == [1] and json.decoder.JSONDecodeError\n"
        "deferred.defer('nothing.like_it' if False else 'nothing_like_it')\n"
        "from hullcheck.parse import yaml\nfrom hullcheck.source import Source\n"
        "print(len(yaml.parse(Source('a', b'a: [1, {b: c}]')).documents), yaml.parse(Source('a', b'a: [')).problems[0].message)\n"
        "assert 'ruamel.yaml.main' not in sys.modules\nprint(yaml.round_trip('a: 1'))\n"
        "import ruamel.yaml\nassert ruamel.yaml.error.YAMLError and ruamel.yaml.scanner.Scanner\n"
    )
    done = _run(Path.cwd(), code=code)
    assert done.stderr == ""
    assert done.stdout.startswith("1 not YAML: did not find expected node content\n")


def test_another_program_has_its_libraries_as_ever() -> None:
    code = (
        "from hullcheck import deferred\ndeferred.defer('logging')\nimport sys\nassert 'logging' not in sys.modules\n"
    )
    assert _run(Path.cwd(), code=code).returncode == 0


def test_modules_go_without_what_takes_long_to_import() -> None:
    for path in SOURCES:
        for node in ast.parse(path.read_text("utf-8")).body:
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert "typing" not in names, f"{path}: take it from hullcheck.typed or hullcheck.tuples"
            assert "enum" not in names, f"{path}: take it from hullcheck.choices"


def test_checks_subscribe_to_what_their_functions_take() -> None:
    for check in search("hullcheck_checks"):
        for part, function, _ in check.functions:
            first = next(iter(inspect.signature(function).parameters.values()))
            named = first.annotation if isinstance(first.annotation, str) else first.annotation.__name__
            named = named.strip("'")
            assert part in {name.split(".")[-1].split("[")[0] for name in named.split(" | ")}, (
                f"{check.name}: {function}"
            )


class TestBundle:
    @pytest.fixture
    def package(self, tmp_path: Path) -> Path:
        """A copy of both packages, whose bundle doesn't belong to anybody else."""
        for folder in (LINTER, CHECKS):
            shutil.copytree(folder, tmp_path / "lib" / folder.name, ignore=shutil.ignore_patterns("*.bundle"))
        return tmp_path / "lib"

    def _runs(self, package: Path, tree: Path) -> list[tuple[int, str, str]]:
        runs = []
        for name in FILES:
            for form in ("full", "json"):
                done = _run(tree, "--output-format", form, name, PYTHONPATH=str(package))
                runs.append((done.returncode, done.stdout, done.stderr))
        return runs

    def _file(self, package: Path) -> Path:
        return package / "hullcheck" / "__pycache__" / f"modules.{sys.implementation.cache_tag}.bundle"

    def _from_bundle(self, package: Path, tree: Path) -> set[str]:
        code = (
            "import os, sys\nfrom hullcheck import __main__, bundle\ndef end(code):\n"
            "    print(*(n for n, m in sys.modules.items() if isinstance(m.__spec__ and m.__spec__.loader, bundle._Loader)"
            " and not m.__spec__.loader.is_stale), file=sys.stderr, flush=True)\n    ended(code)\n"
            "ended, os._exit = os._exit, end\n__main__.run()"
        )
        return set(_run(tree, "pod.yaml", code=code, PYTHONPATH=str(package)).stderr.split())

    def test_it_is_made_and_changes_nothing(self, package: Path, tree: Path) -> None:
        plain = self._runs(package, tree)
        assert self._file(package).is_file()
        assert self._runs(package, tree) == plain
        served = self._from_bundle(package, tree)
        assert {"hullcheck.engine", "hullcheck.parse.yaml", "ruamel.yaml.error"} <= served
        assert any(name.startswith("hullcheck_checks.identity.") for name in served)
        before = self._file(package).stat()
        self._runs(package, tree)
        assert self._file(package).stat() == before  # nothing is missing in it any more

    def test_a_whole_tree_needs_no_library_in_full(self, package: Path, tree: Path) -> None:
        chart = tree / "chart"
        (chart / "templates").mkdir(parents=True)
        (chart / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\n")
        (chart / "templates" / "pod.yaml").write_text(POD.replace("{name: a}", "{name: {{ .Release.Name | quote }}}"))
        (chart / "templates" / "odd.yaml").write_text("{{ if }}\n" + POD)  # is read as text
        code = (
            "import os, sys\nfrom hullcheck import __main__\n"
            "def end(code):\n    print(*sys.modules, file=sys.stderr, flush=True)\n    ended(code)\n"
            "ended, os._exit = os._exit, end\n__main__.run()"
        )
        for form in ("full", "json"):
            for _ in range(3):  # what expressions are made of is kept by then
                done = _run(tree, "--output-format", form, ".", code=code, PYTHONPATH=str(package))
            loaded = set(done.stderr.split())
            assert {"hullcheck.render.helm.engine", "hullcheck.parse.literal"} <= loaded
            in_full = {"re": "enum", "collections": "reprlib", "json": "json.decoder"}
            assert not [name for name, sign in in_full.items() if sign in loaded]

    def test_a_changed_source_is_taken_as_it_is(self, package: Path, tree: Path) -> None:
        self._runs(package, tree)
        report = package / "hullcheck" / "report" / "full.py"
        text = report.read_text("utf-8")
        report.write_text(text + "\nprint('changed')\n", "utf-8")
        done = _run(tree, "pod.yaml", PYTHONPATH=str(package))
        assert "changed\n" in done.stdout
        assert "hullcheck.report.full" in self._from_bundle(package, tree)
        report.unlink()
        assert "No module named" in _run(tree, "pod.yaml", PYTHONPATH=str(package)).stderr

    @pytest.mark.parametrize("spoil", ["empty", "cut", "garbage", "another version", "a folder", "code"])
    def test_a_spoilt_one_is_as_none(self, package: Path, tree: Path, spoil: str) -> None:
        plain = self._runs(package, tree)
        file = self._file(package)
        data = file.read_bytes()
        if spoil == "a folder":
            file.unlink()
            file.mkdir()
        else:
            spoilt = {
                "empty": b"", "cut": data[: len(data) // 2], "garbage": os.urandom(5000),
                "another version": b"hullcheck 0 " + data[12:], "code": data[:40] + bytes(5000) + data[5040:],
            }  # fmt: skip
            file.write_bytes(spoilt[spoil])
        assert self._runs(package, tree) == plain

    def test_it_is_not_made_where_python_must_not_write(self, package: Path, tree: Path, tmp_path: Path) -> None:
        _run(tree, "pod.yaml", PYTHONPATH=str(package), PYTHONDONTWRITEBYTECODE="1")
        _run(tree, "pod.yaml", PYTHONPATH=str(package), PYTHONPYCACHEPREFIX=str(tmp_path / "elsewhere"))
        assert not list(package.rglob("*.bundle"))
        assert not list(tree.rglob("*.bundle"))

    def test_nothing_is_kept_that_python_has_not_compiled(self, package: Path, tree: Path) -> None:
        self._runs(package, tree)
        found = bundle._File(str(self._file(package)))
        source = package / "hullcheck" / "engine.py"
        modules, _ = found.entries()
        entry = modules[str(source.parent), "hullcheck.engine"]
        assert (entry[0], entry[3]) == (str(source), source.stat().st_size)
        for kept in modules.values():
            compiled = Path(cache_from_source(kept[0])).read_bytes()[16:]
            assert (found.code(kept), kept[6]) == (marshal.loads(compiled), len(compiled))
        os.close(found.number)

    def test_a_run_takes_little_that_it_does_not_import(self, package: Path, tree: Path) -> None:
        code = (
            "import sys\nfrom hullcheck import bundle\nfrom hullcheck.__main__ import _run\n_run(None)\n"
            "finder = next(each for each in sys.meta_path if isinstance(each, bundle.Finder))\n"
            "taken = {key[1] for key, entry in finder.entries.items() if entry[4] in finder.file._taken}\n"
            "print(len(taken), len(taken - sys.modules.keys()), file=sys.stderr)"
        )

        def taken() -> tuple[int, int]:
            done = _run(tree, "--select=latest-tag", "pod.yaml", code=code, PYTHONPATH=str(package))
            all_of_it, spare = done.stderr.split()[-2:]
            return int(all_of_it), int(spare)

        _run(tree, *FILES, PYTHONPATH=str(package))  # all dialects and checks at once
        before = taken()
        assert before[0] > 150
        assert before[1] > 40
        _run(tree, "--select=latest-tag", "pod.yaml", PYTHONPATH=str(package))
        after = taken()
        assert after[0] > 150
        assert after[1] < 15

    def test_what_lies_before_the_library_is_found_first(self, package: Path, tree: Path, tmp_path: Path) -> None:
        self._runs(package, tree)
        assert {"bisect", "contextvars"} <= self._from_bundle(package, tree)
        (package / "bisect.py").write_text(
            "import sys\nprint('another bisect', file=sys.stderr)\nfrom _bisect import *\n"
        )
        assert "another bisect" in _run(tree, "pod.yaml", PYTHONPATH=str(package)).stderr

    def test_expressions_are_kept_and_their_compiler_stays_away(self, package: Path, tree: Path) -> None:
        self._runs(package, tree)
        self._runs(package, tree)
        _, expressions = bundle._File(str(self._file(package))).entries()
        assert len(expressions) > 50
        code = (
            "import os, sys\nfrom hullcheck import __main__\ndef end(code):\n"
            "    print(*sys.modules, file=sys.stderr, flush=True)\n    ended(code)\n"
            "ended, os._exit = os._exit, end\n__main__.run()"
        )
        loaded = set(_run(tree, "pod.yaml", code=code, PYTHONPATH=str(package)).stderr.split())
        assert "re" in loaded
        assert not {"re._compiler", "enum", "signal", "importlib.util"} & loaded
