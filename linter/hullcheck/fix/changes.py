"""What is to change in a YAML file, as edits of its text.

Only what is plain to see is edited. Where a comment, an alias, a merge or an odd layout stands in the way there is no
edit, and so no fix: a person will do better.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right

from hullcheck.finding import Change, Edit
from hullcheck.fix.written import Layout, flow, scalar
from hullcheck.parse import cst
from hullcheck.patterns import pattern
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

_DASH = pattern(r"[ \t]*-[ \t]+")
_MOST_FIELDS = 4
"""Of an operation of a JSON patch: `op`, `path`, `value` and `from`."""

_YAML = (".yaml", ".yml")
_KUSTOMIZATION = pattern(r"(?:^|/)(?:kustomization\.ya?ml|Kustomization)$")


MOST_OUTER = 3
"""Levels of a document that are never taken out for being left empty: the document, `services`, a service."""


class Made(NamedTuple):
    """The edits of a change, and the node whose content they change."""

    edits: tuple[Edit, ...]
    node: cst.Node


MAX_CHARACTERS = 5 * 1024 * 1024
"""A larger file is one that a program wrote, and will write again."""


class Tree:
    """A YAML file that can be edited. `usable` is false if it can't be read, is a template, or is too large for that."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        roots = cst.parse(source.text) if len(source.text) <= MAX_CHARACTERS else None
        self.usable = roots is not None and not ("{{" in self.text and any(map(self._is_template, roots)))
        self.roots = roots or []
        self.layout = Layout(self.text, self.roots)
        self._twice: dict[cst.Node, frozenset[cst.Node]] = {}
        self._numbers: dict[cst.Node, dict[cst.Node, int]] = {}

    def _is_template(self, root: cst.Node) -> bool:
        """Does it hold `{{ ... }}`, which YAML takes for a mapping within a mapping?"""
        return any(node.flow and self.text.startswith("{{", node.start) for node in root.walk())

    def find(self, start: int, end: int) -> cst.Node | None:
        """The innermost node that the offsets are in."""
        node = _covering(self.roots, start, end)
        while node is not None:
            inner = _covering(node.items, start, end)
            if inner is None:
                return node
            node = inner
        return None

    def make(self, change: Change) -> Made | None:
        """The edits of a change; None where it can't be made, or is no change."""
        if not self.usable:
            return None
        node = self.find(change.place.start, change.place.end)
        if node is None or any(map(self._is_twofold, node.lineage())) or self._is_rendered(node, change):
            return None
        if change.kind == "delete":
            return self._delete(node)
        if change.kind == "delete item":
            near = (node, *filter(None, [node.parent]))
            return self._delete(next((n for n in near if n.parent and n.parent.kind == "sequence"), node))
        if change.kind == "replace":
            return self._replace(node, change.value)
        return self._put(node, change.path, change.value)

    def _number(self, node: cst.Node, parent: cst.Node) -> int:
        """Where among the keys, values or items of its parent a node stands."""
        if parent not in self._numbers:
            self._numbers[parent] = {item: number for number, item in enumerate(parent.items)}
        return self._numbers[parent][node]

    def _is_twofold(self, node: cst.Node) -> bool:
        """Does it stand under a key that is written twice? Programs differ on which one counts."""
        parent = node.parent
        if parent is None or parent.kind != "mapping":
            return False
        twice = self._twice.get(parent)
        if twice is None:
            texts = sorted(key.text for key in parent.items[::2])
            repeated = {text for text, other in itertools.pairwise(texts) if text == other}
            twice = self._twice[parent] = frozenset(
                item for key, value in parent.pairs if key.text in repeated for item in (key, value)
            )
        return node in twice

    def _is_rendered(self, node: cst.Node, change: Change) -> bool:
        """Is the place no part of an object, but of what objects are made with?

        A chart's values are read by templates, which may need them; a kustomization's fields change what others hold,
        and a patch within a text can't be edited by its structure. An operation of a JSON patch is whole or nothing.
        """
        if _holds_values(self.source.path) or _KUSTOMIZATION.search(self.source.path):
            return True
        if node.style in ("|", ">") and change.place.start > node.start:
            return True
        patch = next((n for n in node.lineage() if _is_operation(n)), None)
        return patch is not None and change.kind in ("delete", "delete item") and node.parent is patch

    def _edit(self, start: int, end: int, text: str, node: cst.Node) -> Made:
        return Made((Edit(self.source.at(start, end), text),), node)

    def _insert(self, at: int, text: str, node: cst.Node) -> Made:
        return self._edit(at, at, text, node)

    def _replace(self, node: cst.Node, value: Any) -> Made | None:
        if node.kind != "scalar" or node.style in ("|", ">") or node.empty:
            return None
        style = node.style or ("" if isinstance(value, (bool, int)) else "plain")
        text = str(value) if style == "plain" else scalar(value, style)
        return None if text == self.text[node.start : node.end] else self._edit(node.start, node.end, text, node)

    # Deleting

    def _delete(self, node: cst.Node) -> Made | None:
        parent = node.parent
        if parent is None:
            return None
        entry = self._entry(node, parent)
        if len(entry) == len(parent.items):
            # A service or an object that would be left empty is more than was asked for.
            return self._delete(parent) if len(list(parent.lineage())) > MOST_OUTER else None
        if any(inner.uses for part in entry for inner in part.walk()):
            return None  # an alias elsewhere would lose its anchor
        number = self._number(entry[0], parent)
        if parent.flow:
            return self._delete_flow(parent, number, entry)
        return self._delete_block(parent, number, entry)

    def _entry(self, node: cst.Node, parent: cst.Node) -> list[cst.Node]:
        """The key and value that a node of a mapping is one of; an item of a list is alone."""
        if parent.kind != "mapping":
            return [node]
        number = self._number(node, parent) // 2 * 2
        return parent.items[number : number + 2]

    def _delete_flow(self, parent: cst.Node, number: int, entry: list[cst.Node]) -> Made | None:
        behind = number + len(entry)
        if behind < len(parent.items):
            start, end = entry[0].whole, parent.items[behind].whole
            between = self.text[entry[-1].end : end]
        else:
            start, end = parent.items[number - 1].end, entry[-1].end
            between = self.text[start : entry[0].whole]
        return None if "#" in between else self._edit(start, end, "", parent)

    def _delete_block(self, parent: cst.Node, number: int, entry: list[cst.Node]) -> Made | None:
        start, end = entry[0].whole, entry[-1].end
        line_start, line_end = self.layout.line_start(start), self.layout.line_end(end)
        before = self.text[line_start:start]
        if not self._is_rest(end, line_end):
            return None
        if parent.kind == "mapping" and number == 0 and _DASH.fullmatch(before):
            following = parent.items[2].whole
            gap = self.text[end:following].strip()
            return None if gap else self._edit(start, following, "", parent)
        if not (_DASH.fullmatch(before) if parent.kind == "sequence" else not before.strip()):
            return None
        if line_end == len(self.text) and line_start:
            before_break = line_start - 2 if self.text[line_start - 2 : line_start] == "\r\n" else line_start - 1
            return self._edit(before_break, line_end, "", parent)
        return self._edit(line_start, self.text.index("\n", line_end) + 1, "", parent)

    def _is_rest(self, start: int, end: int) -> bool:
        """Is there nothing more on the line than blanks and a comment?"""
        rest = self.text[start:end]
        return not rest.strip() or (rest[0].isspace() and rest.lstrip().startswith("#"))

    # Saying

    def _put(self, node: cst.Node, path: tuple[str, ...], value: Any) -> Made | None:
        parent = node.parent
        if parent is None or parent.kind != "mapping":
            return None
        number = self._number(node, parent)
        if number % 2:
            return self._put_in(parent, path, value)
        return self._put_at(node, parent.items[number + 1], path, value)

    def _put_at(self, key: cst.Node, held: cst.Node, path: tuple[str, ...], value: Any) -> Made | None:
        """Say it below a key that is there and holds something, or nothing."""
        if held.kind == "scalar" and not held.style and held.text in ("", "~", "null"):
            return self._fill(key, held, _nested(path, value))
        if path:
            return self._put_in(held, path, value) if held.kind == "mapping" else None
        if isinstance(value, tuple):
            return self._append(held, value) if held.kind == "sequence" else None
        if isinstance(value, dict):
            return self._put_all(held, value) if held.kind == "mapping" else None
        if held.kind != "scalar":
            return None
        text = scalar(value, "" if isinstance(value, (bool, int)) else held.style.strip("|>"))
        current = self.text[held.start : held.end]
        if held.style in ("|", ">") or text == current:
            return None
        return self._edit(held.start, held.end, text, held)

    def _put_all(self, mapping: cst.Node, values: dict[str, Any]) -> Made | None:
        """The entries that a mapping doesn't say already."""
        made = [self._put_in(mapping, (name,), value) for name, value in values.items()]
        edits = tuple(edit for one in made if one is not None for edit in one.edits)
        return Made(edits, mapping) if edits else None

    def _put_in(self, mapping: cst.Node, path: tuple[str, ...], value: Any) -> Made | None:
        name, *rest = path
        for key, held in mapping.pairs:
            if key.kind == "scalar" and key.text == name:
                return self._put_at(key, held, tuple(rest), value)
        merges = any(key.text == "<<" and not key.style for key, _ in mapping.pairs)
        if merges and (rest or isinstance(value, (tuple, dict))):
            return None  # what is merged in would be hidden
        return self._add_entry(mapping, name, _nested(tuple(rest), value))

    def _fill(self, key: cst.Node, held: cst.Node, value: Any) -> Made | None:
        """Give a value to a key that has none."""
        parent = key.parent
        assert parent is not None
        if not held.empty:
            return self._edit(held.start, held.end, flow(value, self._style(parent)), held)
        if parent.flow:
            return None
        if not isinstance(value, (dict, tuple)) or not value:
            return self._insert(held.start, f" {flow(value)}", held)
        column = self.layout.column(key.whole)
        if isinstance(value, tuple):
            text = self.layout.items(value, column + self.layout.dash, "")
        else:
            text = "".join(self.layout.lines(name, inner, column + self.layout.step) for name, inner in value.items())
        end = self.layout.line_end(held.start)
        return self._insert(end, text, held) if self._is_rest(held.start, end) else None

    def _add_entry(self, mapping: cst.Node, name: str, value: Any) -> Made | None:
        if mapping.flow:
            style = self._style(mapping)
            return self._add_flow(mapping, f"{flow(name, style)}: {flow(value, style)}")
        end = self.layout.line_end(mapping.end)
        if not self._is_rest(mapping.end, end) or self._ends_in_open_text(mapping, end):
            return None
        indentation = self.layout.column(mapping.items[0].whole)
        return self._insert(end, self.layout.lines(name, value, indentation), mapping)

    def _ends_in_open_text(self, node: cst.Node, end: int) -> bool:
        """Would a line behind it give a last line break to a block scalar that has none?"""
        while node.items:
            node = node.items[-1]
        return end == len(self.text) and node.style in ("|", ">")

    def _append(self, held: cst.Node, values: tuple[Any, ...]) -> Made | None:
        known = {item.text for item in held.items if item.kind == "scalar"}
        missing = tuple(value for value in values if isinstance(value, dict) or str(value) not in known)
        if not missing:
            return None
        if held.flow:
            style = self._style(held)
            return self._add_flow(held, ", ".join(flow(value, style) for value in missing))
        end = self.layout.line_end(held.end)
        line = self.layout.line_start(held.items[0].whole)
        before = self.text[line : held.items[0].whole]
        if not self._is_rest(held.end, end) or not _DASH.fullmatch(before) or self._ends_in_open_text(held, end):
            return None
        styles = {item.style for item in held.items}
        style = styles.pop() if len(styles) == 1 else ""
        return self._insert(end, self.layout.items(missing, before.index("-"), style.strip("|>")), held)

    def _add_flow(self, held: cst.Node, text: str) -> Made | None:
        if not held.items:
            inside = self.text[held.start + 1 : held.end - 1]
            return None if inside.strip() else self._insert(held.start + 1, text, held)
        last = held.items[-1]
        if self.text[last.end : held.end - 1].strip():
            return None
        first = held.items[-2] if held.kind == "mapping" else last
        line = self.layout.line_start(first.whole)
        indentation = self.text[line : first.whole]
        own_line = line > held.start and not indentation.strip()
        separator = f",{self.layout.newline}{indentation}" if own_line else ", "
        return self._insert(last.end, f"{separator}{text}", held)

    def _style(self, held: cst.Node) -> str:
        """The quotes of what stands in brackets and braces already; JSON has no choice."""
        if self.source.path.endswith(".json"):
            return '"'
        return held.items[0].style if held.items and held.items[0].style in ("'", '"') else ""


def _is_operation(node: cst.Node) -> bool:
    """Is it an operation of a JSON patch?"""
    if node.kind != "mapping" or len(node.items) > 2 * _MOST_FIELDS:
        return False
    return {"op", "path"} <= {key.text for key in node.items[::2]}


def _covering(nodes: list[cst.Node], start: int, end: int) -> cst.Node | None:
    """Of nodes in the order of the text, the one that the offsets are in."""
    number = bisect_right(nodes, start, key=lambda node: node.whole) - 1
    if number < 0:
        return None
    node = nodes[number]
    return node if end <= node.end and (start < node.end or start == end) else None


def _nested(path: tuple[str, ...], value: Any) -> Any:
    """The value, within a mapping for each key of the path."""
    for name in reversed(path):
        value = {name: value}
    return value


def _holds_values(path: str) -> bool:
    """Is it a file of a chart's values, by its name?"""
    name = path.rpartition("/")[2]
    return name.endswith(_YAML) and "values" in name.rpartition(".")[0]
