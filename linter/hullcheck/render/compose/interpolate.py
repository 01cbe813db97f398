"""Variables in a Compose file: `$X`, `${X:-default}` and their kin, replaced as Compose does.

A variable that nothing in the repository sets isn't known: the caller's environment decides it. Compose would put an
empty text there; what depends on it is marked unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.model.problem import Problem
from hullcheck.patterns import pattern
from hullcheck.render.compose.alternatives import is_worse
from hullcheck.render.compose.nodes import MARK, PLACES, Entries, Text, literal, mapping, sequence, value
from hullcheck.render.compose.patterns import Places
from hullcheck.source import Location, Related
from hullcheck.tuples import NamedTuple

SET = "is set"
DEFAULT = "default"
"""Why a text is what it is: ends a list of variables that a file sets, or says that a default was taken."""

MAX_NESTED = 40
"""Levels of defaults within defaults."""

MAX_TEXT = 100_000
"""Characters that a value may grow to by variables."""

_NAME = pattern("[_A-Za-z][_A-Za-z0-9]*")
_OPERATOR = pattern(":?[-+?]")
_NAMED_OR_BRACED = pattern(r"\$(?:(\$)|([_A-Za-z][_A-Za-z0-9]*)|(\{))")


class Setting(NamedTuple):
    """A variable's value, and where the repository says it, if that is known."""

    text: str
    location: Location | None = None


Variables = dict[str, Setting]


class BadTemplateError(ValueError):
    """A `${` that is no variable."""


class Substitution:
    """A text with its variables replaced; `text` has a MARK for each one that isn't known.

    `missing` are the variables that nothing sets; `settings` those that a file of the repository sets. With `either`
    a variable that nothing here sets is taken as set where that brings a text (`${X:+text}`); `alternatives` says
    whether there is such a place.
    """

    def __init__(self, text: str, variables: Variables, *, either: bool = False) -> None:
        self.variables = variables
        self.either = either
        self.alternatives = False
        self.missing: list[str] = []
        self.required: list[str] = []
        self.settings: dict[str, Setting] = {}
        self.defaulted = False
        self.text = self._replace(text, 0)

    def _replace(self, text: str, depth: int) -> str:
        found: list[str] = []
        at = 0
        line_end = last_brace = -1
        while True:
            match = _NAMED_OR_BRACED.search(text, at)
            if match is None:
                found.append(text[at:])
                return "".join(found)[:MAX_TEXT]
            found.append(text[at : match.start()])
            escaped, name, _ = match.groups()
            at = match.end()
            if escaped:
                found.append("$")
            elif name:
                found.append(self._plain(name))
            else:
                if match.start() >= line_end:
                    newline = text.find("\n", at)
                    line_end = len(text) if newline < 0 else newline
                    last_brace = text.rfind("}", at, line_end)
                at = self._braced(text, match.start(), last_brace, depth, found)

    def _braced(self, text: str, start: int, last_brace: int, depth: int, found: list[str]) -> int:
        name = _NAME.match(text, start + 2)
        if name is None or last_brace < name.end():
            raise BadTemplateError(text)
        if text[name.end()] == "}":
            found.append(self._plain(name.group()))
            return name.end() + 1
        operator = _OPERATOR.match(text, name.end())
        if operator is None:
            raise BadTemplateError(text)
        end = _closing_brace(text, start, last_brace + 1)
        end = last_brace if end < 0 else end
        if depth >= MAX_NESTED:
            found.append(MARK)
        else:
            rest = self._replace(text[operator.end() : end], depth + 1)
            found.append(self._chosen(name.group(), operator.group(), rest))
        return end + 1

    def _plain(self, name: str) -> str:
        setting = self.variables.get(name)
        if setting is None:
            self.missing.append(name)
            return MARK + PLACES.get(name, "")
        self.settings[name] = setting
        return setting.text

    def _chosen(self, name: str, operator: str, rest: str) -> str:
        setting = self.variables.get(name)
        usable = setting is not None and (operator[0] != ":" or setting.text != "")
        if setting is not None:
            self.settings[name] = setting
        if operator[-1] == "+":
            if setting is None:
                if name in PLACES:
                    return rest
                self.alternatives = True
                if self.either:
                    return rest
                self.missing.append(name)
                return MARK
            return rest if usable else setting.text
        if usable:
            assert setting is not None
            return setting.text
        if operator[-1] == "-":
            self.defaulted = True
            return rest
        self.missing.append(name)
        self.required.append(name)
        return MARK + PLACES.get(name, "")


def _closing_brace(text: str, start: int, end: int) -> int:
    """The brace that closes the one after `start`, counted as Compose counts; -1 if there is none before `end`."""
    depth = 0
    at = start
    while at < end:
        character = text[at]
        if character == "}":
            depth -= 1
            if depth == 0:
                return at
        elif character == "{":
            depth += 1
            at += 1
        at += 1
    return -1


Cast = Callable[[str], str]


def _to_integer(text: str) -> str:
    if re.fullmatch(r"[-+]?[0-9]{1,19}", text) and -(2**63) <= int(text) < 2**63:
        return str(int(text))
    raise ValueError(f"`{text}` is no whole number")


def _to_number(text: str) -> str:
    try:
        float(text.replace("_", "x"))
    except ValueError:
        raise ValueError(f"`{text}` is no number") from None
    return text


_BOOLEANS = {"true": "true", "y": "true", "yes": "true", "on": "true"}
_BOOLEANS |= {"false": "false", "n": "false", "no": "false", "off": "false"}


def _to_boolean(text: str) -> str:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError(f"`{text}` is no boolean") from None


