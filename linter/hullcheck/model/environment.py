"""The variables that a command of a build sees: from the image, the instructions before it, and its own script."""

from hullcheck.model.command import Command, Script
from hullcheck.model.dockerfile import Stage


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
