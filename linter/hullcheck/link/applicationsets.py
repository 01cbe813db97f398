"""The Applications that an ApplicationSet of Argo CD makes, as far as its generators look at this repository alone.

Lists, directories and files of the repository, and what `matrix` and `merge` make of them; a generator that asks a
cluster or a server makes what can't be known.
See https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Generators/
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as Listed
from functools import cached_property

from hullcheck.budget import tick
from hullcheck.model.globs import Token, among
from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_str, at, items
from hullcheck.parse import yaml
from hullcheck.parse.kubernetes import object_of
from hullcheck.patterns import pattern
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple

MAX_MADE = 200
"""Applications of one ApplicationSet; what has more is told."""

MAX_DEPTH = 100

Parameters = dict[str, Scalar]
"""By dotted name, each at the place where its value was written, or where the generator was that found it."""


class Made(NamedTuple):
    """The Applications, and why there may be others, empty if these are all."""

    applications: list[KubernetesObject]
    unknown: str


class _UnknownError(Exception):
    """What a generator makes isn't known; the message says why."""


class ApplicationSets:
    """Makes Applications out of the files of a repository: its `paths`."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = sorted(paths)
        self._go = False
        self._read: Callable[[str], bytes | None] = lambda path: None

    def made(self, of: KubernetesObject, read: Callable[[str], bytes | None]) -> Made:
        """The Applications of one ApplicationSet; `read` gives the bytes of a file, None if there is none."""
        self._read = read
        template = at(of.node, "spec", "template")
        if not isinstance(template, Mapping):
            return Made([], "it has no template")
        go = as_str(at(of.node, "spec", "goTemplate")) == "true"
        self._go = go
        unknown = ""
        found: list[KubernetesObject] = []
        for generator in items(at(of.node, "spec", "generators")):
            own = _own_template(generator)
            meant = _over(template, own, 0) if own is not None else template
            assert isinstance(meant, Mapping)
            try:
                for parameters in self._parameters(generator):
                    if len(found) >= MAX_MADE:
                        return Made(found, f"it makes more than {MAX_MADE} Applications")
                    made = _application(meant, parameters, go, of)
                    if made is not None:
                        found.append(made)
            except _UnknownError as error:
                unknown = str(error)
        if at(of.node, "spec", "templatePatch") is not None:
            unknown = unknown or "its `templatePatch` isn't read"
        return Made(found, unknown)

    def _parameters(self, generator: Node, depth: int = 0) -> Iterator[Parameters]:
        if not isinstance(generator, Mapping) or depth > 2:
            raise _UnknownError("a generator can't be read")
        selector = at(generator, "selector")
        for parameters in self._found(generator, depth):
            if selector is None or _selected(selector, parameters):
                yield parameters

    def _found(self, generator: Mapping, depth: int) -> Iterator[Parameters]:
        """What a generator finds, before its selector."""
        if at(generator, "list") is not None:
            if at(generator, "list", "elementsYaml") is not None:
                raise _UnknownError("what `elementsYaml` comes to isn't known")
            for element in items(at(generator, "list", "elements")):
                yield dict(_flat(element))
        elif at(generator, "git") is not None:
            yield from self._git(at(generator, "git"))
        elif at(generator, "matrix") is not None:
            first, second = ([*items(at(generator, "matrix", "generators")), None, None])[:2]
            if first is None or second is None:
                raise _UnknownError("a matrix needs two generators")
            yield from self._matrix(first, second, depth)
        elif at(generator, "merge") is not None:
            yield from self._merged(at(generator, "merge"), depth)
        else:
            kinds = [name for name in generator.entries() if name not in ("template", "values", "selector")]
            raise _UnknownError(f"what the generator `{kinds[0] if kinds else '?'}` finds isn't known here")

    def _matrix(self, first: Node, second: Node, depth: int) -> Iterator[Parameters]:
        """All that both find; what the second looks for may depend on what the first has found."""
        if not _has_template(second, 0):
            others = list(self._parameters(second, depth + 1))
            for one in self._parameters(first, depth + 1):
                yield from ({**one, **other} for other in others)
            return
        unknown: _UnknownError | None = None
        for one in self._parameters(first, depth + 1):
            try:
                for other in self._parameters(_filled(second, one, self._go, 0), depth + 1):
                    yield {**one, **other}
            except _UnknownError as error:
                unknown = error
        if unknown is not None:
            raise unknown

    def _merged(self, merge: Node | None, depth: int) -> Iterator[Parameters]:
        """What the first generator finds, with what the others say about the same keys; others' own are dropped."""
        keys = [as_str(key) or "" for key in items(at(merge, "mergeKeys"))]
        generators = list(items(at(merge, "generators")))
        if not keys or len(generators) < 2:
            raise _UnknownError("a merge needs keys and two generators")
        first, *others = [list(self._parameters(each, depth + 1)) for each in generators]
        over: dict[tuple[str | None, ...], Parameters] = {}
        for found in others:
            for parameters in found:
                over.setdefault(_of_keys(parameters, keys), {}).update(parameters)
        for parameters in first:
            yield {**parameters, **over.get(_of_keys(parameters, keys), {})}

    def _git(self, git: Node | None) -> Iterator[Parameters]:
        if any(_has_template(at(git, key), 0) for key in ("directories", "files")):
            raise _UnknownError("where a generator looks depends on what isn't known")
        values = list(_flat(at(git, "values")))
        prefix = as_str(at(git, "pathParamPrefix")) or ""
        named = f"{prefix}." if prefix else ""
        nothing = True
        for entry, folder in _chosen(items(at(git, "directories")), self._folders):
            nothing = False
            there = _of_path(folder, entry, named)
            yield {**there, **self._more(values, there)}
        for entry, path in _chosen(items(at(git, "files")), self._paths):
            nothing = False
            found = yaml.parse(Source(path, self._read(path) or b"")).documents
            root = found[0].root if found else None
            for element in root.items if isinstance(root, Sequence) else [root]:
                there = _of_path(posixpath.dirname(path), entry, named, posixpath.basename(path))
                made = {**dict(_flat(element)), **there}
                yield {**made, **self._more(values, made)}
        if nothing and any(items(at(git, key)) for key in ("directories", "files")):
            raise _UnknownError("nothing that a generator looks for is in this repository")

    def _more(self, values: Listed[tuple[str, Scalar]], found: Parameters) -> Parameters:
        """What a generator's `values` say, which may be made of what it has found."""
        return {
            f"values.{name}": _text(value, found, self._go) if "{{" in value.text else value for name, value in values
        }

    @cached_property
    def _folders(self) -> list[str]:
        found: set[str] = set()
        for path in self._paths:
            folder = posixpath.dirname(path)
            while folder and folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder)
        return sorted(found)


