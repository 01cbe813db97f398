"""Templates made into closures, once; each of them is called with a frame and the dot."""

from __future__ import annotations

from collections.abc import Callable

from hullcheck.render.helm import syntax
from hullcheck.render.helm.builtins import field
from hullcheck.render.helm.engine import Engine
from hullcheck.render.helm.errors import SyntaxProblem, TemplateError, UndecidedError
from hullcheck.render.helm.functions import Function, invoke
from hullcheck.render.helm.lenient import Cause, Lenience
from hullcheck.render.helm.limits import check_items, spend
from hullcheck.render.helm.origin import Origin
from hullcheck.render.helm.program import Expression, Frame, Stage, Statement, Template, assigned
from hullcheck.render.helm.unknown import Unknown
from hullcheck.render.helm.values import (
    TYPED_NIL,
    Host,
    Nil,
    Value,
    is_list,
    kind,
    known_truth,
    reason_of,
    truth,
    type_name,
    with_origin,
)


def compiled(engine: Engine, template: Template, top: bool) -> Statement:
    """What runs a template; `top`: it's a file's own, of which parts may be left out."""
    return Compiler(engine, template, top).block(template.body)


class Compiler:
    """Makes closures of one template."""

    def __init__(self, engine: Engine, template: Template, top: bool) -> None:
        self.engine = engine
        self.text = template.text
        self.places = template.places
        self.top = top
        self.scope: list[tuple[str, int]] = [("$", 0)]
        self.count = 1

    # Statements

    def block(self, body: syntax.Block) -> Statement:
        """Statements one after the other, with a scope of their own; what it gives is `break`, `continue` or nothing."""
        size = len(self.scope)
        runs = [self._statement(statement) for statement in body]
        del self.scope[size:]
        if len(runs) < 2:
            return runs[0] if runs else _nothing

        def run(frame: Frame, dot: Value) -> str:
            for each in runs:
                signal = each(frame, dot)
                if signal:
                    return signal
            return ""

        return run

    def _statement(self, statement: syntax.Statement) -> Statement:
        if isinstance(statement, syntax.Literal):
            return self._literal(statement)
        if isinstance(statement, syntax.Action):
            return self._action(statement)
        if isinstance(statement, syntax.Branch):
            return self._range(statement) if statement.kind == "range" else self._condition(statement)
        if isinstance(statement, syntax.Call):
            return self._call(statement)
        return lambda frame, dot: statement.kind

    def _literal(self, statement: syntax.Literal) -> Statement:
        text = self.text[statement.start : statement.end]
        runs = self.places.literal(statement.start, statement.end)

        def run(frame: Frame, dot: Value) -> str:
            frame.out.literal(text, runs)
            return ""

        return run

    def _later(self, body: syntax.Block) -> Statement:
        """A block that is compiled when it first runs."""
        if not body:
            return _nothing
        scope = list(self.scope)
        compiled: list[Statement] = []

        def run(frame: Frame, dot: Value) -> str:
            if not compiled:
                kept, self.scope = self.scope, list(scope)
                compiled.append(self.block(body))
                self.scope = kept
            return compiled[0](frame, dot)

        return run

    def _action(self, statement: syntax.Action) -> Statement:
        expression, pipe, origin = self._located(statement.line)
        if pipe.names:

            def assign(frame: Frame, dot: Value) -> str:
                expression(frame, dot)
                return ""

            return assign

        def run(frame: Frame, dot: Value) -> str:
            frame.out.put(expression(frame, dot), origin)
            return ""

        return run

    def _located(self, line: syntax.Line, loops: bool = False) -> tuple[Expression, syntax.Pipe, Origin]:
        """A pipeline that says where it went wrong; that of a loop doesn't set the variables."""
        origin = self.places.action(line.start, line.end)
        engine = self.engine
        try:
            pipe = line.pipe(two=loops)
            expression = self.pipe(pipe._replace(names=()) if loops else pipe)
        except SyntaxProblem as problem:
            place = self.places.action(problem.offset, problem.offset + 1)
            if engine.lenience is None:
                raise TemplateError(problem.message, place) from None
            pipe = syntax.Pipe((), False, (), line.start, line.end)
            expression = self._unreadable(problem.message, engine.lenience)
        slot = self._slot(pipe.names[0]) if pipe.names and not loops else -1

        def run(frame: Frame, dot: Value) -> Value:
            engine.at = origin
            spend()
            try:
                return expression(frame, dot)
            except TemplateError as error:
                error.where = error.where or origin
                if engine.lenience is None:
                    raise
                value = engine.lenience.value(error)
                if slot >= 0:
                    frame.slots[slot] = value
                return value

        return run, pipe, origin

    def _condition(self, statement: syntax.Branch) -> Statement:
        size = len(self.scope)
        expression, _, origin = self._located(statement.line)
        body = self._later(statement.body)
        otherwise = self._later(statement.otherwise)
        del self.scope[size:]
        rebinds = statement.kind == "with"
        undecided = self._undecided(statement, origin)
        lenience = self.engine.lenience

        def run(frame: Frame, dot: Value) -> str:
            value = expression(frame, dot)
            try:
                chosen = truth(value)
            except UndecidedError as error:
                if lenience is not None:
                    no = (lambda: otherwise(frame, dot)) if statement.otherwise else None
                    return lenience.branch(frame, error, origin, lambda: body(frame, value if rebinds else dot), no)
                return undecided(frame, error)
            if chosen:
                return body(frame, value if rebinds else dot)
            return otherwise(frame, dot)

        return run

    def _range(self, statement: syntax.Branch) -> Statement:
        size = len(self.scope)
        expression, pipe, origin = self._located(statement.line, loops=True)
        names = pipe.names
        slots = [self._declare(name) if pipe.declares else self._slot(name) for name in names]
        body = self._later(statement.body)
        del self.scope[size:]
        otherwise = self._later(statement.otherwise)
        undecided = self._undecided(statement, origin)
        lenience = self.engine.lenience

        def guessed(item: Value) -> list[tuple[Value, Value]]:
            """One turn, of an item that isn't known."""
            return [(item, item)]

        def run(frame: Frame, dot: Value) -> str:
            value = expression(frame, dot)
            try:
                pairs = _pairs(value, len(names))
            except UndecidedError as error:
                if lenience is None:
                    return undecided(frame, error)
                pairs = guessed(Unknown(error.message))
            except TemplateError as error:
                error.where = error.where or origin
                if lenience is None:
                    raise
                pairs = guessed(lenience.value(error))
            if not pairs:
                return otherwise(frame, dot)
            if lenience is not None and lenience.turns is not None:
                del pairs[lenience.turns :]
            for key, item in pairs:
                spend()
                item = TYPED_NIL if item is None else item
                if len(slots) == 1:
                    frame.slots[slots[0]] = item
                elif slots:
                    frame.slots[slots[0]], frame.slots[slots[1]] = key, item
                if body(frame, item) == "break":
                    break
            return ""

        return run

    def _undecided(self, statement: syntax.Branch, origin: Origin) -> "Callable[[Frame, UndecidedError], str]":
        """What to do where a branch can't be decided: in a file of its own leave that part out, elsewhere give up."""
        engine, top, scope = self.engine, self.top, list(self.scope)

        def leave_out(frame: Frame, error: UndecidedError) -> str:
            error.where = error.where or origin
            if not top or engine.mutates_in((*statement.body, *statement.otherwise), set()):
                raise error
            frame.out.holes.append((frame.out.length, error.message, origin))
            for name in assigned(statement):
                slot = next((slot for known, slot in reversed(scope) if known == name), -1)
                frame.slots[slot] = Unknown(error.message)
            return ""

        return leave_out

    def _call(self, statement: syntax.Call) -> Statement:
        origin = self.places.action(statement.line.start, statement.line.end)
        expression = _nil if statement.line.is_empty() else self._located(statement.line)[0]
        engine, name = self.engine, statement.name

        def run(frame: Frame, dot: Value) -> str:
            data = expression(frame, dot)
            try:
                template = engine.find(name)
                if template is None and engine.lenience is not None:
                    frame.out.put(engine.lenience.no_template(name), origin)
                    return ""
                if template is None:
                    raise TemplateError(f'template "{name}" not defined')
                engine.execute(template, data, frame.out)
            except TemplateError as error:
                error.where = error.where or origin
                if engine.lenience is None:
                    raise
                frame.out.put(engine.lenience.value(error), origin)
            return ""

        return run

    # Expressions

    def _declare(self, name: str) -> int:
        self.scope.append((name, self.count))
        self.count += 1
        return self.count - 1

    def _slot(self, name: str) -> int:
        """The variable's slot, -1 if there is none: that is wrong only where it's run."""
        return next((slot for known, slot in reversed(self.scope) if known == name), -1)

    def pipe(self, pipe: syntax.Pipe) -> Expression:
        """Commands, each with what the one before gave as its last argument; then the variable is set."""
        first = self._command(pipe.commands[0])
        stages = [self._stage(command) for command in pipe.commands[1:]]
        if not stages and not pipe.names:
            return first
        slot = -1
        if pipe.names:
            slot = self._declare(pipe.names[0]) if pipe.declares else self._slot(pipe.names[0])
            if slot < 0:
                return self._wrong(f"undefined variable {pipe.names[0]}")

        def run(frame: Frame, dot: Value) -> Value:
            value = first(frame, dot)
            for stage in stages:
                value = stage(frame, dot, value)
            if slot >= 0:
                frame.slots[slot] = value
            return value

        return run

    def _wrong(self, message: str) -> Expression:
        """What is wrong only if it's run."""

        def refuse(frame: Frame, dot: Value) -> Value:
            raise TemplateError(message)

        return refuse

    def _unreadable(self, message: str, lenience: Lenience) -> Expression:
        """An action that can't be parsed, of which nobody knows how far it was meant to go."""

        def run(frame: Frame, dot: Value) -> Value:
            lenience.broken = Cause("chart-template", message)
            return Unknown(message)

        return run

    def _command(self, command: tuple[syntax.Operand, ...]) -> Expression:
        """A command that gets nothing from a pipe."""
        word = command[0]
        if isinstance(word, syntax.Function):
            return self._function(word, command[1:])
        if len(command) == 1:
            if isinstance(word, syntax.Nothing):
                raise SyntaxProblem("nil is not a command", word.start)
            return self._operand(word)
        stage = self._method(command)
        return lambda frame, dot: stage(frame, dot, _MISSING)

    def _stage(self, command: tuple[syntax.Operand, ...]) -> Stage:
        """A command that gets its last argument from a pipe."""
        word = command[0]
        if isinstance(word, syntax.Function):
            return self._piped_function(word, command[1:])
        return self._method(command)

    def _method(self, command: tuple[syntax.Operand, ...]) -> Stage:
        word = command[0]
        args = [self._argument(part) for part in command[1:]]
        if not isinstance(word, syntax.Field | syntax.Variable | syntax.Chain) or not word.names:
            message = "can't give argument to non-function"

            def refuse(frame: Frame, dot: Value, final: Value) -> Value:
                raise TemplateError(message)

            return refuse
        receiver = self._operand(_without_last(word))
        name = word.names[-1]

        def run(frame: Frame, dot: Value, final: Value) -> Value:
            target = receiver(frame, dot)
            values = [arg(frame, dot) for arg in args]
            if final is not _MISSING:
                values.append(final)
            if isinstance(target, Unknown):
                return Unknown(target.reason, "string" if kind(target) == "unknown" else "")
            if isinstance(target, Host):
                return target.call(name, values)
            if isinstance(target, dict):
                raise TemplateError(f"{name} is not a method but has arguments")
            raise TemplateError(f"can't evaluate field {name} in type {type_name(target)}")

        return run

    def _function(self, word: syntax.Function, operands: tuple[syntax.Operand, ...]) -> Expression:
        if word.name in ("and", "or"):
            return self._logic(word, operands)
        function, args, types = self._prepared(word, operands, 0)
        if len(args) == 1:
            only = args[0]
            return lambda frame, dot: invoke(function, types, [only(frame, dot)])
        return lambda frame, dot: invoke(function, types, [arg(frame, dot) for arg in args])

    def _piped_function(self, word: syntax.Function, operands: tuple[syntax.Operand, ...]) -> Stage:
        if word.name in ("and", "or"):
            return self._piped_logic(word, operands)
        function, args, types = self._prepared(word, operands, 1)
        return lambda frame, dot, final: invoke(function, types, [*[arg(frame, dot) for arg in args], final])

    def _prepared(
        self, word: syntax.Function, operands: tuple[syntax.Operand, ...], piped: int
    ) -> tuple[Function, list[Expression], tuple[str, ...]]:
        function = self.engine.functions.get(word.name)
        if function is None and self.engine.lenience is not None:
            function = Function(word.name, _refusing(f'function "{word.name}" not defined'), (), "any", True)
        if function is None:
            raise SyntaxProblem(f'function "{word.name}" not defined', word.start)
        count = len(operands) + piped
        wrong = function.refuses(count)
        if wrong:
            function = function._replace(call=_refusing(wrong), takes=("any",) * count, rest="", aware=True)
        types = function.types(count)
        args = [self._argument(part, types[at]) for at, part in enumerate(operands)]
        return function, args, types

    def _argument(self, operand: syntax.Operand, wanted: str = "any") -> Expression:
        """An argument; a missing field is no map, while nil from a variable or a pipe is an empty one."""
        if isinstance(operand, syntax.Nothing):
            return lambda frame, dot: None
        if isinstance(operand, syntax.Constant) and wanted == "int":
            operand = _as_int(operand)
        expression = self._operand(operand)
        if wanted != "map" or not isinstance(operand, syntax.Field | syntax.Variable | syntax.Chain):
            return expression
        if not operand.names:
            return expression

        def run(frame: Frame, dot: Value) -> Value:
            value = expression(frame, dot)
            if value is None:
                raise TemplateError("wrong type for value; expected map[string]interface {}; got interface {}")
            return value

        return run

    def _logic(self, word: syntax.Function, operands: tuple[syntax.Operand, ...]) -> Expression:
        """`and` and `or` evaluate no further than they must."""
        if not operands:
            raise SyntaxProblem(f"wrong number of args for {word.name}: want at least 1 got 0", word.start)
        args = [self._argument(part) for part in operands]
        stops_at = word.name == "or"

        def run(frame: Frame, dot: Value) -> Value:
            return _decide([lambda arg=arg: arg(frame, dot) for arg in args], stops_at)  # type: ignore[misc]

        return run

    def _piped_logic(self, word: syntax.Function, operands: tuple[syntax.Operand, ...]) -> Stage:
        args = [self._argument(part) for part in operands]
        stops_at = word.name == "or"

        def run(frame: Frame, dot: Value, final: Value) -> Value:
            parts: list[Callable[[], Value]] = [lambda arg=arg: arg(frame, dot) for arg in args]  # type: ignore[misc]
            return _decide([*parts, lambda: final], stops_at)

        return run

    def _operand(self, operand: syntax.Operand) -> Expression:
        if isinstance(operand, syntax.Field):
            return self._chain(_dot, operand.names)
        if isinstance(operand, syntax.Variable):
            return self._variable(operand)
        if isinstance(operand, syntax.Dot):
            return lambda frame, dot: None if isinstance(dot, Nil) else dot
        if isinstance(operand, syntax.Constant):
            value = self._constant(operand)
            return lambda frame, dot: value
        if isinstance(operand, syntax.Pipe):
            return self.pipe(operand)
        if isinstance(operand, syntax.Chain):
            return self._chain(self._operand(operand.operand), operand.names)
        if isinstance(operand, syntax.Function):
            return self._function(operand, ())
        return lambda frame, dot: None

    def _constant(self, operand: syntax.Constant) -> Value:
        return with_origin(operand.value, self.places.action(operand.start, operand.end))

    def _variable(self, operand: syntax.Variable) -> Expression:
        slot = self._slot(operand.name)
        if slot < 0:
            return self._wrong(f"undefined variable {operand.name}")
        if operand.names:
            return self._chain(lambda frame, dot: frame.slots[slot], operand.names)

        def run(frame: Frame, dot: Value) -> Value:
            value = frame.slots[slot]
            return None if isinstance(value, Nil) else value

        return run

    def _chain(self, start: Expression, names: tuple[str, ...]) -> Expression:
        if len(names) == 1:
            only = names[0]

            def run_one(frame: Frame, dot: Value) -> Value:
                value = start(frame, dot)
                return value.get(only) if isinstance(value, dict) else field(value, only, True)

            return run_one

        def run(frame: Frame, dot: Value) -> Value:
            value = start(frame, dot)
            if value is None:
                return None
            for name in names:
                value = value.get(name) if isinstance(value, dict) else field(value, name, False)
            return value

        return run


