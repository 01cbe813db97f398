"""What is said of a place: the pages of what was found there, what really runs, and which line decides it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from hullcheck.check import Registry
from hullcheck.finding import Finding
from hullcheck.lsp.folder import Folder
from hullcheck.lsp.markdown import Words
from hullcheck.model.node import Mapping, Node
from hullcheck.report.page import markdown, page
from hullcheck.report.safe import Secrets, told
from hullcheck.result import Result
from hullcheck.show.emit import inline, origins
from hullcheck.show.redact import Redaction
from hullcheck.show.story import Fact, Story, stories
from hullcheck.source import Location, Source
from hullcheck.terms import Alias

MOST = 3
"""Findings, containers and values that are told of one place."""

_WHOLE = frozenset(("image", "built by"))
"""Facts at whose place all that is known of the container is told."""


def hover(folder: Folder, result: Result, source: Source, offset: int, words: Words) -> tuple[str, Location | None]:
    """What there is to be said, and the place that it is about; empty if nothing is."""
    path = source.path
    found = [f for f in result.shown if any(_holds(place, path, offset) for place in places(f))]
    secrets = Secrets(result.findings, result.redact)
    parts = [*_pages(found, folder.registry, words, secrets)]
    stories_there = [*_stories(folder, path, offset, words)]
    decided = [*_decided(folder, source, offset, words, secrets)]
    about = next((place for f in found for place in places(f) if _holds(place, path, offset)), None)
    rule = "\n\n---\n\n" if words.markdown else "\n\n"
    return rule.join([*stories_there, *decided, *parts]), about


def places(finding: Finding) -> Iterator[Location]:
    """The places that a finding is shown at."""
    yield finding.location.one_line()
    yield from (related.location.one_line() for related in finding.related)


def _holds(place: Location, path: str, offset: int) -> bool:
    return place.path == path and place.start <= offset <= place.end


def _pages(found: list[Finding], registry: Registry, words: Words, secrets: Secrets) -> Iterator[str]:
    """Each check's page, as `explain` has it, under what it found."""
    names = dict.fromkeys(finding.name for finding in found)
    for name in islice(names, MOST):
        check = registry[name]
        lines = [f"{words.strong(name)} ({check.severity}, {check.concern})"]
        own = [finding for finding in found if finding.name == name]
        for finding in own[:MOST]:
            message = words.text(secrets.text(finding.message))
            related = ", ".join(
                f"{words.text(secrets.text(r.message))}: {words.place(r.location)}" for r in finding.related[:10]
            )
            lines.append(f"{message}{'; ' if related else ''}{related}")
        if words.markdown:
            about = page(check)
            lines += [about.summary, *markdown(about)]
            lines += [f"See <{reference}>" for reference in about.references]
        else:
            lines.append(check.doc.strip())
        if check.aliases:
            lines.append(f"Also known as: {', '.join(map(_alias, check.aliases))}")
        yield "\n\n".join(lines)


def _alias(alias: str) -> str:
    condition = alias.when.told if isinstance(alias, Alias) else ""
    return f"{alias} ({condition})" if condition else alias


def _stories(folder: Folder, path: str, offset: int, words: Words) -> Iterator[str]:
    """What is known of the containers that stand there, or of which a value does."""
    assert folder.session is not None
    told_of = 0
    for story in stories(part for _, part in folder.session.parts(path)):
        facts = [fact for fact in story.facts if _at(fact, path, offset)]
        if not facts and not _holds(story.location, path, offset):
            continue
        told_of += 1
        if told_of > MOST:
            yield words.text("and others")
            return
        whole = _holds(story.location, path, offset) or any(fact.topic in _WHOLE for fact in facts)
        yield _story(story, story.facts if whole else tuple(facts), words)


def _at(fact: Fact, path: str, offset: int) -> bool:
    return _holds(fact.location, path, offset)


def _story(story: Story, facts: tuple[Fact, ...], words: Words) -> str:
    lines = [words.strong(story.title)]
    for fact in facts:
        value = words.text(told(fact.value)) if fact.unknown else words.code(told(fact.value))
        line = f"{fact.topic} {'unknown: ' if fact.unknown else ''}{value}, from {words.place(fact.location)}"
        more = "; ".join(f"{words.text(told(r.message))}: {words.place(r.location)}" for r in fact.related[:4])
        lines.append(f"- {line}{f' ({more})' if more else ''}")
    return "\n".join([lines[0], "", *lines[1:]] if len(lines) > 1 else lines)


def _decided(folder: Folder, source: Source, offset: int, words: Words, secrets: Secrets) -> Iterator[str]:
    """The values that a place has to do with in what is put together of several files, and the line that decides each."""
    path, line = source.path, source.position(offset)[0]
    seen: dict[str, None] = {}
    for name, title, root in _rendered(folder, path):
        if not any(_concerns(origin.node, path, offset, line) for origin in origins(root)):
            continue
        for origin in origins(Redaction().object(root)):
            node = origin.node
            if not _concerns(node, path, offset, line):
                continue
            where = f"{title} {words.code(origin.pointer)} in {words.code(name)}: {_value(node, words, secrets)}"
            seen.setdefault(f"{where}, {_by(node, words, secrets)}")
            if len(seen) > MOST:
                yield "\n\n".join([*list(seen)[:MOST], words.text("and others")])
                return
    if seen:
        yield "\n\n".join(seen)


def _rendered(folder: Folder, path: str) -> Iterator[tuple[str, str, Mapping]]:
    """What is made of a file and others: each object with its world's or project's name."""
    assert folder.session is not None
    worlds, projects = folder.session.scopes
    for world in worlds:
        if world.kind != "manifests" and path in world.files:
            for made in world.objects:
                if isinstance(made.node, Mapping):
                    yield world.name, f"{made.kind} {made.name}", made.node
    for project in projects:
        if path in (*project.paths, *project.taken, *(file for file, _ in project.extended)):
            yield project.scope, "project", project.node


def _concerns(node: Node, path: str, offset: int, line: int) -> bool:
    """Was the value put together, and from what stands there?"""
    if node.before is None and not node.because:
        return False
    if any(_holds(each.location, path, offset) for each in _chain(node)):
        return True
    return f"{path}:{line}" in node.because.split(", ")


def _chain(node: Node) -> Iterator[Node]:
    """A value, and those that it took the place of."""
    each: Node | None = node
    while each is not None:
        yield each
        each = each.before


def _value(node: Node, words: Words, secrets: Secrets) -> str:
    text = secrets.text(inline(node))
    return words.code(text if len(text) <= 200 else f"{text[:200]}...")


def _by(node: Node, words: Words, secrets: Secrets) -> str:
    because = f" ({words.code(node.because)})" if node.because else ""
    text = f"decided by {words.place(node.location)}{because}"
    if node.before is not None:
        text += f"; was {_value(node.before, words, secrets)} at {words.place(node.before.location)}"
    return text
