"""Repositories broken at random: in their bytes, in their structure, in what files there are.

All chance comes from one `random.Random`, so that a seed, or Hypothesis, decides.
"""

import random
from collections.abc import Callable

from hullcheck.parse import cst

from .odd import BYTES, PLAIN, TAGGED, Place, bytes_of, places, replaced, text_of
from .trees import Seed, Tree

TOKEN = f"glpat-{'Zk3vQ9xW1bR7tY5uN2mD'}"  # in two pieces: this file holds none
"""What looks like a credential to everybody, and must be shown by no report."""

MOST_BYTES = 60_000
"""What a file may grow to."""

Change = Callable[[bytes, random.Random], bytes]


def mutated(seed: Seed, others: tuple[Seed, ...], rng: random.Random) -> Tree:
    """The repository with one or a few changes; often with a credential planted somewhere."""
    tree = dict(seed.tree)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        _change(tree, others, rng)
    if rng.random() < 0.3:
        tree = planted(tree, rng)
    return tree


_NAMING = frozenset(
    ("name", "kind", "apiVersion", "namespace", "service", "target", "app", "key", "nameSuffix", "namePrefix", "alias")
)
"""Keys whose values are what things are called by: reports have to say them."""


def planted(tree: Tree, rng: random.Random) -> Tree:
    """The repository with a credential in the place of a whole value that isn't a name."""
    path = rng.choice(sorted(tree)) if tree else ""
    text, nodes = _nodes(tree[path]) if path else ("", [])
    if path.endswith((".yaml", ".yml", ".json")):
        pairs = [pair for node in nodes if node.kind == "mapping" for pair in node.pairs]
        found = [
            Place(path, value.start, value.end)
            for key, value in pairs
            if value.kind == "scalar" and key.text not in _NAMING
        ]
    else:
        found = places(path, tree[path]) if path else []
        found = [p for p in found if not (text[p.start - 1 : p.start].isalnum() or text[p.end : p.end + 1].isalnum())]
    return replaced(tree, {rng.choice(found): TOKEN}) if found else tree


def _change(tree: Tree, others: tuple[Seed, ...], rng: random.Random) -> None:
    """Change one thing in place."""
    if not tree or rng.random() < 0.08:
        _files(tree, others, rng)
        return
    path = rng.choice(sorted(tree))
    structured = path.endswith((".yaml", ".yml", ".json")) and rng.random() < 0.7
    change = rng.choice(_IN_STRUCTURE if structured else _IN_LINES if rng.random() < 0.6 else _IN_BYTES)
    if change is _spliced:
        other = rng.choice(others).tree
        donor = other[rng.choice(sorted(other))]
        tree[path] = _spliced_with(tree[path], donor, rng)
    else:
        tree[path] = change(tree[path], rng)
    tree[path] = tree[path][:MOST_BYTES]


def _files(tree: Tree, others: tuple[Seed, ...], rng: random.Random) -> None:
    """Change what files there are, or what they are called."""
    what = rng.randrange(6) if tree else 5
    path = rng.choice(sorted(tree)) if tree else ""
    if what == 0:
        del tree[path]
    elif what == 1:
        tree[path] = rng.choice(
            (b"", b"\n", b"# a comment\n", b"---\n", b"\xef\xbb\xbf", b"\x00", b"{}", b"[]", b"null", b"FROM")
        )
    elif what == 2:
        one, other = rng.choice(sorted(tree)), path
        tree[one], tree[other] = tree[other], tree[one]
    elif what == 3:
        tree[rng.choice(NAMES)] = tree[path]
    elif what == 4:
        tree[path.rpartition("/")[0] + "/" + rng.choice(NAMES) if "/" in path else rng.choice(NAMES)] = tree.pop(path)
    else:
        tree.update(rng.choice(others).tree)


NAMES = (
    "Dockerfile", "compose.yaml", "compose.override.yaml", "kustomization.yaml", "Chart.yaml", "values.yaml", "templates/a.yaml",
    "app.yaml", "app.json", ".env", ".dockerignore", ".gitignore", "skaffold.yaml", "docker-bake.hcl", "docker-bake.json",
    ".devcontainer/devcontainer.json", ".github/workflows/a.yml", ".github/CODEOWNERS", ".github/dependabot.yml", ".hullcheck.yaml",
    "Makefile", "renovate.json", "a b/é.yaml", "x.Dockerfile", "Dockerfile.dev", "charts/a.tgz", ".gitlab-ci.yml", "\u202e.yaml",
)  # fmt: skip


def _flipped(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + bytes([rng.randrange(256)]) + data[at + rng.randrange(2) :]


def _cut(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data) + 1)
    return data[:start] + data[start + rng.choice((1, 2, 8, 40, len(data))) :]


def _doubled(data: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(data) + 1)
    piece = data[start : start + rng.choice((1, 4, 30, 200))]
    return data[:start] + piece * rng.choice((2, 2, 3, 40)) + data[start + len(piece) :]


def _odd_bytes(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(BYTES) + data[at:]


def _encoded(data: bytes, rng: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    how = rng.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "latin-1", "utf-32", "crlf", "cr", "no-end"))
    if how in ("crlf", "cr"):
        return text.replace("\n", "\r\n" if how == "crlf" else "\r").encode()
    return data.rstrip() if how == "no-end" else text.encode(how, "replace")


_MARKS = (
    *"{}[]:,#&*!|>'\"%@`-?\\$=()<>;~^/", "\n", "\t", "  ", "---\n", "\r", "<<EOF\n", "\\\n", "{{", "}}", "${", "\x0b", "\x0c", "\u2028",
)  # fmt: skip


