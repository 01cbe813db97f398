"""Repositories to start from: the checks' fixtures, and those under `seeds/`, with every kind of file that is read."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

Tree = dict[str, bytes]
"""A repository: the bytes of each file by its path."""

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
SEEDS = Path(__file__).parent / "seeds"


class Seed(NamedTuple):
    """A repository that is right, and what it is called."""

    name: str
    tree: Tree


CONTROL: Tree = {
    "control/Dockerfile": b"FROM debian:13.1\nUSER root\n",
    "control/compose.yaml": b"services: {control: {image: 'debian:13.1', privileged: true}}\n",
    "control/pod.yaml": (
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: control, namespace: control}\n"
        b"spec: {containers: [{name: c, image: 'debian:13.1', securityContext: {privileged: true}}]}\n"
    ),
}
"""Files that stand beside every repository, and whose faults are found whatever is wrong with the others."""

CONTROLLED = {
    ("root-user", "control/Dockerfile"),
    ("privileged", "control/compose.yaml"),
    ("privileged", "control/pod.yaml"),
}
"""Names and paths of those faults."""


@cache
def seeds() -> tuple[Seed, ...]:
    """All of them, the richest first."""
    own = sorted(path for path in SEEDS.iterdir() if path.is_dir())
    cases = sorted(path for path in FIXTURES.glob("*/*/*") if path.suffix != ".txt")
    found = [Seed(f"seeds/{path.name}", read(path)) for path in own]
    for case in cases:
        head = case / "head" if (case / "head").is_dir() else case
        found.append(Seed(str(case.relative_to(FIXTURES)), read(head)))
    return tuple(found)


def read(path: Path) -> Tree:
    """The files in a folder, or the one file."""
    if path.is_file():
        return {path.name: path.read_bytes()}
    return {str(file.relative_to(path)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


def write(tree: Tree, folder: Path) -> None:
    """Write the files into a folder; a name that can't be one, or is a folder's, is left out."""
    for name, data in sorted(tree.items()):
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except (OSError, ValueError):
            continue
