"""Our enumerations against the standard library's."""

import copy
import enum
import pickle
from typing import Any

import pytest

from hullcheck.choices import Enum, IntEnum
from hullcheck.finding import Severity
from hullcheck.model.network.policy import Direction


def made(base: Any, numbers: Any) -> Any:
    class Level(numbers):  # type: ignore[misc]
        LOW = 1
        HIGH = 2

        def __str__(self) -> str:
            return self.name.lower()

    class Colour(base):  # type: ignore[misc]
        RED = "red"
        BLUE = "blue"

        @property
        def warm(self) -> bool:
            return self is Colour.RED

        @classmethod
        def first(cls) -> Any:
            return next(iter(cls))

    class Plain(numbers):  # type: ignore[misc]
        ZERO = 0
        ONE = 1

    return Level, Colour, Plain


OURS, THEIRS = made(Enum, IntEnum), made(enum.Enum, enum.IntEnum)


def told(level: Any, colour: Any, plain: Any) -> list[object]:
    return [
        [(each.name, each.value, repr(each), str(each), f"{each}", bool(each)) for cls in (level, colour, plain) for each in cls],
        [each.name for each in reversed(level)], len(colour), list(map(int, level)), level(2).name, colour["RED"].value,
        level.LOW < level.HIGH, level.LOW == 1, level.HIGH - 1, colour.RED == "red", colour.RED.warm, colour.BLUE.warm,
        colour.first().name, colour("blue") is colour.BLUE, level(level.LOW) is level.LOW, plain.ONE + 1, f"{plain.ONE:03}",
        f"{level.HIGH!s:>6}", copy.deepcopy(colour.RED) is colour.RED, copy.copy(level.LOW) is level.LOW,
        len({colour.RED, colour.BLUE, colour("red")}), isinstance(level.LOW, int), max(level).name, bool(colour),
    ]  # fmt: skip


def test_they_are_as_the_library_s() -> None:
    assert told(*OURS) == told(*THEIRS)


@pytest.mark.parametrize("classes", [OURS, THEIRS], ids=["ours", "theirs"])
def test_what_is_no_member_is_refused(classes: Any) -> None:
    level, colour, _ = classes
    with pytest.raises(ValueError, match="is not a valid"):
        level(3)
    with pytest.raises(KeyError):
        colour["GREEN"]


def test_they_come_back_from_other_processes() -> None:
    assert pickle.loads(pickle.dumps((Severity.HIGH, Direction.EGRESS))) == (Severity.HIGH, Direction.EGRESS)
    assert pickle.loads(pickle.dumps(Direction.EGRESS)) is Direction.EGRESS


def test_two_members_have_two_values() -> None:
    with pytest.raises(ValueError, match="two members"):
        type(Enum)("Twice", (Enum,), {"A": 1, "B": 1})
