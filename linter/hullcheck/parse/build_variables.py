"""Variables that decide what a script builds, by the values that the same text gives them.

Shells, make, just, Task and the languages of pipelines write them in their own ways; what they hold is looked up by name
alone. A value that can't be known is UNKNOWN, and is one of a name's values as any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hullcheck.model.lazy import Lazy
from hullcheck.model.node import Mapping as MappingNode
from hullcheck.model.node import Node, Scalar, Sequence, is_null

UNKNOWN = "\0"
"""Stands for what isn't known."""

MAX_NAMES = 1_000
MAX_VALUES = 256
"""Values of one variable: the jobs that a matrix may have at most."""

MAX_LENGTH = 500
MAX_DEPTH = 5
"""Variables inside one another."""

VARIABLE = (
    r"\$\{\{[^{}\n]*+\}\}|\${1,2}\([^()\n]*+\)|\${1,2}\{[^{}$\n]*+\}|\${1,2}(?:env:)?\w++|\{\{[^{}\n]*+\}\}"
    r"|<<[ \t]*+[\w.-]++[ \t]*+>>"
)
"""A variable of a shell, of make (`$(A)`, `$$a`), just, Task (`{{.A}}`), a workflow (`${{ a.b }}`) or CircleCI (`<< a >>`)."""

_VARIABLE = Lazy(VARIABLE)
_DEFAULT = Lazy(r"(\w{1,100}):?[-=](.*)")
_ASSIGNED = Lazy(
    r"(?m)^[ \t]*+(?:-[ \t]++)?+[\"']?+(?:(?:export|readonly|local|override|declare|typeset|set)[ \t]++)?\$?+(?:env:)?+"
    r"(?P<name>[A-Za-z_]\w{0,99}+)(?P<sign>[ \t]*+[?:+!]{0,3}+=(?!=)[ \t]*+)(?P<value>[^\n]{0,500}+)"
)
_LOOP = Lazy(
    r"for(?<!\wfor)[ \t]{1,20}(?P<name>[A-Za-z_]\w{0,99}+)[ \t]{1,20}in[ \t]{1,20}(?P<words>(?:[^;\n\\]|\\\r?\n){1,2000}+)"
)
_WORD = Lazy(r"\"([^\"\n]*+)\"|'([^'\n]*+)'|([^\s\"'#;]++)")
_OWN_FOLDER = Lazy(r"[\"']?(?:\$\(|`)[^\n]*?(?:dirname|\bpwd\b|--show-toplevel|realpath)")
_UP = Lazy(r"\.\.(?:/\.\.){0,9}")
_HERE = frozenset(
    (
        "pwd", "PWD", "CURDIR", "WORKSPACE", "PSScriptRoot", "justfile_directory", "github.workspace",
        "GITHUB_WORKSPACE", "CI_PROJECT_DIR", "Build.SourcesDirectory", "BUILD_SOURCESDIRECTORY", "CODEBUILD_SRC_DIR",
        "System.DefaultWorkingDirectory", "Build.Repository.LocalPath", "TRAVIS_BUILD_DIR", "BITBUCKET_CLONE_DIR",
        "DRONE_WORKSPACE", "CI_WORKSPACE", "git rev-parse --show-toplevel", "CIRCLE_WORKING_DIRECTORY",
    )
)  # fmt: skip
"""Where the repository lies, or the folder of the script."""


class Variables:
    """What variables may hold, by name."""

    def __init__(self, said: Mapping[str, Iterable[str]] = {}) -> None:
        self._said = {name: list(dict.fromkeys(values))[:MAX_VALUES] for name, values in said.items()}
        self._known: dict[str, tuple[str, ...]] = {}
        self._open: list[str] = []

    def values(self, name: str) -> tuple[str, ...]:
        """What it may hold; nothing if that isn't said."""
        if name in _HERE:
            return ("./",)
        said = self._said.get(name)
        if said is None:
            name = name.rpartition(".")[2]
            said = self._said.get(name)
        if said is None or name in self._open or len(self._open) >= MAX_DEPTH:
            return () if said is None else (UNKNOWN,)
        if name not in self._known:
            self._open.append(name)
            found = dict.fromkeys(text for template in said for text in self._texts(template))
            self._open.pop()
            made = tuple(found)[:MAX_VALUES]
            if self._open:
                return made
            self._known[name] = made
        return self._known[name]

    def _texts(self, template: str) -> Iterator[str]:
        """A value with what it names put in; of several variables, each has its first value but for one."""
        if _OWN_FOLDER.match(template):
            up = _UP.search(template)
            yield f"./{up[0] if up else ''}"
            return
        found = list(_VARIABLE.finditer(template))[:10]
        firsts = [(lookup(self, match[0]) or (UNKNOWN,)) for match in found]
        varied = next((i for i, values in enumerate(firsts) if len(values) > 1), 0)
        for value in firsts[varied] if firsts else ("",):
            parts, at = [], 0
            for number, match in enumerate(found):
                parts += [template[at : match.start()], value if number == varied else firsts[number][0]]
                at = match.end()
            text = "".join(parts) + template[at:]
            yield UNKNOWN if UNKNOWN in text or len(text) > MAX_LENGTH else text


