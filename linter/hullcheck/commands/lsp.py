"""`hullcheck lsp`: the language server, which editors start."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from hullcheck import deferred, look
from hullcheck.commands import check
from hullcheck.commands.common import registry
from hullcheck.errors import HullcheckError
from hullcheck.request import Request
from hullcheck.typed import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import argparse

    from hullcheck.lsp.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stdio", action="store_true", help="talk over standard input and output (always so)")


def run(options: argparse.Namespace) -> int:
    """Serve until the editor says so, or is gone; 0 if it has said so in order."""
    deferred.allowed = False
    for name in list(sys.modules):
        deferred.fill(name)  # two threads may ask for the same
    try:
        import lsprotocol  # noqa: F401
        import pygls  # noqa: F401
    except ImportError as error:
        raise HullcheckError(
            f"`hullcheck lsp` needs pygls and lsprotocol ({error}): pip install 'hullcheck[lsp]'"
        ) from None
    import logging

    from hullcheck.lsp.run import serve

    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
    checks = registry()
    stdin, stdout = _streams()
    return serve(checks, asked, stdin, stdout)


def _streams() -> tuple[BinaryIO, BinaryIO]:
    """The streams to talk over. Whatever else is written to standard output from here on goes to standard error."""
    sys.stdout.flush()
    stdin, stdout = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(stdin, "rb"), os.fdopen(stdout, "wb")


def asked(path: str, said: Settings) -> Request:
    """What the settings ask for, as `hullcheck check` would with the same options."""
    folder = path if look.isdir(path) else os.path.dirname(path)

    def at(name: str) -> str:
        return os.path.join(folder, name) if name else ""

    return check.request(
        check.with_defaults(
            Namespace(
                paths=[path],
                config=at(said.config) or None,
                no_config=said.no_config,
                profile=said.profile or "default",
                context=said.context or None,
                min_severity=said.min_severity or None,
                select=list(said.select),
                ignore=list(said.ignore),
                exclude=list(said.exclude),
                include_vendored=said.include_vendored,
                no_gitignore=said.no_gitignore,
                no_inline=said.no_inline,
                no_foreign_ignores=said.no_foreign_ignores,
                show_suppressed=said.show_suppressed,
                pod_security=said.pod_security,
                validate=said.validate,
                kubernetes_version=said.kubernetes_version or None,
                env=list(said.env),
                env_file=[at(name) for name in said.env_file],
                compose_profile=list(said.compose_profile) or None,
                values=[at(name) for name in said.values],
                set=list(said.set),
                kube_version=said.kube_version or None,
                api_versions=list(said.api_versions),
                baseline=at(said.baseline) or None,
                jobs=1,
            )
        ),
        registry(),
    )
