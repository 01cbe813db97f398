"""What can be done about findings: their fixes, all safe ones of a file at once, and to ignore one for a reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from lsprotocol import types

from hullcheck.discover import DEV_CONTAINER
from hullcheck.finding import Edit, Finding
from hullcheck.fix import verify
from hullcheck.fix.apply import apply
from hullcheck.fix.kinds import is_dockerfile
from hullcheck.lsp.folder import Folder
from hullcheck.lsp.hover import places
from hullcheck.lsp.text import Texts
from hullcheck.policy.ignores import NEVER
from hullcheck.policy.ignores.lines import Lines
from hullcheck.read import File
from hullcheck.result import Result
from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple

FIX_ALL = "source.fixAll.hullcheck"
QUICK_FIX = types.CodeActionKind.QuickFix.value

REASON = "why it is fine here"
"""What stands for the reason until somebody gives it."""

MOST_PASSES = 10
"""How often a file is judged and fixed again: a fix may have to wait for another of the same place."""

MOST_FINDINGS = 20
"""Findings at one place that something is offered for."""

MOST_LINES = 2_000
"""Lines that differ from which on they are replaced together."""


class Can(NamedTuple):
    """What the editor can: edits by version, edits worked out when they are chosen, places to fill in."""

    versions: bool = False
    resolve: bool = False
    snippets: bool = False


class Wanted(NamedTuple):
    """What is asked for: a place in a file, and the kinds of actions, all for None."""

    path: str
    start: int
    end: int
    only: tuple[str, ...] | None

    def wants(self, kind: str) -> bool:
        return self.only is None or any(kind == each or kind.startswith(f"{each}.") for each in self.only)


def actions(folder: Folder, wanted: Wanted, shown: Iterable[types.Diagnostic], can: Can) -> list[types.CodeAction]:
    """What is offered, the preferred first; `shown` are the diagnostics that the editor asks about."""
    assert folder.session is not None
    result = folder.session.with_edits()
    found = [f for f in result.shown if _there(f, wanted)][:MOST_FINDINGS]
    made: list[types.CodeAction] = []
    if wanted.wants(QUICK_FIX):
        diagnostics = list(shown)
        made += _fixes(folder, found, diagnostics, can)
        made += _ignores(folder, found, wanted, diagnostics, can)
    if wanted.wants(FIX_ALL) and any(_of_file(f, wanted.path) for f in result.shown):
        action = types.CodeAction("Fix all that is safe to fix (hullcheck)", FIX_ALL)
        action.data = {"do": "all", "path": wanted.path}
        made += [action] if can.resolve else [a for a in [resolved(folder, action, can)] if a.edit is not None]
    return made


def resolved(folder: Folder, action: types.CodeAction, can: Can) -> types.CodeAction:
    """The action with its edit, as the files are now; without one if it can't be made any more."""
    data = action.data if isinstance(action.data, dict) else {}
    path = data.get("path")
    if not isinstance(path, str) or folder.session is None:
        return action
    if data.get("do") == "all":
        action.edit = _all(folder, path, can)
    elif data.get("do") == "ignore":
        finding = next((f for f in folder.session.with_edits().shown if _identity(f) == data.get("of")), None)
        place = (
            next((p for p in places(finding) if p.path == path and p.line == data.get("line")), None)
            if finding
            else None
        )
        if finding is not None and place is not None:
            action.edit = _ignored(folder, finding, place, can)
    return action


def _there(finding: Finding, wanted: Wanted) -> bool:
    return any(_overlaps(place, wanted) for place in places(finding))


def _overlaps(place: Location, wanted: Wanted) -> bool:
    """Does a place touch what is selected? The cursor's whole line counts, as editors show it there."""
    if place.path != wanted.path:
        return False
    source = place.source
    first, last = source.position(wanted.start)[0], source.position(wanted.end)[0]
    start, end = place.region.start_line, place.region.end_line
    return start <= last and first <= end


def _identity(finding: Finding) -> list[str]:
    return [finding.name, finding.fingerprint, *finding.identity, finding.location.path, str(finding.location.line)]


def _about(finding: Finding, diagnostics: list[types.Diagnostic]) -> list[types.Diagnostic] | None:
    return [each for each in diagnostics if each.code == finding.name] or None


