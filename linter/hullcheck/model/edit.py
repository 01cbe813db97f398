"""Fixes, as checks write them.

In a YAML file a check says what is to change, and where: the place of a key or a value that it knows. How that looks in
the file (block or flow, indentation, quotes, line endings) is found out later, and a fix that can't be made without
touching something else is dropped. In a Dockerfile a check edits words and instructions.
"""

from __future__ import annotations

from hullcheck.finding import Change, Edit, Fix
from hullcheck.source import Location, Source

Value = str | bool | int | tuple["Value", ...] | dict[str, "Value"]
"""A scalar, a list, or a mapping. Strings are quoted where they'd be taken for something else."""


def fix(title: str, *parts: Change | Edit, safe: bool) -> Fix:
    """A fix of changes and edits. `title` completes "Fix: ", in lower case: "bind the port to 127.0.0.1"."""
    return Fix(
        title=title,
        edits=tuple(part for part in parts if isinstance(part, Edit)),
        safe=safe,
        changes=tuple(part for part in parts if isinstance(part, Change)),
    )


def delete(place: Location) -> Change:
    """Take out the entry of a mapping whose key or value is at `place`, or the item of a list.

    What would be left empty goes with it: the list, or the mapping, that held nothing else.
    """
    return Change("delete", place)


def delete_item(place: Location) -> Change:
    """Take out the item of a list that the value at `place` is part of: a variable by its name, a subject.

    What is no part of such an item is taken out as `delete` does it.
    """
    return Change("delete item", place)


def replace(place: Location, text: str) -> Change:
    """Give the scalar at `place` another text; it is quoted as it was."""
    return Change("replace", place, value=text)


def put(place: Location, path: tuple[str, ...], value: Value) -> Change:
    """Say `value` under `path`, a row of keys, in the mapping that `place` belongs to.

    `place` is the key that the mapping stands under (a Compose service's name), or a value in it (a Kubernetes
    container's name). Mappings on the way are made where there are none. A scalar that is there is replaced; to a list
    that is there, the items are added that it lacks, to a mapping the entries.
    """
    return Change("put", place, path, value)


def replace_word(place: Location, text: str) -> Edit:
    """Write `text` in the place of a word, in a Dockerfile."""
    return Edit(place, text)


def insert_before(place: Location, text: str) -> Edit:
    """Write words before a word, with a blank after them."""
    return Edit(place._replace(end=place.start), f"{text} ")


def insert_after(place: Location, text: str) -> Edit:
    """Write words behind a word, with a blank before them."""
    return Edit(place._replace(start=place.end), f" {text}")


def delete_word(place: Location) -> Edit:
    """Take out a word with the blanks before it; a line of a continued instruction that held nothing else goes, too."""
    source, start, end = place
    text = source.text
    line_start = text.rfind("\n", 0, start) + 1
    newline = text.find("\n", end)
    line_end = len(text) if newline < 0 else newline
    before, after = text[line_start:start], text[end:line_end].strip()
    if before.strip():
        return Edit(source.at(start - len(before) + len(before.rstrip()), end), "")
    if after in ("\\", "`"):
        return Edit(source.at(line_start, min(line_end + 1, len(text))), "")
    if not after:
        return Edit(source.at(_before_continuation(text, line_start), end), "")
    return Edit(source.at(start, end + len(text[end:line_end]) - len(text[end:line_end].lstrip())), "")


def _before_continuation(text: str, line_start: int) -> int:
    """Where the text of the line before ends, without its continuation."""
    previous = text[:line_start].rstrip()
    return len(previous[:-1].rstrip()) if previous.endswith(("\\", "`")) else len(previous)


def insert_instruction(place: Location, text: str, *, after: bool = True) -> Edit:
    """Write an instruction on a line of its own, behind the one at `place` or before it, indented as that one."""
    source = place.source
    line_start = source.text.rfind("\n", 0, place.start) + 1
    indentation = source.text[line_start : place.start]
    indentation = indentation if not indentation.strip() else ""
    newline = _newline(source)
    if not after:
        return Edit(source.at(line_start, line_start), f"{indentation}{text}{newline}")
    found = source.text.find("\n", place.end)
    end = len(source.text) if found < 0 else found - (source.text[found - 1] == "\r")
    return Edit(source.at(end, end), f"{newline}{indentation}{text}")


def delete_instruction(place: Location) -> Edit:
    """Take out the lines of the instruction at `place`, all that it is continued on."""
    source = place.source
    start = source.text.rfind("\n", 0, place.start) + 1
    found = source.text.find("\n", place.end)
    end = len(source.text) if found < 0 else found + 1
    if found < 0 and start:
        start -= 2 if source.text[start - 2 : start] == "\r\n" else 1
    return Edit(source.at(start, end), "")


def _newline(source: Source) -> str:
    first = source.text.find("\n")
    return "\r\n" if first > 0 and source.text[first - 1] == "\r" else "\n"
