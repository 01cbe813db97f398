"""`hullcheck explain`: a check's page, in the terminal."""

from __future__ import annotations

import argparse

from hullcheck.commands.common import registry
from hullcheck.policy import config
from hullcheck.terms import Alias


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="a check's name or another tool's id for it")


def run(options: argparse.Namespace) -> int:
    checks = registry()
    names = sorted({term.name for term in config.resolve(options.name, checks, "explain")})
    for name in names:
        check = checks[name]
        print(f"{check.name} ({check.severity}, {check.concern}; {', '.join(check.dialects)})\n")
        print(check.doc.strip())
        if check.aliases:
            print(f"\nAlso known as: {', '.join(map(_alias, check.aliases))}")
        if name != names[-1]:
            print("\n" + "-" * 72 + "\n")
    return 0


def _alias(alias: str) -> str:
    """An id, and which of the findings its rule is about if it isn't all."""
    condition = alias.when.told if isinstance(alias, Alias) else ""
    return f"{alias} ({condition})" if condition else alias
