"""What a file is there for, by the configuration, and by where it lies. See docs/contexts.md.

Only a path, the names of the tree's files and, of a manifest, its first lines are asked: a run about one file knows as much.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from hullcheck.finding import DOCUMENTATION, EXAMPLE, PRODUCTION, TEST, VENDORED
from hullcheck.patterns import pattern
from hullcheck.policy.rules import matcher
from hullcheck.tuples import NamedTuple

_TESTS = frozenset(
    (
        "testdata", "_testdata", "test-data", "test_data", "fixture", "fixtures", "__fixtures__", "__tests__", "__snapshots__",
        "test-fixtures", "test_fixtures", "golden", "goldens", "e2e", "e2e-tests", "e2e_tests", "integration-tests",
        "integration_tests", "testcases", "test-cases", "tests",
    )
)  # fmt: skip
_TESTS_OR_STAGES = frozenset(("test", "testing"))
"""Folders of tests; or a stage that is deployed as others are."""

_EXAMPLES = frozenset(("example", "examples", "_example", "_examples", "sample", "samples"))
_DOCUMENTATION = frozenset(("doc", "docs", "documentation"))
_SUPPLIED = frozenset(("upstream", "vendor", "vendored", "third_party", "third-party"))

_DEPLOYED = frozenset(
    (
        "overlays", "overlay", "environments", "environment", "envs", "env", "clusters", "cluster", "stages", "deploy", "deployment",
        "deployments", "manifests", "install",
    )
)  # fmt: skip
"""Folders of which each folder is deployed, whatever it is called: `overlays/test`, `deploy/examples`."""

_HELD_APART = _DEPLOYED | frozenset(
    (
        "k8s",
        "kubernetes",
        "kustomize",
        "apps",
        "namespaces",
        "tenants",
        "argocd",
        "flux",
        "gitops",
        "infra",
        "infrastructure",
    )
)
"""Folders in which `test` is rather a stage, or an application's name."""

_STAGES = frozenset(
    (
        "prod",
        "production",
        "prd",
        "live",
        "staging",
        "stage",
        "stg",
        "dev",
        "development",
        "qa",
        "uat",
        "preprod",
        "pre-prod",
        "base",
    )
)
"""Names of stages: what lies beside one is one, too."""

_GOLDEN = pattern(r"(?:.*[._-])?golden(?:[._-].*)?", re.IGNORECASE | re.DOTALL)
_VALUES = pattern(r".*values\.ya?ml", re.IGNORECASE | re.DOTALL)
_RELEASE = pattern(r".+[-_.]v?\d{1,4}\.\d{1,4}\.\d{1,4}(?:-[\w.]{1,20})?\.ya?ml", re.IGNORECASE | re.DOTALL)
_SOURCE = pattern(
    r"\A(?:---[ \t]*\r?\n|[ \t]*\r?\n){0,5}# Source: (?P<chart>[\w.-]{1,200})/(?:\S{1,300}/)?(?:templates|crds)/"
)

MOST_GO = 40
GO_BYTES = 256 * 1024
"""How many Go files of a folder are looked at, and how much of each."""


class Place(NamedTuple):
    """A context, and the folder (or file) that makes it one; `said` if the configuration does."""

    context: str = PRODUCTION
    folder: str = ""
    said: bool = False

    @property
    def folds(self) -> bool:
        """Is it outside production, so that findings fold unless something deploys the file?"""
        return self.context not in (PRODUCTION, VENDORED)


_PRODUCTION = Place()


