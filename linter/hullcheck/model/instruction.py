"""A Dockerfile's instructions as written: words, flags, heredocs, each with its exact place."""

from __future__ import annotations

from hullcheck.model.text import Text
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple


class Directive(NamedTuple):
    """A parser directive, `# name=value`, with the value's place."""

    name: str
    value: Text


class Flag(NamedTuple):
    """`--name=value` behind the keyword. `value` is without quotes, and None where there is no `=`."""

    name: str
    value: Text | None
    location: Location


class Pair(NamedTuple):
    """A pair of ENV, LABEL or ARG, with quotes and variables as written.

    `value` is None for an `ARG NAME`. `spaced` is true for the old form `ENV NAME the rest`.
    """

    name: Text
    value: Text | None
    spaced: bool = False

    @property
    def location(self) -> Location:
        start = self.name.location
        return start if self.value is None else start._replace(end=max(start.end, self.value.location.end))


class Heredoc(NamedTuple):
    """A here-document: its name, its body without the line of the terminator, and the word that opens it.

    `expand` is false if the name is quoted. `body` has no leading tabs where `<<-` takes them off. `number` is the
    file descriptor, 0 if none is written.
    """

    name: str
    body: Text
    opener: Location
    expand: bool
    number: int = 0


class Instruction(NamedTuple):
    """An instruction, its lines joined.

    `keyword` is upper-case. `text` are the arguments behind the flags, joined from all lines, without comments.
    `words` are the arguments as the instruction takes them apart: decoded strings in the JSON form (`json`), pieces
    between blanks for FROM, COPY, ADD, EXPOSE and VOLUME, one word of everything for the others; quotes and variables
    are as written. `pairs` are those of ENV, LABEL and ARG. `trigger` is what an ONBUILD holds. `fault` says why the
    builder refuses the instruction. `mode` is HEALTHCHECK's first word, NONE or CMD; `text` is then what follows it.
    """

    keyword: str
    keyword_location: Location
    location: Location
    text: Text
    flags: tuple[Flag, ...] = ()
    words: tuple[Text, ...] = ()
    json: bool = False
    pairs: tuple[Pair, ...] = ()
    heredocs: tuple[Heredoc, ...] = ()
    trigger: "Instruction | None" = None
    fault: str = ""
    mode: str = ""

    def flag(self, name: str) -> Flag | None:
        """The last flag of that name, which is the one that counts."""
        for flag in reversed(self.flags):
            if flag.name == name:
                return flag
        return None

    def flags_named(self, name: str) -> tuple[Flag, ...]:
        """All flags of that name, for those that may be repeated: `--mount`, `--exclude`."""
        return tuple(flag for flag in self.flags if flag.name == name)

    @property
    def effective(self) -> "Instruction":
        """What will be run: an ONBUILD's trigger, else the instruction itself."""
        return self.trigger or self
