"""Secrets taken out of what is shown: the rest stays valid, and applies as before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hullcheck.model import secrets
from hullcheck.model.argv import Said, in_argv, in_script
from hullcheck.model.configtext import in_config
from hullcheck.model.masking import Span, merged
from hullcheck.model.node import Mapping, Node, Scalar, as_str
from hullcheck.model.node import Sequence as Items
from hullcheck.model.tokens import by_value

REDACTED = "REDACTED"
ENCODED = "UkVEQUNURUQ="  # the same in base64, as `data` of a Secret wants it

_COMMANDS = (("entrypoint", "command"), ("command", "args"), ("Entrypoint", "Cmd"))
"""Keys whose words make up one command together."""

_NAMES = frozenset(("labels", "annotations", "matchLabels", "selector", "nodeSelector", "podAnnotations", "podLabels"))
"""Mappings of Kubernetes whose keys are names for people and programs, and whose values select or describe."""


_KEYWORDS = frozenset(("ONBUILD", "RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"))


class Redaction:
    """Replaces what the secret checks know; `count` says how many values it took out."""

    def __init__(self) -> None:
        self.count = 0

    def object(self, root: Mapping) -> Mapping:
        """An object without its secrets; the given one stays as it is."""
        kind = as_str(root.get("kind"))
        described = kind is not None and root.get("apiVersion") is not None
        entries = {}
        for key, (name, value) in root.entries().items():
            if kind == "Secret" and key in ("data", "stringData") and isinstance(value, Mapping):
                value = self._all(value, ENCODED if key == "data" else REDACTED)
            else:
                value = self._node(value, key, described)
            entries[key] = (name, value)
        return root.with_entries(entries)

    def _all(self, mapping: Mapping, text: str) -> Mapping:
        return mapping.with_entries(
            {key: (name, self._masked(value, text)) for key, (name, value) in mapping.entries().items()}
        )

    def _masked(self, node: Node, text: str) -> Node:
        if not isinstance(node, Scalar) or node.unknown or not node.text:
            return node
        self.count += 1
        return _instead(node, text, '"')

    def _node(self, node: Node, name: str, described: bool) -> Node:
        if isinstance(node, Mapping):
            return self._mapping(node, described and name in _NAMES, described)
        if isinstance(node, Items):
            return self._list(node, name, described)
        assert isinstance(node, Scalar)
        return self._scalar(node, name)

    def _mapping(self, node: Mapping, names: bool, described: bool) -> Mapping:
        said = as_str(node.get("name")) or as_str(node.get("key")) if node.get("value") is not None else ""
        entries = {key: (at, value) for key, (at, value) in node.entries().items()}
        for pair in _COMMANDS:
            lists = [value for key in pair if key in entries and isinstance(value := entries[key][1], Items)]
            if len(lists) == 2:
                for key, made in zip(pair, self._words(lists), strict=True):
                    entries[key] = (entries[key][0], made)
        for key, (at, value) in entries.items():
            own = "" if names else said if said and key == "value" else key
            entries[key] = (at, self._node(value, own, described))
        return node.with_entries(entries)

    def _list(self, node: Items, name: str, described: bool) -> Node:
        (node,) = self._words([node])
        return node.with_items([self._node(item, name, described) for item in node.items])

    def _words(self, lists: Sequence[Items]) -> "list[Items]":
        """Lists of words that are one command, without the credentials that it passes."""
        words = [item.text if isinstance(item, Scalar) else "" for each in lists for item in each.items]
        found: dict[int, list[Said]] = {}
        for said in in_argv(words):
            found.setdefault(said.word, []).append(said)
        if not found:
            return list(lists)
        made, number = [], 0
        for each in lists:
            items: list[Node] = []
            for item in each.items:
                spans = [(said.start, said.end) for said in found.get(number, ())]
                items.append(self._without(item, spans) if isinstance(item, Scalar) else item)
                number += 1
            made.append(each.with_items(items))
        return made

    def _scalar(self, node: Scalar, name: str) -> Scalar:
        before = node.before
        if isinstance(before, Scalar):
            node = _instead(node, node.text, node.style)
            node.before = self._scalar(before, name)
        return self._without(node, _spans(name, node.text))

    def _without(self, node: Scalar, spans: Iterable[Span]) -> Scalar:
        """The scalar without the credentials that stand in its text."""
        text = node.text
        found = list(merged(spans))
        if node.unknown or not found:
            return node
        self.count += len(found)
        for start, end in reversed(found):
            text = text[:start] + REDACTED + text[end:]
        return _instead(node, text, node.style if text != REDACTED and node.style else '"')


def _instead(node: Scalar, text: str, style: str) -> Scalar:
    made = Scalar(node.source, node.start, node.end, node.tag if text == node.text else "", text, style)
    made.because, made.before, made.unknown = node.because, node.before, node.unknown
    return made


def _spans(name: str, text: str) -> Iterable[Span]:
    """The credentials in a value of that name."""
    if name and secrets.by_name(name) is not None and secrets.literal(name, text):
        return [(0, len(text))]
    key, equals, rest = text.partition("=")
    if equals and key.isidentifier() and secrets.by_name(key) is not None and secrets.literal(key, rest):
        return [(len(key) + 1, len(text))]
    found = [(secret.start, secret.end) for secret in by_value(text)]
    found += [(login.start, login.end) for login in secrets.in_url(text) if login.literal]
    found += [(login.start, login.end) for login in secrets.in_pairs(text)]
    found += [(held.start, held.end) for held in in_config(text)]
    if " " in text:
        start = _start_of_command(text)
        found += [(start + said.start, start + said.end) for said in in_script(text[start:])]
    return found


def _start_of_command(text: str) -> int:
    """Where the command starts in what may be an instruction of a Dockerfile: behind its keyword and its options."""
    start = 0
    for word in text.split(" ")[:20]:
        if word not in _KEYWORDS and not (start and word.startswith("--")):
            break
        start += len(word) + 1
    return min(start, len(text))
