"""What all pages share: the document, its policy, escaping, and links to files.

A page is one file. Its policy lets nothing be loaded, and nothing run but the script that it comes with, by its hash;
scripts can't turn text into markup (`require-trusted-types-for`). All text from the repository goes through `text`.
"""

from __future__ import annotations

import json
import os
import posixpath
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from importlib.resources import files
from urllib.parse import quote

from hullcheck import look
from hullcheck.patterns import pattern
from hullcheck.report import VersionControl
from hullcheck.report.safe import clean, well_formed
from hullcheck.report.safe import escape as escaped
from hullcheck.typed import Any

MOST_CHARACTERS = 2_000
"""Characters of one text that are shown."""

MOST_NAME = 200
"""Characters of one name that are shown."""

_HOSTS = pattern(r"https://([a-z0-9-]{1,63}\.){0,8}(github|gitlab)[a-z0-9-]{0,56}(\.[a-z0-9-]{1,63}){1,8}/")


def text(value: str, most: int = MOST_CHARACTERS) -> str:
    """Text of the repository for anywhere in a page, attributes included: one line, cut, and nothing in it acts."""
    if len(value) > most:
        value = f"{value[:most]}…"
    # A runner acts on `##[`, and `clean` breaks it only once.
    return escape(clean(value), quote=True).replace("##[", "##&#91;")


def printable(markup: str) -> str:
    """Markup that was made elsewhere, in which no character of the repository's turns around or hides others."""
    if not all(line.isprintable() for line in markup.split("\n")):
        markup = "".join(char if char.isprintable() or char == "\n" else escaped(char) for char in markup)
    return markup.replace("##[", "##&#91;")


def code(value: str) -> str:
    """A message: what stands in backticks as code."""
    if len(value) > MOST_CHARACTERS:
        value = f"{value[:MOST_CHARACTERS]}…"
    parts = clean(value).split("`")
    made = (f"<code>{_safe(part)}</code>" if at % 2 and part else _safe(part) for at, part in enumerate(parts))
    return "".join(made)


def _safe(part: str) -> str:
    return escape(part, quote=True).replace("##[", "##&#91;")


def name(value: str) -> str:
    """A name, which may be long."""
    return text(value, MOST_NAME)


def count(number: int, noun: str) -> str:
    """`1 file`, `2 files`, `1,200 files`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


class Links:
    """Where a file of the repository can be looked at.

    On the web where the repository's origin is GitHub or GitLab, at the commit; else from the folder that the page is
    written to, if that lies in the repository; else nowhere. Paths are those below `below` in the repository.
    """

    def __init__(self, root: str, origin: VersionControl | None, folder: str | None = None, below: str = ".") -> None:
        self._base = ""
        self._below = below
        self._numbered = False
        if origin is not None and _HOSTS.match(origin.uri):
            part = "/-/blob" if "gitlab" in origin.uri else "/blob"
            uri = quote(origin.uri.removesuffix(".git").rstrip("/"), safe="/:")
            self._base = f"{uri}{part}/{quote(origin.revision)}/"
            self._numbered = True
        elif folder is not None:
            way = os.path.relpath(look.realpath(root or "."), look.realpath(folder or ".")).split(os.sep)
            if set(way) <= {".", ".."}:  # from elsewhere, the way would tell where this machine keeps things
                self._base = f"{'/'.join(way)}/"

    def to(self, path: str, line: int) -> str:
        """The address of a line; empty if there is none."""
        if not self._base or len(path) > MOST_CHARACTERS or path == "-":
            return ""
        path = posixpath.normpath(f"{self._below}/{path}")
        if path.startswith("../"):
            return ""
        where = f"#L{line}" if self._numbered else ""
        return f"{self._base}{quote(well_formed(path), safe='/')}{where}"

    def place(self, path: str, line: int, inner: str = "", short: bool = False) -> str:
        """A path and line as a link, or as text where there is nothing to link to; `short` without the folders."""
        shown = inner or f"{name(path.rpartition('/')[2] if short else path)}<span class=ln>:{line}</span>"
        title = f' title="{name(path)}"' if short else ""
        address = self.to(path, line)
        if not address:
            return f'<span class="place"{title}>{shown}</span>'
        return f'<a class="place" href="{escape(address, quote=True)}"{title} rel="noopener noreferrer">{shown}</a>'


def asset(file: str) -> str:
    """A style sheet or script that comes with the package."""
    return files("hullcheck.page").joinpath("assets", file).read_text(encoding="utf-8")


def data(identity: str, value: Any) -> str:
    """Data for the page's script, which no browser takes for markup or runs."""
    made = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    for char in "<>&":
        made = made.replace(char, f"\\u{ord(char):04x}")
    made = made.replace("##[", "##\\u005b")
    return f'<script type="application/json" id="{identity}">{made}</script>'


def document(title: str, heading: str, main: Iterable[str], *, tools: str = "", sheets: str, script: str) -> str:
    """The whole page. `sheets` and `script` are all of its style and code; `heading` stands beside the title."""
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(sheets)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
    return "".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n',
            f"<title>{text(title)}</title>\n<style>{sheets}</style>\n</head>\n<body>\n",
            '<a class="skip" href="#main">Skip to the content</a>\n',
            f'<header class="top"><div class="bar"><h1>{text(title)}</h1>{heading}',
            '<button type="button" class="quiet js" id="theme" aria-label="Colours: as the system">◐ Auto</button>',
            f"</div></header>\n{tools}",
            '<main id="main" tabindex="-1">\n',
            *main,
            "</main>\n",
            f"<script>{script}</script>\n</body>\n</html>\n",
        )
    )


def _hash(content: str) -> str:
    return f"sha256-{b64encode(sha256(content.encode()).digest()).decode()}"