class Places:
    """The contexts of a tree's files. `said` are globs for contexts, `paths` all files of the tree."""

    def __init__(
        self, said: Mapping[str, tuple[str, ...]], paths: Iterable[str], read: Callable[[str, int], bytes] | None = None
    ) -> None:
        self._said = [(context, matcher(globs)) for context, globs in said.items() if globs]
        self._paths = paths
        self._read = read
        self._known: dict[str, Place] = {}

    def of(self, path: str, text: str = "") -> Place:
        """The context of a file; `text` is how a manifest begins, of which it may say who made it."""
        found = self._known.get(path)
        if found is None:
            found = self._known[path] = self._by_word(path) or self._by_name(path) or self._by_use(path)
        if found.context == PRODUCTION and not found.said and text:
            return self._supplied(path, text)
        return found

    def is_inside(self, folder: str) -> bool:
        """Is what lies in the folder outside production by the folder itself?"""
        return bool(folder) and self.of(f"{folder}/-").folds

    def _by_word(self, path: str) -> Place | None:
        """What the configuration says: that it is production before all else, whatever other words hold for it."""
        said = [context for context, matches in self._said if matches(path)]
        if not said:
            return None
        context = PRODUCTION if PRODUCTION in said else said[-1]
        return Place(context, posixpath.dirname(path) or ".", True)

    def _by_name(self, path: str) -> Place | None:
        *folders, name = path.split("/")
        for number, folder in enumerate(folders):
            context = self._called(folder.lower(), "/".join(folders[:number]))
            if context:
                return Place(context, "/".join(folders[: number + 1]))
        if _GOLDEN.fullmatch(name.rpartition(".")[0]):
            return Place(TEST, path)
        if folders[-1:] == ["ci"] and _VALUES.fullmatch(name) and "/".join(folders[:-1]) in self._charts:
            return Place(TEST, "/".join(folders))
        return None

    def _called(self, name: str, above: str) -> str:
        if name in _TESTS:
            return TEST
        if name in _DOCUMENTATION:
            return DOCUMENTATION
        if name in _EXAMPLES:
            return "" if self._is_deployed(above, _DEPLOYED) else EXAMPLE
        if name in _TESTS_OR_STAGES:
            return "" if self._is_deployed(above, _HELD_APART) or above in self._beside_stages else TEST
        return ""

    @staticmethod
    def _is_deployed(above: str, names: frozenset[str]) -> bool:
        return posixpath.basename(above).lower() in names

    @cached_property
    def _folders(self) -> frozenset[str]:
        return frozenset(posixpath.dirname(path) for path in self._paths)

    @cached_property
    def _beside_stages(self) -> frozenset[str]:
        """The folders that have one for a stage."""
        found = set()
        for folder in self._folders:
            above = folder
            while above:
                above, _, name = above.rpartition("/")
                if name.lower() in _STAGES:
                    found.add(above)
        return frozenset(found)

    @cached_property
    def _charts(self) -> frozenset[str]:
        return frozenset(posixpath.dirname(path) for path in self._paths if path.endswith("Chart.yaml"))

    @cached_property
    def _own_charts(self) -> frozenset[str]:
        return frozenset(posixpath.basename(folder) for folder in self._charts)

    def _supplied(self, path: str, text: str) -> Place:
        """A file that a supplier made: rendered of a chart that isn't here, released with a version, or kept apart."""
        *folders, name = path.split("/")
        for number, folder in enumerate(folders):
            if folder.lower() in _SUPPLIED:
                return Place(VENDORED, "/".join(folders[: number + 1]))
        made = _SOURCE.match(text)
        if _RELEASE.fullmatch(name) or (made is not None and made["chart"] not in self._own_charts):
            return Place(VENDORED, path)
        return _PRODUCTION

    # What uses it

    @cached_property
    def _go(self) -> dict[str, list[str]]:
        """The Go files of folders that have tests in Go."""
        found: dict[str, list[str]] = {}
        for path in self._paths:
            if path.endswith(".go"):
                found.setdefault(posixpath.dirname(path), []).append(path)
        return {
            folder: files
            for folder, files in found.items()
            if len(files) <= MOST_GO
            and any(f.endswith("_test.go") for f in files)
            and not all(f.endswith("_test.go") for f in files)
        }

    def _by_use(self, path: str) -> Place:
        """A file between the sources of a Go package that its tests name, and nothing else of it, is for these tests."""
        folder, _, name = path.rpartition("/")
        files = self._go.get(folder, ()) if self._read is not None else ()
        if not files or not self._names(name, (file for file in files if file.endswith("_test.go"))):
            return _PRODUCTION
        others = [file for file in files if not file.endswith("_test.go")]
        if self._names(name, others) or self._names("//go:embed", others):
            return _PRODUCTION
        return Place(TEST, path)

    def _names(self, name: str, files: Iterable[str]) -> bool:
        assert self._read is not None
        for file in files:
            try:
                data = self._read(file, GO_BYTES)
            except OSError:
                continue
            if name.encode() in data:
                return True
        return False
