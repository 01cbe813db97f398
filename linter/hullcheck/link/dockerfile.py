"""A Dockerfile's parts for the checks: its stages, what ships, and the images that it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hullcheck.model.container import Container, Root
from hullcheck.model.coverage import Gap
from hullcheck.model.dockerfile import Dockerfile, Graph, Stage
from hullcheck.model.image import ImageUse
from hullcheck.model.problem import Problem
from hullcheck.model.shipped import Shipped, made_by
from hullcheck.source import Related
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.link.builds import Build

Part = Dockerfile | Stage | Container | ImageUse
FEW = 300
"""Words of a stage's commands whose downloads are always followed to their ends."""

_Arguments = tuple[tuple[tuple[str, str | None], ...], bool]


def parts(dockerfile: Dockerfile, builds: Iterable[Build], contexts: frozenset[str] = frozenset()) -> Iterator[Part]:
    """The file itself; for each set of build arguments its stages and images; and a container for all that ships.

    Without builds, the last stage ships, and nobody knows the arguments. `contexts` are the names that some build gives
    to contexts. A stage that nothing rests on may be built by its name, and is judged as that.
    """
    yield dockerfile
    variants = _variants(builds)
    known: set[str] = set()
    leaves: dict[str, Stage] = {}
    seen: set[tuple[object, str | None]] = set()
    for (arguments, closed), same in variants.items():
        targets = tuple(dict.fromkeys(build.target for build in same)) or (None,)
        graph = dockerfile.graph(dict(arguments), targets, closed, contexts)
        yield from graph.stages
        for use in graph.image_uses():
            key = (use.location, use.reference.value)
            if key not in seen:
                seen.add(key)
                yield use
        yield from _containers(graph, targets, same)
        known |= {stage.owner for stage in graph.needed}
        leaves |= {stage.owner: stage for stage in _leaves(graph)}
    for owner, stage in leaves.items():
        made = graph.find(owner) if owner not in known else None
        if made is not None and made.start is stage.start:
            yield container(made_by(made), [])._replace(if_target=True)


_FOR_WORK = frozenset(
    ("test", "tests", "tested", "testing", "tester", "unit", "e2e", "integration", "lint", "linter", "linting", "check",
     "checks", "checker", "fmt", "format", "doc", "docs", "bench", "benchmark", "benchmarks", "cov", "coverage", "validate",
     "validation", "vet", "verify", "ci", "vendor", "update", "gen", "generate", "generated", "proto", "protos", "binary",
     "binaries", "artifact", "artifacts", "export", "exporter", "cache", "deps", "dependencies")
)  # fmt: skip
"""Words in the names of stages that are built for what building them does, or for what can be taken out of them."""


def _leaves(graph: Graph) -> Iterator[Stage]:
    """The stages that nothing rests on, and that somebody may build by name: they start something, or collect it."""
    used = {stage.parent for stage in graph.stages} | {source for s in graph.stages for _, source in s.copied_from}
    for stage in graph.built:
        if (
            stage in used
            or stage.is_final
            or not stage.complete
            or not stage.name
            or not _FOR_WORK.isdisjoint(re.split(r"[-_.]", stage.name.lower()))
        ):
            continue
        keywords = {instruction.keyword for instruction in stage.instructions}
        collects = any(i.keyword == "COPY" and i.flag("from") for i in stage.instructions)
        if keywords & {"CMD", "ENTRYPOINT"} or (collects and stage.chain[-1].base.text != "scratch"):
            yield stage


def unknown(dockerfile: Dockerfile, builds: Iterable[Build]) -> Iterator[Problem]:
    """What of its stages can't be followed: it runs, and nobody knows what."""
    for (arguments, closed), same in _variants(builds).items():
        targets = tuple(dict.fromkeys(build.target for build in same)) or (None,)
        for stage in dockerfile.graph(dict(arguments), targets, closed).stages:
            for cause, why, place in stage.unknown:
                what = "command of a shell" if cause == "shell" else "instruction"
                yield Problem("not-analysed", why, place, stage.owner, Gap(cause, what, why.partition(": ")[2] or why))
            from hullcheck.model.flow import fetched

            if sum(len(command.words) for command in stage.commands) > FEW and not fetched(stage).complete:
                why = "it downloads too much to say what becomes of all"
                yield Problem("not-analysed", why, stage.location, stage.owner, Gap("limit", "stage", why))


def _variants(builds: Iterable[Build]) -> dict[_Arguments, list[Build]]:
    """The builds by their arguments; one with none, where nothing in sight builds the file."""
    variants: dict[_Arguments, list[Build]] = {}
    for build in builds:
        variants.setdefault((build.arguments, build.closed), []).append(build)
    return variants or {((), False): []}


def _containers(graph: Graph, targets: Iterable[str | None], builds: list[Build]) -> Iterator[Container]:
    for target in targets:
        stage = graph.find(target)
        if stage is not None:
            yield container(
                made_by(stage), [build.place for build in builds if build.target == target and build.place.message]
            )


def container(made: Shipped, places: list[Related]) -> Container:
    """What ships, as the checks see it; `places` are the lines that build it."""
    stage = made.stage
    return Container(
        "dockerfile",
        stage.owner,
        stage.owner,
        stage.location,
        None,
        made.user._replace(related=(*made.user.related, *_unused_user(made), *places)),
        role="stage",
        complete=stage.complete,
        serves=made.serves,
        windows=stage.windows,
        ports=made.ports,
        environment=made.environment,
        labels=made.labels,
        command=made.command,
        probes=(made.health,) if made.health else (),
        built=made,
    )


def _unused_user(made: Shipped) -> Iterator[Related]:
    """The user that the image makes for itself and then doesn't run as."""
    if made.user.root is Root.IMPLICIT and not made.user.drops_privileges:
        from hullcheck.model.users import unused

        user = unused(made.stage)
        if user is not None:
            yield Related(user.place, f"`{user.name}` is made here, and never used")
