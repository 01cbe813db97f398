"""Regular expressions as Go's RE2 takes them, matched in time linear in pattern times text.

A pattern becomes a small program; a depth-first search over (instruction, position) that visits no pair twice finds
the same leftmost-first match as RE2, and no pattern can make it run away.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import takewhile

from hullcheck.model.globs import CLASSES
from hullcheck.render.helm.errors import LimitError, TemplateError
from hullcheck.render.helm.limits import spend
from hullcheck.tuples import NamedTuple

MAX_REPEAT = 1000
MAX_PROGRAM = 4000
MAX_STATES = 400_000
MAX_NESTING = 100

Test = Callable[[str], bool]
Ranges = list[tuple[str, str]]

_PERL: dict[str, Ranges] = {
    "d": [("0", "9")],
    "w": [("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z")],
    "s": [("\t", "\n"), ("\f", "\r"), (" ", " ")],
}
_POSIX: dict[str, Ranges] = {**CLASSES, "ascii": [("\0", "\x7f")], "word": _PERL["w"]}
_CONTROL = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}


class _Instruction(NamedTuple):
    """`what`: char (test; its `name` if it's just one), split (to x first, then y), jump, save (slot x), look (name), match."""

    what: str
    x: int = 0
    y: int = 0
    test: Test | None = None
    name: str = ""


class Pattern:
    """A compiled pattern."""

    def __init__(self, program: list[_Instruction], groups: int, names: dict[str, int]) -> None:
        self.program = program
        self.groups = groups
        self.names = names
        self.prefix = "".join(each.name for each in takewhile(_is_literal, program[1:]))

    def search(self, text: str, start: int = 0) -> list[int] | None:
        """The leftmost match from `start` on: start and end of it and of each group, -1 where there is none."""
        visited: set[int] = set()
        at = self._candidate(text, start)
        while 0 <= at <= len(text):
            found = self._match(text, at, visited)
            if found:
                return found
            at = self._candidate(text, at + 1)
        return None

    def _candidate(self, text: str, start: int) -> int:
        """The next place where a match could begin, -1 if there is none."""
        if self.prefix:
            return text.find(self.prefix, start)
        test = self.program[1].test
        if test is None:
            return start
        return next((at for at in range(start, len(text)) if test(text[at])), -1)

    def _match(self, text: str, start: int, visited: set[int]) -> list[int] | None:
        program, size = self.program, len(text) + 1
        saved = [-1] * (2 * self.groups + 2)
        stack: list[tuple[int, int, int]] = [(0, start, -1)]
        before = len(visited)
        while stack:
            pc, at, old = stack.pop()
            if pc < 0:
                saved[-pc - 1] = old
                continue
            while True:
                state = pc * size + at
                if state in visited:
                    break
                visited.add(state)
                what, x, y, test, name = program[pc]
                if what == "char":
                    assert test is not None
                    if at >= len(text) or not test(text[at]):
                        break
                    pc, at = pc + 1, at + 1
                elif what == "split":
                    stack.append((y, at, -1))
                    pc = x
                elif what == "jump":
                    pc = x
                elif what == "save":
                    stack.append((-x - 1, 0, saved[x]))
                    saved[x] = at
                    pc += 1
                elif what == "look":
                    if not _looks(name, text, at):
                        break
                    pc += 1
                else:
                    return saved
            if len(visited) > MAX_STATES:
                raise LimitError("a regular expression that takes too many steps")
        spend((len(visited) - before) // 8)
        return None

    def matches(self, text: str) -> Iterator[list[int]]:
        """All matches, none overlapping; an empty one right behind another doesn't count."""
        at = 0
        last = -1
        while at <= len(text):
            found = self.search(text, at)
            spend()
            if found is None:
                return
            start, end = found[0], found[1]
            if end > start or start != last:
                yield found
                last = end
            at = end if end > start else end + 1


def _is_literal(instruction: _Instruction) -> bool:
    return instruction.what == "char" and bool(instruction.name)


def _looks(name: str, text: str, at: int) -> bool:
    if name == "A":
        return at == 0
    if name == "z":
        return at == len(text)
    if name == "^":
        return at == 0 or text[at - 1] == "\n"
    if name == "$":
        return at == len(text) or text[at] == "\n"
    edge = (at > 0 and _is_word(text[at - 1])) != (at < len(text) and _is_word(text[at]))
    return edge == (name == "b")


def _is_word(char: str) -> bool:
    return char == "_" or (char < "\x80" and char.isalnum())


@lru_cache(maxsize=256)
def compile_pattern(text: str) -> Pattern:
    """Raises TemplateError if RE2 would refuse the pattern, or it has something that isn't supported."""
    if len(text) > 4096:
        raise LimitError("a regular expression of more than 4096 characters")
    parser = _Parser(text)
    body = parser.alternatives(_Flags(), 0)
    if parser.at < len(text):
        raise TemplateError("unexpected ) in a regular expression")
    program = _Program()
    program.emit(("save", 0))
    program.add(body)
    program.emit(("save", 1))
    program.emit(("match", 0))
    return Pattern(program.code, parser.groups, parser.names)


class _Flags(NamedTuple):
    fold: bool = False
    multi: bool = False
    dot_all: bool = False
    lazy: bool = False


class _Node(NamedTuple):
    """`what`: empty, char, look, group, sequence, either, repeat."""

    what: str
    parts: "tuple[_Node, ...]" = ()
    test: Test | None = None
    name: str = ""
    low: int = 0
    high: int = -1
    lazy: bool = False


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.groups = 0
        self.names: dict[str, int] = {}

    def peek(self, word: str) -> bool:
        return self.text.startswith(word, self.at)

    def take(self, word: str) -> bool:
        if self.peek(word):
            self.at += len(word)
            return True
        return False

    def next(self) -> str:
        if self.at >= len(self.text):
            raise TemplateError("a regular expression that ends too early")
        self.at += 1
        return self.text[self.at - 1]

    def alternatives(self, flags: _Flags, depth: int) -> _Node:
        """Up to a closing parenthesis or the end."""
        if depth > MAX_NESTING:
            raise LimitError("a regular expression that is nested too deeply")
        ways = []
        parts: list[_Node] = []
        while self.at < len(self.text) and not self.peek(")"):
            if self.take("|"):
                ways.append(_Node("sequence", tuple(parts)))
                parts = []
                continue
            changed = self._flags_alone(flags)
            if changed is not None:
                flags = changed
                continue
            parts += self._item(flags, depth)
        ways.append(_Node("sequence", tuple(parts)))
        return ways[0] if len(ways) == 1 else _Node("either", tuple(ways))

    def _flags_alone(self, flags: _Flags) -> _Flags | None:
        """`(?i)`: it changes the flags of what follows in the same group."""
        if not self.peek("(?"):
            return None
        end = self.at + 2
        while end < len(self.text) and self.text[end] in "imsU-":
            end += 1
        if end == self.at + 2 or self.text[end : end + 1] != ")":
            return None
        changed = _changed(flags, self.text[self.at + 2 : end])
        self.at = end + 1
        return changed

    def _item(self, flags: _Flags, depth: int) -> list[_Node]:
        if self.take("\\Q"):
            end = self.text.find("\\E", self.at)
            words = self.text[self.at : end] if end >= 0 else self.text[self.at :]
            self.at = end + 2 if end >= 0 else len(self.text)
            return [_literal(char, flags.fold) for char in words]
        node = self._atom(flags, depth)
        return [self._repeated(node, flags)]

    def _repeated(self, node: _Node, flags: _Flags) -> _Node:
        found = self._quantifier()
        if found is None:
            return node
        lazy = self.take("?") != flags.lazy
        node = _Node("repeat", (node,), low=found[0], high=found[1], lazy=lazy)
        if self._quantifier() is not None:
            raise TemplateError("invalid nested repetition operator in a regular expression")
        return node

    def _quantifier(self) -> tuple[int, int] | None:
        for word, bounds in (("*", (0, -1)), ("+", (1, -1)), ("?", (0, 1))):
            if self.take(word):
                return bounds
        if not self.peek("{"):
            return None
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at + 1 : end].partition(",") if end > 0 else ("", "", "")
        if not (low.isascii() and low.isdecimal()) or (high and not (high.isascii() and high.isdecimal())):
            return None
        self.at = end + 1
        bounds = int(low[:9]), int(high[:9]) if high else -1 if comma else int(low[:9])
        if max(bounds) > MAX_REPEAT or (bounds[1] >= 0 and bounds[0] > bounds[1]):
            raise TemplateError("invalid repeat count in a regular expression")
        return bounds

    def _atom(self, flags: _Flags, depth: int) -> _Node:
        char = self.next()
        if char == "(":
            return self._group(flags, depth)
        if char == "[":
            return _char(self._class(flags))
        if char == ".":
            return _char((lambda c: True) if flags.dot_all else (lambda c: c != "\n"))
        if char == "^":
            return _Node("look", name="^" if flags.multi else "A")
        if char == "$":
            return _Node("look", name="$" if flags.multi else "z")
        if char == "\\":
            return self._escape(flags)
        if char in "*+?":
            raise TemplateError("missing argument to repetition operator in a regular expression")
        return _literal(char, flags.fold)

    def _group(self, flags: _Flags, depth: int) -> _Node:
        number = 0
        if self.take("?P<") or self.take("?<"):
            name = self._until(">")
            if not name.isidentifier() or name in self.names:
                raise TemplateError("invalid named capture in a regular expression")
            self.groups += 1
            number = self.names[name] = self.groups
        elif self.take("?"):
            flags = _changed(flags, self._until(":"))
        else:
            self.groups += 1
            number = self.groups
        body = self.alternatives(flags, depth + 1)
        if not self.take(")"):
            raise TemplateError("missing closing ) in a regular expression")
        return _Node("group", (body,), low=number)

    def _until(self, end: str) -> str:
        found = self.text.find(end, self.at)
        if found < 0:
            raise TemplateError("invalid or unsupported syntax in a regular expression")
        word = self.text[self.at : found]
        self.at = found + 1
        return word

    def _escape(self, flags: _Flags) -> _Node:
        char = self.text[self.at : self.at + 1]
        if char in ("A", "z", "b", "B") and char:
            self.at += 1
            return _Node("look", name=char)
        test = self._set_escape()
        if test is not None:
            return _char(test)
        return _literal(self._char_escape(), flags.fold)

    def _set_escape(self) -> Test | None:
        """`\\d` and its like, or a Unicode class, after the backslash."""
        char = self.next()
        if char.lower() in _PERL:
            return _in_ranges(_PERL[char.lower()], char.isupper())
        if char in "pP":
            name = self.next()
            if name == "{":
                name = self._until("}")
            negated = name.startswith("^") != (char == "P")
            return _category(name.lstrip("^"), negated)
        self.at -= 1
        return None

    def _char_escape(self) -> str:
        char = self.next()
        if char in _CONTROL:
            return _CONTROL[char]
        if char == "x":
            digits = self._until("}") if self.take("{") else self.next() + self.next()
            return _from_code(digits, 16)
        if char in "01234567" and (char == "0" or self.text[self.at : self.at + 1] in tuple("01234567")):
            digits = char
            while len(digits) < 3 and self.text[self.at : self.at + 1] in tuple("01234567"):
                digits += self.next()
            return _from_code(digits, 8)
        if char.isalnum() or char > "\x7f":
            raise TemplateError("invalid escape sequence in a regular expression")
        return char

    def _class(self, flags: _Flags) -> Test:
        negated = self.take("^")
        ranges: Ranges = []
        tests: list[Test] = []
        first = True
        while first or not self.peek("]"):
            first = False
            if self.take("[:"):
                tests.append(self._posix())
                continue
            low = self._class_char(tests)
            if low is None:
                continue
            high = low
            if self.peek("-") and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self._class_char([]) or ""
                if high < low:
                    raise TemplateError("invalid character class range in a regular expression")
            ranges.append((low, high))
        self.at += 1
        test = _in_ranges(ranges, False)
        inside = _folded(test) if flags.fold else test
        if not tests and not negated:
            return inside
        return lambda char: (inside(char) or any(other(char) for other in tests)) != negated

    def _class_char(self, tests: list[Test]) -> str | None:
        """One character, or None if it was a whole class, which is then among `tests`."""
        char = self.next()
        if char != "\\":
            return char
        test = self._set_escape()
        if test is None:
            return self._char_escape()
        tests.append(test)
        return None

    def _posix(self) -> Test:
        name = self._until(":")
        if not self.take("]") or name.lstrip("^") not in _POSIX:
            raise TemplateError("invalid character class range in a regular expression")
        return _in_ranges(_POSIX[name.lstrip("^")], name.startswith("^"))


def _changed(flags: _Flags, words: str) -> _Flags:
    on, minus, off = words.partition("-")
    names = {"i": "fold", "m": "multi", "s": "dot_all", "U": "lazy"}
    if any(word not in names for word in on + off) or (minus and not off):
        raise TemplateError("invalid or unsupported syntax in a regular expression")
    values = {**{names[word]: True for word in on}, **{names[word]: False for word in off}}
    return flags._replace(**values)


def _char(test: Test) -> _Node:
    return _Node("char", test=test)


def _literal(char: str, fold: bool) -> _Node:
    if fold:
        lower = char.lower()
        return _char(lambda other: other.lower() == lower)
    return _Node("char", test=char.__eq__, name=char)


def _in_ranges(ranges: Ranges, negated: bool) -> Test:
    if negated:
        return lambda char: not any(low <= char <= high for low, high in ranges)
    return lambda char: any(low <= char <= high for low, high in ranges)


def _folded(test: Test) -> Test:
    return lambda char: test(char) or test(char.lower()) or test(char.upper())


def _category(name: str, negated: bool) -> Test:
    if name == "Any":
        return lambda char: not negated
    if name not in ("L", "M", "N", "P", "S", "Z", "C") and not (len(name) == 2 and name[0] in "LMNPSZC"):
        raise TemplateError(f"the Unicode class {name[:40]} in a regular expression isn't supported")
    return lambda char: unicodedata.category(char).startswith(name) != negated


def _from_code(digits: str, base: int) -> str:
    try:
        return chr(int(digits, base))
    except (ValueError, OverflowError):
        raise TemplateError("invalid escape sequence in a regular expression") from None


class _Program:
    def __init__(self) -> None:
        self.code: list[_Instruction] = []

    def emit(self, instruction: "tuple[str, int]") -> int:
        return self._append(_Instruction(*instruction))

    def _append(self, instruction: _Instruction) -> int:
        if len(self.code) >= MAX_PROGRAM:
            raise LimitError("a regular expression that is too large")
        self.code.append(instruction)
        return len(self.code) - 1

    def add(self, node: _Node) -> None:
        if node.what == "char":
            self._append(_Instruction("char", test=node.test, name=node.name))
        elif node.what == "look":
            self._append(_Instruction("look", name=node.name))
        elif node.what == "sequence":
            for part in node.parts:
                self.add(part)
        elif node.what == "either":
            self._either(node.parts)
        elif node.what == "repeat":
            self._repeat(node)
        elif node.low:
            self.emit(("save", 2 * node.low))
            self.add(node.parts[0])
            self.emit(("save", 2 * node.low + 1))
        else:
            self.add(node.parts[0])

    def _either(self, ways: tuple[_Node, ...]) -> None:
        jumps = []
        for way in ways[:-1]:
            split = self.emit(("split", 0))
            self.add(way)
            jumps.append(self.emit(("jump", 0)))
            self.code[split] = _Instruction("split", split + 1, len(self.code))
        self.add(ways[-1])
        for jump in jumps:
            self.code[jump] = _Instruction("jump", len(self.code))

    def _repeat(self, node: _Node) -> None:
        body = node.parts[0]
        for _ in range(node.low):
            self.add(body)
        if node.high < 0:
            split = self.emit(("split", 0))
            self.add(body)
            self.emit(("jump", split))
            self._point(split, node.lazy)
            return
        splits = []
        for _ in range(node.high - node.low):
            splits.append(self.emit(("split", 0)))
            self.add(body)
        for split in splits:
            self._point(split, node.lazy)

    def _point(self, split: int, lazy: bool) -> None:
        """Let a split go into the body behind it first, or last if it is lazy."""
        inside, after = split + 1, len(self.code)
        self.code[split] = _Instruction("split", after, inside) if lazy else _Instruction("split", inside, after)


def expand(pattern: Pattern, template: str, text: str, found: list[int]) -> str:
    """Go's Expand: `$1`, `${1}`, `$name` and `$$` in a replacement."""
    parts = []
    at = 0
    while (dollar := template.find("$", at)) >= 0:
        parts.append(template[at:dollar])
        name, at = _reference(template, dollar + 1)
        if name == "$":
            parts.append("$")
        elif name:
            number = int(name) if name.isdecimal() and len(name) < 9 else pattern.names.get(name, -1)
            if 0 <= number <= pattern.groups and found[2 * number] >= 0:
                parts.append(text[found[2 * number] : found[2 * number + 1]])
        else:
            parts.append("$")
    return "".join([*parts, template[at:]])


def _reference(template: str, at: int) -> tuple[str, int]:
    """The name after a `$` at `at`, and where it ends; no name if the `$` stands for itself."""
    if template.startswith("$", at):
        return "$", at + 1
    braced = template.startswith("{", at)
    start = end = at + braced
    while end < len(template) and (template[end] == "_" or template[end].isalnum()):
        end += 1
    if end == start or (braced and template[end : end + 1] != "}"):
        return "", at
    return template[start:end], end + braced
