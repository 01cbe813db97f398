"""`.hullcheck.yaml` or `[tool.hullcheck]` in `pyproject.toml`, at the repository's root."""

from __future__ import annotations

import itertools
import os
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from hullcheck import look
from hullcheck.check import Registry
from hullcheck.discover import DiskTree
from hullcheck.errors import HullcheckError
from hullcheck.finding import PRODUCTION, Severity
from hullcheck.source import Source
from hullcheck.terms import Term, Terms
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hullcheck import schema

FILES = (".hullcheck.yaml", ".hullcheck.yml")
PYPROJECT = "pyproject.toml"

ReadFile = Callable[[str], bytes | None]
"""The bytes of a file, by its path relative to the root, on disk or in a commit; None if there is none."""


class Accepted(NamedTuple):
    """A `suppress` entry: which findings are accepted, where, why and until when; `line` is its own."""

    checks: Terms
    paths: tuple[str, ...]
    object: str
    reason: str
    until: date | None
    line: int = 0


class Override(NamedTuple):
    """What holds in some paths only. `fail_on` is empty where it isn't said."""

    paths: tuple[str, ...]
    select: Terms = frozenset()
    ignore: Terms = frozenset()
    severity: Mapping[Term, Severity] = {}
    fail_on: str = ""


class Together(NamedTuple):
    """A Compose project that is listed: its files, and whether profiles and a name are said; `line` is its own."""

    files: tuple[str, ...]
    profiles: tuple[str, ...] | None = None
    name: str = ""
    line: int = 0


class Chart(NamedTuple):
    """What is said of a chart: each of `values` are files that lie over one another, `sets` are as of `helm --set`."""

    values: tuple[tuple[str, ...], ...] = ()
    sets: tuple[str, ...] = ()
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()


class Demands(NamedTuple):
    """What a suppression must have to hold, and how many findings may be suppressed."""

    reason: bool = False
    until: bool = False
    max_days: int | None = None
    max: int | None = None
    foreign: bool = True


class Config(NamedTuple):
    """What is in effect; `path` is the file it came from, or empty.

    `said` has the place of each value that was written, as `FILE:LINE`, by its dotted key. `gate_fail_on` is empty
    where the gate has no level of its own. `context` is "all" where every context counts in full; `contexts` are globs by
    context. An assertion on the network has its lists joined by commas. `source` is the
    file itself if it is the repository's own, so that findings can point to it.
    """

    path: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    include_vendored: bool = False
    min_severity: Severity = Severity.LOW
    fail_on: Severity | None = Severity.HIGH
    policies_elsewhere: bool = False
    suppress: tuple[Accepted, ...] = ()
    extend_select: tuple[str, ...] = ()
    profile: str = "default"
    severity: Mapping[Term, Severity] = {}
    overrides: tuple[Override, ...] = ()
    baseline: str = ""
    trusted_registries: tuple[str, ...] = ()
    trusted_images: tuple[str, ...] = ()
    datastores: tuple[str, ...] = ()
    pod_security: str = ""
    pod_security_version: str = "latest"
    network_deny: tuple[dict[str, str], ...] = ()
    network_allow: tuple[dict[str, str], ...] = ()
    demands: Demands = Demands()
    gate_fail_on: str = ""
    new_suppressions: str = "block"
    said: Mapping[str, str] = {}
    source: Source | None = None
    validate: bool = False
    kubernetes_version: str = "latest"
    fail_on_unjudged: bool = False
    allow_unjudged: tuple[str, ...] = ()
    compose_projects: tuple[Together, ...] = ()
    helm: Mapping[str, Chart] = {}
    context: str = PRODUCTION
    contexts: Mapping[str, tuple[str, ...]] = {}


def read(root: str, path: str | None, registry: Registry) -> Config:
    """The configuration in `path`, else the one at the root, else the defaults.

    Raises HullcheckError for a file that can't be read, an unknown key, a wrong value or an unknown check, and for a file
    that it names and that isn't there.
    """

    def exists(name: str) -> bool:
        return look.lexists(os.path.join(root, name))

    if path is not None:
        return with_files(parse(path, _bytes(path), registry), exists)
    return find(lambda name: _own(root, name), registry, exists)


