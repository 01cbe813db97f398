"""What the modules here take from typing; type checkers read typing's own, and a run goes without: it takes long to import."""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any, AnyStr, BinaryIO, Generic, NoReturn, Protocol, Self, TypeAlias, TypeVar, cast

    __all__ = (
        "Any",
        "AnyStr",
        "BinaryIO",
        "Generic",
        "NoReturn",
        "Protocol",
        "Self",
        "TypeAlias",
        "TypeVar",
        "cast",
    )
else:
    Any = AnyStr = BinaryIO = NoReturn = Self = TypeAlias = object

    class Protocol:
        """A base that says nothing."""

        __slots__ = ()

    class Generic:
        """A base of classes that are the same whatever they hold."""

        __slots__ = ()

        def __class_getitem__(cls, item: object) -> type:
            return cls

    def cast(kind: object, value: object) -> object:
        """The value as it is."""
        return value

    def TypeVar(name: str, *_: object, **__: object) -> type:  # noqa: N802  as in typing
        """A type for annotations, which nobody reads at run time."""
        return object