def _marked(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(_MARKS).encode() + data[at + rng.randrange(2) :]


def _lines(data: bytes) -> list[bytes]:
    return data.split(b"\n")


def _line_gone(data: bytes, rng: random.Random) -> bytes:
    lines = _lines(data)
    del lines[rng.randrange(len(lines))]
    return b"\n".join(lines)


def _lines_swapped(data: bytes, rng: random.Random) -> bytes:
    lines = _lines(data)
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _line_again(data: bytes, rng: random.Random) -> bytes:
    lines = _lines(data)
    line = rng.choice(lines)
    at = rng.randrange(len(lines) + 1)
    lines[at:at] = [line] * rng.choice((1, 1, 2, 30))
    return b"\n".join(lines)


def _line_shifted(data: bytes, rng: random.Random) -> bytes:
    lines = _lines(data)
    at = rng.randrange(len(lines))
    lines[at] = b"  " + lines[at] if rng.random() < 0.5 else lines[at][1:]
    return b"\n".join(lines)


def _comments_only(data: bytes, rng: random.Random) -> bytes:
    lines = _lines(data)
    return b"\n".join(b"# " + line for line in lines[: rng.randrange(len(lines)) + 1])


def _odd_word(data: bytes, rng: random.Random) -> bytes:
    found = places("", data)
    if not found:
        return rng.choice(PLAIN).encode()
    return replaced({"": data}, {rng.choice(found): rng.choice(PLAIN)})[""]


def _words_swapped(data: bytes, rng: random.Random) -> bytes:
    found = places("", data)
    if len(found) < 2:
        return data
    one = rng.choice(found)
    text = text_of(data)
    other = rng.choice(found)
    return replaced({"": data}, {one: text[other.start : other.end]})[""]


def _spliced(data: bytes, rng: random.Random) -> bytes:
    return _spliced_with(data, data, rng)


def _spliced_with(data: bytes, donor: bytes, rng: random.Random) -> bytes:
    """Some lines of another file among those of this one."""
    lines, others = _lines(data), _lines(donor)
    start = rng.randrange(len(others))
    at = rng.randrange(len(lines) + 1)
    lines[at : at + rng.randrange(3)] = others[start : start + rng.choice((1, 1, 3, 10))]
    return b"\n".join(lines)


def _nodes(data: bytes) -> tuple[str, list[cst.Node]]:
    text = text_of(data)
    found = [node for root in cst.parse(text) or () for node in root.walk() if node.whole < node.end]
    return text, found


def _odd_scalar(data: bytes, rng: random.Random) -> bytes:
    _, nodes = _nodes(data)
    scalars = [node for node in nodes if node.kind == "scalar"]
    if not scalars:
        return _odd_word(data, rng)
    node = rng.choice(scalars)
    value = rng.choice(TAGGED if rng.random() < 0.3 else PLAIN)
    if rng.random() < 0.2:
        value = f"'{value}'"
    return replaced({"": data}, {Place("", node.whole, node.end): value})[""]


def _node_for_another(data: bytes, rng: random.Random) -> bytes:
    """One node in the place of another: a list where a number is read."""
    text, nodes = _nodes(data)
    if len(nodes) < 2:
        return _marked(data, rng)
    one, other = rng.choice(nodes), rng.choice(nodes)
    return bytes_of(text[: one.whole] + text[other.whole : other.end] + text[one.end :])


def _wrapped(data: bytes, rng: random.Random) -> bytes:
    text, nodes = _nodes(data)
    if not nodes:
        return _marked(data, rng)
    node = rng.choice(nodes)
    inner = text[node.whole : node.end]
    before, behind = rng.choice(
        (("[", "]"), ("{a: ", "}"), ("[[", "]]"), ("&a ", ""), ("!!str ", ""), ("!!int ", ""), ("!reset ", ""), ("'", "'"), ("[", ", *a]"),
         ("{<<: ", "}"), ("", ", "), ("- ", ""), ("? ", ""))
    )  # fmt: skip
    return bytes_of(text[: node.whole] + before + inner + behind + text[node.end :])


def _node_gone(data: bytes, rng: random.Random) -> bytes:
    text, nodes = _nodes(data)
    if not nodes:
        return _cut(data, rng)
    node = rng.choice(nodes)
    return bytes_of(text[: node.whole] + rng.choice(("", "null", "{}", "[]")) + text[node.end :])


def _key_renamed(data: bytes, rng: random.Random) -> bytes:
    """A key called as another one of the file."""
    text, nodes = _nodes(data)
    keys = [key for node in nodes if node.kind == "mapping" for key, _ in node.pairs if key.kind == "scalar"]
    if not keys:
        return _marked(data, rng)
    key, other = rng.choice(keys), rng.choice(keys)
    return bytes_of(text[: key.whole] + text[other.start : other.end] + text[key.end :])


_IN_BYTES: tuple[Change, ...] = (_flipped, _cut, _doubled, _odd_bytes, _encoded, _marked)
_IN_LINES: tuple[Change, ...] = (
    _line_gone, _lines_swapped, _line_again, _line_shifted, _comments_only, _odd_word, _odd_word, _words_swapped, _spliced, _spliced,
)  # fmt: skip
_IN_STRUCTURE: tuple[Change, ...] = (
    _odd_scalar, _odd_scalar, _odd_scalar, _node_for_another, _node_for_another, _wrapped, _node_gone, _key_renamed,
)  # fmt: skip