def find(read_file: ReadFile, registry: Registry, exists: Callable[[str], bool] | None = None) -> Config:
    """The configuration among the files at a root, else the defaults; raises HullcheckError as `read` does.

    `exists` tells whether there is a file at a path; without it, that is what `read_file` can read.
    """
    exists = exists or (lambda name: read_file(name) is not None)
    found = [(name, data) for name in FILES if (data := read_file(name)) is not None]
    pyproject = read_file(PYPROJECT)
    if pyproject is not None and b"hullcheck" in pyproject and _table(PYPROJECT, pyproject) is not None:
        found.append((PYPROJECT, pyproject))
    if len(found) > 1:
        raise HullcheckError(f"{found[0][0]} and {found[1][0]} both configure hullcheck: keep one of them")
    return with_files(parse(*found[0], registry), exists) if found else Config()


def with_files(config: Config, exists: Callable[[str], bool]) -> Config:
    """The configuration, whose files are all there; raises HullcheckError for one that isn't."""
    for number, project in enumerate(config.compose_projects):
        for path in project.files:
            if not exists(path):
                where = f"{config.path}:{project.line}" if project.line else config.path
                raise HullcheckError(f"{where}: compose-projects.{number}: no such file: {path}")
    for folder, chart in config.helm.items():
        for path in (posixpath.join("" if folder == "." else folder, "Chart.yaml"), *itertools.chain(*chart.values)):
            if not exists(path):
                where = config.said.get(f"helm.{folder}", config.path)
                raise HullcheckError(f"{where}: helm.{folder}: no such file: {path}")
    return config


def parse(path: str, data: bytes, registry: Registry) -> Config:
    """The configuration that `data`, the content of `path`, says; raises HullcheckError as `read` does."""
    values, lines = _toml(path, data) if path.endswith(".toml") else _yaml(path, data)
    source = Source(path, data) if path in (*FILES, PYPROJECT) else None
    written = Written(path, values, lines, registry, source)
    from hullcheck import schema

    wrong = schema.fault("config", values)
    if wrong is not None:
        raise written.error(*wrong)
    return _config(written)


def resolve(word: str, registry: Registry, where: str) -> Terms:
    """What a word stands for; raises HullcheckError with a suggestion if it stands for nothing."""
    terms = registry.meant(word)
    if not terms:
        from hullcheck import schema

        # Of another tool's id, one that looks like it is another rule.
        known = registry.words() if not any(map(str.isdecimal, word)) else list(registry.entries)
        suggestion = schema.did_you_mean(word, known) or "; `hullcheck checks --format json` has all names and ids"
        raise HullcheckError(f"{where}: no check, concern or peer's id is called `{word}`{suggestion}")
    return terms


class Written(NamedTuple):
    """Values as written, with the line of each."""

    path: str
    values: dict[str, Any]
    lines: Mapping[schema.Place, int]
    registry: Registry
    source: Source | None

    def get(self, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)

    def where(self, place: schema.Place) -> str:
        """`FILE:LINE` of a value, or of the nearest one around it whose line is known."""
        while place and place not in self.lines:
            place = place[:-1]
        return f"{self.path}:{self.lines[place]}" if place in self.lines else self.path

    def error(self, place: schema.Place, message: str) -> HullcheckError:
        key = ".".join(str(part) for part in place)
        return HullcheckError(f"{self.where(place)}: {key + ': ' if key else ''}{message}")

    def words(self, *place: str | int) -> tuple[str, ...]:
        """A list of words that name checks."""
        for number, word in enumerate(self._at(place) or ()):
            self.terms(word, (*place, number))
        return tuple(self._at(place) or ())

    def terms(self, word: str, place: schema.Place) -> Terms:
        """What a word at that place stands for."""
        return resolve(word, self.registry, f"{self.where(place)}: {'.'.join(map(str, place))}")

    def all_terms(self, *place: str | int) -> Terms:
        words = self._at(place) or ()
        return frozenset().union(*(self.terms(word, (*place, number)) for number, word in enumerate(words)))

    def severities(self, *place: str | int) -> dict[Term, Severity]:
        """Severities by what they are said of; a concern's comes first, so that a check's own can differ from it."""
        said = self._at(place) or {}
        by_word = {word: (self.terms(word, (*place, word)), Severity.parse(level)) for word, level in said.items()}
        ordered = sorted(by_word.values(), key=lambda row: -len(row[0]))
        return {term: level for terms, level in ordered for term in terms}

    def _at(self, place: schema.Place) -> Any:
        value: Any = self.values
        for part in place:
            if isinstance(value, dict):
                value = value.get(str(part))
            elif value is not None:
                value = value[part]
        return value


