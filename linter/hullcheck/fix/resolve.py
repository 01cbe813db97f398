"""From what checks want changed to edits, which every report can show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from hullcheck import look
from hullcheck.finding import Finding, Fix
from hullcheck.fix.kinds import is_dockerfile
from hullcheck.source import Source
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.fix.changes import Tree


def resolve(findings: Iterable[Finding], shared: Mapping[str, str] | None = None) -> Iterator[Finding]:
    """The findings with the edits of their fixes; a fix that can't be made is taken off.

    A fix that changes what an anchor stands for changes every use of it: it isn't safe, and says so. So does one in a
    file of which several overlays or projects are made; `shared` are the paths of those, with what uses them.
    """
    trees: dict[Source, Tree] = {}
    dockerfiles: dict[Source, bool] = {}
    for finding in findings:
        if finding.fix is None:
            yield finding
            continue
        try:
            fix = _for_all(_resolved(finding.fix, trees, dockerfiles), shared or {})
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  a finding without its fix is better than none
            look.spoil(f"working out a fix failed: {error}")
            fix = None
        yield finding._replace(fix=fix)


def _for_all(fix: Fix | None, shared: Mapping[str, str]) -> Fix | None:
    """The fix, with a word about all that it changes; an object more may be one that an overlay adds itself."""
    edits = [edit for edit in fix.edits if edit.location.path in shared] if fix else []
    users = [shared[edit.location.path] for edit in edits]
    if fix is None or not users:
        return fix
    if any(re.search(r"^---", edit.text, re.MULTILINE) for edit in edits):
        return None
    return fix._replace(title=f"{fix.title} (changes every {users[0]} that uses the file)", safe=False)


def _resolved(fix: Fix, trees: "dict[Source, Tree]", dockerfiles: dict[Source, bool]) -> Fix | None:
    edits = list(fix.edits)
    shared: list[str] = []
    for change in fix.changes:
        made = _tree(change.place.source, trees).make(change)
        if made is None:
            return None
        edits += made.edits
        shared += (node.anchor for node in made.node.lineage() if node.uses and node.anchor)
    for edit in fix.edits:
        source = edit.location.source
        if source not in dockerfiles:
            dockerfiles[source] = is_dockerfile(source)
        if not dockerfiles[source]:
            node = _tree(source, trees).find(edit.location.start, edit.location.end)
            shared += (n.anchor for n in node.lineage() if n.uses and n.anchor) if node else ()
    if not edits:
        return None
    title = fix.title
    if shared:
        title += f" (changes every use of the anchor `{shared[0]}`)"
    return Fix(title, tuple(edits), fix.safe and not shared)


def _tree(source: Source, trees: "dict[Source, Tree]") -> "Tree":
    if source not in trees:
        from hullcheck.fix.changes import Tree

        trees[source] = Tree(source)
    return trees[source]
