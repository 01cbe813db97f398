"""Compose files, told from other YAML by name and shape, and read as far as each is right by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.model.compose import ComposeFile
from hullcheck.model.coverage import Gap
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, is_null
from hullcheck.model.problem import Problem
from hullcheck.parse import yaml
from hullcheck.parse.compose_schema import faults, service_keys, top_level_keys
from hullcheck.patterns import pattern
from hullcheck.source import Source

_NAME = pattern(
    r"(?:.*/)?(?:(?:docker-|podman-|container-)?compose(?:[._-][^/]*)?|[^/]+[._-](?:docker-)?compose|docker-stack[^/]*)"
    r"\.(?:ya?ml|json)",
    re.IGNORECASE | re.DOTALL,
)
_MAKERS = ("image", "build", "provider", "extends")
_OTHERS = frozenset(("apiVersion", "kind", "jobs", "on", "stages", "steps", "pipeline", "resources", "_format_version"))
_V1_KEYS = frozenset(("net", "log_driver", "log_opt", "dockerfile"))

MAX_FAULTS = 200
"""Faults of one document that are told one by one."""


def named_compose(path: str) -> bool:
    """Does the file's name say that it is a Compose file?"""
    return _NAME.fullmatch(path) is not None


def looks_like(root: Node | None) -> bool:
    """Is this document part of a Compose file? A file that is named like one has to look less like it."""
    if not isinstance(root, Mapping):
        return False
    keys = root.entries()
    if not keys or not _OTHERS.isdisjoint(keys):
        return False
    named = named_compose(root.source.path)
    services = root.get("services")
    if isinstance(services, Mapping):
        if named:
            return "_defaults" not in services.entries()
        return _known_keys(keys) and _services(services)
    if named:
        return "services" in keys or _fragment(root) or _v1(root)
    return False


def _known_keys(keys: "dict[str, tuple[Scalar, Node]]") -> bool:
    return all(key in top_level_keys() or key.startswith("x-") for key in keys)


def _services(services: Mapping) -> bool:
    """Are these services to run? Those of other programs have other keys."""
    entries = services.entries()
    mappings = [child for _, child in entries.values() if isinstance(child, Mapping)]
    if not mappings or any(not isinstance(child, Mapping) and not is_null(child) for _, child in entries.values()):
        return False
    if any(maker in child.entries() for child in mappings for maker in ("image", "build", "provider")):
        return not any("class" in child.entries() or "arguments" in child.entries() for child in mappings)
    return all(_service_like(child) for child in mappings)


def _service_like(service: Mapping) -> bool:
    keys = service.entries()
    return bool(keys) and all(key in service_keys() or key.startswith("x-") for key in keys)


def _fragment(root: Mapping) -> bool:
    """Has it no services, but networks, volumes or the like, for other files?"""
    keys = root.entries()
    known = top_level_keys() - {"name", "version"}
    return _known_keys(keys) and any(key in known and not is_null(root.get(key)) for key in keys)


def _v1(root: Mapping) -> bool:
    """Are the services at the top, as in the first version of the format?"""
    services = [(name, child) for name, (_, child) in root.entries().items() if not name.startswith("x-")]
    if not services or not all(isinstance(child, Mapping) for _, child in services):
        return False
    if any(name in ("version", "networks", "volumes", "secrets", "configs", "include") for name, _ in services):
        return False
    return all(
        isinstance(child, Mapping)
        and any(maker in child.entries() for maker in (*_MAKERS, "command", "environment"))
        and all(key in service_keys() or key in _V1_KEYS or key.startswith("x-") for key in child.entries())
        for _, child in services
    )


