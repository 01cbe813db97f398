"""Text from a repository as Markdown in which nothing acts: or plain, for an editor that takes no other."""

from __future__ import annotations

import re
from collections.abc import Callable

from hullcheck.patterns import pattern
from hullcheck.report.safe import clean
from hullcheck.source import Location

_ACTIVE = pattern(r"([\\`*_{}\[\]()#+!|<>&~])")
_TICKS = pattern(r"`+")


class Words:
    """Writes words, code and places; `uri` gives a file's address."""

    def __init__(self, uri: Callable[[str], str], markdown: bool = True) -> None:
        self.markdown = markdown
        self._uri = uri

    def text(self, message: str) -> str:
        """A message: what stands in backticks as code, and the rest as nothing but text."""
        if not self.markdown:
            return clean(message)
        parts = message.split("`")
        if len(parts) % 2 == 0:  # one that stands alone
            parts[-2:] = ["`".join(parts[-2:])]
        return "".join(self.code(part) if at % 2 else self._plain(part) for at, part in enumerate(parts))

    def code(self, text: str) -> str:
        text = clean(text)
        if not self.markdown or not text.strip():
            return text
        fence = "`" * (max((len(match) for match in re.findall(_TICKS.pattern, text)), default=0) + 1)
        blank = " " if text.startswith("`") or text.endswith("`") else ""
        return f"{fence}{blank}{text}{blank}{fence}"

    def strong(self, text: str) -> str:
        return f"**{self.text(text)}**" if self.markdown else clean(text)

    def place(self, location: Location) -> str:
        """A place as a link."""
        named = clean(f"{location.path}:{location.line}")
        if not self.markdown:
            return named
        address = self._uri(location.path).replace("(", "%28").replace(")", "%29")
        return f"[{self._plain(named)}]({address}#L{location.line})"

    def _plain(self, text: str) -> str:
        return re.sub(_ACTIVE.pattern, r"\\\1", clean(text)).replace("://", ":\u2060//")
