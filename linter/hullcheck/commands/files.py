"""`hullcheck files`: what is found, as which kind, and what becomes of each thing in it."""

from __future__ import annotations

from hullcheck import engine
from hullcheck.commands import check
from hullcheck.commands.common import add_cache, add_format, add_policy, keep, registry
from hullcheck.commands.formats import each_output
from hullcheck.model.coverage import JUDGED, Item
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

FORMATS = ("text", "json")


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files or folders to list (default: the current folder)"
    )
    add_format(parser, FORMATS)
    add_policy(parser)
    add_cache(parser)


def run(options: argparse.Namespace) -> int:
    keep(options)
    return each_output(options, FORMATS, _one)


def _one(options: argparse.Namespace) -> int:
    from hullcheck.report.paths import from_here
    from hullcheck.report.safe import clean, told

    checks = registry()
    subject, policy, _ = check.request(check.with_defaults(options), checks)
    result = engine.find(subject, policy, checks)
    items: dict[str, list[Item]] = {}
    for item in result.coverage.items:
        items.setdefault(item.path, []).append(item)
    if options.output_format == "json":
        print(_as_json(result))
        return 0 if result.kinds else 3
    listed = set()
    shown = from_here(result.root, options.paths)
    for kind, path in result.kinds:
        context = result.contexts.get(path, "")
        print(f"{kind:12} {clean(shown(path))}{f' ({context})' if context else ''}")
        for item in items.get(path, ()) if path not in listed else ():
            if item.object or item.state != JUDGED:
                print(f"  {item.state:10} {clean(told(_named(item)))}")
        listed.add(path)
    for path, found in items.items():
        for item in found if path not in listed else ():
            print(f"{item.state:12} {clean(shown(path))} ({clean(told(item.reason))})")
    return 0 if result.kinds else 3


def _as_json(found: engine.Found) -> str:
    """The same for programs, with paths from the root."""
    import json

    from hullcheck.report.safe import told

    items = [
        {
            "path": item.path,
            "kind": item.kind,
            "object": item.object,
            "state": item.state,
            "cause": item.cause or None,
            "reason": told(item.reason),
        }
        for item in found.coverage.items
    ]
    files = [{"path": path, "kind": str(kind)} for kind, path in found.kinds]
    return json.dumps({"version": 1, "files": files, "things": items}, indent=2)


def _named(item: Item) -> str:
    name = f"stage {item.object}" if item.kind == "stage" else item.object or item.kind
    return f"{name}{f' ({item.reason})' if item.reason else ''}"
