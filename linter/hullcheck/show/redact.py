"""Secrets taken out of what is shown: the rest stays valid, and applies as before."""

from hullcheck.model import secrets
from hullcheck.model.node import Mapping, Node, Scalar, Sequence

REDACTED = "REDACTED"
ENCODED = "UkVEQUNURUQ="  # the same in base64, as `data` of a Secret wants it


class Redaction:
    """Replaces what the secret checks know; `count` says how many values it took out."""

    def __init__(self) -> None:
        self.count = 0

    def object(self, root: Mapping) -> Mapping:
        """An object without its secrets; the given one stays as it is."""
        kind = root.get("kind")
        secret = isinstance(kind, Scalar) and kind.text == "Secret"
        entries = {}
        for key, (name, value) in root.entries().items():
            if secret and key in ("data", "stringData") and isinstance(value, Mapping):
                value = self._all(value, ENCODED if key == "data" else REDACTED)
            else:
                value = self._node(value, key)
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
        made = Scalar(node.source, node.start, node.end, "", text, '"')
        made.because = node.because
        return made

    def _node(self, node: Node, name: str) -> Node:
        if isinstance(node, Mapping):
            said = node.get("name")
            own = said.text if isinstance(said, Scalar) and node.get("value") is not None else ""
            return node.with_entries(
                {
                    key: (at, self._node(value, own if own and key == "value" else key))
                    for key, (at, value) in node.entries().items()
                }
            )
        if isinstance(node, Sequence):
            return node.with_items([self._node(item, name) for item in node.items])
        assert isinstance(node, Scalar)
        return self._masked(node, REDACTED) if self._is_secret(node, name) else self._without_values(node)

    def _is_secret(self, node: Scalar, name: str) -> bool:
        value = node.text
        key, equals, rest = value.partition("=")
        if equals and key.isidentifier():
            return secrets.by_name(key) is not None and secrets.literal(key, rest)
        return bool(name) and secrets.by_name(name) is not None and secrets.literal(name, value)

    def _without_values(self, node: Scalar) -> Scalar:
        """The scalar without the credentials that stand in its text."""
        text = node.text
        spans = [(found.start, found.end) for found in secrets.by_value(text)]
        spans += [(found.start, found.end) for found in secrets.in_url(text) if found.literal]
        if not spans:
            return node
        self.count += len(spans)
        for start, end in sorted(spans, reverse=True):
            text = text[:start] + REDACTED + text[end:]
        made = Scalar(node.source, node.start, node.end, "", text, node.style or '"')
        made.because = node.because
        return made