def read(source: Source, parsed: yaml.Documents | None = None) -> ComposeFile:
    """The file's documents, and what is wrong with them; a broken service is left out, and the others stay.

    `parsed` is the file as YAML, if it has been read already.
    """
    parsed = yaml.parse(source) if parsed is None else parsed
    if _is_template(source, parsed):
        because = "a template: what it becomes isn't known"
        note = Problem("not-analysed", because, source.at_line(1), gap=Gap("template", "Compose file", because))
        return ComposeFile(source, (), (note,), complete=False)
    problems = list(parsed.problems)
    roots = [document.root for document in parsed.documents]
    salvaged = None if roots else _salvaged(source)
    documents: list[Mapping] = []
    v1 = False
    for root in roots if salvaged is None else [salvaged]:
        if root is None or is_null(root):
            continue
        if not isinstance(root, Mapping):
            problems.append(_refused(root, "the top level must be a mapping"))
            continue
        problems += _duplicates(root)
        if "services" not in root.entries() and not _fragment(root) and _v1(root):
            v1 = True
            documents.append(_from_v1(root))
            continue
        problems += _faults(root)
        documents.append(_readable(root))
    services = list(_all_services(documents))
    includes = any(not is_null(root.get("include")) for root in documents)
    complete = salvaged is None and (bool(services) or includes) and all(map(_can_run, services))
    return ComposeFile(source, tuple(documents), tuple(problems), complete, v1)


def _is_template(source: Source, parsed: yaml.Documents) -> bool:
    """Is it only the source of a YAML file? Placeholders in quotes are text to Compose."""
    if "{{" not in source.text and "{%" not in source.text:
        return False
    return bool(parsed.problems) or any(_has_placeholder(document.root) for document in parsed.documents)


def _has_placeholder(root: Node | None) -> bool:
    """Does a `{{ }}` stand where a value should? It reads as a mapping whose key is a mapping."""
    pending = [root] if root is not None else []
    seen: set[int] = set()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Mapping):
            if any(isinstance(key, Mapping) for key, _ in node.items):
                return True
            pending += [child for _, child in node.items]
        elif isinstance(node, Sequence):
            pending += node.items
    return False


_TOP = pattern(r"^(?P<name>[A-Za-z_][\w.-]*):", re.MULTILINE)
_CHILD = pattern(r"""^(?P<indent>[ ]+)["']?[A-Za-z0-9][\w.-]*["']?:""", re.MULTILINE)


def _salvaged(source: Source) -> Mapping | None:
    """What can be read of a file that is no YAML as a whole: each service and each other part by itself."""
    text = source.text
    tops = list(_TOP.finditer(text))
    made = Mapping(source, 0, len(text), "", False)
    for number, top in enumerate(tops):
        end = tops[number + 1].start() if number + 1 < len(tops) else len(text)
        if top["name"] != "services":
            parts = yaml.parse_parts(source, [(top.start(), end)]).documents
            made.items += [entry for part in parts if isinstance(part.root, Mapping) for entry in part.root.items]
            continue
        parts = yaml.parse_parts(source, _blocks(text, top.end(), end)).documents
        services = Mapping(source, top.end(), end, "", False)
        services.items = [entry for part in parts if isinstance(part.root, Mapping) for entry in part.root.items]
        key = Scalar(source, top.start("name"), top.end("name"), "", "services", "")
        made.items.append((key, services))
    return made if any(isinstance(key, Scalar) and key.text == "services" for key, _ in made.items) else None