def _as_int(operand: syntax.Constant) -> syntax.Constant:
    """A constant such as `3.0` is taken where an int is wanted."""
    value = operand.value
    return operand._replace(value=int(value)) if isinstance(value, float) and value.is_integer() else operand


def _refusing(message: str) -> Callable[..., Value]:
    def refuse(*args: Value) -> Value:
        raise TemplateError(message)

    return refuse


def _nothing(frame: Frame, dot: Value) -> str:
    return ""


def _nil(frame: Frame, dot: Value) -> Value:
    return None


class _Missing:
    pass


_MISSING = _Missing()


def _dot(frame: Frame, dot: Value) -> Value:
    return dot


def _without_last(word: "syntax.Field | syntax.Variable | syntax.Chain") -> syntax.Operand:
    if isinstance(word, syntax.Field) and len(word.names) == 1:
        return syntax.Dot(word.start)
    if isinstance(word, syntax.Chain) and len(word.names) == 1:
        return word.operand
    return word._replace(names=word.names[:-1])


def _decide(parts: list[Callable[[], Value]], stops_at: bool) -> Value:
    """The first value whose truth settles it, or the last; unknown if what settles it is."""
    value: Value = None
    for part in parts:
        value = part()
        known = known_truth(value)
        if known is None:
            return Unknown(reason_of(value))
        if known is stops_at:
            return value
    return value


def _pairs(value: Value, names: int) -> list[tuple[Value, Value]]:
    """What `range` goes through: index or key, and item."""
    if isinstance(value, Unknown):
        raise UndecidedError(value.reason)
    if value is None:
        return []
    if isinstance(value, dict):
        return [(key, value[key]) for key in sorted(value)]
    if is_list(value):
        return list(enumerate(value))
    what = kind(value)
    if what in ("int", "int64"):
        if names > 1:
            raise TemplateError("can't use range over an integer with two variables")
        check_items(max(int(value), 0))
        return [(number, number) for number in range(int(value))]
    if isinstance(value, Host) and what == "map":
        return list(value.call("range", []))
    raise TemplateError(f"range can't iterate over a value of type {type_name(value)}")
