"""`hullcheck config`: the configuration in effect, or its JSON Schema."""

import argparse

from hullcheck import config
from hullcheck.commands.common import add_policy, read_config, registry


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("show", "schema"))
    parser.add_argument("paths", nargs="*", metavar="PATH")
    add_policy(parser)


def run(options: argparse.Namespace) -> int:
    if options.what == "schema":
        print(config.schema(), end="")
        return 0
    effective = read_config(options, options.paths or ["."], registry())
    print(f"# from {effective.path or 'the defaults'}")
    print(f"select: [{', '.join(effective.select)}]")
    print(f"ignore: [{', '.join(effective.ignore)}]")
    print(f"exclude: [{', '.join(effective.exclude)}]")
    print(f"include-vendored: {str(effective.include_vendored).lower()}")
    print(f"min-severity: {effective.min_severity}")
    print(f"fail-on: {effective.fail_on if effective.fail_on is not None else 'none'}")
    print(f"policies-elsewhere: {str(effective.policies_elsewhere).lower()}")
    print(f"suppress: {len(effective.suppress)} entries")
    return 0
