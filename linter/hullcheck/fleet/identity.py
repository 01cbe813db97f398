"""Which hullcheck this is: its version, and a digest of all that it is made of, code and tables of facts."""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec

from hullcheck import __version__
from hullcheck.hashes import sha256

PACKAGES = ("hullcheck", "hullcheck_checks")
_ENDS = (".py", ".json", ".txt", ".tsv", ".csv", ".toml", ".gz", ".xz", ".yaml")


@cache
def identity() -> tuple[str, str]:
    """The version and the digest: equal where the same judgements are made."""
    digest = sha256()
    for package in PACKAGES:
        spec = find_spec(package)
        for folder in sorted(spec.submodule_search_locations or ()) if spec is not None else ():
            for path in sorted(_files(folder)):
                with open(path, "rb") as file:
                    data = file.read()
                digest.update(f"{package}/{os.path.relpath(path, folder)}\0{len(data)}\0".encode())
                digest.update(data)
    digest.update(_validator().encode())
    return __version__, str(digest.hexdigest()[:32])


def _validator() -> str:
    """The version of what knows the fields of Kubernetes, if that is here (the extra `validate`)."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("kubernetes-validate")
    except PackageNotFoundError:
        return ""


def _files(folder: str) -> list[str]:
    found = []
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        found += [os.path.join(at, name) for name in names if name.endswith(_ENDS)]
    return found
