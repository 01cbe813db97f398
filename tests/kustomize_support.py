"""Builds overlays from files in memory, and, where it is there, with kubectl."""

import os
import subprocess
from pathlib import Path
from typing import Any

from hullcheck.parse import yaml
from hullcheck.parse.kubernetes import read
from hullcheck.render.kustomize import Build, Kustomizations, objects
from hullcheck.render.kustomize.scalars import data
from hullcheck.source import Source

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def kubectl() -> str | None:
    """The program: the one that KUBECTL names, or that of the development cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hullcheck-oracles" / "kubectl"
    found = os.environ.get("KUBECTL") or (str(cache) if cache.exists() else None)
    return found if found and os.access(found, os.X_OK) else None


def kustomizations(files: dict[str, str]) -> Kustomizations:
    """The kustomizations of a repository that holds these files."""
    manifests = {
        path: read(Source(path, content.encode()))
        for path, content in files.items()
        if "apiVersion" in content or path.rpartition("/")[2] in NAMES
    }

    def content(path: str) -> bytes | None:
        return files[path].encode() if path in files else None

    return Kustomizations(manifests, content)


def build(files: dict[str, str], folder: str) -> Build:
    return kustomizations(files).build(folder)


def values(built: Build) -> list[Any]:
    """The objects as Python values, in the order in which they are put out."""
    return [data(node) for node in objects(built)]


def rendered(folder: Path) -> list[Any] | None:
    """What kubectl builds, as Python values; None if it refuses to."""
    program = kubectl()
    assert program
    result = subprocess.run([program, "kustomize", str(folder)], capture_output=True, check=False, timeout=60)
    if result.returncode:
        return None
    documents = yaml.parse(Source("rendered.yaml", result.stdout))
    assert not documents.problems
    return [data(document.root) for document in documents.documents if document.root is not None]