def lookup(variables: Variables, written: str, chosen: Mapping[str, str] = {}) -> tuple[str, ...]:
    """What a variable may hold that is written so; `chosen` are values that are already decided."""
    name, default = named(written)
    if name in chosen:
        return (chosen[name],)
    values = variables.values(name)
    return values if default is None or default in values else (*values, default)


def named(written: str) -> tuple[str, str | None]:
    """The name of a variable, and its default, if that is written with it: `${A:-b}`."""
    inner = written.strip("${}()<> \t")
    if "${" in written[:3] and not written.startswith("${{"):
        match = _DEFAULT.fullmatch(inner)
        if match is not None:
            return match[1], match[2].strip("\"'")
    return inner.removeprefix("env:").lstrip("."), None


def assigned(text: str) -> dict[str, list[str]]:
    """What a script gives to its variables, as it is written: by assignments, and one by one in loops."""
    found: dict[str, list[str]] = {}
    if "=" in text:
        for match in _ASSIGNED.finditer(text):
            spaced = match["sign"] != "="
            _add(found, match["name"], _value(match["value"], spaced=spaced))
    if "for " in text:
        for match in _LOOP.finditer(text):
            for word in _WORD.finditer(match["words"]):
                said = word[1] or word[2] or word[3] or ""
                listed = found.get(said[1:].strip("{}()")) if said.startswith("$") else None
                for value in listed[0].split() if listed else (said,):
                    _add(found, match["name"], value)
    return found


def of_yaml(root: Node | None) -> dict[str, list[str]]:
    """What a pipeline gives to variables: all scalars of its mappings, and of lists in them, by their key.

    Also `name: A, value: b`, as Azure Pipelines has it, and the `default` of what is declared.
    """
    found: dict[str, list[str]] = {}
    pending: list[Node] = [root] if root is not None else []
    seen: set[int] = set()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            pending += reversed(node.items)
        elif isinstance(node, MappingNode):
            for key, (_, value) in node.entries().items():
                for one in (value, *(value.items if isinstance(value, Sequence) else ())):
                    _add_node(found, key, one)
                if isinstance(value, MappingNode):
                    for word in ("default", "value"):
                        _add_node(found, key, value.get(word))
            name = node.get("name")
            if isinstance(name, Scalar) and name.text != "name":
                for word in ("value", "default"):
                    _add_node(found, name.text, node.get(word))
            pending += reversed([value for _, (_, value) in node.entries().items()])
    return found


def _add_node(found: dict[str, list[str]], name: str, node: Node | None) -> None:
    if isinstance(node, Scalar) and not is_null(node) and "\n" not in node.text:
        _add(found, name, node.text)


def _add(found: dict[str, list[str]], name: str, value: str) -> None:
    if len(value) > MAX_LENGTH or (name not in found and len(found) >= MAX_NAMES):
        return
    values = found.setdefault(name, [])
    if len(values) < MAX_VALUES:
        values.append(value)


def _value(text: str, *, spaced: bool) -> str:
    """What is assigned: a word of a shell's, all of the line elsewhere."""
    text = text.strip()
    if _OWN_FOLDER.match(text):
        return text
    if text[:1] in ("'", '"'):
        end = text.find(text[0], 1)
        return text[1:end] if end > 0 else UNKNOWN
    if spaced or text.startswith("$("):
        return text.partition(" #")[0].rstrip()
    return text.split(maxsplit=1)[0].rstrip(";&") if text else ""