def _selected(selector: Node, parameters: Parameters) -> bool:
    """Does a selector leave what a generator has found? Its labels are the parameters."""
    wanted = at(selector, "matchLabels")
    for name, (_, value) in wanted.entries().items() if isinstance(wanted, Mapping) else ():
        if name not in parameters or parameters[name].text != as_str(value):
            return False
    for entry in items(at(selector, "matchExpressions")):
        held = parameters.get(as_str(at(entry, "key")) or "")
        listed = {as_str(each) for each in items(at(entry, "values"))}
        operator = as_str(at(entry, "operator")) or ""
        if operator not in _OPERATORS:
            raise _UnknownError("a selector can't be read")
        there = held is not None and (operator in ("Exists", "DoesNotExist") or held.text in listed)
        if there != (operator in ("In", "Exists")):
            return False
    return True


_OPERATORS = frozenset(("In", "NotIn", "Exists", "DoesNotExist"))


def _chosen(entries: Listed[Node], paths: Listed[str]) -> Iterator[tuple[Node, str]]:
    """The sorted paths that entries ask for, those that others of them exclude aside."""
    without = [as_str(at(each, "path")) or "" for each in entries if as_str(at(each, "exclude")) == "true"]
    left_out = frozenset(path for each in without for path in _fitting(each, paths))
    for entry in entries:
        if as_str(at(entry, "exclude")) != "true":
            for path in _fitting(as_str(at(entry, "path")) or "", paths):
                if path not in left_out:
                    yield entry, path


def _own_template(generator: Node) -> Mapping | None:
    """The template that a generator has for itself, which is laid over that of all; those inside of others have none."""
    held = (
        [at(value, "template") for _, value in generator.entries().values()] if isinstance(generator, Mapping) else ()
    )
    return next((each for each in held if isinstance(each, Mapping)), None)


def _over(node: Node, over: Node, depth: int) -> Node:
    """A template over another: mappings are merged, what is empty says nothing, anything else is replaced."""
    if not isinstance(over, Mapping) or not isinstance(node, Mapping) or depth > MAX_DEPTH:
        return over
    entries = dict(node.entries())
    for name, (key, value) in over.entries().items():
        if (isinstance(value, Scalar) and not value.text) or (isinstance(value, Sequence) and not value.items):
            continue
        entries[name] = (key, _over(entries[name][1], value, depth + 1) if name in entries else value)
    return node.with_entries(entries)