def _fixes(
    folder: Folder, found: list[Finding], diagnostics: list[types.Diagnostic], can: Can
) -> Iterator[types.CodeAction]:
    """Each finding's fix, if it comes out right by itself; the first safe one is preferred."""
    seen: set[str] = set()
    preferred = True
    for finding in sorted(found, key=lambda f: (f.fix is None or not f.fix.safe, -f.severity)):
        fix = finding.fix
        if fix is None or not fix.edits:
            continue
        done = apply([finding], unsafe=True)
        if not done.files or done.refused:
            continue
        edit = workspace_edit(folder, [e for made in done.files.values() for e in made.edits], can)
        title = f"Fix: {fix.title}" if fix.safe else f"Fix, which may change behaviour: {fix.title}"
        if repr((title, edit)) in seen:
            continue
        seen.add(repr((title, edit)))
        yield types.CodeAction(
            title,
            types.CodeActionKind.QuickFix,
            diagnostics=_about(finding, diagnostics),
            is_preferred=(fix.safe and preferred) or None,
            edit=edit,
        )
        preferred = preferred and not fix.safe


def _ignores(
    folder: Folder, found: list[Finding], wanted: Wanted, diagnostics: list[types.Diagnostic], can: Can
) -> Iterator[types.CodeAction]:
    seen: set[str] = set()
    for finding in found:
        if finding.name in NEVER or finding.name in seen or folder.settings.no_inline:
            continue
        seen.add(finding.name)
        place = next(place for place in places(finding) if _overlaps(place, wanted))
        action = types.CodeAction(
            f"Ignore `{finding.name}` here, with a reason",
            types.CodeActionKind.QuickFix,
            diagnostics=_about(finding, diagnostics),
            data={"do": "ignore", "path": wanted.path, "line": place.line, "of": _identity(finding)},
        )
        if not can.resolve:
            action.edit = _ignored(folder, finding, place, can)
        if can.resolve or action.edit is not None:
            yield action


def _ignored(folder: Folder, finding: Finding, place: Location, can: Can) -> types.WorkspaceEdit | None:
    """The comment that ignores a finding at one of its places, where it is tried to do that and nothing else."""
    session = folder.session
    assert session is not None
    file = session.files.get(place.path)
    if file is None:
        return None
    before = _names(session.with_edits())
    own = _names_of((finding, *finding.also))
    owners = {each.identity for each in (finding, *finding.also)}
    unsaved = {path: document.data for path, document in folder.documents.items()}
    try:
        for scope, edit in _comments(folder, file, finding.name, place):
            after = _commented(edit)
            if after is None:
                continue
            now = _names(session.update({**unsaved, place.path: after.data}, folder.stop.is_set))
            only = all(
                name == finding.name and (scope == "ignore" or tuple(identity) in owners)
                for name, _, *identity in before - now
            )
            if now <= before and only and own.isdisjoint(now):
                return workspace_edit(folder, [edit], can, snippet=True)
    finally:
        session.update(unsaved)
    return None


def _names(result: Result) -> set[tuple[str, ...]]:
    return _names_of(result.shown)


def _names_of(findings: Iterable[Finding]) -> set[tuple[str, ...]]:
    return {(f.name, f.fingerprint, *f.identity) for f in findings}


def _commented(edit: Edit) -> Source | None:
    """The file with a comment, if it says what it said: the comment may stand in the middle of a text."""
    source, start, end = edit.location
    text = f"{source.text[:start]}{edit.text}{source.text[end:]}"
    try:
        after = source.with_text(text)
    except UnicodeEncodeError:
        return None
    if is_dockerfile(source):
        span = verify.Span(start, end, start, start + len(edit.text))
        return None if verify.dockerfile(source, after, [span]) else after
    if source.path.endswith(DEV_CONTAINER):  # JSON with comments
        return after
    if len(text) > verify.LARGEST:
        return None
    from hullcheck.parse.yaml import round_trip

    said = round_trip(source.text)
    try:
        return after if said is None or said == round_trip(text) else None  # a template can't be read
    except RecursionError:
        return None


