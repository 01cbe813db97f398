"""What happens at which place of a project: tables of paths, as trees that are walked along with the nodes."""

from __future__ import annotations

from collections.abc import Mapping

from hullcheck.typed import Generic, TypeVar

T = TypeVar("T")


class Places(Generic[T]):
    """A table from paths such as `services.*.ports` to what happens there; `*` is any key or item."""

    __slots__ = ("any", "here", "keys")

    def __init__(self, table: Mapping[str, T] | None = None) -> None:
        self.here: T | None = None
        self.keys: dict[str, Places[T]] = {}
        self.any: Places[T] | None = None
        for path, what in (table or {}).items():
            self._add(path.split("."), what)

    def _add(self, path: list[str], what: T) -> None:
        if not path:
            self.here = what
            return
        first, *rest = path
        if first == "*":
            self.any = self.any or Places()
            self.any._add(rest, what)
        else:
            self.keys.setdefault(first, Places())._add(rest, what)

    def below(self, key: str) -> "Places[T] | None":
        """The table below a key, None if nothing happens there."""
        return self.keys.get(key) or self.any