def _config(written: Written) -> Config:
    pod_security, network = written.get("pod-security", {}), written.get("network", {})
    demands, gate = written.get("suppressions", {}), written.get("gate", {})
    return Config(
        path=written.path,
        select=written.words("select"),
        ignore=written.words("ignore"),
        exclude=tuple(written.get("exclude", ())),
        include_vendored=written.get("include-vendored", False),
        min_severity=Severity.parse(written.get("min-severity", "low")),
        fail_on=level(written.get("fail-on", "high")),
        policies_elsewhere=written.get("policies-elsewhere", False),
        suppress=tuple(_accepted(written, number) for number in range(len(written.get("suppress", ())))),
        extend_select=written.words("extend-select"),
        profile=written.get("profile", "default"),
        severity=written.severities("severity"),
        overrides=tuple(_override(written, number) for number in range(len(written.get("overrides", ())))),
        baseline=written.get("baseline", ""),
        trusted_registries=tuple(written.get("trusted-registries", ())),
        trusted_images=tuple(written.get("trusted-images", ())),
        datastores=tuple(written.get("datastores", ())),
        pod_security=pod_security.get("level", ""),
        pod_security_version=pod_security.get("version", "latest").removeprefix("v"),
        network_deny=tuple(map(_assertion, network.get("deny", ()))),
        network_allow=tuple(map(_assertion, network.get("allow", ()))),
        demands=Demands(
            reason=demands.get("require-reason", False),
            until=demands.get("require-until", False),
            max_days=demands.get("max-days"),
            max=demands.get("max"),
            foreign=demands.get("foreign", True),
        ),
        gate_fail_on=gate.get("fail-on", ""),
        new_suppressions=gate.get("new-suppressions", "block"),
        source=written.source,
        validate=written.get("validate", False),
        kubernetes_version=written.get("kubernetes-version", "latest").removeprefix("v"),
        fail_on_unjudged=written.get("fail-on-unjudged", False),
        context=written.get("context", PRODUCTION),
        contexts={context: tuple(globs) for context, globs in written.get("contexts", {}).items()},
        allow_unjudged=tuple(written.get("allow-unjudged", ())),
        compose_projects=tuple(
            _together(written, number) for number in range(len(written.get("compose-projects", ())))
        ),
        helm=dict(_chart(written, folder) for folder in written.get("helm", {})),
        said={".".join(map(str, place)): f"{written.path}:{line}" for place, line in written.lines.items()},
    )


def level(word: str) -> Severity | None:
    """The severity of that name; None for "none"."""
    return None if word == "none" else Severity.parse(word)


def _accepted(written: Written, number: int) -> Accepted:
    entry = written.values["suppress"][number]
    try:
        until = date.fromisoformat(entry["until"]) if "until" in entry else None
    except ValueError:
        raise written.error(("suppress", number, "until"), f"there is no such day: {entry['until']}") from None
    return Accepted(
        checks=written.all_terms("suppress", number, "checks"),
        paths=tuple(entry.get("paths", ())),
        object=entry.get("object", ""),
        reason=entry["reason"],
        until=until,
        line=written.lines.get(("suppress", number), 0),
    )


def _override(written: Written, number: int) -> Override:
    entry = written.values["overrides"][number]
    return Override(
        paths=tuple(entry["paths"]),
        select=written.all_terms("overrides", number, "extend-select"),
        ignore=written.all_terms("overrides", number, "ignore"),
        severity=written.severities("overrides", number, "severity"),
        fail_on=entry.get("fail-on", ""),
    )


def _together(written: Written, number: int) -> Together:
    entry = written.values["compose-projects"][number]
    place: schema.Place = ("compose-projects", number)
    files = entry if isinstance(entry, list) else entry["files"]
    found: dict[str, None] = {}
    for path in files:
        clean = posixpath.normpath(path)
        if posixpath.isabs(path) or clean.startswith("..") or "\0" in path:
            raise written.error(place, f"not a path below the root: {path}")
        if clean in found:
            raise written.error(place, f"`{clean}` is named twice")
        found[clean] = None
    said = entry if isinstance(entry, dict) else {}
    profiles = tuple(said["profiles"]) if "profiles" in said else None
    line = written.lines.get(place) or written.lines.get(place[:1], 0)
    return Together(tuple(found), profiles, said.get("name", ""), line)


