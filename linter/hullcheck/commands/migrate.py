"""`hullcheck migrate`: other tools' configuration files to ours."""

from __future__ import annotations

import argparse
import os
import sys

from hullcheck.commands.common import registry
from hullcheck.discover import DiskTree
from hullcheck.errors import HullcheckError
from hullcheck.policy import migrate


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", help=".hadolint.yaml, .trivyignore, .checkov.yaml, .kube-linter.yaml, ..."
    )


def run(options: argparse.Namespace) -> int:
    folder, name = os.path.split(options.file)
    try:
        data = DiskTree(folder or ".").read(name)
    except OSError as error:
        raise HullcheckError(f"{options.file}: can't be read: {error.strerror or error}") from None
    sys.stdout.write(migrate.migrate(options.file, data, registry()).text())
    return 0
