"""`hullcheck checks`: the catalogue."""

from __future__ import annotations

import argparse

from hullcheck.commands.common import add_format, registry
from hullcheck.commands.formats import each_output

FORMATS = ("text", "json")


def add(parser: argparse.ArgumentParser) -> None:
    add_format(parser, FORMATS)


def run(options: argparse.Namespace) -> int:
    return each_output(options, FORMATS, _one)


def _one(options: argparse.Namespace) -> int:
    checks = sorted(registry(), key=lambda check: (check.concern, check.name))
    if options.output_format == "json":
        import json

        rows = [
            {
                "name": check.name,
                "severity": str(check.severity),
                "concern": check.concern,
                "summary": check.summary,
                "dialects": list(check.dialects),
                "aliases": list(check.aliases),
                "fixable": check.fixable,
                "default": check.default,
            }
            for check in checks
        ]
        print(json.dumps({"checks": rows}, indent=2))
        return 0
    width = max(len(check.name) for check in checks)
    for check in checks:
        print(f"{check.name:{width}}  {check.severity!s:8}  {check.summary}")
    return 0
