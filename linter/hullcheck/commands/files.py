"""`hullcheck files`: what is found, as which kind, and what is left out."""

import argparse

from hullcheck import engine
from hullcheck.commands import check
from hullcheck.commands.common import add_policy, registry


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH")
    add_policy(parser)


def run(options: argparse.Namespace) -> int:
    from hullcheck.report.safe import clean

    result = engine.find(check.request(check.with_defaults(options), registry()))
    for path, kind in result.kinds:
        print(f"{kind:12} {clean(path)}")
    for skipped in result.skipped:
        rule = f": {skipped.rule}" if skipped.rule and skipped.reason != "vendored" else ""
        print(f"{'left out':12} {clean(skipped.path)} ({clean(skipped.reason + rule)})")
    return 0 if result.kinds else 3
