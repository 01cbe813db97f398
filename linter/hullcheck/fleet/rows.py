"""What was found in one repository as rows of the tables: see `tables.py` for the columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.analysis import Analysis
from hullcheck.budget import ticking
from hullcheck.check import Registry
from hullcheck.finding import Finding
from hullcheck.fleet.tables import Row
from hullcheck.link.builds import Build, image_name
from hullcheck.link.project import Project
from hullcheck.model.container import Container, Root
from hullcheck.model.coverage import JUDGED, Coverage
from hullcheck.model.image import ImageRef, ImageUse
from hullcheck.model.network.extents import limits
from hullcheck.model.network.network import Network
from hullcheck.model.network.parts import NetworkUse
from hullcheck.model.settings import Settings
from hullcheck.model.shipped import Shipped, shipped
from hullcheck.report.safe import Secrets, clean, told, well_formed
from hullcheck.result import Result

_AGES = "eol-base-image"
"""The check that knows when images end: asked here whatever the policy selects."""


class Rows:
    """The rows of one judgement, by table. `result` is its identity, `repository` the name."""

    def __init__(self, result: str, repository: str, registry: Registry, settings: Settings) -> None:
        self._head = (result, repository)
        self._registry = registry
        self._settings = settings
        self._ages: dict[str, tuple[str, bool]] = {}

    def all(
        self, judged: Result, analysis: Analysis, project: Project, builds: Iterable[Build]
    ) -> dict[str, list[Row]]:
        """All tables with their rows; those without any are empty."""
        self._secrets = Secrets(judged.findings, judged.redact)
        uses = [(scope, part) for scope, part in project.parts if isinstance(part, ImageUse)]
        containers = [
            (scope, part)
            for scope, part in project.parts
            if isinstance(part, Container) and part.dialect in ("compose", "kubernetes")
        ]
        networks = [part.network for _, part in project.parts if isinstance(part, NetworkUse)]
        self._running = {
            *(world.name for world in project.worlds),
            *(each.scope for each in project.compose),
            *project.devcontainers,
        }
        ships = _shipping(project)
        return {
            "findings": list(map(self._finding, judged.report(self._registry, color=False, category="").reported)),
            "images": [*self._named(uses, project), *self._built(project, builds, containers)],
            "base_images": [
                self._base(use, (scope, use.owner) in ships)
                for scope, use in ticking(uses)
                if scope in project.dockerfiles and _is_foreign(use)
            ],
            "workloads": [self._workload(scope, part) for scope, part in ticking(containers)],
            "exposures": list(dict.fromkeys(row for network in networks for row in self._exposed(network))),
            "coverage": list(self._coverage(analysis.coverage)),
        }

    def _finding(self, finding: Finding) -> Row:
        by = finding.suppression
        return (
            *self._head,
            finding.name,
            self._registry.entries[finding.name].concern,
            str(finding.severity),
            int(finding.severity),
            "counts" if by is None else "suppressed",
            "" if by is None else by.kind,
            "" if by is None else _text(by.reason),
            clean(self._secrets.text(finding.message)),
            well_formed(finding.location.path),
            finding.location.line,
            well_formed(finding.owner),
            well_formed(finding.scope),
            finding.dialect,
            finding.fingerprint,
            [well_formed(self._secrets.text(each)) for each in finding.evidence],
            1 + len(finding.also),
        )

    def _named(self, uses: list[tuple[str, ImageUse]], project: Project) -> Iterator[Row]:
        """The images that files name, each object's once."""
        seen = set()
        for scope, use in ticking(uses):
            if not _is_foreign(use):
                continue
            role = "base" if scope in project.dockerfiles else "run" if scope in self._running else "pipeline"
            image = use.image
            row = (
                *self._head,
                *_reference(image),
                role,
                _text(use.how),
                well_formed(use.location.path),
                use.location.line,
                well_formed(use.owner),
                well_formed(scope),
                "" if image else _text(use.reference.unknown or use.reference.value or ""),
                *self._end(use),
                "",
                "",
                "",
            )
            if row not in seen:
                seen.add(row)
                yield row

    def _end(self, use: ImageUse) -> tuple[str, bool]:
        """What of an image has an end that is known, and whether that is past."""
        image = use.image
        if image is None or _AGES not in self._registry.entries:
            return "", False
        key = str(image)
        if key not in self._ages:
            found = [
                finding
                for part, function, takes in self._registry[_AGES].functions
                if part == "ImageUse"
                for finding in (function(use, self._settings) if takes else function(use))  # type: ignore[call-arg]
            ]
            first = found[0] if found else None
            said = first.message.rpartition("its end of life: ")[2] if first else ""
            self._ages[key] = (_text(said), first is not None and "past its end of life" in first.message)
        return self._ages[key]

    def _built(
        self, project: Project, builds: Iterable[Build], containers: list[tuple[str, Container]]
    ) -> Iterator[Row]:
        """The images that are made here under a name, and as whom they run."""
        made: dict[tuple[str, str, str], tuple[str, Shipped]] = {}
        for build in ticking(builds):
            dockerfile = project.dockerfiles.get(build.dockerfile)
            ship = shipped(dockerfile, build.target, dict(build.arguments), build.closed) if dockerfile else None
            for text in (build.image, *build.tags) if ship else ():
                name = image_name(text) or text
                made.setdefault((name, build.dockerfile, ship.stage.owner if ship else ""), (text, ship))  # type: ignore[arg-type]
        for _, part in containers:
            called = part.image.reference.value if part.image and part.image.built_here else None
            if called and isinstance(part.built, Shipped):
                key = (image_name(called), part.built.stage.location.path, part.built.stage.owner)
                made.setdefault(key, (called, part.built))
        for (name, path, owner), (text, ship) in made.items():
            image = ImageRef.parse(text)
            user = ship.user
            yield (
                *self._head,
                *(_reference(image) if image else (_text(text), _text(name), "", "")),
                "built",
                "the image that is built",
                well_formed(path),
                ship.stage.location.line,
                well_formed(owner),
                well_formed(path),
                "",
                "",
                False,
                user.root.value,
                _text(user.text),
                _text(user.drops_privileges),
            )

    def _base(self, use: ImageUse, ships: bool) -> Row:
        return (
            *self._head,
            *_reference(use.image),
            _text(use.how),
            well_formed(use.location.path),
            use.location.line,
            well_formed(use.owner),
            ships,
            *self._end(use),
        )

    def _workload(self, scope: str, part: Container) -> Row:
        image = part.image.image if part.image else None
        user = part.user
        known = image is not None and bool(image.name)
        if isinstance(part.built, Shipped) and (
            user.why.startswith("its image is built here") or part.judged_elsewhere
        ):
            source = "built"
        elif user.unlisted or user.unsaid or (user.root is Root.UNKNOWN and not user.text):
            source = "unknown"
        elif known and user.why.startswith(f"`{image.familiar if image else ''}` runs as"):
            source = "table"
        else:
            source = "workload"
        reference, name, tag, _ = _reference(image)
        return (
            *self._head,
            part.dialect,
            well_formed(scope),
            well_formed(part.owner),
            part.role,
            well_formed(part.name),
            reference,
            name,
            tag,
            user.root.value,
            _text(user.text),
            source,
            bool(part.instead),
            bool(part.privileged is not None and part.privileged.value),
            part.complete,
            well_formed(part.location.path),
            part.location.line,
        )

    def _exposed(self, network: Network) -> Iterator[Row]:
        """The ways in from outside, as far as policies let them through."""
        for doorway in ticking(network.doorways):
            endpoint = network.endpoints[doorway.workload]
            sure, maybe = (network.admitted(doorway, strict) for strict in (True, False))
            for connections, certain in ((sure, True), (maybe & ~sure, False)):
                if connections:
                    yield (
                        *self._head,
                        well_formed(network.scope.name),
                        well_formed(endpoint.id),
                        well_formed(endpoint.owner),
                        doorway.kind,
                        _text(doorway.via),
                        network.universe.ports.text(connections),
                        _text(limits(network, doorway).text),
                        certain,
                        tuple(map(well_formed, endpoint.images)),
                        endpoint.data,
                        well_formed(doorway.location.path),
                        doorway.location.line,
                    )

    def _coverage(self, coverage: Coverage) -> Iterator[Row]:
        for item in coverage.items:
            if item.state != JUDGED:
                yield (
                    *self._head,
                    well_formed(item.path),
                    item.kind,
                    well_formed(item.object),
                    item.state,
                    item.cause,
                    _text(item.reason),
                )


def _text(value: str) -> str:
    """Text of the repository for a cell: one line, without credentials."""
    return clean(told(value))


def _reference(image: ImageRef | None) -> tuple[str, str, str, str]:
    if image is None:
        return "", "", "", ""
    whole = f"{image.familiar}{':' + image.tag if image.tag else ''}{'@' + image.digest if image.digest else ''}"
    return whole, image.name, image.tag, image.digest


def _is_foreign(use: ImageUse) -> bool:
    """Is it an image that comes from elsewhere, rather than the name of what is built here?"""
    return not use.built_here and use.how != "frontend"


def _shipping(project: Project) -> set[tuple[str, str]]:
    """The stages that are in an image that is made: those that ship, and those that they start from."""
    found: set[tuple[str, str]] = set()
    for scope, part in project.parts:
        if isinstance(part, Container) and part.dialect == "dockerfile" and isinstance(part.built, Shipped):
            found.update((scope, stage.owner) for stage in part.built.chain)
    return found
