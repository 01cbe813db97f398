"""Changes of random YAML files, compared with the same change of the loaded data; comments and layout must stay."""

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from hullcheck.finding import Finding, Severity
from hullcheck.fix.apply import apply
from hullcheck.fix.resolve import resolve
from hullcheck.fix.written import flow, scalar
from hullcheck.model import edit
from hullcheck.parse import cst
from hullcheck.source import Source

KEYS = st.sampled_from(["web", "image", "x-a", "securityContext", "a b", "80", "yes", "é", "k.l/m"])
SCALARS = st.sampled_from(["nginx:1.27", "80:80", "true", "no", "", "a: b", "# c", "it's", "10", "中文", "x  y", "-"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(KEYS, inner, min_size=1, max_size=4),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)


def frozen(value: Any) -> Any:
    """The value with tuples for lists, as fixes have them."""
    if isinstance(value, dict):
        return {key: frozen(held) for key, held in value.items()}
    return tuple(map(frozen, value)) if isinstance(value, list) else value


class Writer:
    """Writes data as YAML in a layout that is drawn along the way."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.step = draw(st.sampled_from([2, 4]))
        self.dash = draw(st.sampled_from([0, 2]))
        self.lines: list[str] = []

    def one_of(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def write(self, data: dict[str, Any]) -> str:
        self._mapping(data, 0, "")
        newline = self.one_of("\n", "\r\n")
        return str(newline.join(self.lines) + self.one_of(newline, newline * 3, ""))

    def _mapping(self, data: dict[str, Any], indentation: int, prefix: str) -> None:
        for key, value in data.items():
            if not prefix and self.one_of(False, False, True):
                self.lines.append(" " * indentation + self.one_of("# about it", "", "  # further in"))
            self._entry(f"{prefix or ' ' * indentation}{scalar(key)}:", value, indentation)
            prefix = ""

    def _entry(self, head: str, value: Any, indentation: int) -> None:
        comment = self.one_of("", "", "  # why")
        if isinstance(value, str) or self.one_of(False, False, True):
            self.lines.append(f"{head} {self._inline(value)}{comment}")
        elif isinstance(value, dict):
            self.lines.append(head + comment)
            self._mapping(value, indentation + self.step, "")
        else:
            self.lines.append(head + comment)
            for item in value:
                self._item(item, indentation + self.dash)

    def _item(self, value: Any, indentation: int) -> None:
        dash = f"{' ' * indentation}- "
        if isinstance(value, dict):
            self._mapping(value, indentation + 2, dash)
        else:
            self.lines.append(f"{dash}{self._inline(value)}")

    def _inline(self, value: Any) -> str:
        if isinstance(value, str):
            return scalar(value, self.one_of("'", '"'))
        return flow(frozen(value), self.one_of("'", '"', ""))


@st.composite
def written(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    data = draw(DOCUMENTS)
    return data, Writer(draw).write(data)


def load(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def path_of(node: cst.Node) -> list[Any]:
    """The keys and numbers that lead to a node; for a key, to its value."""
    path: list[Any] = []
    while node.parent is not None:
        number = next(number for number, item in enumerate(node.parent.items) if item is node)
        path.append(node.parent.items[number // 2 * 2].text if node.parent.kind == "mapping" else number)
        node = node.parent
    return path[::-1]


def held(data: Any, path: list[Any]) -> Any:
    for part in path:
        data = data[part]
    return data


def deleted(data: Any, path: list[Any]) -> Any:
    data = copy.deepcopy(data)
    while len(held(data, path[:-1])) == 1:
        path = path[:-1]
    del held(data, path[:-1])[path[-1]]
    return data


def said(data: Any, path: list[Any], is_key: bool) -> Any:
    data = copy.deepcopy(data)
    target = held(data, path) if is_key else held(data, path[:-1])
    target.setdefault("new", {})["flag"] = True
    return data


@settings(max_examples=150, deadline=None)
@given(written(), st.integers(0, 1_000), st.sampled_from(["delete", "put", "replace"]))
def test_a_change_is_what_it_is_of_the_data(document: tuple[dict[str, Any], str], number: int, kind: str) -> None:
    data, text = document
    assert load(text) == data
    source = Source("x.yaml", text.encode())
    roots = cst.parse(source.text)
    assert roots is not None
    nodes = [node for node in roots[0].walk() if node.parent is not None]
    node = nodes[number % len(nodes)]
    place = source.at(node.start, node.end)
    path = path_of(node)
    parent = node.parent
    assert parent is not None
    is_key = parent.kind == "mapping" and any(key is node for key, _ in parent.pairs)
    change = {
        "delete": edit.delete(place),
        "put": edit.put(place, ("new", "flag"), True),
        "replace": edit.replace(place, "other"),
    }[kind]
    finding = Finding("x", Severity.LOW, "m", place, fix=edit.fix("t", change, safe=True))
    done = apply(resolve([finding]))
    assert not done.refused, done.refused
    if not done.files:
        return
    after = done.files["x.yaml"].after.text
    if kind == "delete":
        assert load(after) == deleted(data, path)
    elif kind == "put":
        assert load(after) == said(data, path, is_key)
    elif not is_key:
        expected = copy.deepcopy(data)
        held(expected, path[:-1])[path[-1]] = "other"
        assert load(after) == expected
    kept = sum(line.count("# ") for line in after.splitlines())
    assert kept >= text.count("# ") - text[slice(*removed(done.files["x.yaml"].edits))].count("# ")


def removed(edits: tuple[Any, ...]) -> tuple[int, int]:
    return edits[0].location.start, edits[0].location.end
