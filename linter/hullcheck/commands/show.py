"""`hullcheck show`: what will really run, and the line that says so."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator

from hullcheck import look
from hullcheck.commands import given
from hullcheck.commands.common import (
    add_cache,
    add_format,
    add_time_limits,
    keep,
    reach_of,
    say_all,
    use_color,
)
from hullcheck.commands.formats import each_output
from hullcheck.discover import DiskTree, Tree, relative
from hullcheck.errors import HullcheckError
from hullcheck.report.paths import from_here
from hullcheck.report.safe import clean, told
from hullcheck.show.emit import Line, inline, origins, value, yaml_lines
from hullcheck.show.roots import Options, Root, Roots, Shown
from hullcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

    from hullcheck.model.node import Node
    from hullcheck.show.rendered import Side
    from hullcheck.show.story import Story

FORMATS = ("text", "json", "markdown")
ORIGIN_COLUMN = 72
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


def add(parser: argparse.ArgumentParser) -> None:
    option = parser.add_argument
    option("paths", nargs="*", metavar="PATH", help="files or folders (default: every root of the repository)")
    add_format(parser, FORMATS, " (with --diff-base)")
    option("--no-origins", action="store_true", help="plain YAML, without the places")
    option("--reveal", action="store_true", help="don't redact secrets; never in CI")
    option("--container", metavar="NAME", help="one container's whole story, joined from all files")
    option("--roots", action="store_true", help="only list what is applied or started together, and what deploys it")
    option("--diff-base", metavar="REV", help="what changed in what runs since REV")
    given.add(parser)
    option("--target", metavar="STAGE", help="Dockerfile: the stage that ships")
    option("--build-arg", action="append", default=[], metavar="NAME=VALUE", help="Dockerfile: a build argument")
    option("--color", choices=("auto", "always", "never"), default="auto")
    option("-q", "--quiet", action="store_true", help="no notes on standard error")
    option("-v", "--verbose", action="store_true", help="name the values that were overridden, too")
    add_time_limits(parser)
    add_cache(parser)


def run(options: argparse.Namespace) -> int:
    """Print what is asked for; 3 if there is nothing to show."""
    if options.reveal and look.ENVIRON.get("CI"):
        raise HullcheckError("--reveal: secrets aren't shown in CI")
    keep(options, may_be=not options.reveal)
    return each_output(options, FORMATS, _one)


def _one(options: argparse.Namespace) -> int:
    root = reach_of(options.paths or ["."])
    options.shown = from_here(root, options.paths)
    if options.diff_base:
        return _changes(root, options)
    if options.output_format == "markdown":
        raise HullcheckError("--output-format markdown is for --diff-base")
    if options.roots:
        return _roots(root, options)
    if options.container:
        return _story(root, options)
    roots = Roots(DiskTree(root), _options(options))
    found = _found(roots, root, options.paths)
    shown = [one for root in found if (one := roots.shown(root)).objects or root.path not in roots.unread]
    redacted = 0
    if not options.reveal:
        shown, redacted = _redacted(shown)
    if options.output_format == "json":
        print(json.dumps({"version": 1, "roots": list(map(_as_json, shown))}, indent=2, ensure_ascii=False))
    else:
        _print(shown, options)
    if redacted and not options.quiet:
        values = f"{redacted} secret values are" if redacted > 1 else "1 secret value is"
        print(f"hullcheck: {values} redacted; --reveal shows", "them" if redacted > 1 else "it", file=sys.stderr)
    say_all(f"{options.shown(path)}: can't be read: {reason}" for path, reason in sorted(roots.unread.items()))
    return 4 if roots.unread else 0 if shown else 3


def _roots(root: str, options: argparse.Namespace) -> int:
    """List what is applied or started together, and what deploys it."""
    from hullcheck.show.listing import as_json, lines, listed

    found = listed(DiskTree(root), given.given(options), [relative(root, path) for path in options.paths])
    if options.output_format == "json":
        print(json.dumps({"version": 1, "list": [as_json(one) for one in found]}, indent=2, ensure_ascii=False))
    else:
        from hullcheck.report.safe import clean

        for line in lines(found, options.shown):
            print(clean(line))
    return 0 if found else 3


def _found(roots: Roots, root: str, paths: list[str]) -> list[Root]:
    if paths:
        return [one for path in paths for one in roots.at(relative(root, path))]
    return list(roots.below(""))


def _options(options: argparse.Namespace) -> Options:
    said = given.given(options)
    return Options(
        profiles=said.profiles,
        env=said.env,
        values=said.values,
        sets=said.sets,
        target=options.target,
        arguments=dict(given.pair("--build-arg", text) for text in options.build_arg),
        kube_version=said.kube_version,
        api_versions=said.api_versions,
    )


def _redacted(shown: list[Shown]) -> tuple[list[Shown], int]:
    from hullcheck.show.redact import Redaction

    redaction = Redaction()
    made = [one._replace(objects=tuple(map(redaction.object, one.objects))) for one in shown]
    return made, redaction.count


def _as_json(shown: Shown) -> dict[str, Any]:
    places = (
        {
            "object": number,
            "pointer": origin.pointer,
            "path": origin.node.source.path,
            "line": origin.node.location.line,
            "because": origin.node.because,
        }
        for number, root in enumerate(shown.objects)
        for origin in origins(root)
    )
    return {
        "root": shown.path or ".",
        "kind": shown.kind,
        "objects": [value(root) for root in shown.objects],
        "origins": list(places),
        "notAnalysed": [
            {"path": p.location.path, "line": p.location.line, "reason": told(p.message)} for p in shown.problems
        ],
    }


def _print(shown: list[Shown], options: argparse.Namespace) -> None:
    color = use_color(options.color)
    if not options.paths:
        width = max((len(one.kind) for one in shown), default=0)
        for one in shown:
            print(_comment(f"{one.kind:{width}}  {options.shown(one.path) or '.'}", color))
    for one in shown:
        if len(shown) > 1 or one.problems:
            print(_comment(f"{options.shown(one.path) or '.'} ({one.kind})", color))
        for problem in one.problems:
            place = f"{options.shown(problem.location.path)}:{problem.location.line}"
            print(_comment(f"not analysed: {place}: {told(problem.message)}", color))
        for number, root in enumerate(one.objects):
            if number or len(shown) > 1:
                print("---")
            for line in _lines(root, options, color):
                print(line)


def _comment(text: str, color: bool) -> str:
    text = f"# {clean(text)}"
    return f"{_DIM}{text}{_PLAIN}" if color else text


def _lines(root: "Node", options: argparse.Namespace, color: bool) -> Iterator[str]:
    """The lines of an object, with each value's place as a comment: it stays YAML."""
    for line in yaml_lines(root):
        place = "" if options.no_origins else _place(line, options.verbose, options.shown)
        if not place:
            yield line.text
        elif color:
            yield f"{line.text:{ORIGIN_COLUMN}} {_DIM}# {place}{_PLAIN}"
        else:
            yield f"{line.text:{ORIGIN_COLUMN}} # {place}"


