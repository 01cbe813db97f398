"""Dockerfiles to instructions that know their place.

dockerfile-parse finds the instructions. It knows neither heredocs nor blank lines within an instruction, nor some
other corners of the syntax, so it is given a text of as many lines in which they don't occur: heredocs are blanked,
blank lines become comments, continuations are written its way. Line numbers are those of the file, then; what an
instruction says is taken from the file itself, character by character, and compared with what the library says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

from hullcheck import look
from hullcheck.budget import tick
from hullcheck.deferred import Logger, defer
from hullcheck.model.command import Script
from hullcheck.model.coverage import Gap
from hullcheck.model.dockerfile import Dockerfile
from hullcheck.model.instruction import Directive, Heredoc, Instruction
from hullcheck.model.node import Scalar
from hullcheck.model.problem import Problem
from hullcheck.model.text import Text
from hullcheck.parse import words
from hullcheck.patterns import pattern
from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

MAX_LINES = 20_000
MAX_CHARACTERS = 512 * 1024
MAX_INSTRUCTIONS = 5_000
MAX_STAGES = 500
MAX_UNKNOWN = 20
"""Unknown instructions that are reported one by one: a file of another kind has thousands."""

# fmt: off
KEYWORDS = frozenset((
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD",
    "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
))
# fmt: on
_HEREDOC_KEYWORDS = frozenset(("RUN", "COPY", "ADD"))
_DIRECTIVE = pattern(r"(?P<mark>#|//)\s*(?P<name>[A-Za-z][A-Za-z0-9]*)\s*=(?=.)\s*+(?P<value>(?:.*\S)?)\s*$")
_DIRECTIVES = frozenset(("syntax", "escape", "check"))
_CONTINUED = {
    "\\": pattern(r"(?:(?<=[^\\])|^)\\[ \t]*$"),
    "`": pattern(r"(?:(?<=[^`])|^)`[ \t]*$"),
}
_KEYWORD = pattern(f"[^{words.BLANKS}]+")
_TEMPLATE = pattern(r"\{\{|\{%|<%|%%[A-Z]|@[A-Z_]+@")
_CONTROL = pattern(
    r"\{%[-+]?\s*+(?:if|elif|else|endif|for|endfor|set|macro|endmacro)\b[^%\n]*+%\}"
    r"|\{\{-?\s*+(?:/\*|(?:if|else|end|range|with|define)(?![\w.]))[^}\n]*+\}\}|<%(?!=)[^%\n]*+%>"
)
"""A line of a template that puts out nothing itself."""

_GUARD = "\ue000"
"""Stands behind a backslash that ends a line and continues nothing, where the library would go on reading."""

_ODD = "\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_ODD_TABLE = {ord(char): 0xE001 + number for number, char in enumerate(_ODD)}
"""White space to Python, but part of a word to the builder."""

_ODD_ASCII = frozenset("\x1c\x1d\x1e\x1f")
_TRIMMED = words.BLANKS + "".join(map(chr, _ODD_TABLE.values()))


class _Logical(NamedTuple):
    """An instruction's lines, joined; where its keyword ends in them; where it starts and ends in the whole text."""

    text: Text
    keyword_end: int
    heredocs: tuple[Heredoc, ...]
    start: int
    end: int


def parse(source: Source) -> Dockerfile:
    """Read a Dockerfile. What is wrong with it becomes problems; everything else is still read."""
    return parse_text(Text.whole(source))


def parse_text(text: Text) -> Dockerfile:
    """Read a Dockerfile that is part of another file; places are in that file."""
    scanner = _Scanner(text)
    scanner.scan()
    instructions = list(_instructions(scanner))
    hidden = False
    if scanner.template is not None:
        hidden = any(map(_may_hide_stages, instructions))
        instructions = [
            i for i in instructions if i.keyword == "FROM" or not _TEMPLATE.search(f"{i.keyword} {i.text.text}")
        ]
    problems = [*scanner.problems, *_faults(text, instructions, scanner.template)]
    return Dockerfile(
        source=text.source,
        text=text,
        instructions=_bounded(instructions, problems),
        directives=scanner.directives,
        escape=scanner.escape,
        problems=sorted(problems, key=lambda problem: problem.location.start),
        template=scanner.template is not None,
        hidden_stages=hidden,
        syntax=_syntax(text, scanner),
        script=_script,
    )


