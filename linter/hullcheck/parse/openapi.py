"""The API of a Kubernetes version, out of a package that carries the OpenAPI documents of many."""

from __future__ import annotations

import json
import os
import re
from functools import lru_cache
from importlib.util import find_spec

from hullcheck.errors import HullcheckError
from hullcheck.model.openapi import Types
from hullcheck.patterns import pattern

PACKAGE = "kubernetes_validate"
"""Only its data is read: importing it takes longer than most runs."""

_FOLDER = pattern(r"v1\.(\d+)\.\d+-local")


def types(version: str) -> Types:
    """The types of a Kubernetes version such as "1.34", or the newest there is for "latest".

    Raises HullcheckError if the package isn't installed, or doesn't carry the version.
    """
    root = _root()
    carried = _carried(root)
    wanted = max(carried) if version == "latest" else _minor(version)
    if wanted not in carried:
        raise HullcheckError(
            f"--validate: no schemas of Kubernetes {version}: the installed kubernetes-validate carries "
            f"1.{min(carried)} to 1.{max(carried)}"
        )
    return _read(os.path.join(root, carried[wanted], "_definitions.json"), f"1.{wanted}")


def _minor(version: str) -> int:
    match = re.fullmatch(r"v?1\.(\d{1,3})(?:\.\d{1,3})?", version)
    return int(match[1]) if match else -1


def _root() -> str:
    spec = find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations if spec else None) or ():
        root = os.path.join(folder, "kubernetes-json-schema")
        if os.path.isdir(root):
            return root
    raise HullcheckError("--validate needs the schemas of kubernetes-validate: `pip install hullcheck[validate]`")


def _carried(root: str) -> dict[int, str]:
    """The folder of each minor version."""
    found = {int(match[1]): name for name in os.listdir(root) if (match := _FOLDER.fullmatch(name))}
    if not found:
        raise HullcheckError("--validate: the installed kubernetes-validate carries no schemas")
    return found


@lru_cache(maxsize=2)  # each is tens of MB
def _read(path: str, version: str) -> Types:
    try:
        with open(path, encoding="utf-8") as file:
            return Types(json.load(file)["$defs"], version)
    except (OSError, ValueError, KeyError, TypeError):
        raise HullcheckError(f"--validate: the schemas of Kubernetes {version} can't be read: {path}") from None
