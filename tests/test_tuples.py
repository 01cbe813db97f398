"""Named tuples made here, held against those of the standard library."""

import copy
import inspect
import pickle
import types
import typing
from collections.abc import Iterator
from typing import Any

import pytest

from hullcheck.tuples import _MAKERS, NamedTuple, maker


def _shapes(base: Any) -> Iterator[Any]:
    """Classes of many shapes, all called the same whatever they are made by."""

    class Empty(base):
        pass

    class One(base):
        only: int

    class Point(base):
        """A place."""

        x: int
        y: "float" = 0.0
        name: str | None = None

        @property
        def far(self) -> bool:
            return abs(self.x) > 10

        def moved(self, by: int) -> Any:
            return self._replace(x=self.x + by)

        @classmethod
        def origin(cls) -> Any:
            return cls(0)

        def __str__(self) -> str:
            return f"<{self.x}>"

    class Odd(base):
        cls: int
        self: int
        a0: int = 1
        changes: int = 2
        iterable: tuple[int, ...] = ()

    class Compared(base):
        value: int

        def __eq__(self, other: object) -> bool:
            return isinstance(other, int) and other == self.value

        def __hash__(self) -> int:
            return 7

        def __repr__(self) -> str:
            return "compared"

    class Held(base, typing.Generic[typing.TypeVar("T")]):  # type: ignore[misc]
        value: Any = None

    wide = {"__annotations__": {f"field{number}": int for number in range(40)}, "__module__": __name__}
    yield from (Empty, One, Point, Odd, Compared, Held, _made(base, wide))


def _made(base: Any, body: dict[str, Any]) -> Any:
    import types

    return types.new_class("Wide", (base,), exec_body=lambda namespace: namespace.update(body))


SHAPES = list(zip(_shapes(NamedTuple), _shapes(typing.NamedTuple), strict=True))
NAMES = [ours.__name__ for ours, _ in SHAPES]


def _instances(kind: Any) -> Iterator[Any]:
    needed = len(kind._fields) - len(kind._field_defaults)
    yield kind(*range(needed))
    yield kind(*range(len(kind._fields)))
    yield kind(**{name: 20 + number for number, name in enumerate(kind._fields)})
    yield kind._make(range(len(kind._fields)))


@pytest.mark.parametrize(("ours", "theirs"), SHAPES, ids=NAMES)
def test_classes_are_the_same(ours: Any, theirs: Any) -> None:
    for name in ("__name__", "__doc__", "__module__", "__match_args__", "_fields", "_field_defaults", "__slots__"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert ours.__bases__ == theirs.__bases__
    assert type(ours) is type(theirs)
    assert list(ours.__annotations__) == list(theirs.__annotations__)
    assert [str(p) for p in inspect.signature(ours).parameters.values()] == [
        str(p).replace("ForwardRef('float')", "'float'") for p in inspect.signature(theirs).parameters.values()
    ]
    for name in ours._fields:
        assert getattr(ours, name).__doc__ == getattr(theirs, name).__doc__
    known = {"__dict__", "__weakref__", "__orig_bases__", "__parameters__", "__class_getitem__"}
    assert set(vars(theirs)) - set(vars(ours)) - known == set()


@pytest.mark.parametrize(("ours", "theirs"), SHAPES, ids=NAMES)
def test_instances_are_the_same(ours: Any, theirs: Any) -> None:
    for own, other in zip(_instances(ours), _instances(theirs), strict=True):
        assert tuple(own) == tuple(other)
        assert repr(own) == repr(other)
        assert str(own) == str(other)
        assert hash(own) == hash(other)
        assert own._asdict() == other._asdict()
        assert own.__getnewargs__() == other.__getnewargs__()
        assert copy.copy(own) == tuple(own) or ours.__name__ == "Compared"
        for name in ours._fields:
            assert getattr(own, name) == getattr(other, name)
            assert tuple(own._replace(**{name: "new"})) == tuple(other._replace(**{name: "new"}))
            with pytest.raises(AttributeError):
                setattr(own, name, 1)
        with pytest.raises(AttributeError):
            own.more = 1
        assert not hasattr(own, "__dict__")


@pytest.mark.parametrize(("ours", "theirs"), SHAPES, ids=NAMES)
@pytest.mark.parametrize("wrong", [((), {"no": 1}), (range(90), {}), ((), {}), ((1,), {"x": 1, "only": 1})], ids=str)
def test_wrong_arguments_fail_in_the_same_words(ours: Any, theirs: Any, wrong: Any) -> None:
    def told(kind: Any) -> str:
        try:
            return repr(tuple(kind(*wrong[0], **wrong[1])))
        except TypeError as error:
            return str(error).replace(f"{_shapes.__name__}.<locals>.", "")

    assert told(ours) == told(theirs)


@pytest.mark.parametrize(("ours", "theirs"), SHAPES, ids=NAMES)
def test_wrong_changes_fail_alike(ours: Any, theirs: Any) -> None:
    def told(kind: Any) -> str:
        with pytest.raises((TypeError, ValueError)) as caught:
            next(_instances(kind))._replace(nothing=1)
        return f"{caught.type} {caught.value}"

    assert told(ours) == told(theirs)
    with pytest.raises(TypeError) as own:
        ours._make(range(90))
    with pytest.raises(TypeError) as other:
        theirs._make(range(90))
    assert str(own.value) == str(other.value)


@pytest.mark.parametrize(
    "body",
    [
        {"__annotations__": {"_x": int}},
        {"__annotations__": {"x": int, "y": int}, "x": 1},
        {"__annotations__": {"x": int}, "_replace": None},
        {"__annotations__": {"x": int}, "__new__": None},
    ],
    ids=str,
)
def test_wrong_classes_fail_alike(body: dict[str, Any]) -> None:
    for base in (NamedTuple, typing.NamedTuple):
        with pytest.raises((ValueError, TypeError, AttributeError)) as caught:
            _made(base, {"__module__": __name__, **body})
        if base is NamedTuple:
            own = caught.type
    assert own is caught.type


class Kept(NamedTuple):
    first: int
    second: tuple[str, ...] = ()


class Larger(Kept):
    """A class of one's own below it."""

    def total(self) -> int:
        return self.first + len(self.second)


def test_what_is_pickled_comes_back() -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        for made in (Kept(1, ("a",)), Larger(2)):
            again = pickle.loads(pickle.dumps(made, protocol))
            assert again == made
            assert type(again) is type(made)


def test_patterns_take_them_apart() -> None:
    match Kept(1, ("a", "b")):
        case Kept(first, (_, last)):
            assert (first, last) == (1, "b")
        case _:
            pytest.fail("no match")
    assert Larger(2, ("a",)).total() == 3
    assert Larger(2)._replace(first=5).total() == 5
    assert isinstance(Larger(2)._replace(first=5), Larger)


def test_makers_are_spelled_out_as_they_are_written() -> None:
    for count, made in enumerate(_MAKERS):
        code, wanted = made.__code__, eval(maker(count)).__code__
        assert (code.co_code, code.co_names, code.co_varnames) == (wanted.co_code, wanted.co_names, wanted.co_varnames)


@pytest.mark.parametrize("count", [len(_MAKERS) - 1, len(_MAKERS), len(_MAKERS) + 60])
def test_any_number_of_fields(count: int) -> None:
    body = {"__annotations__": {f"f{number}": int for number in range(count)}}
    made: Any = types.new_class("Wide", (NamedTuple,), exec_body=lambda names: names.update(body))
    assert made(*range(count)) == tuple(range(count))