def _place(line: Line, verbose: bool, shown: Callable[[str], str]) -> str:
    node = line.node
    if node is None:
        return ""
    text = f"{shown(node.source.path)}:{node.location.line}"
    if node.because:
        text += f" ({node.because})"
    before = node.before
    while verbose and before is not None:
        was = inline(before) if len(inline(before)) < 60 else "..."
        text += f"; was {was} at {shown(before.source.path)}:{before.location.line}"
        before = before.before
    return clean(text)


def _stories(tree: Tree) -> "list[Story]":
    from datetime import date

    from hullcheck.analysis import discovered
    from hullcheck.link.project import link
    from hullcheck.model.settings import Settings
    from hullcheck.read import read_all
    from hullcheck.show.story import stories

    entries, _ = discovered(tree)
    files = read_all(tree, entries, 1, lambda what, done, total: None)
    return list(stories(part for _, part in link(files, tree, Settings(date.fromisoformat(look.today()))).parts))


def _story(root: str, options: argparse.Namespace) -> int:
    found = [story for story in _stories(DiskTree(root)) if _is_named(story, options.container)]
    if not found:
        raise HullcheckError(f"--container: nothing here is called {options.container}")
    if options.output_format == "json":
        print(json.dumps({"version": 1, "containers": list(map(_story_as_json, found))}, indent=2, ensure_ascii=False))
        return 0
    color = use_color(options.color)
    for story in found:
        print(clean(story.title))
        width = max(len(fact.topic) for fact in story.facts)
        for fact in story.facts:
            line = f"  {fact.topic:{width}}  {'unknown: ' if fact.unknown else ''}{clean(told(fact.value))}"
            place = f"{clean(options.shown(fact.location.path))}:{fact.location.line}"
            print(f"{line:{ORIGIN_COLUMN}} {_DIM}{place}{_PLAIN}" if color else f"{line:{ORIGIN_COLUMN}} {place}")
            for related in fact.related:
                print(
                    f"  {'':{width}}    {clean(options.shown(related.location.path))}:{related.location.line}: {clean(told(related.message))}"
                )
    return 0


