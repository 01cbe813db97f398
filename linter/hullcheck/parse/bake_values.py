"""Expressions of bake files, as far as they can be worked out: variables, templates, conditions, common functions.

HCL's grammar is at https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md, the functions are those of
https://docs.docker.com/build/bake/stdlib/. What isn't known is UNKNOWN, and so is what is made of it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping

from hullcheck.budget import tick
from hullcheck.model.lazy import Lazy
from hullcheck.typed import Any

MAX_STEPS = 20_000
"""Parts of expressions that are worked out in one file."""

MAX_DEPTH = 40
MAX_LENGTH = 10_000


class Unknown:
    """What isn't known."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


class Template(str):
    """A text in which `${...}` stands for something."""

    __slots__ = ()


class Expression(str):
    """A text that is an expression."""

    __slots__ = ()


class Function:
    """A function that the file declares: the names of what it is given, and what it makes of that."""

    def __init__(self, parameters: list[str], rest: str, result: Any) -> None:
        self.parameters = parameters
        self.rest = rest
        self.result = result


Scope = Mapping[str, Any]

_TOKEN = Lazy(
    r"[ \t\r\n]*+(?:(?P<number>\d++(?:\.\d++)?)|(?P<name>[A-Za-z_][\w-]*+)|(?P<quote>\")|(?P<sign>==|!=|<=|>=|&&|\|\||=>|\.\.\.|[-+*/%!<>?:=.,()\[\]{}]))",
    most=MAX_LENGTH,
)
_TEXT = Lazy(r"(?:[^$%\"\\]|\\.|\$\$\{|%%\{|[$%](?!\{))++", most=MAX_LENGTH)
_ESCAPE = Lazy(r"\\(.)|\$\$\{|%%\{")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
_BINARY: dict[str, int] = {
    "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6,
}  # fmt: skip


class _UnreadableError(Exception):
    """It isn't written as an expression is."""


class Evaluator:
    """Works out the values of one file. `variables` are as they are written; `functions` those that it declares."""

    def __init__(self, variables: Mapping[str, Any], functions: Mapping[str, Function]) -> None:
        self.variables = variables
        self.functions = functions
        self.known: dict[str, Any] = {}
        self.open: set[str] = set()
        self.steps = 0
        self.depth = 0

    def value(self, written: Any, scope: Scope) -> Any:
        """What a value is: lists and mappings of it, too."""
        self.steps += 1
        if not self.steps % 256:
            tick()
        if self.steps > MAX_STEPS or self.depth > MAX_DEPTH:
            return UNKNOWN
        self.depth += 1
        try:
            if isinstance(written, list):
                return [self.value(item, scope) for item in written]
            if isinstance(written, dict):
                return {str(key): self.value(item, scope) for key, item in written.items()}
            if isinstance(written, Template | Expression):
                return self._text(written, scope)
            return written
        finally:
            self.depth -= 1

    def _text(self, written: str, scope: Scope) -> Any:
        if len(written) > MAX_LENGTH:
            return UNKNOWN
        reader = _Reader(self, written, scope)
        try:
            if isinstance(written, Template):
                return reader.template(closed=False)
            made = reader.expression()
            reader.end()
        except (_UnreadableError, ValueError, TypeError, ArithmeticError, IndexError, KeyError, AttributeError):
            return UNKNOWN
        return made

    def variable(self, name: str) -> Any:
        """What a variable of the file is, unless it is set from outside."""
        if name in self.known:
            return self.known[name]
        if name not in self.variables or name in self.open:
            return UNKNOWN
        self.open.add(name)
        made = self.value(self.variables[name], {})
        self.open.discard(name)
        self.known[name] = UNKNOWN if made is None else made
        return self.known[name]

    def call(self, name: str, given: list[Any]) -> Any:
        own = self.functions.get(name)
        if own is not None:
            if len(given) < len(own.parameters):
                return UNKNOWN
            scope = dict(zip(own.parameters, given, strict=False))
            if own.rest:
                scope[own.rest] = given[len(own.parameters) :]
            return self.value(own.result, scope)
        function = _FUNCTIONS.get(name)
        if function is None or any(_holds_unknown(each) for each in given):
            return UNKNOWN
        return _bounded(function(*given))


