"""The commands of a development container's life, as stages of a Dockerfile that would run them."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.model.devcontainer import DevContainer, Hook
from hullcheck.model.dockerfile import Stage
from hullcheck.model.node import Scalar
from hullcheck.model.text import Text
from hullcheck.parse.devcontainer import MAX_COMMAND, without_comments
from hullcheck.parse.dockerfile import parse_text
from hullcheck.parse.inline import text_of


def stages(container: DevContainer) -> Iterator[Stage]:
    """A stage for each command, called after it."""
    for hook in container.hooks:
        stage = parse_text(_dockerfile(hook)).graph().find(None)
        if stage is not None:
            yield stage


def _dockerfile(hook: Hook) -> Text:
    node = hook.node
    whole = Text.whole(node.source)
    start, end = node.start, node.end
    parts = [(f"FROM scratch AS {hook.key.lower()}\nRUN ", start, start)]
    if isinstance(node, Scalar):
        text = text_of(node)
        said = text.text[:MAX_COMMAND]
        for at, character in enumerate(said):
            place = text.at(at, at + 1)
            parts.append((";" if character in "\r\n" else character, place.start, place.end))
    else:
        said = without_comments(node.source.text[start:end])[:MAX_COMMAND]
        parts.append((said.replace("\n", " ").replace("\r", " "), start, start + len(said)))
    return whole.pick([*parts, ("\n", end, end)])
