"""Pipelines: the images that their jobs run in, and the steps that build images or scan them."""

from __future__ import annotations

import posixpath

from hullcheck.discover import Tree, like
from hullcheck.link.inputs import Inputs, Step, is_gitlab
from hullcheck.model.image import ImageUse
from hullcheck.model.lazy import Lazy
from hullcheck.model.node import Mapping
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.link.matrix import Choices
    from hullcheck.link.workflows import Found
    from hullcheck.model.repository import BuildArgument

_WORKFLOW = Lazy(r"(?:.*/)?\.(?:github|gitea|forgejo)/workflows/[^/]+\.ya?ml")
_DEV_CONTAINER = Lazy(r"(?:.*/)?(?:\.devcontainer/(?:[^/]+/)?devcontainer|\.devcontainer)\.json")
_SCANNERS = Lazy(
    r"trivy|grype|anchore|snyk|docker/scout|\bclair|prisma-?cloud|twistcli|sysdig|wiz-?cli|container[-_]scanning|\bxray\b"
    r"|osv-scanner|cnspec|\binspector\b|qualys|lacework|aqua(?:sec)?/|neuvector|dagda|scan-image|image-scan|mondoo"
)
_DOCKER_SCANS = Lazy(r"docker\s+sc(?:out|an)")
"""What may go over several lines."""

_OF_SCANNERS = (
    "trivy", "grype", "anchore", "snyk", "scout", "scan", "clair", "prisma", "twistcli", "sysdig", "wiz", "xray", "cnspec",
    "inspector", "qualys", "lacework", "aqua", "neuvector", "dagda", "mondoo",
)  # fmt: skip
"""One of them stands in whatever the expressions find, in a line of it."""

_NO_DOCKERFILE = (
    "pom.xml",
    ".gradle",
    ".gradle.kts",
    "project.toml",
    ".ko.yaml",
    ".ko.yml",
    "skaffold.yaml",
    "skaffold.yml",
)
"""Files of tools that build images without a Dockerfile."""


class Pipelines(NamedTuple):
    """What the pipelines of a repository do. `sources` are their files."""

    uses: tuple[ImageUse, ...] = ()
    builds: tuple[Step, ...] = ()
    scanned: bool = False
    sources: tuple[Source, ...] = ()
    inputs: tuple[Inputs, ...] = ()
    handed: tuple[BuildArgument, ...] = ()
    choices: tuple[Choices, ...] = ()


def pipelines(tree: Tree) -> Pipelines:
    """Read the pipelines and development containers among the files."""
    found: list[Found] = []
    sources: list[Source] = []
    read: list[tuple[str, Mapping]] = []
    scanned = False
    for path in like(tree, _of_interest):
        if tree.ignored(path):
            continue
        try:
            source = Source(path, tree.read(path))
        except OSError:
            continue
        sources.append(source)
        if _DEV_CONTAINER.fullmatch(path):
            from hullcheck.link.workflows import dev_container

            found += dev_container(source)
            continue
        scanned = scanned or _scans(source.text)
        from hullcheck.parse import yaml

        read += [(path, doc.root) for doc in yaml.parsed(source).documents if isinstance(doc.root, Mapping)]
    if read:
        from hullcheck.link.workflows import found_in

        found += found_in(read)
    if like(tree, _without_dockerfile):
        from hullcheck.link.builders import bases

        found += bases(tree)
    if not found:
        return Pipelines(scanned=scanned, sources=tuple(sources))
    from hullcheck.link import matrix
    from hullcheck.model import repository

    return Pipelines(
        tuple(each for each in found if isinstance(each, ImageUse)),
        tuple(each for each in found if isinstance(each, Step)),
        scanned,
        tuple(sources),
        tuple(each for each in found if isinstance(each, Inputs)),
        tuple(each for each in found if isinstance(each, repository.BuildArgument)),
        tuple(each for each in found if isinstance(each, matrix.Choices)),
    )


def _of_interest(path: str) -> bool:
    if not path.endswith((".yml", ".yaml", ".json")):
        return False
    return (
        is_gitlab(path)
        or _WORKFLOW.fullmatch(path) is not None
        or _DEV_CONTAINER.fullmatch(path) is not None
        or posixpath.basename(path) in ("action.yml", "action.yaml")
    )


def _without_dockerfile(path: str) -> bool:
    return path.endswith(_NO_DOCKERFILE)


def _scans(text: str) -> bool:
    """Does a pipeline name a scanner, or the scan of Amazon's registry?"""
    plain = text.casefold()
    if any(word in plain for word in _OF_SCANNERS):
        lines = (line for line in plain.split("\n") if any(word in line for word in _OF_SCANNERS))
        if _DOCKER_SCANS.search(plain) is not None or any(_SCANNERS.search(line) is not None for line in lines):
            return True
    lower = text.lower()
    return "ecr" in lower and any("scan" in line.partition("ecr")[2] for line in lower.split("\n"))
