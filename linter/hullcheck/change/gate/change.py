"""A change: its tree and the one it started from, judged by the same policy."""

from __future__ import annotations

import itertools
from collections.abc import Set as AbstractSet

from hullcheck.analysis import Analysis, Judge, Linked
from hullcheck.change.base import AsRead, Past, base_tree, same_files
from hullcheck.change.changes import Comparison, Nature, Side, compare
from hullcheck.change.history import CommitTree, as_then
from hullcheck.discover import Tree
from hullcheck.finding import Finding
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.change.commit import Before
    from hullcheck.model.kept import Kept

_SCOPES = frozenset(("PolicyScope", "World", "NamespaceUse"))
_REPOSITORY = frozenset(("Updates", "Pipeline"))
"""Parts of the model that are a folder or namespace, and those that are the repository."""


class Change(NamedTuple):
    """A tree and the one it started from, both judged, and how their findings belong together.

    `same` are the paths of files with the same content in both.
    """

    head: Analysis
    base: Analysis
    comparison: Comparison
    disk: Tree
    tree: CommitTree
    tracked: frozenset[str]
    same: AbstractSet[str]
    root: str

    def old_path(self, path: str) -> str:
        """What the file was called at the base."""
        return self.comparison.renamed.get(path, path)


def judge_change(
    head: Analysis | Linked,
    disk: Tree,
    past: Past,
    judge: Judge,
    overlaid: frozenset[str] = frozenset(),
    before: "Before | None" = None,
    kept: "Kept | None" = None,
) -> Change:
    """Judge the tree that a change started from, and compare. `overlaid` are files that differ from the disk's.

    `before` is what of it has to be judged, where that isn't all; `kept` is what `head` was made with. Of a head that isn't
    checked yet, and of its base, only that is checked which isn't made of the same in both: what is found in the rest is
    in neither analysis.
    """
    tracked = past.history.tracked()
    tree = base_tree(disk, past, judge.config)
    same = tree.unchanged(disk, overlaid)
    given = judge.settings.given
    if given.values:
        then, _ = as_then(tree, past.history.root, given.values)
        earlier = judge._replace(settings=judge.settings._replace(given=given._replace(values=then)))
    else:
        earlier = judge
    if kept is not None and earlier is judge and not head.is_late:
        kept.moved(AsRead(same, tree), tree.seen, same_listing=same_files(disk, tree, tracked))
    else:
        kept = None
    known = {path: head.files.get(path) for path in head.seen & same}
    linked = earlier.linked(tree, known, before, kept)
    apart = None
    if isinstance(head, Linked):
        if kept is not None and not linked.is_late:
            from hullcheck.concerned import altered

            apart = altered(head.project, linked.project, same)
        head = judge.checked(head, apart[0] if apart else None)
    base = earlier.checked(linked, apart[1] if apart else None)
    comparison = compare(_side(head), _side(base), _nature(judge))
    opened = tuple(finding._replace(state="new") for finding in judge.opened(base, head, kept))
    comparison = comparison._replace(findings=_united(comparison.findings, opened))
    return Change(head, base, comparison, disk, tree, tracked, same, past.history.root)


def _united(findings: tuple[Finding, ...], opened: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings and those of the change, which say more of a fault that it brings than its state does."""
    by_fault = {(f.name, f.identity, f.evidence): f for f in opened}
    same = {n: (f.name, f.identity, f.evidence) for n, f in enumerate(findings) if f.state == "new"}
    told = {n: by_fault[key] for n, key in same.items() if key in by_fault}
    return (
        *(told.get(number, finding) for number, finding in enumerate(findings)),
        *(found for key, found in by_fault.items() if key not in {same[n] for n in told}),
    )


def _side(analysis: Analysis) -> Side:
    sources = {path: file.source for path, file in analysis.files.items()}
    worlds, projects = analysis.scopes
    scopes = {world.name: world.files for world in worlds}
    scopes |= {project.scope: frozenset(project.paths) for project in projects}
    built = frozenset(world.name for world in worlds if world.kind != "manifests")
    return Side(analysis.findings, sources, _identities(analysis), scopes, analysis.users, built)


def _identities(analysis: Analysis) -> frozenset[tuple[str, ...]]:
    """Everybody who may have a finding."""
    users = (finding.identity for finding in analysis.findings if finding.user[1])
    return frozenset(itertools.chain(((*owner, "", "") for owner in analysis.owners), users))


def _nature(judge: Judge) -> Nature:
    """What stands for more than its place: missing hardening, a folder without any policy, the whole repository."""
    entries = judge.registry.entries.values()
    groups = {
        "hardening-missing": frozenset(entry.name for entry in entries if entry.grouped),
        "no-network-policies": frozenset(("missing-ingress-policy", "missing-egress-policy")),
    }
    scopes = frozenset(entry.name for entry in entries if _about(entry.parts, _SCOPES))
    return Nature(groups, scopes, frozenset(entry.name for entry in entries if _about(entry.parts, _REPOSITORY)))


def _about(parts: tuple[str, ...], types: frozenset[str]) -> bool:
    return bool(parts) and types.issuperset(parts)
