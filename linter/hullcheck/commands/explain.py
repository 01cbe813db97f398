"""`hullcheck explain`: a check's page, in the terminal."""

import argparse

from hullcheck import config
from hullcheck.commands.common import registry


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="a check's name or another tool's id for it")


def run(options: argparse.Namespace) -> int:
    checks = registry()
    names = sorted(config.resolve(options.name, checks, "explain"))
    for name in names:
        check = checks[name]
        print(f"{check.name} ({check.severity}, {check.concern}; {', '.join(check.dialects)})\n")
        print(check.doc.strip())
        if check.aliases:
            print(f"\nAlso known as: {', '.join(check.aliases)}")
        if name != names[-1]:
            print("\n" + "-" * 72 + "\n")
    return 0
