"""Dockerfiles in YAML: every word stands where it is written, whatever the scalar's style."""

import pytest

from hullcheck.model.node import Mapping, Scalar
from hullcheck.parse import yaml
from hullcheck.parse.dockerfile import parse_inline
from hullcheck.parse.inline import text_of
from hullcheck.source import Source


def scalar(text: str) -> Scalar:
    root = yaml.parse(Source("compose.yaml", text.encode())).documents[0].root
    assert isinstance(root, Mapping)
    node = root.get("inline")
    assert isinstance(node, Scalar)
    return node


STYLES = [
    "a: 1\ninline: |\n  FROM alpine\n  RUN apk add \\\n      curl\n\n  USER app\nb: 2\n",
    "inline: |-  # a comment\n      FROM alpine\n      RUN apk add \\\n        curl\n      USER app",
    "inline: |2\n  FROM alpine\n  RUN apk add curl\n  USER app\n",
    "inline: |\r\n  FROM alpine\r\n  RUN apk add curl\r\n  USER app\r\n",
    'inline: "FROM alpine\\nRUN apk add \\\\\\n curl\\nUSER app\\n"\n',
    'inline: "FROM alpine\\n\\\n  RUN apk add \\x63url\\n\n  \n  USER app"\n',
    "inline: 'FROM alpine\n\n\n  RUN echo ''it'' apk add curl\n\n  USER app'\n",
    "inline: &x !!str |\n  FROM alpine\n  RUN apk add curl\n  USER app\n",
    "inline: >\n  FROM alpine\n\n  RUN apk add curl\n\n  USER app\n",
]


@pytest.mark.parametrize("text", STYLES, ids=range(len(STYLES)))
def test_words_are_found_again(text: str) -> None:
    node = scalar(text)
    found = parse_inline(node)
    assert text_of(node).text == node.text
    assert [i.keyword for i in found.instructions] == ["FROM", "RUN", "USER"]
    start, _, user = found.instructions
    assert start.words[0].location.text == "alpine"
    assert (user.keyword_location.text, user.words[0].location.text) == ("USER", "app")
    command = found.stages[0].commands[0]
    assert command.words[0].location.text in ("apk", "echo")
    assert command.words[-1].location.text in ("curl", "\\x63url")
    assert found.problems == []