_SERVICE_CASTS: dict[Cast, tuple[str, ...]] = {
    _to_integer: (
        "cpu_count", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares", "deploy.replicas",
        "deploy.update_config.parallelism", "deploy.rollback_config.parallelism", "deploy.restart_policy.max_attempts",
        "deploy.placement.max_replicas_per_node", "healthcheck.retries", "oom_score_adj", "pids_limit",
        "ports.[].target", "scale", "ulimits.*", "ulimits.*.hard", "ulimits.*.soft",
    ),
    _to_number: (
        "cpu_percent", "cpus", "deploy.update_config.max_failure_ratio", "deploy.rollback_config.max_failure_ratio",
    ),
    _to_boolean: (
        "init", "healthcheck.disable", "oom_kill_disable", "privileged", "read_only", "stdin_open", "tty",
        "volumes.[].read_only", "volumes.[].volume.nocopy",
    ),
}  # fmt: skip
_CASTS: Places[Cast] = Places(
    {f"services.*.{path}": cast for cast, paths in _SERVICE_CASTS.items() for path in paths}
    | {f"networks.*.{key}": _to_boolean for key in ("external", "internal", "attachable", "enable_ipv4", "enable_ipv6")}
    | {f"{kind}.*.external": _to_boolean for kind in ("volumes", "secrets", "configs")}
)


class Interpolated(NamedTuple):
    """A tree without variables, and what Compose refuses in it."""

    root: Mapping
    problems: list[Problem]


def interpolate(root: Mapping, variables: Variables, *, either: bool = False) -> Interpolated:
    """Replace the variables in every value, never in a key, and give typed fields their type.

    With `either`, of `${X:+text}` what is more dangerous is taken where nothing here says whether X is set.
    """
    run = _Run(variables, either)
    found: Entries = {}
    for name, (key, node) in root.entries().items():
        found[name] = (key, run.node(node, _CASTS.below(name), (name,)))
    return Interpolated(mapping(root, found), run.problems)


Path = tuple[str, ...]


class _Run:
    def __init__(self, variables: Variables, either: bool) -> None:
        self.variables = variables
        self.either = either
        self.problems: list[Problem] = []
        self.done: dict[tuple[int, int], tuple[Node, Node]] = {}

    def node(self, node: Node, casts: Places[Cast] | None, path: Path) -> Node:
        """The node itself where nothing in it changes. Aliased nodes are done once for each kind of place."""
        if isinstance(node, Scalar):
            return self._scalar(node, casts, path) if "$" in node.text or casts is not None else node
        key = (id(node), id(casts))
        known = self.done.get(key)
        if known is not None:
            return known[1]
        made: Node = node
        if isinstance(node, Mapping):
            entries = node.entries()
            changed: Entries = {}
            for name, (at, child) in entries.items():
                below = casts.below(name) if casts is not None else None
                new = self.node(child, below, (*path, name))
                if new is not child:
                    changed[name] = (at, new)
            if changed:
                made = mapping(node, entries | changed)
        elif isinstance(node, Sequence):
            below = casts.below("[]") if casts is not None else None
            new_items = []
            for number, child in enumerate(node.items):
                new_items.append(self.node(child, below, (*path, str(number))))
            if any(new is not old for new, old in zip(new_items, node.items, strict=True)):
                made = sequence(node, new_items)
        self.done[key] = (node, made)
        return made

    def _scalar(self, node: Scalar, casts: Places[Cast] | None, path: Path) -> Scalar:
        if not isinstance(value(node), str):
            return node
        made = self._substituted(node, path) if "$" in node.text else node
        cast = casts.here if casts is not None else None
        if cast is None or made.unknown:
            return made
        try:
            text = cast(made.text)
        except ValueError as error:
            self._refuse(node, path, str(error))
            return made
        return literal(made, text)

    def _substituted(self, node: Scalar, path: Path) -> Scalar:
        try:
            found = Substitution(node.text, self.variables)
        except BadTemplateError:
            self._refuse(node, path, "invalid interpolation format (a `$` is written `$$`)")
            return node
        if self.either and found.alternatives and MARK in found.text:
            other = Substitution(node.text, self.variables, either=True)
            if MARK not in other.text and is_worse(path, found.text, other.text):
                found = other
        made = Text(node, found.text)
        if MARK in found.text:
            made.unknown = _why_unknown(found)
        elif found.settings or found.defaulted:
            made.because = ", ".join(f"`{name}` {SET}" for name in found.settings) or DEFAULT
        made.before = node
        return made

    def _refuse(self, node: Node, path: Path, message: str) -> None:
        owner = ".".join(path[:2])
        self.problems.append(
            Problem("invalid-object", f"Compose refuses `{'.'.join(path)}`: {message}", node.location, owner)
        )


def _why_unknown(found: Substitution) -> str:
    names = ", ".join(f"`{name}`" for name in dict.fromkeys(found.missing))
    if not names:
        return "its variables are nested too deeply"
    return f"{names} {'is required' if found.required else 'is not set'} here"


def is_set_elsewhere(node: Node) -> bool:
    """Does the text hold the value of a variable that another file sets?"""
    return node.because.endswith(SET)


def settings_in(node: Node | None, variables: Variables) -> Iterator[Related]:
    """The places that set the variables in the text that `node` was made of."""
    written = node.before if node is not None and is_set_elsewhere(node) else None
    if isinstance(written, Scalar):
        for name, setting in Substitution(written.text, variables).settings.items():
            if setting.location is not None:
                yield Related(setting.location, f"`{name}` {SET}")