def _comments(folder: Folder, file: File, name: str, place: Location) -> Iterator[tuple[str, Edit]]:
    """Comments that may do, with how far each reaches, the best first: on a line of its own above, behind, above with all
    that is below; and the same above what the line is a part of."""
    assert folder.session is not None
    source = file.source
    json = source.path.endswith(DEV_CONTAINER)
    policy = folder.session.asked.policy
    until = ""
    if policy.config.demands.until:
        days = min(policy.config.demands.max_days or _DAYS, _DAYS)
        until = f" until={policy.today + timedelta(days=days)}"
    newline = "\r\n" if "\r\n" in source.text[: source.line_start(2)] else "\n"
    lines = Lines(file)
    first = next((start for start, end in file.spans if start <= place.line <= end), place.line)
    for number, line in enumerate((first, *_around(source, first))):
        start, text = source.line_start(line), source.line(line)
        blank = text[: len(text) - len(text.lstrip())]
        for scope in ("ignore", "ignore-block") if not number else ("ignore-block",):
            comment = f'{"//" if json else "#"} hullcheck: {scope}[{name}] reason="{REASON}"{until}'
            yield scope, Edit(source.at(start, start), f"{blank}{comment}{newline}")
            if scope == "ignore" and lines.statement(line) == range(line, line + 1):
                end = start + len(text)
                yield scope, Edit(source.at(end, end), f" {comment}")


_DAYS = 90
"""Days until an ignore comment is out of time, where it has to be at some time."""

_MOST_AROUND = 3


def _around(source: Source, line: int) -> Iterator[int]:
    """The lines above that a line is indented below: the keys that it is part of, the nearest first."""
    text = source.line(line)
    depth, found = len(text) - len(text.lstrip()), 0
    for number in range(line - 1, 0, -1):
        above = source.line(number)
        content = above.lstrip()
        if content and not content.startswith("#") and len(above) - len(content) < depth:
            depth = len(above) - len(content)
            found += 1
            yield number
        if not depth or found >= _MOST_AROUND:
            return


def _of_file(finding: Finding, path: str) -> bool:
    """Can the finding be fixed safely within that file alone?"""
    fix = finding.fix
    if fix is None or not fix.safe or not fix.edits:
        return False
    return all(edit.location.path == path for edit in fix.edits)


def _all(folder: Folder, path: str, can: Can) -> types.WorkspaceEdit | None:
    """All that `--fix` would do to a file: judged and fixed until there is nothing more to fix."""
    session = folder.session
    assert session is not None
    unsaved = {name: document.data for name, document in folder.documents.items()}
    first: Source | None = None
    last: Source | None = None
    tried: set[str] = set()
    try:
        for _ in range(MOST_PASSES):
            findings = [f for f in session.with_edits().shown if _of_file(f, path) and f.fingerprint not in tried]
            done = apply(findings)
            tried |= {f.fingerprint for f in (*done.fixed, *(each.finding for each in done.refused))}
            made = done.files.get(path)
            if made is None:
                break
            first, last = first or made.source, made.after
            session.update({**unsaved, path: last.data}, folder.stop.is_set)
    finally:
        if last is not None:
            session.update(unsaved)
    if first is None or last is None:
        return None
    return workspace_edit(folder, list(_differences(first, last.text)), can)


def _differences(source: Source, after: str) -> Iterator[Edit]:
    """The lines that differ, as edits."""
    import difflib

    old, new = source.text.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    if max(len(old), len(new)) > MOST_LINES:
        yield Edit(source.at(0, len(source.text)), after)
        return
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield Edit(source.at(starts[a], starts[b]), "".join(new[c:d]))


def workspace_edit(folder: Folder, edits: Iterable[Edit], can: Can, *, snippet: bool = False) -> types.WorkspaceEdit:
    """Edits of files as the editor takes them: of the very version that was judged, if the file is open."""
    texts = Texts(folder.encoding)
    by_path: dict[str, list[types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit]] = {}
    for edit in edits:
        place = texts.range(edit.location)
        made: types.TextEdit | types.SnippetTextEdit = types.TextEdit(place, edit.text)
        if snippet and can.snippets and can.versions:
            made = types.SnippetTextEdit(place, types.StringValue(_snippet(edit.text)))
        by_path.setdefault(edit.location.path, []).append(made)
    if not can.versions:
        plain = {folder.uri(path): [e for e in rows if isinstance(e, types.TextEdit)] for path, rows in by_path.items()}
        return types.WorkspaceEdit(changes=plain)
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(
                types.OptionalVersionedTextDocumentIdentifier(
                    folder.uri(path), folder.documents[path].version if path in folder.documents else None
                ),
                rows,
            )
            for path, rows in by_path.items()
        ]
    )


def _snippet(text: str) -> str:
    """The text with the reason as a place to fill in."""
    escaped = text.replace("\\", "\\\\").replace("$", "\\$").replace("}", "\\}")
    return escaped.replace(REASON, f"${{1:{REASON}}}")
