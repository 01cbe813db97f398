"""What is said at an object itself: `hullcheck.dev/ignore.NAME` and other tools' annotations, `x-hullcheck` in Compose.

It holds for the object that says it, as it runs in the project or world that this is part of: not for what extends
it, shares an anchor with it or is made of the same base, and not in another overlay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.check import Registry
from hullcheck.model.compose import ComposeProject
from hullcheck.model.kubernetes import KubernetesObject, World
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_str, at
from hullcheck.patterns import pattern
from hullcheck.policy.ignores import Ignore
from hullcheck.policy.ignores.comments import day, resolve, until
from hullcheck.policy.ignores.ids import Ids
from hullcheck.read import File
from hullcheck.terms import Terms

_OWN = "hullcheck.dev/ignore."
_EXTENSION = "x-hullcheck"
_UNTIL = pattern(r"until\s*=[^\n]*")
_SKIP = pattern(r"(?:checkov|bridgecrew|cortex)\.io/skip\d*")
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


def at_services(projects: Iterable[ComposeProject], files: Iterable[File], registry: Registry) -> Iterator[Ignore]:
    """What the services of Compose projects say for themselves, each in its own words."""
    own = _Own(files)
    for project in projects:
        for service in project.services.values():
            for key, value in _ignored(service.node):
                ignore = _extension(key, value, registry)
                if own.holds(service.name, key):
                    lines = _lines(service.node, key)
                    yield ignore._replace(owner=service.owner, lines=lines, within=project.scope)
                elif not own.anybody(key):
                    yield ignore._replace(lines=range(0))  # of no use where nobody says it, and told so


class _Own:
    """What services say of themselves: in the mapping that stands behind their name, wherever that is written.

    What comes from there by `extends`, an anchor or `<<` was said by another.
    """

    def __init__(self, files: Iterable[File]) -> None:
        self._said: dict[str, dict[str, list[tuple[int, int]]]] = {}
        for file in files:
            if file.kind == "compose" and file.model and _EXTENSION in file.source.text:
                for document in file.model.documents:
                    self._read(document)

    def _read(self, document: Mapping) -> None:
        services = document.get("services")
        for name, service in services.items if isinstance(services, Mapping) else ():
            if isinstance(name, Scalar) and isinstance(service, Mapping) and service.start >= name.end:
                for key, value in service.items:
                    if isinstance(key, Scalar) and key.text == _EXTENSION:
                        spans = self._said.setdefault(name.text, {}).setdefault(value.source.path, [])
                        spans.append((value.start, value.end))

    def anybody(self, key: Scalar) -> bool:
        """Does any service say this itself?"""
        return any(self.holds(name, key) for name in self._said)

    def holds(self, name: str, key: Scalar) -> bool:
        """Does the service of that name say this itself?"""
        spans = self._said.get(name, {}).get(key.source.path, ())
        return any(start <= key.start < end for start, end in spans)


def at_objects(worlds: Iterable[World], registry: Registry, foreign: bool) -> Iterator[Ignore]:
    """What annotations of Kubernetes objects say: ours and, with `foreign`, other tools'."""
    ids = Ids(registry) if foreign else None
    for world in worlds:
        for annotated, key, value in _annotations(world.objects):
            if key.text.startswith(_OWN):
                terms, unknown = resolve([key.text.removeprefix(_OWN)], registry)
                reason = _without_day(value)
                ignore = _on(annotated, key, terms, "hullcheck", reason)._replace(until=until(value), unknown=unknown)
            else:
                peer = _peer(annotated, key, value, ids) if ids is not None else None
                if peer is None or not peer.terms:
                    continue
                ignore = peer
            yield ignore._replace(within=world.name)


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
        return _on(annotated, key, ids.terms("checkov", *words.split(",")), "checkov", reason.strip())
    if name.startswith(_KUBE_LINTER):
        check = name.removeprefix(_KUBE_LINTER)
        return _on(annotated, key, ids.terms("kube-linter", check), "kube-linter", value.strip())
    if name == "kube-linter.io/ignore-all":
        return _on(annotated, key, ids.all("kube-linter"), "kube-linter", value.strip())
    if name == "kube-score/ignore":
        return _on(annotated, key, ids.terms("kube-score", *value.split(",")), "kube-score", "")
    if name.startswith(_POLARIS) and value.lower() == "true":
        check, _, container = name.removeprefix(_POLARIS).partition("exempt")
        terms = ids.terms("polaris", check.rstrip("-")) if check else ids.all("polaris")
        ignore = _on(annotated, key, terms, "polaris", "")
        return (
            ignore._replace(owner=f"{ignore.owner}/{container[1:]}", lines=range(0)) if container[:1] == "." else ignore
        )
    return None


def _on(annotated: KubernetesObject, key: Scalar, terms: Terms, tool: str, reason: str) -> Ignore:
    return Ignore(key.location, terms, "object", _lines(annotated.node, key), annotated.owner, reason, tool=tool)


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
    terms, unknown = resolve([key.text], registry)
    said = value if isinstance(value, Mapping) else None
    last = as_str(said.get("until")) if said else None
    return Ignore(
        location=key.location,
        terms=terms,
        scope="object",
        reason=(as_str(said.get("reason") if said else value) or "").strip(),
        until=day(last) if last else None,
        unknown=unknown,
    )