class _Reader:
    """Reads one expression and works it out on the way."""

    def __init__(self, evaluator: Evaluator, text: str, scope: Scope) -> None:
        self.evaluator = evaluator
        self.source = text
        self.scope = scope
        self.at = 0

    def end(self) -> None:
        if self.source[self.at :].strip():
            raise _UnreadableError

    def peek(self) -> str:
        match = _TOKEN.match(self.source, self.at)
        return match[0].strip() if match else ""

    def next(self) -> tuple[str, str]:
        match = _TOKEN.match(self.source, self.at)
        if match is None:
            raise _UnreadableError
        self.evaluator.steps += 1
        self.at = match.end()
        return match.lastgroup or "", match[match.lastgroup or 0]

    def take(self, sign: str) -> bool:
        if self.peek() != sign:
            return False
        self.next()
        return True

    def need(self, sign: str) -> None:
        if not self.take(sign):
            raise _UnreadableError

    def expression(self) -> Any:
        self.evaluator.depth += 1
        try:
            if self.evaluator.depth > MAX_DEPTH or self.evaluator.steps > MAX_STEPS:
                raise _UnreadableError
            condition = self._binary(1)
            if not self.take("?"):
                return condition
            then = self.expression()
            self.need(":")
            other = self.expression()
            if condition is UNKNOWN:
                return then if then == other and then is not UNKNOWN else UNKNOWN
            return then if _true(condition) else other
        finally:
            self.evaluator.depth -= 1

    def _binary(self, least: int) -> Any:
        left = self._unary()
        while (rank := _BINARY.get(sign := self.peek(), 0)) >= least:
            self.next()
            left = _operate(sign, left, self._binary(rank + 1))
        return left

    def _unary(self) -> Any:
        signs = []
        while self.peek() in ("!", "-"):
            signs.append(self.next()[1])
        value = self._postfix()
        for sign in reversed(signs):
            value = UNKNOWN if value is UNKNOWN else not _true(value) if sign == "!" else -value
        return value

    def _postfix(self) -> Any:
        value = self._primary()
        while True:
            if self.take("."):
                value = _member(value, self.next()[1])
            elif self.take("["):
                if self.take("*"):
                    raise _UnreadableError
                key = self.expression()
                self.need("]")
                value = _member(value, key)
            else:
                return value

    def _primary(self) -> Any:
        kind, word = self.next()
        if kind == "number":
            return float(word) if "." in word else int(word[:30])
        if kind == "quote":
            return self.template(closed=True)
        if kind == "name":
            return self._named(word)
        if word == "(":
            value = self.expression()
            self.need(")")
            return value
        if word == "[":
            return self._loop() if self.peek() == "for" else self._listed("]")
        if word == "{" and self.peek() != "for":
            return self._object()
        raise _UnreadableError

    def _named(self, word: str) -> Any:
        if word in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[word]
        if self.take("("):
            return self.evaluator.call(word, self._listed(")"))
        return self.scope[word] if word in self.scope else self.evaluator.variable(word)

    def _listed(self, closing: str) -> list[Any]:
        found: list[Any] = []
        while not self.take(closing):
            value = self.expression()
            if self.take("..."):
                if not isinstance(value, list):
                    raise _UnreadableError
                found += value
            else:
                found.append(value)
            if not self.take(","):
                self.need(closing)
                break
        return found

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not self.take("}"):
            kind, word = self.next()
            key = self.template(closed=True) if kind == "quote" else word
            if kind not in ("quote", "name") or not (self.take("=") or self.take(":")):
                raise _UnreadableError
            found[str(key)] = self.expression()
            self.take(",")
        return found

    def _loop(self) -> Any:
        self.need("for")
        names = [self.next()[1]]
        if self.take(","):
            names.append(self.next()[1])
        self.need("in")
        over = self.expression()
        self.need(":")
        start, outer, found = self.at, self.scope, []
        pairs = (
            list(over.items()) if isinstance(over, dict) else list(enumerate(over)) if isinstance(over, list) else None
        )
        for key, value in pairs or [(UNKNOWN, UNKNOWN)]:
            self.at = start
            held = {names[0]: value} if len(names) == 1 else {names[0]: key, names[1]: value}
            self.scope = {**outer, **held}
            made = self.expression()
            kept = self.expression() if self.take("if") else True
            if kept is UNKNOWN:
                pairs = None
            elif _true(kept):
                found.append(made)
        self.scope = outer
        self.need("]")
        return UNKNOWN if pairs is None else found if pairs else []

    def template(self, *, closed: bool) -> Any:
        """A text up to its end, or to the quote that closes it."""
        parts: list[Any] = []
        while self.at < len(self.source):
            text = _TEXT.match(self.source, self.at)
            if text is not None:
                self.at = text.end()
                parts.append(_ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[1]) if m[1] else m[0][1:], text[0]))
            elif self.source.startswith("${", self.at):
                self.at += 2
                self.take("~")
                parts.append(self.expression())
                self.need("}")
            elif self.source[self.at] == '"' and closed:
                self.at += 1
                return _joined(parts)
            elif self.source[self.at] in ('"', "\\"):
                parts.append(self.source[self.at])
                self.at += 1
            else:  # `%{ if ... }`
                raise _UnreadableError
        if closed:
            raise _UnreadableError
        return _joined(parts)


