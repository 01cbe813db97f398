"""What the values of a Compose file say of other files, where its text leaves that open.

The rules are those of `words_of.py`: a value that is made of variables matters under some keys, and may then be anything.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from hullcheck.budget import tick
from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.parse import yaml
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple


class Said(NamedTuple):
    """The `texts` of all values and keys, the `images`, those of them that it may also say how to build, and what it calls
    itself, its networks and what it takes from outside. Where a value that leads to Dockerfiles, to other files or to a
    name is made of variables, `odd_builds`, `odd_files` or `odd_names` is true.
    """

    texts: frozenset[str]
    images: frozenset[str]
    built: frozenset[str]
    names: frozenset[str]
    odd_builds: bool
    odd_files: bool
    odd_names: bool


def has_services(source: Source) -> bool:
    """May a document have the key `services` at its top? Where one can't be read, it has to stand at a line's start."""
    parsed = yaml.parse(source)
    if any(isinstance(each.root, Mapping) and each.root.key("services") is not None for each in parsed.documents):
        return True
    return bool(parsed.problems) and any(line.startswith("services") for line in source.text.splitlines())


def said_in(source: Source, of_builds: Container[str], of_files: Container[str]) -> Said | None:
    """What is said by the values; None if not all of them can be read.

    Values under the keys `of_builds` lead to Dockerfiles, those under `of_files` to other files.
    """
    parsed = yaml.parse(source)
    if parsed.problems:
        return None
    texts: set[str] = set()
    images: set[str] = set()
    built: set[str] = set()
    names: set[str] = set()
    odd_builds = odd_files = odd_names = False
    for key, node in _values(each.root for each in parsed.documents):
        if isinstance(node, Mapping):
            found = node.entries()
            image = found.get("image")
            if image is not None and isinstance(image[1], Scalar):
                images.add(image[1].text)
                if "build" in found:
                    built.add(image[1].text)
            if "external" in found:
                names.add(key)
        elif isinstance(node, Scalar):
            texts.add(node.text)
            varies = "$" in node.text.replace("$$", "")
            if key == "name":
                names.add(node.text)
                odd_names = odd_names or "$" in node.text
            odd_builds = odd_builds or (varies and key in of_builds)
            odd_files = odd_files or (varies and key in of_files)
    return Said(
        frozenset(texts), frozenset(images), frozenset(built), frozenset(names), odd_builds, odd_files, odd_names
    )


def _values(roots: Iterable[Node | None]) -> Iterator[tuple[str, Node]]:
    """All values and keys, each with the key that it or the list around it stands under; what is shared under each once."""
    pending: list[tuple[str, Node | None]] = [("", root) for root in roots]
    seen: set[tuple[str, int]] = set()
    while pending:
        key, node = pending.pop()
        if node is None or (key, id(node)) in seen:
            continue
        seen.add((key, id(node)))
        tick()
        yield key, node
        if isinstance(node, Sequence):
            pending += ((key, item) for item in node.items)
        elif isinstance(node, Mapping):
            for name, value in node.items:
                pending.append(("", name))
                if not isinstance(name, Scalar):
                    pending.append(("", value))
                elif name.text == "<<" and not name.style:
                    pending.append((key, value))
                else:
                    pending.append((name.text, value))
