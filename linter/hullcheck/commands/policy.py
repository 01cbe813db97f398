"""Where the policy of a run comes from: the files on disk, or the base of a change, which the change can't alter."""

from __future__ import annotations

import os

from hullcheck import look
from hullcheck.check import Registry
from hullcheck.commands.common import read_config, with_options
from hullcheck.discover import DiskTree, relative
from hullcheck.errors import HullcheckError
from hullcheck.policy import config
from hullcheck.policy.config import Config
from hullcheck.request import OwnPolicy
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from hullcheck.change.base import Past
    from hullcheck.policy.baseline import Baseline


def past(options: argparse.Namespace, root: str) -> Past | None:
    """What to compare with, as the command line asks; None if it doesn't."""
    revision = options.diff_base or ("auto" if options.gate else "")
    if not revision:
        return None
    from hullcheck.change.base import Past

    return Past(root, revision, look.ENVIRON, strict=options.gate)


def on_disk(
    options: argparse.Namespace, root: str, paths: list[str], checks: Registry
) -> tuple[Config, Baseline | None]:
    """The configuration and the baseline as they are in the files; an empty name of a baseline stands for none."""
    found = read_config(options, paths, checks)
    path = options.baseline or (found.baseline and os.path.join(root, found.baseline))
    if not path or options.baseline == "":
        return found, None
    from hullcheck.policy import baseline

    return found, baseline.parse(_shown(root, path), file_bytes(path))


def own(options: argparse.Namespace, root: str, paths: list[str], checks: Registry) -> OwnPolicy:
    """The policy that a change brings; a broken one is the change's fault, not the run's."""
    try:
        found, entries = on_disk(options, root, paths, checks)
    except HullcheckError as error:
        return OwnPolicy(None, None, str(error))
    return OwnPolicy(found, entries, "")


def at_base(options: argparse.Namespace, root: str, checks: Registry, before: Past) -> tuple[Config, Baseline | None]:
    """The configuration and the baseline at the tip of the base; what lies outside the repository is the caller's."""
    if not before.base.policy:
        what = before.base.how
        raise HullcheckError(f"--gate: {what}, nothing is committed yet, so there is no base to take the policy from")
    try:
        written = _config_at_base(options, root, checks, before)
    except HullcheckError as error:
        raise HullcheckError(f"at the base: {error}") from None
    found = with_options(written, options, checks)
    path = options.baseline or (found.baseline and os.path.join(root, found.baseline))
    if not path:
        return found, None
    from hullcheck.policy import baseline

    data = _at_base(root, path, before)
    return found, None if data is None else baseline.parse(_shown(root, path), data)


def _config_at_base(options: argparse.Namespace, root: str, checks: Registry, before: Past) -> Config:
    if options.no_config:
        return Config()
    if options.config is None:
        return config.find(lambda name: before.history.read(before.base.policy, name), checks)
    data = _at_base(root, options.config, before)
    if data is None:
        raise HullcheckError(
            f"--config: there is no {options.config} at the base, and the gate takes its policy from there"
        )
    return config.parse(_shown(root, options.config), data, checks)


def _at_base(root: str, path: str, before: Past) -> bytes | None:
    """The bytes of a file at the base, or of one outside the repository as it is."""
    inside = relative(root, path)
    if inside == ".." or inside.startswith("../"):
        return file_bytes(path)
    return before.history.read(before.base.policy, inside)


def _shown(root: str, path: str) -> str:
    inside = relative(root, path)
    return path if inside.startswith("../") else inside


def file_bytes(path: str) -> bytes:
    """A file of a policy, of the size that is read of any; raises HullcheckError if it can't be read, or is no file."""
    folder, name = os.path.split(path)
    try:
        return DiskTree(folder or ".").read(name)
    except OSError as error:
        raise HullcheckError(f"{path}: can't be read: {error.strerror or error}") from None
