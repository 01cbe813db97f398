"""`python -m tests.fuzz --guided`: single files for the parsers, guided by what code they reach. Needs atheris.

It runs in a process of its own, in which atheris sees the linter's modules as they are imported; libFuzzer says on
standard error how far it is, and writes what fails as `crash-...` into the folder.
"""

import importlib
import pkgutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["hullcheck"]):
    import hullcheck.model
    import hullcheck.parse
    import hullcheck.render
    from hullcheck.commands.common import registry
    from hullcheck.discover import MAX_BYTES, as_entry, kind_of, patterns
    from hullcheck.errors import HullcheckError
    from hullcheck.parse import dockerignore, hcl, literal
    from hullcheck.policy import baseline, config, migrate
    from hullcheck.read import File, read
    from hullcheck.render.compose import dotenv
    from hullcheck.render.helm import errors, regex, syntax
    from hullcheck.render.kustomize import pattern
    from hullcheck.source import Source

    for package in (hullcheck.model, hullcheck.parse, hullcheck.render):  # what is imported only when it is needed, too
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)

from .trees import seeds

MOST_BYTES = 4_096
"""What a file may grow to."""

Target = Callable[[bytes], Any]


class _Alone:
    """A tree that holds one file."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, path: str, limit: int = MAX_BYTES) -> bytes:
        return self.data

    def chunks(self, path: str) -> Iterator[bytes]:
        return iter((self.data,))


def _file(name: str) -> Target:
    """Reading a file of that name, which must not fail in a way of its own."""
    kind = kind_of(name)
    assert kind is not None

    def target(data: bytes) -> None:
        file: File | None = read(_Alone(data), as_entry(name, {kind}))  # type: ignore[arg-type]
        for reading in file.readings if file is not None else ():
            failed = [problem.message for problem in reading.problems if problem.name == "check-failed"]
            assert not failed, failed[0]

    return target


def _refusing(read_text: Callable[[str], Any], *refusals: type[Exception]) -> Target:
    """A parser of text that may refuse it in these ways."""

    def target(data: bytes) -> None:
        with suppress(*refusals):
            read_text(Source("a", data).text)

    return target


CHECKS = registry()

TARGETS: dict[str, Target] = {
    **{
        name: _file(name)
        for name in (
            "Dockerfile",
            "compose.yaml",
            "app.yaml",
            "app.json",
            "kustomization.yaml",
            "Chart.yaml",
            "skaffold.yaml",
        )
    },
    ".tpl": _refusing(lambda text: syntax.parse("a", text), errors.TemplateError),
    "templates": lambda data: literal.read(Source("templates/a.yaml", data)),
    "regex": _refusing(regex.compile_pattern, errors.TemplateError),
    "pattern": _refusing(pattern.compiled, pattern.PatternError),
    ".env": _refusing(lambda text: dotenv.variables(Source(".env", text.encode()), {}), dotenv.BrokenError),
    ".hcl": _refusing(hcl.blocks),
    ".gitignore": _refusing(lambda text: patterns(text.split("\n")).match("a/b.yaml")),
    ".dockerignore": lambda data: dockerignore.parse(Source(".dockerignore", data)),
    ".hullcheck.yaml": _refusing(lambda text: config.parse(".hullcheck.yaml", text.encode(), CHECKS), HullcheckError),
    "pyproject.toml": _refusing(lambda text: config.parse("pyproject.toml", text.encode(), CHECKS), HullcheckError),
    "known.json": _refusing(lambda text: baseline.parse("known.json", text.encode()), HullcheckError),
    ".tally.toml": _refusing(lambda text: migrate.migrate(".tally.toml", text.encode(), CHECKS).text(), HullcheckError),
    ".checkov.yaml": _refusing(
        lambda text: migrate.migrate(".checkov.yaml", text.encode(), CHECKS).text(), HullcheckError
    ),
    ".compose-lint.yaml": _refusing(
        lambda text: migrate.migrate(".compose-lint.yaml", text.encode(), CHECKS).text(), HullcheckError
    ),
}
"""Parsers by the ends of names that files for them have; the first byte of an input says which one it is for."""

_NAMES = tuple(TARGETS)


def one_input(data: bytes) -> None:
    """Run the parser that the first byte names on the rest."""
    if data:
        TARGETS[_NAMES[data[0] % len(_NAMES)]](data[1:])


def main(seconds: str, seed: str, folder: str) -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        for number, (path, data) in enumerate(item for each in seeds() for item in each.tree.items()):
            target = next(
                (n for n, name in enumerate(_NAMES) if path.endswith(name)), 2 if path.endswith(".yaml") else 0
            )
            Path(corpus, str(number)).write_bytes(bytes([target]) + data[:MOST_BYTES])
        options = [
            f"-max_total_time={seconds}",
            f"-max_len={MOST_BYTES}",
            "-timeout=20",
            f"-seed={seed}",
            f"-artifact_prefix={folder}/",
        ]
        atheris.Setup([sys.argv[0], *options, corpus], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