def _may_hide_stages(instruction: Instruction) -> bool:
    """May there be a stage in the finished template whose name isn't read here?"""
    if instruction.keyword == "FROM":
        named = [number for number, word in enumerate(instruction.words) if word.text.lower() == "as"]
        return bool(named) and any(_TEMPLATE.search(word.text) for word in instruction.words[named[-1] + 1 :])
    text = instruction.location.text
    return _TEMPLATE.match(text) is not None and _CONTROL.fullmatch(text.strip()) is None


def parse_inline(node: Scalar) -> Dockerfile:
    """Read a Dockerfile in a YAML scalar, such as Compose's `dockerfile_inline`; places are in that file."""
    from hullcheck.parse.inline import text_of

    return parse_text(text_of(node))


def _script(instruction: Instruction, kind: str, most: int) -> Script:
    from hullcheck.parse.commands import script

    return script(instruction, kind, most)


class _Scanner:
    """Splits a text into lines, follows continuations and heredocs as BuildKit does, and writes the library's text."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.problems: list[Problem] = []
        self.directives: dict[str, Directive] = {}
        self.escape = "\\"
        self.template: Location | None = None
        self.logical: dict[int, _Logical] = {}
        self.lines: list[str] = []
        self.starts: list[int] = []
        start = 0
        for line in self._within_bounds(text.text).split("\n"):
            self.lines.append(line.rstrip("\r"))
            self.starts.append(start)
            start += len(line) + 1
        if not self.lines[-1]:
            self.lines.pop()
        self.out = [""] * len(self.lines)

    def _within_bounds(self, text: str) -> str:
        end = len(text)
        if end > MAX_CHARACTERS:
            end = text.rfind("\n", 0, MAX_CHARACTERS) + 1
        if text.count("\n", 0, end) > MAX_LINES:
            end = -1
            for _ in range(MAX_LINES):
                end = text.find("\n", end + 1)
            end += 1
        if end < len(text):
            message = f"more than {MAX_LINES:,} lines or {MAX_CHARACTERS:,} characters: the rest of the file isn't read"
            self.problems.append(Problem("parse-error", message, self.text.at(end, _line_end(text, end))))
        return text[:end]

    def scan(self) -> None:
        """Fill `logical`, by first line, and `out`."""
        at = self._directives()
        while at < len(self.lines):
            line = self.lines[at].lstrip()
            if not line or line[0] == "#" or (at < 4 and line.startswith("//") and _DIRECTIVE.match(line)):
                at += 1
            elif len(self.logical) < MAX_INSTRUCTIONS:
                at = self._instruction(at)
            else:
                start = self.starts[at]
                message = f"more than {MAX_INSTRUCTIONS:,} instructions: the rest of the file isn't read"
                self._problem(message, self.text.at(start, start + len(self.lines[at])))
                return

    def _directives(self) -> int:
        at = 0
        while at < len(self.lines):
            match = _DIRECTIVE.match(self.lines[at].lstrip())
            name = match["name"].lower() if match and match["mark"] == "#" else ""
            if match is None or name not in _DIRECTIVES:
                break
            start = self.starts[at] + len(self.lines[at]) - len(self.lines[at].lstrip())
            value = self.text.slice(start + match.start("value"), start + match.end("value"))
            if name in self.directives:
                self._problem(f"the directive `{name}` stands twice", value.location)
            elif name == "escape" and value.text not in _CONTINUED:
                self._problem("the escape character is neither `\\` nor a backtick", value.location)
            self.directives.setdefault(name, Directive(name, value))
            at += 1
        escape = self.directives.get("escape")
        if escape and escape.value.text in _CONTINUED:
            self.escape = escape.value.text
        return at

    def _instruction(self, first: int) -> int:
        """Join the lines of the instruction that starts at line `first`; the line after it."""
        spans, last, at = self._join(first)
        logical = self.text.pick(spans).strip()
        if not logical:
            self._problem("this line continues to no instruction", self.text.at(spans[0][1], spans[0][2] + 1))
            return at
        match = _KEYWORD.match(logical.text)
        keyword_end = match.end() if match else len(logical)
        heredocs: tuple[Heredoc, ...] = ()
        if "<<" in logical.text:
            heredocs, at = self._heredocs(logical, keyword_end, at)
        self._write(first, last, logical.text[:keyword_end], spans)
        end = self.starts[at - 1] + len(self.lines[at - 1]) if heredocs else spans[-1][2]
        self.logical[first] = _Logical(logical, keyword_end, heredocs, spans[0][1], end)
        self._look_for_template(logical, keyword_end)
        return at

    def _look_for_template(self, logical: Text, keyword_end: int) -> None:
        rest = logical.text[keyword_end:] if logical.text[:keyword_end].upper() == "FROM" else ""
        if self.template is None and (_TEMPLATE.match(logical.text) or _TEMPLATE.search(rest)):
            self.template = logical.location

    def _join(self, first: int) -> tuple[list[tuple[str, int, int]], int, int]:
        """The parts of the lines that belong together, the last of them, and the line after it."""
        continued = _CONTINUED[self.escape]
        spans = []
        at = last = first
        while at < len(self.lines):
            line = self.lines[at]
            stripped = line.lstrip()
            if at > first and (not stripped or stripped[0] == "#"):
                self.out[at] = "#"
                at += 1
                continue
            start = len(line) - len(stripped) if at == first else 0
            match = continued.search(line, start)
            end = match.start() if match else len(line)
            spans.append((line[start:end], self.starts[at] + start, self.starts[at] + end))
            last = at
            at += 1
            if match is None:
                break
        return spans, last, at

    def _write(self, first: int, last: int, keyword: str, spans: list[tuple[str, int, int]]) -> None:
        """Write the instruction for the library: the keyword on its first line, each line's own text on each."""
        joined = "".join(text for text, _, _ in spans)
        skip = len(joined) - len(joined.lstrip()) + len(keyword)
        lines = [number for number in range(first, last + 1) if self.out[number] != "#"]
        for number, (text, _, _) in zip(lines, spans, strict=True):
            rest = text[skip:]
            skip = max(0, skip - len(text))
            if number == first:
                rest = f"{keyword} {rest}"
            elif rest.lstrip().startswith("#"):
                rest = _GUARD + rest
            self.out[number] = _closed(rest) if number == last else f"{rest}\\"

    def _heredocs(self, logical: Text, keyword_end: int, at: int) -> tuple[tuple[Heredoc, ...], int]:
        """The heredocs that the instruction opens, and the line after them; `at` is the line after the instruction."""
        rest = logical.slice(keyword_end, len(logical)).strip()
        keyword = logical.text[:keyword_end].upper()
        if keyword == "ONBUILD":
            match = _KEYWORD.match(rest.text)
            keyword = match[0].upper() if match else ""
            rest = rest.slice(len(keyword), len(rest)).strip()
        if keyword not in _HEREDOC_KEYWORDS:
            return (), at
        _, rest = words.flags(rest)
        if words.json_words(rest) is not None:
            return (), at
        found = []
        for opener in words.heredocs(rest):
            heredoc, at = self._heredoc(opener, at)
            found.append(heredoc)
        return tuple(found), at

    def _heredoc(self, opener: words.Opener, first: int) -> tuple[Heredoc, int]:
        at = first
        while at < len(self.lines):
            line = self.lines[at]
            if (line.lstrip("\t") if opener.chomp else line) == opener.name:
                break
            at += 1
        else:
            self._problem(f"the heredoc `{opener.name}` isn't terminated", opener.location)
        start = self.starts[first] if first < len(self.starts) else len(self.text)
        end = self.starts[at] if at < len(self.starts) else len(self.text)
        body = self.text.slice(start, end)
        if opener.chomp and "\t" in body.text:
            body = body.pick((m[1], *m.span(1)) for m in re.finditer(r"(?m)^\t*([^\n]*\n?)", body.text))
        return Heredoc(opener.name, body, opener.location, opener.expand, opener.number), min(at + 1, len(self.lines))

    def _problem(self, message: str, location: Location) -> None:
        self.problems.append(Problem("parse-error", message, location))


