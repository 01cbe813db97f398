"""Which findings count in full: those of production, and of what production deploys or builds, wherever it lies.

What a file is there for follows from its path and the configuration (`places.py`); what deploys or builds it from the
texts of the tree (`link/deployed.py`) and from what was linked. All of that is known to a run that reads a part of the tree, too.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property

from hullcheck.analysis import Analysis
from hullcheck.budget import tick
from hullcheck.context.places import Places
from hullcheck.discover import KUSTOMIZATION_NAMES, Kind, Tree, kind_of, plainly_dockerfile
from hullcheck.finding import PRODUCTION, VENDORED, Finding, Severity
from hullcheck.model.kubernetes import World
from hullcheck.model.node import as_str, at, items
from hullcheck.model.placeholders import asks, documented, weak
from hullcheck.model.secrets import decoded
from hullcheck.model.tokens import random
from hullcheck.parse import wording
from hullcheck.read import of_kind
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hullcheck.link.deployed import Deployed, Named, Names

BEGINNING = 600
"""Characters of a file that may say who made it."""

_TAKEN = ("resources", "bases", "components", "patches", "patchesStrategicMerge", "patchesJson6902")
"""What of a kustomization names files and folders."""

MOST_ROUNDS = 10
"""How often what is deployed may deploy more."""

MOST_READ = 2_000
"""Files that are asked whether they are manifests, before it is taken for granted that one is."""

_BESIDE = (Kind.ENV, Kind.BESIDE_DOCKERFILE, Kind.DEV_CONTAINER)
"""What is never all that a folder is for."""

_ALWAYS = frozenset(
    ("policy-weakened", "suppression-added", "file-left-scope", "check-failed", "time-limit", "not-analysed")
)
"""Checks that tell of the run or the change, whatever file they stand in."""

_CERTAIN = frozenset(("secret-value", "secret-file-committed"))
"""Checks of secrets that tell themselves what is made up."""


class Counted:
    """Which files of a tree count in full, by what was linked of it. `said` are the configuration's contexts; `says` tells
    what a text deploys, where that is known.
    """

    def __init__(
        self,
        tree: Tree,
        analysis: Analysis,
        said: Mapping[str, tuple[str, ...]],
        says: "Callable[[str], Names] | None" = None,
    ) -> None:
        self._says = says
        self.tree = tree
        self.analysis = analysis
        self.places = Places(said, tree.paths, tree.read)
        self._alone: dict[str, bool] = {}

    def context(self, path: str) -> str:
        """What the file is there for."""
        file = self.analysis.files.get(path)
        begins = file.source.text[:BEGINNING] if file is not None and path.endswith((".yaml", ".yml")) else ""
        return self.places.of(path, begins).context

    def counts(self, path: str) -> bool:
        """Is it for production, or used there?"""
        return self._has(path, self._used)

    def said(self, path: str, targets: Iterable[str]) -> str:
        """The file's context in words, with whether its findings count; empty where it is for production."""
        context = self.context(path)
        if context in (PRODUCTION, VENDORED):
            return "" if context == PRODUCTION else context
        if self.counts(path):
            return f"{context}, counted: something deploys or builds it"
        return f"{context}, counted: it is what was asked about" if self.is_asked_for(path, targets) else context

    def is_asked_for(self, path: str, targets: Iterable[str]) -> bool:
        """Was somebody asking about just such files: by naming the file, a folder in such a place, or one of nothing else?"""
        return any(self._is_about(target) for target in targets if _below(path, target) or not target)

    def _is_about(self, target: str) -> bool:
        if target not in self._alone:
            named = target in self.analysis.files
            self._alone[target] = named or self.places.is_inside(target) or not self._has_production(target)
        return self._alone[target]

    def _is_production(self, path: str) -> bool:
        return not self.places.of(path).folds

    def _has_production(self, folder: str) -> bool:
        """Is anything for production below a folder, by its name, or by what it begins with?"""
        likely: list[str] = []
        for path in self.tree.paths:
            if not _below(path, folder) or path.startswith(".") or "/." in path or self.tree.ignored(path):
                continue
            name = posixpath.basename(path)
            kind = kind_of(name)
            if kind is None or kind in _BESIDE or not self._is_production(path):
                continue
            if kind not in (Kind.YAML, Kind.DOCKERFILE) or plainly_dockerfile(name):
                return True
            likely.append(path)
        if len(likely) > MOST_READ:
            return True
        for path in likely:
            tick()
            try:
                if wording.interesting(self.tree.chunks(path), path):
                    return True
            except OSError:
                return True
        return False

    @cached_property
    def _named(self) -> "Deployed":
        """What pipelines and scripts deploy."""
        from hullcheck.link.asked import is_script
        from hullcheck.link.deployed import Deployed

        def is_asked(path: str) -> bool:
            """Nothing is found in programs in Go, and to tell what they are for, all that are beside them are read."""
            return (not path.endswith(".go") or is_script(path)) and not self._is_production(path)

        return Deployed(self.tree, self._is_production, is_asked, self._says)

    @cached_property
    def _linked(self) -> "Named":
        """What links of production lead to."""
        from hullcheck.link.deployed import Named

        to = frozenset(real for link, real in self.tree.links.items() if self._is_production(link))
        return Named(to, to)

    def _has(self, path: str, used: AbstractSet[str]) -> bool:
        return self._is_production(path) or path in used or self._linked.has(path) or self._named.has(path)

    @cached_property
    def _used(self) -> frozenset[str]:
        """The files that something in production is made of, installs, builds or runs."""
        used: set[str] = set()
        worlds, projects = self.analysis.scopes
        for _ in range(MOST_ROUNDS):
            before = len(used)
            for world in worlds:
                tick()
                if world.kind != "manifests" and self._is_deployed(world, used):
                    used.update(world.files)
                    used.update(made.location.path for made in world.objects)
            used.update(self._taken(used))
            for project in projects:
                if all(self._has(path, used) for path in project.paths):
                    used.update(project.paths)
                    used.update(project.taken)
                    used.update(path for path, _ in project.extended)
            used.update(self._built(used))
            if len(used) == before:
                break
        return frozenset(used)

    def _taken(self, used: set[str]) -> Iterator[str]:
        """What kustomizations of production name, whether or not kustomize would take it from there."""
        for path, named in self._layers:
            if self._has(path, used):
                yield from named

    @cached_property
    def _layers(self) -> list[tuple[str, list[str]]]:
        """The kustomizations, and the files that they name, or that are the heads of folders which they name."""
        files = self.analysis.files
        found = []
        for path, file in of_kind(files, "kustomization").items():
            layer = getattr(file.model, "layer", None)
            named = []
            for key in _TAKEN if layer is not None else ():
                for item in items(at(layer, key)):
                    text = as_str(item) or as_str(at(item, "path")) or ""
                    meant = posixpath.normpath(posixpath.join(posixpath.dirname(path), text)) if text else ""
                    named += [name for name in (meant, *_heads(meant)) if name in files]
            found.append((path, named))
        return found

    def _is_deployed(self, world: World, used: set[str]) -> bool:
        """Is what is applied together for production, by its folder and all values that it has, or by what deploys it?"""
        if world.by:
            return any(self._has(made.location.path, used) for made in world.by)
        folder, *values = world.name.split(" + ")
        folder = "" if folder == "." else folder
        heads = _heads(folder)
        if not self._is_production(heads[0]) and not any(self._has(path, used) for path in heads):
            return False
        return all(self._has(posixpath.normpath(posixpath.join(folder, name)), used) for name in values)

    def _built(self, used: set[str]) -> Iterator[str]:
        """The Dockerfiles that something in production builds or runs."""
        for path, builders in self.analysis.builders.items():
            if any(self._has(by, used) for by in builders):
                yield path
        for path, user in self.analysis.users:
            place = self._runs.get(user)
            if place is not None and self._has(place, used):
                yield path

    @cached_property
    def _runs(self) -> dict[tuple[str, str], str]:
        """Where what runs is written, by its scope and name."""
        worlds, projects = self.analysis.scopes
        found: dict[tuple[str, str], str] = {}
        for scope, workloads in (
            *((world.name, world.workloads) for world in worlds),
            *((project.scope, project.workloads) for project in projects),
        ):
            for workload in workloads:
                for one in (workload, *workload.containers):
                    found[scope, one.owner] = workload.location.path
        return found


