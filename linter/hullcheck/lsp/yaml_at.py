"""What stands at a place of a YAML file: the keys that lead there, and the value."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.parse import cst
from hullcheck.tuples import NamedTuple


class Trail(NamedTuple):
    """The keys and numbers that lead to a node, from the outside in; `is_key` if it is the last of them itself."""

    keys: tuple[str | int, ...]
    node: cst.Node
    is_key: bool
    root: cst.Node

    def ends(self, *keys: str) -> bool:
        """Do the named keys, numbers left out, come last?"""
        return tuple(key for key in self.keys if isinstance(key, str))[-len(keys) :] == keys


def trail(text: str, offset: int) -> Trail | None:
    """The innermost scalar or alias at an offset; None if there is none, or the text can't be read."""
    for root in cst.parse(text) or ():
        found = None
        for node in root.walk():
            if node.kind in ("scalar", "alias") and node.start <= offset <= node.end and not node.empty:
                found = node
        if found is not None:
            return _led(found, root)
    return None


def _led(node: cst.Node, root: cst.Node) -> Trail:
    keys: list[str | int] = []
    is_key = False
    for each in node.lineage():
        parent = each.parent
        if parent is None:
            break
        number = next(at for at, item in enumerate(parent.items) if item is each)
        if parent.kind == "sequence":
            keys.append(number)
        elif number % 2:
            keys.append(parent.items[number - 1].text)
        else:
            keys.append(each.text)
            is_key = is_key or each is node
    return Trail(tuple(reversed(keys)), node, is_key, root)


def anchor(text: str, alias: cst.Node, root: cst.Node) -> cst.Node | None:
    """What an alias stands for: the last node before it with that anchor."""
    return next(
        (node for node in reversed(list(root.walk())) if node.anchor == alias.text and node.whole < alias.start), None
    )


def find(root: cst.Node, *keys: str) -> cst.Node | None:
    """The key at the end of a row of keys."""
    node: cst.Node | None = root
    key: cst.Node | None = None
    for name in keys:
        pairs = node.pairs if node is not None and node.kind == "mapping" else []
        key, node = next(((k, v) for k, v in pairs if k.kind == "scalar" and k.text == name), (None, None))
        if key is None:
            return None
    return key


def roots(text: str) -> Iterator[cst.Node]:
    yield from cst.parse(text) or ()
