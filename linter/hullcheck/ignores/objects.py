"""What is said at an object itself: `hullcheck.dev/ignore.NAME` and other tools' annotations, `x-hullcheck` in Compose.

It holds for the object as it is rendered or merged, whichever of the files says it, and in these files only: another
folder may have an object of the same name.
"""

import re
from collections.abc import Iterable, Iterator

from hullcheck.check import Registry
from hullcheck.ignores import Ignore
from hullcheck.ignores.comments import day, resolve, until
from hullcheck.ignores.ids import Ids
from hullcheck.model.compose import ComposeProject
from hullcheck.model.kubernetes import KubernetesObject, World
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_str, at
from hullcheck.read import File

_OWN = "hullcheck.dev/ignore."
_EXTENSION = "x-hullcheck"
_UNTIL = re.compile(r"until\s*=[^\n]*")
_SKIP = re.compile(r"(?:checkov|bridgecrew|cortex)\.io/skip\d*")
_KUBE_LINTER = "ignore-check.kube-linter.io/"
_POLARIS = "polaris.fairwinds.com/"

_METADATA = ((), ("spec", "template"), ("spec", "jobTemplate"), ("spec", "jobTemplate", "spec", "template"))
"""Where an object, and the pods that it makes, may have annotations."""


def read(file: File, registry: Registry) -> Iterator[Ignore]:
    """What a Compose file says for all of itself."""
    if file.kind == "compose" and _EXTENSION in file.source.text:
        for document in file.model.documents if file.model else ():
            for key, value in _ignored(document):
                yield _extension(key, value, registry)._replace(scope="file", lines=None)


def at_services(projects: Iterable[ComposeProject], registry: Registry) -> Iterator[Ignore]:
    """What the services of Compose projects say for themselves."""
    for project in projects:
        for service in project.services.values():
            for key, value in _ignored(service.node):
                ignore = _extension(key, value, registry)
                lines = _lines(service.node, key)
                yield ignore._replace(owner=service.owner, lines=lines, within=frozenset(project.paths))


def at_objects(worlds: Iterable[World], registry: Registry, foreign: bool) -> Iterator[Ignore]:
    """What annotations of Kubernetes objects say: ours and, with `foreign`, other tools'."""
    ids = Ids(registry) if foreign else None
    for world in worlds:
        within = world.files | {found.node.source.path for found in world.objects}
        for annotated, key, value in _annotations(world.objects):
            if key.text.startswith(_OWN):
                names, unknown = resolve([key.text.removeprefix(_OWN)], registry)
                reason = _without_day(value)
                ignore = _on(annotated, key, names, "hullcheck", reason)._replace(until=until(value), unknown=unknown)
            else:
                peer = _peer(annotated, key, value, ids) if ids is not None else None
                if peer is None or not peer.names:
                    continue
                ignore = peer
            yield ignore._replace(within=within)


def _without_day(text: str) -> str:
    """The reason without `until=...`, and what sets that apart."""
    parts, at = [], 0
    for match in _UNTIL.finditer(text):
        before = text[at : match.start()].rstrip()
        parts.append(before[:-1] if before.endswith((";", ",")) else before)
        at = match.end()
    return "".join([*parts, text[at:]]).strip()


def _peer(annotated: KubernetesObject, key: Scalar, value: str, ids: Ids) -> Ignore | None:
    name = key.text
    if _SKIP.fullmatch(name):
        words, _, reason = value.partition("=")
        return _on(annotated, key, ids.names("checkov", *words.split(",")), "checkov", reason.strip())
    if name.startswith(_KUBE_LINTER):
        check = name.removeprefix(_KUBE_LINTER)
        return _on(annotated, key, ids.names("kube-linter", check), "kube-linter", value.strip())
    if name == "kube-linter.io/ignore-all":
        return _on(annotated, key, ids.all("kube-linter"), "kube-linter", value.strip())
    if name == "kube-score/ignore":
        return _on(annotated, key, ids.names("kube-score", *value.split(",")), "kube-score", "")
    if name.startswith(_POLARIS) and value.lower() == "true":
        check, _, container = name.removeprefix(_POLARIS).partition("exempt")
        names = ids.names("polaris", check.rstrip("-")) if check else ids.all("polaris")
        ignore = _on(annotated, key, names, "polaris", "")
        return (
            ignore._replace(owner=f"{ignore.owner}/{container[1:]}", lines=range(0)) if container[:1] == "." else ignore
        )
    return None


def _on(annotated: KubernetesObject, key: Scalar, names: frozenset[str], tool: str, reason: str) -> Ignore:
    return Ignore(key.location, names, "object", _lines(annotated.node, key), annotated.owner, reason, tool=tool)


def _lines(node: Node, key: Scalar) -> range:
    """The lines that something takes, in the file in which the key stands."""
    if node.source is not key.source:
        return range(0)
    region = node.location.region
    return range(region.start_line, region.end_line + 1)


def _annotations(objects: Iterable[KubernetesObject]) -> Iterator[tuple[KubernetesObject, Scalar, str]]:
    """The annotations of each object, and of the pods that it makes."""
    for found in objects:
        for path in _METADATA:
            annotations = at(found.node, *path, "metadata", "annotations")
            if isinstance(annotations, Mapping):
                for key, value in annotations.entries().values():
                    yield found, key, as_str(value) or ""


def _ignored(node: Node) -> Iterator[tuple[Scalar, Node | None]]:
    """The checks that `x-hullcheck.ignore` names, with what is said about each."""
    ignored = at(node, _EXTENSION, "ignore")
    if isinstance(ignored, Mapping):
        yield from ignored.entries().values()
    elif isinstance(ignored, Sequence):
        yield from ((item, None) for item in ignored.items if isinstance(item, Scalar))


def _extension(key: Scalar, value: Node | None, registry: Registry) -> Ignore:
    names, unknown = resolve([key.text], registry)
    said = value if isinstance(value, Mapping) else None
    last = as_str(said.get("until")) if said else None
    return Ignore(
        location=key.location,
        names=names,
        scope="object",
        reason=(as_str(said.get("reason") if said else value) or "").strip(),
        until=day(last) if last else None,
        unknown=unknown,
    )