def _heads(folder: str) -> list[str]:
    return [posixpath.join(folder, name) for name in (*sorted(KUSTOMIZATION_NAMES), "Chart.yaml")]


def _below(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


class Asking(NamedTuple):
    """What is asked about: paths below the root, and whether all contexts count in full.

    `concern` is that of a check.
    """

    targets: tuple[str, ...]
    everything: bool
    concern: Callable[[str], str]


def marked_in(
    findings: Iterable[Finding],
    now: Counted,
    asking: Asking,
    then: Counted | None = None,
    renamed: Mapping[str, str] | None = None,
) -> tuple[Finding, ...]:
    """The findings of a tree with their contexts; those that don't count in full are folded.

    Of a change, `then` is the tree before, and `renamed` what its files were called.
    """
    if then is None:
        return tuple(_marked(finding, now, asking) for finding in findings)
    return tuple(_compared(finding, now, then, renamed or {}, asking) for finding in findings)


def _marked(finding: Finding, now: Counted, asking: Asking) -> Finding:
    path = finding.location.path
    context = now.context(path)
    counts = (
        context in (PRODUCTION, VENDORED)
        or asking.everything
        or now.counts(path)
        or _counts_anyway(finding, asking.concern)
        or now.is_asked_for(path, asking.targets)
    )
    return finding if context == PRODUCTION else finding._replace(context=context, folded=not counts)


def _compared(finding: Finding, now: Counted, then: Counted, renamed: Mapping[str, str], asking: Asking) -> Finding:
    """The finding of a change: what counted in the tree before counts, and what only does since the change is new."""
    marked = _marked(finding, now, asking)
    path = finding.location.path
    old = renamed.get(path, path)
    there = old in then.analysis.files
    if marked.folded:
        counted = (there and then.counts(old)) or then.is_asked_for(old, asking.targets)
        return marked._replace(folded=not counted)
    outside = marked.context not in ("", VENDORED) and not asking.everything
    old_news = there and marked.state == "unchanged" and marked.suppression is None
    if outside and old_news and now.counts(path) and not then.counts(old):
        message = f"{marked.message}; it counts since this change, which deploys or builds it"
        return marked._replace(state="new", message=message)
    return marked


def _counts_anyway(finding: Finding, concern: Callable[[str], str]) -> bool:
    """Is it about the run, or a secret that looks real?"""
    if finding.name in _ALWAYS or finding.owner == "configuration":
        return True
    if finding.severity < Severity.HIGH or concern(finding.name) != "secrets":
        return False
    return finding.name in _CERTAIN or any(map(_looks_real, finding.redact))


def _looks_real(place: Any) -> bool:
    """Is a value generated, rather than made up for a test?"""
    text = place.text.strip().strip("\"'")
    text = decoded(text) or text
    return random(text) and not (weak(text) or asks(text) or documented(text))