def _has_template(node: Node | None, depth: int) -> bool:
    """Is there anything below a node that a template decides?"""
    if isinstance(node, Scalar):
        return "{{" in node.text
    if isinstance(node, Sequence):
        return depth < MAX_DEPTH and any(_has_template(item, depth + 1) for item in node.items)
    if isinstance(node, Mapping):
        below = (value for _, value in node.entries().values())
        return depth < MAX_DEPTH and any(_has_template(value, depth + 1) for value in below)
    return False


def _of_keys(parameters: Parameters, keys: list[str]) -> tuple[str | None, ...]:
    return tuple(parameters[key].text if key in parameters else None for key in keys)


def _fitting(pattern: str, paths: Listed[str]) -> Iterator[str]:
    """Those of the sorted paths that a pattern as Go's `doublestar` takes it matches."""
    segments: list[Listed[Token] | None] = [
        None if part == "**" else _tokens(part) for part in pattern.strip("/").split("/")
    ]
    start = pattern.strip("/").partition("*")[0].rstrip("/")  # stands in front of all that fit
    for number in range(bisect_left(paths, start), len(paths) if pattern else 0):
        tick()
        if not paths[number].startswith(start):
            return
        if among(segments, paths[number].split("/")):
            yield paths[number]


def _tokens(part: str) -> tuple[Token, ...]:
    return tuple("*" if char == "*" else f"={char}" for char in part)


def _flat(node: Node | None, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Scalar]]:
    """The single values below a node, by their dotted names."""
    if isinstance(node, Mapping) and depth < MAX_DEPTH:
        for name, (_, value) in node.entries().items():
            yield from _flat(value, f"{prefix}{name}.", depth + 1)
    elif isinstance(node, Sequence) and depth < MAX_DEPTH:
        for number, value in enumerate(node.items):
            yield from _flat(value, f"{prefix}{number}.", depth + 1)
    elif isinstance(node, Scalar):
        yield prefix[:-1], node


def _of_path(folder: str, by: Node, named: str, filename: str = "") -> Parameters:
    """What the git generators say of a folder, for plain templates and for Go's; `named` stands in front of the names."""
    base = posixpath.basename(folder)
    normal = re.sub(r"[^a-z0-9.-]", "-", base.lower())
    said = {"path": folder, "path.path": folder, "path.basename": base, "path.basenameNormalized": normal}
    for number, segment in enumerate(folder.split("/")):
        said[f"path[{number}]"] = said[f"path.segments.{number}"] = segment
    if filename:
        said["path.filename"] = filename
        said["path.filenameNormalized"] = re.sub(r"[^a-z0-9.-]", "-", filename.lower())
    return {f"{named}{name}": Scalar(by.source, by.start, by.end, "", text, '"') for name, text in said.items()}


_PLAIN = pattern(r"\{\{\s{0,20}([A-Za-z_][\w.\[\]-]{0,200})\s{0,20}\}\}")
_GO = pattern(r"\{\{-?\s{0,20}(?:\.([A-Za-z_][\w.]{0,200})|index \.([\w.]{1,200}) \"?(\w{1,100})\"?)\s{0,20}-?\}\}")


def _application(template: Mapping, parameters: Parameters, go: bool, of: KubernetesObject) -> KubernetesObject | None:
    root = _filled(template, parameters, go, 0)
    assert isinstance(root, Mapping)
    made = object_of(root, of.api_version, "Application")
    if made is None:
        return None
    return made._replace(namespace=made.namespace or of.namespace, location=of.location)


def _filled(node: Node, parameters: Parameters, go: bool, depth: int) -> Node:
    if isinstance(node, Scalar):
        return _text(node, parameters, go) if "{{" in node.text else node
    if depth > MAX_DEPTH:
        return node
    if isinstance(node, Sequence):
        return node.with_items([_filled(item, parameters, go, depth + 1) for item in node.items])
    if isinstance(node, Mapping):
        entries = node.entries().items()
        return node.with_entries(
            {name: (key, _filled(value, parameters, go, depth + 1)) for name, (key, value) in entries}
        )
    return node


def _text(node: Scalar, parameters: Parameters, go: bool) -> Scalar:
    used: list[Scalar] = []

    def value(match: re.Match[str]) -> str:
        name = match[1] or f"{match[2]}.{match[3]}"
        found = parameters.get(name)
        if found is None:
            return match[0]
        used.append(found)
        return found.text

    text = (_GO if go else _PLAIN).sub(value, node.text)
    whole = len(used) == 1 and text == used[0].text
    made = node.replaced(text, node.style or (used[0].style if used else ""), used[0] if whole else node, "template")
    if "{{" in text:
        made.unknown = f"`{text}` isn't known"
    return made
