"""The roots of a repository as a list: what is applied or started together, and which objects deploy it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hullcheck.discover import Entry, Tree
from hullcheck.model.settings import Given, Settings
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

KINDS = {"kustomization": "kustomization", "chart": "chart", "manifests": "manifests", "compose": "Compose project"}


class Listed(NamedTuple):
    """A root: its name, its kind, how many workloads it has, and what deploys it, each with its place.

    `unsure` says why it isn't known in full.
    """

    name: str
    kind: str
    workloads: int
    by: tuple[tuple[str, str, int], ...] = ()
    unsure: str = ""


def listed(tree: Tree, given: Given, paths: Iterable[str]) -> list[Listed]:
    """The roots, or those that have files below one of the `paths`."""
    from datetime import date

    from hullcheck.link.project import scopes
    from hullcheck.read import read_all

    entries = [item for item in tree.entries() if isinstance(item, Entry)]
    files = read_all(tree, entries, 1, lambda what, done, total: None)
    worlds, projects = scopes(files, tree, Settings(date.min, given=given))
    below = [path for path in paths if path]
    found = []
    for world in worlds:
        own = {*world.files, *(made.location.path for made in world.objects)}
        if not below or _any_below(own, below):
            by = tuple(
                (f"{made.kind} {made.namespace or 'default'}/{made.name}", made.location.path, made.location.line)
                for made in world.by
            )
            found.append(Listed(world.name, world.kind, len(world.workloads), by, world.approximate))
    for project in projects:
        if not below or _any_below(project.paths, below):
            found.append(Listed(project.scope, "compose", len(project.services)))
    return sorted(found)


def _any_below(files: Iterable[str], folders: list[str]) -> bool:
    return any(file == folder or file.startswith(f"{folder}/") for file in files for folder in folders)


def lines(roots: Iterable[Listed], shown: Callable[[str], str] = str) -> Iterator[str]:
    """The list as text; `shown` makes what is printed of a path."""
    for root in roots:
        count = f"{root.workloads} workload{'' if root.workloads == 1 else 's'}"
        unsure = f"; not known in full: {root.unsure}" if root.unsure else ""
        yield (f"{root.name} ({KINDS[root.kind]}): {count}{unsure}")
        for what, path, line in root.by:
            yield (f"    by {what} ({shown(path)}:{line})")


def as_json(root: Listed) -> dict[str, Any]:
    by = [{"object": what, "path": path, "line": line} for what, path, line in root.by]
    made: dict[str, Any] = {"name": root.name, "kind": root.kind, "workloads": root.workloads, "by": by}
    return {**made, "unsure": root.unsure} if root.unsure else made
