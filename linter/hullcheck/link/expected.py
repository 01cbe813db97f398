"""Files that say what a test expects to find in a cluster: parts of objects, which nobody applies.

See https://kuttl.dev/docs/kuttl-test-harness.html and https://kyverno.github.io/chainsaw/latest/operations/assert/
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from hullcheck.model.node import Mapping as YamlMapping
from hullcheck.model.node import Node, as_str, at, items
from hullcheck.parse.kubernetes import ManifestFile
from hullcheck.patterns import pattern

_KUTTL = pattern(r"(?:\d\d-)?(?:assert|errors)\.ya?ml")
_EXPECTS = ("assert", "error")
_GROUP = "chainsaw.kyverno.io"
_STEPS = ("try", "catch", "finally", "cleanup")


def asserted_files(files: Mapping[str, ManifestFile]) -> frozenset[str]:
    """The paths of files whose objects are expectations: kuttl's by their names, chainsaw's by its tests."""
    named = {path for path in files if _KUTTL.fullmatch(posixpath.basename(path))}
    for path, file in files.items():
        for made in file.objects:
            if made.kind in ("Test", "StepTemplate") and made.group == _GROUP:
                folder = posixpath.dirname(path)
                named |= {posixpath.normpath(posixpath.join(folder, name)) for name in _named(made.node)}
    return frozenset(named & files.keys())


def _named(test: Node) -> Iterator[str]:
    """The files that a test's assertions name."""
    spec = at(test, "spec")
    for step in (spec, *items(at(spec, "steps"))):
        for key in _STEPS:
            for operation in items(at(step, key)):
                for kind in _EXPECTS:
                    name = as_str(at(operation, kind, "file")) if isinstance(operation, YamlMapping) else None
                    if name:
                        yield name