def _syntax(text: Text, scanner: _Scanner) -> Text | None:
    """What `syntax` names: behind a shebang, too, as `//syntax=` or as JSON, as the builder detects it."""
    if "syntax" in scanner.directives:
        return scanner.directives["syntax"].value
    if text.text.lstrip().startswith("{"):
        match = re.search(r'"syntax"\s*:\s*"([^"\\\n]*)"', text.text)
        return text.slice(*match.span(1)) if match and words.is_json_object(text.text) else None
    first = 1 if scanner.lines and scanner.lines[0].startswith("#!") else 0
    for mark in "#", "//":
        for number in range(first, min(first + 3, len(scanner.lines))):
            line = scanner.lines[number]
            match = _DIRECTIVE.match(line)
            if match is None or match["mark"] != mark or match["name"].lower() not in _DIRECTIVES:
                break
            if match["name"].lower() == "syntax":
                start = scanner.starts[number]
                return text.slice(start + match.start("value"), start + match.end("value"))
    return None


def _closed(line: str) -> str:
    """A line behind which the library doesn't go on."""
    return line + _GUARD if line.rstrip().endswith("\\") else line


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _instructions(scanner: _Scanner) -> Iterator[Instruction]:
    """The instructions that the library finds, at the places that the scanner knows."""
    for found in _split(scanner):
        tick()
        logical = scanner.logical.get(found["startline"])
        if logical is None:
            continue
        keyword, rest = logical.text.text[: logical.keyword_end].upper(), logical.text.text[logical.keyword_end :]
        said = found["instruction"].replace(_GUARD, ""), found["value"].replace(_GUARD, "").strip(_TRIMMED)
        if said != (_odd(keyword), _odd(rest).strip(_TRIMMED)):
            message = "dockerfile-parse reads this instruction in another way; it may be judged wrongly"
            look.spoil(message)
            scanner.problems.append(Problem("check-failed", message, logical.text.location))
        yield _instruction(scanner.text, logical, scanner.escape)


