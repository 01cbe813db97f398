"""`hullcheck files`: what is found, as which kind, and what becomes of each thing in it."""

from __future__ import annotations

from hullcheck import engine
from hullcheck.commands import check
from hullcheck.commands.common import add_cache, add_policy, keep, registry
from hullcheck.model.coverage import JUDGED, Item
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH")
    add_policy(parser)
    add_cache(parser)


def run(options: argparse.Namespace) -> int:
    from hullcheck.report.safe import clean, told

    keep(options)
    checks = registry()
    result = engine.find(check.request(check.with_defaults(options), checks), checks)
    items: dict[str, list[Item]] = {}
    for item in result.coverage.items:
        items.setdefault(item.path, []).append(item)
    listed = set()
    for kind, path in result.kinds:
        context = result.contexts.get(path, "")
        print(f"{kind:12} {clean(path)}{f' ({context})' if context else ''}")
        for item in items.get(path, ()) if path not in listed else ():
            if item.object or item.state != JUDGED:
                print(f"  {item.state:10} {clean(told(_named(item)))}")
        listed.add(path)
    for path, found in items.items():
        for item in found if path not in listed else ():
            print(f"{item.state:12} {clean(path)} ({clean(told(item.reason))})")
    return 0 if result.kinds else 3


def _named(item: Item) -> str:
    return f"{item.object or item.kind}{f' ({item.reason})' if item.reason else ''}"
