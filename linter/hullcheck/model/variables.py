"""Variables of a shell in a build's commands: what a word comes to, as far as the file says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.model.command import Command, Script, Word
from hullcheck.model.dockerfile import Stage
from hullcheck.model.lazy import Lazy
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

MAX_LENGTH = 8_192
_USED = Lazy(r"\$(?:(?P<name>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?::?-(?P<default>[^}]*))?\})", most=MAX_LENGTH)


def expanded(stage: Stage, script: Script, command: Command, word: Word) -> str:
    """The word with its variables replaced where a literal is known: from the script, ENV or ARG; else as written."""
    if word.literal or "$" not in word.text or word.raw.text[:1] == "'":
        return word.text

    def value(match: re.Match[str]) -> str:
        name, default = match["name"] or match["braced"], match["default"]
        try:
            assigned = script.value(name, command)
        except LookupError:
            pass
        else:
            return match[0] if assigned is None else assigned
        known = stage.variable(name, script.instruction)
        if known is not None and known.text is not None:
            return known.text if known.text or default is None else default
        unset = known is None or known.unset
        return default if default is not None and unset and "$" not in default else match[0]

    text = word.text
    if len(text) > MAX_LENGTH:
        return text[:MAX_LENGTH]
    for _ in range(3):
        made = _USED.sub(value, text)
        if made == text or len(made) > MAX_LENGTH:
            break
        text = made
    return text[:MAX_LENGTH]


class Setting(NamedTuple):
    """A variable that is given a value: by ENV, ARG, `export A=b`, `A=b command`. `place` is the value's."""

    name: str
    value: str
    place: Location


def settings(stage: Stage) -> tuple[Setting, ...]:
    """The variables that a stage sets for its programs, with values as far as they are known."""
    known: tuple[Setting, ...] | None = stage.known.get("settings")
    if known is None:
        known = stage.known["settings"] = tuple(_settings(stage))
    return known


def _settings(stage: Stage) -> Iterator[Setting]:
    for step in stage.instructions:
        instruction = step.effective
        if instruction.keyword in ("ENV", "ARG"):
            for pair in instruction.pairs:
                if pair.value is not None:
                    value = stage.expand(pair.value.text, step)
                    yield Setting(pair.name.text, value.text or value.shape, pair.location)
    for script in stage.scripts:
        for command in script.commands:
            words = command.arguments if command.name in ("export", "setx", "set") else ()
            for word in (*command.assignments, *words):
                name, equals, _ = word.text.partition("=")
                if equals:
                    text = expanded(stage, script, command, word)
                    yield Setting(name, text.partition("=")[2], word.location)
                elif name.lower().startswith("$env:") and command.words:
                    yield Setting(name[5:], command.words[0].text, word.location)
