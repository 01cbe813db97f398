"""The variables that a command of a build sees: from the image, the instructions before it, and its own script."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Script
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.text import Text

_SET = r"""\(\s*+['"](?P<name>\w{1,200}+)['"]\s*+,\s*+['"](?P<value>[^'"]*+)['"]\s*+,(?P<target>[^)]*+)"""


def in_force(stage: Stage, script: Script, command: Command, name: str) -> str | None:
    """A variable's value for a command; None if none is known to be set.

    `A=b command` and an `export` before it in the same script count before what ENV and ARG say, here or in a stage
    that this one is built on.
    """
    for word in command.assignments:
        key, equals, text = word.text.partition("=")
        if equals and key == name:
            return text
    found = None
    for other in script.commands:
        if other.number >= command.number:
            break
        words = other.arguments if other.name in ("export", "declare", "typeset") else ()
        for word in (*words, *(other.assignments if not other.words else ())):
            key, equals, text = word.text.partition("=")
            if equals and key == name:
                found = text
    if found is not None:
        return found
    known = stage.variable(name, script.instruction)
    return known.text if known is not None else None


def kept_by_windows(command: Command) -> Iterator[tuple[str, Text]]:
    """The variables that a command sets for good: `setx NAME value`, `[Environment]::SetEnvironmentVariable(...)`."""
    if command.name == "setx":
        words = [word for word in command.arguments if not word.text.startswith(("/", "-"))]
        if len(words) > 1 and words[1].literal:
            yield words[0].text, words[1].plain
    elif command.name.endswith("]::setenvironmentvariable") and len(command.words) > 1:
        raw = command.words[1].raw
        match = re.match(_SET, raw.text)
        if match is not None and "$" not in match["value"] and re.search("(?i)machine|user", match["target"]):
            yield match["name"], raw.slice(*match.span("value"))