def _is_named(story: "Story", name: str) -> bool:
    return name in (story.owner, story.owner.partition("#")[2], story.owner.rpartition("/")[2]) or (
        story.owner.rpartition(".")[2] == name
    )


def _story_as_json(story: "Story") -> dict[str, Any]:
    return {
        "owner": story.owner,
        "title": story.title,
        "facts": [
            {
                "topic": fact.topic,
                "value": {"$unknown": told(fact.value)} if fact.unknown else told(fact.value),
                "path": fact.location.path,
                "line": fact.location.line,
                "related": [
                    {"path": r.location.path, "line": r.location.line, "message": told(r.message)} for r in fact.related
                ],
            }
            for fact in story.facts
        ],
    }


def _changes(root: str, options: argparse.Namespace) -> int:
    from hullcheck.change.base import resolve
    from hullcheck.change.history import CommitTree, History
    from hullcheck.report.changed import Style, render
    from hullcheck.report.changed_json import as_json
    from hullcheck.show.beside import Beside
    from hullcheck.show.difference import difference
    from hullcheck.show.rendered import of_paths, side

    past = History(root)
    commit = CommitTree(past, resolve(past, options.diff_base, look.ENVIRON).commit)
    tracked = past.tracked()
    now = DiskTree(root, tracked=tracked)
    asked = _options(options)
    paths = [relative(root, path) for path in options.paths]
    name = os.path.basename(now.root)
    after = of_paths(side(now, asked, name), paths)
    base = Beside(commit, now, tracked)
    before = of_paths(side(base, asked._replace(values=given.values_of(base, root, asked.values)), name), paths)
    if paths and not before.worlds and not after.worlds:
        raise HullcheckError(f"{', '.join(options.paths)}: there is nothing to show")
    if options.container:
        before, after = (_of_container(each, options.container) for each in (before, after))
        if not before.stories and not after.stories:
            raise HullcheckError(f"--container: nothing here is called {options.container}")
    found = difference(before, after, reveal=options.reveal)
    if not options.quiet:
        say_all(past.notes())
    if options.output_format == "json":
        print(json.dumps(as_json(found), indent=2, ensure_ascii=False))
    else:
        marked = options.output_format == "markdown"
        style = Style(options.verbose, not options.no_origins, marked, str if marked else options.shown)
        print(render(found, style), end="")
    return 0


def _of_container(side: "Side", name: str) -> "Side":
    """What is about the containers of that name alone: their stories, and what they are a part of."""
    stories = tuple(story for story in side.stories if _is_named(story, name))
    owners = {(scope, inner) for scope, _, inner in (story.owner.partition("#") for story in stories)}
    owners |= {(scope, inner.rpartition("/")[0]) for scope, inner in owners}
    worlds = tuple(
        world._replace(things=tuple(thing for thing in world.things if (thing.world, thing.owner) in owners))
        for world in side.worlds
    )
    return side._replace(worlds=tuple(world for world in worlds if world.things), stories=stories)
