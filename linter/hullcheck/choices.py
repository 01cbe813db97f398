"""Enumerations as the standard library's are, made without its machinery, which takes as long to import as ten modules."""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers know this name, and read what stands below; to import enum for it takes long

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import Enum, IntEnum
    from typing import Any

__all__ = ("Enum", "IntEnum")


class _Meta(type):
    _members: dict[str, Any]
    _by_value: dict[Any, Any]

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
        values = {
            key: value for key, value in body.items() if not key.startswith("__") and not hasattr(value, "__get__")
        }
        made = super().__new__(cls, name, bases, {key: value for key, value in body.items() if key not in values})
        made._members, made._by_value = {}, {}
        for key, value in values.items():
            member = int.__new__(made, value) if issubclass(made, int) else object.__new__(made)
            member.name, member.value = key, value  # type: ignore[attr-defined]
            if value in made._by_value:
                raise ValueError(f"{name}: two members are {value!r}")
            made._members[key] = made._by_value[value] = member
            setattr(made, key, member)
        return made

    def __call__(cls, value: Any) -> Any:
        try:
            return value if isinstance(value, cls) else cls._by_value[value]
        except (KeyError, TypeError):
            raise ValueError(f"{value!r} is not a valid {cls.__qualname__}") from None

    def __getitem__(cls, name: str) -> Any:
        return cls._members[name]

    def __iter__(cls) -> Iterator[Any]:
        return iter(cls._members.values())

    def __reversed__(cls) -> Iterator[Any]:
        return reversed(cls._members.values())

    def __len__(cls) -> int:
        return len(cls._members)

    def __bool__(cls) -> bool:
        return True


class _Member:
    name: str
    value: Any

    def __repr__(self) -> str:
        return f"<{type(self).__name__}.{self.name}: {self.value!r}>"

    def __reduce__(self) -> Any:
        return type(self), (self.value,)

    def __deepcopy__(self, memo: object) -> Any:
        return self

    def __copy__(self) -> Any:
        return self


if not TYPE_CHECKING:

    class Enum(_Member, metaclass=_Meta):
        """As enum.Enum: each name in the class's body is a member, which is one object wherever it is met."""

        def __str__(self) -> str:
            return f"{type(self).__name__}.{self.name}"

    class IntEnum(_Member, int, metaclass=_Meta):
        """As enum.IntEnum."""

        __str__ = int.__repr__