def _split(scanner: _Scanner) -> list[dict[str, Any]]:
    if not scanner.logical:
        return []
    defer("logging", getLogger=Logger)  # it tells of files that can't be opened; there is none
    defer("json")
    from dockerfile_parse import DockerfileParser

    content = _odd("\n".join(scanner.out)) + "\n"
    found = DockerfileParser(fileobj=BytesIO(content.encode()), env_replace=False).structure
    return [entry for entry in found if entry["instruction"] != "COMMENT"]


def _odd(text: str) -> str:
    """The text as the library is given it."""
    if text.isascii() and not _ODD_ASCII.intersection(text):
        return text
    return text.translate(_ODD_TABLE).encode("utf-8", "replace").decode()


def _instruction(whole: Text, logical: _Logical, escape: str) -> Instruction:
    keyword = logical.text.slice(0, logical.keyword_end)
    rest = logical.text.slice(logical.keyword_end, len(logical.text)).strip()
    location = whole.at(logical.start, logical.end)
    return _take_apart(keyword, rest, location, logical.heredocs, escape)


def _take_apart(
    keyword: Text, rest: Text, location: Location, heredocs: tuple[Heredoc, ...], escape: str
) -> Instruction:
    """The instruction of that keyword with its arguments in the form that it has."""
    name = keyword.text.upper()
    flags, text = words.flags(rest)
    made = Instruction(name, keyword.location, location, text, flags, heredocs=heredocs)
    if name == "HEALTHCHECK":
        match = _KEYWORD.match(text.text)
        mode = match[0] if match else ""
        text = text.slice(len(mode), len(text)).strip()
        made = made._replace(mode=mode.upper(), text=text)
    if name in ("RUN", "CMD", "ENTRYPOINT", "SHELL", "HEALTHCHECK", "COPY", "ADD", "VOLUME"):
        return _maybe_json(made)
    if name in ("FROM", "EXPOSE"):
        made = made._replace(words=words.blank_separated(text))
        return made._replace(fault=_from_fault(made) if name == "FROM" else "" if made.words else "needs a port")
    if name in ("ENV", "LABEL"):
        pairs, fault = words.pairs(text, escape)
        return made._replace(pairs=pairs, fault=fault)
    if name == "ARG":
        pairs, fault = words.optional_pairs(text, escape)
        return made._replace(pairs=pairs, fault=fault)
    if name == "ONBUILD":
        return _onbuild(made, escape)
    fault = "needs exactly one argument" if name in ("USER", "WORKDIR", "STOPSIGNAL") and not text else ""
    return made._replace(words=(text,), fault=fault)


def _maybe_json(made: Instruction) -> Instruction:
    name, text = made.keyword, made.text
    strings = words.json_words(text)
    if strings is not None:
        fault = "needs at least one argument" if name == "SHELL" and not strings else ""
        return made._replace(words=strings, json=True, fault=fault or _arity_fault(name, len(strings)))
    if name == "SHELL":
        return made._replace(words=(text,), fault="isn't a JSON array of strings")
    if text.text.startswith("[") and words.is_json_array(text.text):
        return made._replace(words=(text,), fault="is a JSON array that holds other things than strings")
    if name in ("COPY", "ADD", "VOLUME"):
        split = words.blank_separated(text)
        return made._replace(words=split, fault=_arity_fault(name, len(split)))
    if name == "HEALTHCHECK":
        return made._replace(words=(text,), fault=_health_fault(made))
    return made._replace(words=(text,) if text else ())


