"""The real Docker Compose, as what our merged projects are compared with.

It is looked for at the path in DOCKER_COMPOSE, then in the cache folder. It runs without a daemon and without
a network, within a time and an address space of its own.
"""

import os
import resource
import subprocess
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from hullcheck.link.compose import show
from hullcheck.parse import compose
from hullcheck.render.compose.resolved import to_plain
from hullcheck.source import Source

HOME = "/home/user"


def find() -> str | None:
    """The program's path, if it is there."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hullcheck-oracles" / "docker-compose"
    return next(
        (str(path) for path in (os.environ.get("DOCKER_COMPOSE"), cache) if path and os.access(path, os.X_OK)), None
    )


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (4_000_000_000, 4_000_000_000))


def config(folder: Path, paths: list[str]) -> tuple[Any, str]:
    """What `docker compose config` prints for these files, or why it refuses them."""
    program = find()
    assert program is not None
    files = [argument for path in paths for argument in ("-f", path)]
    result = subprocess.run(
        [program, *files, "--profile", "*", "config", "--no-path-resolution"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": HOME, "GOMAXPROCS": "2"},
        capture_output=True,
        timeout=30,
        preexec_fn=_limited,
        check=False,
    )
    if result.returncode:
        return None, result.stderr.decode(errors="replace").strip().splitlines()[-1]
    return YAML(typ="safe").load(result.stdout.decode()), ""


def ours(files: dict[str, str], paths: list[str], name: str) -> tuple[Any, list[str]]:
    """What we make of the same files, and the messages about what Compose refuses in them."""
    sources = {path: Source(path, text.encode()) for path, text in files.items()}
    composed = {path: compose.read(source) for path, source in sources.items() if path.endswith(("yaml", "yml"))}
    texts = {path: source for path, source in sources.items() if path not in composed}
    shown = show(composed, tuple(paths), {}, texts, profiles=("*",), root_name=name)
    problems = [*(p for path in paths for p in composed[path].problems), *shown.project.problems]
    return to_plain(shown.root), [problem.message for problem in problems]


def differences(mine: Any, theirs: Any, path: str = "") -> list[str]:
    """Where two projects differ; what isn't known to us differs from nothing."""
    if isinstance(mine, dict) and "$unknown" in mine:
        return []
    if isinstance(mine, dict) and isinstance(theirs, dict):
        found = []
        for key in sorted(mine.keys() | theirs.keys()):
            if key not in mine:
                found.append(f"{path}.{key}: ours has none, theirs {theirs[key]!r}")
            elif key not in theirs:
                if not (isinstance(mine[key], dict) and "$unknown" in mine[key]):
                    found.append(f"{path}.{key}: theirs has none, ours {mine[key]!r}")
            else:
                found += differences(mine[key], theirs[key], f"{path}.{key}")
        return found
    if isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        pairs = enumerate(zip(mine, theirs, strict=True))
        return [text for number, (a, b) in pairs for text in differences(a, b, f"{path}[{number}]")]
    if mine == theirs and type(mine) is type(theirs):
        return []
    return [f"{path}: ours {mine!r}, theirs {theirs!r}"]


def write(folder: Path, files: dict[str, str]) -> None:
    """Put the files on disk."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