def _chart(written: Written, folder: str) -> tuple[str, Chart]:
    """The folder of a chart, and what is said of it, with the paths of files relative to the root."""
    entry = written.values["helm"][folder]
    chart = posixpath.normpath(folder)
    if posixpath.isabs(folder) or chart.startswith("..") or "\0" in folder:
        raise written.error(("helm", folder), f"not a path below the root: {folder}")
    variants = []
    for said in entry.get("values", ()):
        files = []
        for path in [said] if isinstance(said, str) else said:
            clean = posixpath.normpath(path.lstrip("/") if path.startswith("/") else posixpath.join(chart, path))
            if clean.startswith("..") or "\0" in path:
                raise written.error(("helm", folder, "values"), f"not a path below the root: {path}")
            files.append(clean)
        variants.append(tuple(files))
    sets = tuple(f"{key}={_set_value(value)}" for key, value in entry.get("set", {}).items())
    version, more = entry.get("kube-version", ""), tuple(entry.get("api-versions", ()))
    return chart, Chart(tuple(variants), sets, version, more)


def _set_value(value: object) -> str:
    """A value as `helm --set` takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).replace("\\", "\\\\").replace(",", "\\,")


def _assertion(entry: dict[str, Any]) -> dict[str, str]:
    return {key: ",".join(map(str, value)) if isinstance(value, list) else str(value) for key, value in entry.items()}


def _own(root: str, name: str) -> bytes | None:
    """A file at the root; a link that leads out of it is not followed."""
    path = os.path.join(root, name)
    if not look.isfile(path):
        return None
    if os.path.dirname(look.realpath(path)) != look.realpath(root):
        raise HullcheckError(f"{name}: a link that leads out of the repository's root")
    try:
        return DiskTree(root).read(name)
    except OSError as error:
        raise HullcheckError(f"{path}: can't be read: {error.strerror or error}") from None


def _bytes(path: str) -> bytes:
    try:
        with look.opened(path) as file:
            return file.read()
    except OSError as error:
        raise HullcheckError(f"{path}: can't be read: {error.strerror}") from None


def _table(path: str, data: bytes) -> dict[str, Any] | None:
    import tomllib

    try:
        tool = tomllib.loads(data.decode()).get("tool", {})
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, a number with too many digits
        raise HullcheckError(f"{path}: {error}") from None
    table = tool.get("hullcheck") if isinstance(tool, dict) else None
    return table if isinstance(table, dict) else None


def _toml(path: str, data: bytes) -> tuple[dict[str, Any], dict[schema.Place, int]]:
    """The values, and the line of each: what stands inside of a key has the key's."""
    values = {key: _without_dates(value) for key, value in (_table(path, data) or {}).items()}
    keys = re.compile(r"^\s*(?:\[+\s*tool\.hullcheck\.)?[\"']?([A-Za-z][\w-]*)[\"']?\s*[\].=]")
    found: dict[str, int] = {}
    for number, text in enumerate(data.decode().split("\n"), 1):
        match = keys.match(text)
        if match and match[1] in values:
            found.setdefault(match[1], number)
    lines = {place: found.get(key, 1) for key, value in values.items() for place in _places(value, (key,))}
    return values, lines


def _places(value: Any, place: schema.Place) -> Iterator[schema.Place]:
    yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in inner:
        yield from _places(held, (*place, key))


def _without_dates(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_dates(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_dates(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def _yaml(path: str, data: bytes) -> tuple[dict[str, Any], dict[schema.Place, int]]:
    from hullcheck.model import node
    from hullcheck.parse import yaml

    documents, problems = yaml.parse(Source(path, data))
    if problems:
        raise HullcheckError(f"{path}:{problems[0].location.line}: {problems[0].message}")
    roots = [document.root for document in documents if not node.is_null(document.root)]
    if not roots:
        return {}, {}
    if len(roots) > 1 or not isinstance(roots[0], node.Mapping):
        raise HullcheckError(f"{path}: must be one mapping")
    return node.plain(roots[0]), dict(_lines(path, roots[0], ()))


def _lines(path: str, value: object, place: schema.Place) -> Iterator[tuple[schema.Place, int]]:
    """The line of every key and item; raises HullcheckError for a key that is written twice."""
    from hullcheck.model.node import Mapping, Sequence

    if isinstance(value, Mapping):
        for _, again in value.duplicates:
            raise HullcheckError(f"{path}:{again.location.line}: `{again.text}` is written twice")
        for name, (key, inner) in value.entries().items():
            yield (*place, name), key.location.line
            yield from _lines(path, inner, (*place, name))
    elif isinstance(value, Sequence):
        for number, item in enumerate(value.items):
            yield (*place, number), item.location.line
            yield from _lines(path, item, (*place, number))