def _joined(parts: list[Any]) -> Any:
    if len(parts) == 1 and not isinstance(parts[0], str):
        return parts[0]
    if any(isinstance(part, Unknown | list | dict) or part is None for part in parts):
        return UNKNOWN
    return _bounded("".join(map(as_text, parts)))


def as_text(value: Any) -> str:
    """A number, a flag or a text as HCL puts it into a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _bounded(value: Any) -> Any:
    return UNKNOWN if isinstance(value, str | list | dict) and len(value) > MAX_LENGTH else value


def _holds_unknown(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is UNKNOWN or any(_holds_unknown(each) for each in inner)


def _true(value: Any) -> bool:
    return value not in (False, "false", "0", "", None)


def _member(value: Any, key: Any) -> Any:
    if value is UNKNOWN or key is UNKNOWN:
        return UNKNOWN
    return value[int(key)] if isinstance(value, list) else value[as_text(key)]


def _operate(sign: str, left: Any, right: Any) -> Any:
    if sign in ("&&", "||"):
        deciding = sign == "||"
        if any(each is not UNKNOWN and _true(each) is deciding for each in (left, right)):
            return deciding
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    return _OPERATIONS[sign](left, right)


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "||": lambda a, b: _true(a) or _true(b),
    "&&": lambda a, b: _true(a) and _true(b),
    "==": lambda a, b: a == b or as_text(a) == as_text(b),
    "!=": lambda a, b: a != b and as_text(a) != as_text(b),
    "<": lambda a, b: float(a) < float(b),
    ">": lambda a, b: float(a) > float(b),
    "<=": lambda a, b: float(a) <= float(b),
    ">=": lambda a, b: float(a) >= float(b),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: (
        min(a * b, 10**30) if not isinstance(a, str | list) and not isinstance(b, str | list) else UNKNOWN
    ),
    "/": lambda a, b: a / b,
    "%": lambda a, b: a % b if not isinstance(a, str) else UNKNOWN,
}


def _format(text: str, *given: Any) -> Any:
    parts = text.split("%s")
    if len(parts) != len(given) + 1 or any("%" in part for part in parts):
        return UNKNOWN
    return "".join(part + end for part, end in zip(parts, [*map(as_text, given), ""], strict=True))


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "and": lambda a, b: _true(a) and _true(b),
    "basename": posixpath.basename,
    "coalesce": lambda *given: next(each for each in given if each is not None),
    "compact": lambda items: [item for item in items if item != ""],
    "concat": lambda *lists: [item for each in lists for item in each],
    "contains": lambda items, item: item in items,
    "dirname": posixpath.dirname,
    "distinct": lambda items: [item for at, item in enumerate(items[:500]) if item not in items[:at]],
    "element": lambda items, at: items[int(at) % len(items)],
    "equal": lambda a, b: a == b,
    "flatten": lambda items: [inner for item in items for inner in (item if isinstance(item, list) else [item])],
    "format": _format,
    "join": lambda between, items: between.join(map(as_text, items)),
    "keys": lambda items: sorted(items),
    "length": len,
    "lookup": lambda items, key, default=None: items.get(key, default),
    "lower": str.lower,
    "merge": lambda *maps: {key: value for each in maps for key, value in each.items()},
    "not": lambda a: not _true(a),
    "notequal": lambda a, b: a != b,
    "or": lambda a, b: _true(a) or _true(b),
    "replace": lambda text, old, new: text.replace(old, new) if old and len(text) * len(new) < 10**6 else UNKNOWN,
    "reverse": lambda items: items[::-1],
    "split": lambda between, text: text.split(between),
    "trim": lambda text, chars: text.strip(chars),
    "trimprefix": lambda text, prefix: text.removeprefix(prefix),
    "trimspace": str.strip,
    "trimsuffix": lambda text, suffix: text.removesuffix(suffix),
    "try": lambda *given: given[0],
    "upper": str.upper,
    "values": lambda items: [items[key] for key in sorted(items)],
}