def _arity_fault(name: str, count: int) -> str:
    if name in ("COPY", "ADD") and count < 2:
        return "needs at least one source and a destination"
    return "needs at least one argument" if name == "VOLUME" and not count else ""


def _health_fault(made: Instruction) -> str:
    if made.mode == "NONE":
        return "NONE takes no arguments" if made.text else ""
    if made.mode != "CMD":
        return "needs `CMD` or `NONE`"
    return "" if made.text else "has no command behind `CMD`"


def _from_fault(made: Instruction) -> str:
    count = len(made.words)
    if count == 3 and made.words[1].text.lower() == "as":
        name = made.words[2].text.lower()
        return "" if re.fullmatch(r"[a-z][a-z0-9-_.]*", name) else f"names a stage `{name}`, which isn't a valid name"
    return "" if count == 1 else "takes an image, or an image, `AS` and a name"


def _onbuild(made: Instruction, escape: str) -> Instruction:
    match = _KEYWORD.match(made.text.text)
    if match is None:
        return made._replace(fault="needs an instruction")
    keyword = made.text.slice(0, match.end())
    rest = made.text.slice(match.end(), len(made.text)).strip()
    location = made.location._replace(start=keyword.location.start)
    if keyword.text.upper() == "ONBUILD":
        inner = Instruction("ONBUILD", keyword.location, location, rest)
    else:
        inner = _take_apart(keyword, rest, location, made.heredocs, escape)
    return made._replace(trigger=inner)


def _faults(text: Text, instructions: list[Instruction], template: Location | None) -> Iterator[Problem]:
    """What the builder refuses, in the whole file."""
    if template is not None:
        message = "this is a template: what it becomes isn't known, and only its plain instructions are checked"
        yield Problem("not-analysed", message, template, gap=Gap("template"))
        return
    if not instructions:
        yield Problem("parse-error", "the file holds no instruction", text.at(0, 0))
        return
    known = [i for i in instructions if i.keyword in KEYWORDS]
    if not known:
        yield Problem("parse-error", "this isn't a Dockerfile: no instruction in it is known", text.at(0, 0))
        return
    yield from _unknown(instructions)
    yield from _order(known)
    for instruction in known:
        if instruction.fault:
            yield Problem("parse-error", f"{instruction.keyword} {instruction.fault}", instruction.location.one_line())
        trigger = instruction.trigger
        if trigger and trigger.keyword not in KEYWORDS:
            yield Problem("parse-error", f"unknown instruction `{trigger.keyword}`", trigger.keyword_location)
        elif trigger and trigger.fault:
            yield Problem("parse-error", f"{trigger.keyword} {trigger.fault}", trigger.location.one_line())


def _unknown(instructions: list[Instruction]) -> Iterator[Problem]:
    unknown = [i for i in instructions if i.keyword not in KEYWORDS]
    for instruction in unknown[:MAX_UNKNOWN]:
        name = instruction.keyword_location.text
        yield Problem("parse-error", f"unknown instruction `{name[:80]}`", instruction.keyword_location)
    if len(unknown) > MAX_UNKNOWN:
        place = unknown[MAX_UNKNOWN].keyword_location
        yield Problem("parse-error", f"{len(unknown) - MAX_UNKNOWN} more instructions aren't known", place)


def _order(known: list[Instruction]) -> Iterator[Problem]:
    if all(i.keyword != "FROM" for i in known):
        yield Problem("parse-error", "there is no `FROM`", known[0].keyword_location)
        return
    for instruction in known:
        if instruction.keyword == "FROM":
            return
        if instruction.keyword != "ARG":
            message = f"{instruction.keyword} stands before the first `FROM`; only ARG may"
            yield Problem("parse-error", message, instruction.keyword_location)


def _bounded(instructions: list[Instruction], problems: list[Problem]) -> tuple[Instruction, ...]:
    """The instructions of the first `MAX_STAGES` stages."""
    stages = 0
    for number, instruction in enumerate(instructions):
        stages += instruction.keyword == "FROM"
        if stages > MAX_STAGES:
            message = f"more than {MAX_STAGES} stages: the rest of the file isn't read"
            problems.append(Problem("parse-error", message, instruction.keyword_location))
            return tuple(instructions[:number])
    return tuple(instructions)
