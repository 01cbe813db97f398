"""What is said at an object itself: `hullcheck.dev/ignore.NAME` and other tools' annotations, `x-hullcheck` in Compose."""

import re
from collections.abc import Iterator

from hullcheck.check import Registry
from hullcheck.ignores import Ignore
from hullcheck.ignores.comments import day, resolve, until
from hullcheck.ignores.ids import Ids
from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_str, at
from hullcheck.read import File

_OWN = "hullcheck.dev/ignore."
_EXTENSION = "x-hullcheck"
_SKIP = re.compile(r"(?:checkov|bridgecrew|cortex)\.io/skip\d*")
_KUBE_LINTER = "ignore-check.kube-linter.io/"
_POLARIS = "polaris.fairwinds.com/"

_METADATA = ((), ("spec", "template"), ("spec", "jobTemplate"), ("spec", "jobTemplate", "spec", "template"))
"""Where an object, and the pods that it makes, may have annotations."""


def read(file: File, registry: Registry) -> Iterator[Ignore]:
    """Our own annotations and extensions in a file of manifests or a Compose file."""
    text = file.source.text
    if file.kind == "compose" and _EXTENSION in text:
        for document in file.model.documents if file.model else ():
            yield from _compose(document, registry)
    if "hullcheck.dev/" in text:
        for annotated, key, value in _annotations(file):
            if key.text.startswith(_OWN):
                names, unknown = resolve([key.text.removeprefix(_OWN)], registry)
                ignore = _on(annotated, key, names, "hullcheck", re.sub(r"[;,]?\s*until\s*=.*", "", value).strip())
                yield ignore._replace(until=until(value), unknown=unknown)


def read_peers(file: File, registry: Registry) -> Iterator[Ignore]:
    """The annotations of checkov, kube-linter, kube-score and Polaris."""
    if not any(word in file.source.text for word in (".io/skip", "kube-linter.io/", "kube-score/", _POLARIS)):
        return
    ids = Ids(registry)
    for annotated, key, value in _annotations(file):
        ignore = _peer(annotated, key, value, ids)
        if ignore is not None and ignore.names:
            yield ignore


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


def _annotations(file: File) -> Iterator[tuple[KubernetesObject, Scalar, str]]:
    """The annotations of each object, and of the pods that it makes."""
    for found in getattr(file.model, "objects", ()):
        for path in _METADATA:
            annotations = at(found.node, *path, "metadata", "annotations")
            if isinstance(annotations, Mapping):
                for key, value in annotations.entries().values():
                    yield found, key, as_str(value) or ""


def _compose(document: Mapping, registry: Registry) -> Iterator[Ignore]:
    for key, value in _ignored(document):
        yield _extension(key, value, registry)._replace(scope="file", lines=None)
    services = document.get("services")
    for name, (_, service) in services.entries().items() if isinstance(services, Mapping) else ():
        for key, value in _ignored(service):
            yield _extension(key, value, registry)._replace(owner=f"services.{name}", lines=_lines(service, key))


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