def _blocks(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The spans of the entries of a block mapping, told by the indentation of its first."""
    found = list(_CHILD.finditer(text, start, end))
    first = [match.start() for match in found if match["indent"] == found[0]["indent"]]
    return list(zip(first, [*first[1:], end], strict=True)) if first else []


def _all_services(documents: list[Mapping]) -> Iterator[Mapping]:
    for root in documents:
        services = root.get("services")
        if isinstance(services, Mapping):
            yield from (child for _, child in services.entries().values() if isinstance(child, Mapping))


def _can_run(service: Mapping) -> bool:
    return any(not is_null(service.get(maker)) for maker in _MAKERS)


def _refused(node: Node, message: str, owner: str = "") -> Problem:
    return Problem("invalid-object", f"Compose refuses this: {message}", node.location, owner)


def _faults(root: Mapping) -> list[Problem]:
    found = faults(root)
    problems = []
    for fault in found[:MAX_FAULTS]:
        owner = ".".join(fault.path[:2]) if len(fault.path) > 1 else ""
        problems.append(Problem("invalid-object", fault.message, fault.node.location, owner))
    return problems


def _duplicates(root: Mapping) -> list[Problem]:
    """Keys that are written twice, and what can't be merged. An anchor's are told once."""
    found: list[Problem] = []
    seen: set[int] = set()
    pending: list[tuple[Node, tuple[str, ...]]] = [(root, ())]
    while pending and len(found) < MAX_FAULTS:
        node, path = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            pending += [(item, path) for item in reversed(node.items)]
        elif isinstance(node, Mapping):
            pending += [
                (child, (*path, key.text) if isinstance(key, Scalar) and len(path) < 2 else path)
                for key, child in reversed(node.items)
            ]
            for first, second in node.duplicates:
                message = f"key `{second.text}` is already written in line {first.location.line}"
                found.append(_refused(second, message, ".".join(path) if len(path) > 1 else ""))
            found += [
                _refused(key, message, ".".join(path) if len(path) > 1 else "") for key, message in _bad_merges(node)
            ]
    return found


def _bad_merges(node: Mapping) -> Iterator[tuple[Scalar, str]]:
    """The `<<` of a mapping that the reader of YAML refuses, and why."""
    first: Scalar | None = None
    for key, merged in node.items:
        if not isinstance(key, Scalar) or key.text != "<<" or key.style:
            continue
        if first is not None:
            yield key, f"key `<<` is already written in line {first.location.line}: a list merges several"
        first = first or key
        if not all(isinstance(each, Mapping) for each in (merged.items if isinstance(merged, Sequence) else (merged,))):
            yield key, "only a mapping, or a list of mappings, can be merged"


def _readable(root: Mapping) -> Mapping:
    """The document without what can't be read as what it stands for: services that are no mappings, for example."""
    kept = []
    for key, child in root.items:
        name = key.text if isinstance(key, Scalar) else ""
        if name in ("services", "networks", "volumes", "secrets", "configs", "models"):
            if not isinstance(child, Mapping):
                continue
            child = _without_scalars(child, keep_null=name != "services")
        kept.append((key, child))
    made = Mapping(root.source, root.start, root.end, root.tag, root.flow)
    made.items = kept
    return made


def _without_scalars(node: Mapping, *, keep_null: bool) -> Mapping:
    def fits(child: Node) -> bool:
        return isinstance(child, Mapping) or child.tag in ("!reset", "!override") or (keep_null and is_null(child))

    if all(fits(child) for _, child in node.entries().values()):
        return node
    made = Mapping(node.source, node.start, node.end, node.tag, node.flow)
    made.items = [entry for entry in node.entries().values() if fits(entry[1])]
    return made


def _from_v1(root: Mapping) -> Mapping:
    """A v1 file as what it would be today."""
    services = Mapping(root.source, root.start, root.end, "", root.flow)
    services.items = [
        (key, _service_from_v1(child) if isinstance(child, Mapping) else child)
        for key, child in root.entries().values()
        if not key.text.startswith("x-")
    ]
    made = Mapping(root.source, root.start, root.end, "", root.flow)
    made.items = [(Scalar(root.source, root.start, root.start, "", "services", ""), services)]
    return made


def _service_from_v1(service: Mapping) -> Mapping:
    found: list[tuple[Node, Node]] = []
    build: list[tuple[Node, Node]] = []
    logging: list[tuple[Node, Node]] = []
    for name, (key, child) in service.entries().items():
        if name == "build" and isinstance(child, Scalar):
            build.append((_renamed(key, "context"), child))
        elif name == "dockerfile":
            build.append((key, child))
        elif name in ("log_driver", "log_opt"):
            logging.append((_renamed(key, "driver" if name == "log_driver" else "options"), child))
        else:
            found.append((_renamed(key, "network_mode") if name == "net" else key, child))
    for name, parts in (("build", build), ("logging", logging)):
        if parts:
            at = parts[0][0]
            below = Mapping(at.source, at.start, parts[-1][1].end, "", True)
            below.items = parts
            found.append((Scalar(at.source, at.start, at.end, "", name, ""), below))
    made = Mapping(service.source, service.start, service.end, "", service.flow)
    made.items = found
    return made


def _renamed(key: Scalar, name: str) -> Scalar:
    return Scalar(key.source, key.start, key.end, key.tag, name, key.style)
