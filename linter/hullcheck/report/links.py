"""Links in a terminal: a check's name leads to its page, a place to its file.

See https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda for what terminals take.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import quote

from hullcheck import look
from hullcheck.site import page_of
from hullcheck.tuples import NamedTuple

_PROGRAMS = frozenset(("Hyper", "WezTerm", "ghostty", "iTerm.app", "terminology", "vscode", "zed", "Tabby", "rio"))
_TERMINALS = ("alacritty", "foot", "xterm-ghostty", "xterm-kitty", "wezterm", "contour")
_VARIABLES = ("WT_SESSION", "KONSOLE_VERSION", "DOMTERM", "KITTY_WINDOW_ID", "WEZTERM_PANE")
_FIRST_VTE = 5001
"""0.50.1: the versions before show the codes, or, 0.50.0, end."""


class Links(NamedTuple):
    """What links lead to: files below `root` on the machine `host`, with their lines if the terminal knows of them."""

    root: str
    host: str
    lines: bool = False
    files: bool = True

    def check(self, name: str, text: str) -> str:
        """The text as a link to the check's page."""
        return _link(page_of(quote(name)), text)

    def place(self, path: str, line: int, text: str) -> str:
        """The text as a link to a file below the root; as it is where the terminal finds places by itself."""
        if not self.files:
            return text
        full = os.path.normpath(os.path.join(self.root, path)).replace(os.sep, "/")
        address = f"file://{quote(self.host)}{'' if full.startswith('/') else '/'}{quote(os.fsencode(full))}"
        return _link(f"{address}#{line}" if self.lines else address, text)


def _link(address: str, text: str) -> str:
    """The address has been quoted: nothing in it can end the code early."""
    return f"\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\"


def links(root: str, environ: Mapping[str, str]) -> Links | None:
    """The links for a terminal that is described by these variables; None if it isn't known to take them."""
    if not understood(environ):
        return None
    kitty = environ.get("TERM") == "xterm-kitty" or bool(environ.get("KITTY_WINDOW_ID"))
    # These two look for `path:line:column` themselves, and open the file at its line, which a link can't.
    own = environ.get("TERM_PROGRAM") in ("vscode", "zed")
    return Links(root, look.host(), lines=kitty, files=not own)


def understood(environ: Mapping[str, str]) -> bool:
    """Does the terminal take links? One that isn't known may show the codes, so it must be known, or be said to."""
    forced = environ.get("FORCE_HYPERLINK", "")
    if environ.get("CI") or environ.get("TERM") == "dumb" or forced == "0":
        return False
    if forced:
        return True
    program, version = environ.get("TERM_PROGRAM", ""), environ.get("TERM_PROGRAM_VERSION", "")
    if program in _PROGRAMS:
        return program != "iTerm.app" or _numbers(version) >= (3, 1)
    vte = environ.get("VTE_VERSION", "")
    if vte.isdecimal() and len(vte) < 9:
        return int(vte) >= _FIRST_VTE
    return environ.get("TERM", "").startswith(_TERMINALS) or any(environ.get(name) for name in _VARIABLES)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdecimal() and len(part) < 9 else 0 for part in version.split(".")[:3])
