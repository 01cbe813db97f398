"""What `mkdocs build` does besides: finds the pages that `mkdocs.yml` leaves to it, and mends links out of the site.

The pages are read on the repository's own web page as well. There a link to a workflow or to `CONTRIBUTING.md` leads to
that file; the site doesn't have it, so there it leads to the repository.
"""

import html
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hullcheck.check import load
from hullcheck.site import REPOSITORY

TOP = Path(__file__).parent.parent
DOCS = Path(__file__).parent

_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#|/)([^()\s#]+)(#[^()\s]*)?(?=\))")
_PIPED = re.compile(r"`([^`\n]*\\\|[^`\n]*)`")
"""Code in a table with a pipe in it: on the repository's web page it needs a backslash, which mkdocs would show."""

_FENCE = re.compile(r"^(`{3,}).*?^\1\s*$", re.MULTILINE | re.DOTALL)


def on_files(files: Any, config: Any) -> None:
    """Fill the navigation, once it is known which pages there are."""
    pages = sorted(file.src_uri for file in files.documentation_pages() if file.inclusion.is_included())
    config.nav = _filled(config.nav, pages, set(_named(config.nav)))


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Let links to what is only in the repository lead there; those to nothing stay, and mkdocs refuses them."""

    def mended(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page.file.src_uri), link[1]))
        file = files.get_file_from_path(path.removeprefix("docs/"))
        known = file is not None and not file.inclusion.is_excluded()
        if known or path.startswith("..") or not (TOP / path).exists():
            return link[0]
        return f"{REPOSITORY}/{'tree' if (TOP / path).is_dir() else 'blob'}/main/{path}{link[2] or ''}"

    def mend(text: str) -> str:
        return _PIPED.sub(_as_code, _LINK.sub(mended, text))

    parts, at = [], 0
    for block in _FENCE.finditer(markdown):
        parts += [mend(markdown[at : block.start()]), block[0]]
        at = block.end()
    return "".join((*parts, mend(markdown[at:])))


def _as_code(code: re.Match[str]) -> str:
    return f"<code>{html.escape(code[1].replace(chr(92) + '|', '|')).replace('|', '&#124;')}</code>"


def _named(nav: Any) -> Iterator[str]:
    """The pages and folders that the navigation names."""
    if isinstance(nav, str):
        yield nav
    elif isinstance(nav, dict):
        for below in nav.values():
            yield from _named(below)
    else:
        for below in nav:
            yield from _named(below)


def _filled(nav: Any, pages: list[str], named: set[str]) -> Any:
    """The navigation with folders and `*` replaced by pages; what there are none of is left out."""
    filled: list[Any] = []
    for entry in nav:
        title, below = next(iter(entry.items())) if isinstance(entry, dict) else ("", entry)
        if isinstance(below, list):
            inner = _filled(below, pages, named)
        elif below == "*":
            filled += [page for page in pages if "/" not in page and page not in named and page != "checks.md"]
            continue
        elif below == "checks/":
            inner = ["checks.md", *_checks()]
        elif below.endswith("/"):
            inner = [page for page in pages if page.startswith(below)]
            inner.sort(key=lambda page: not page.endswith("/index.md"))
        else:
            filled.append(entry)
            continue
        if inner:
            filled.append({title: inner})
    return filled


def _checks() -> list[Any]:
    """The pages of the checks, by concern."""
    concerns: dict[str, list[str]] = {}
    for check in sorted(load("hullcheck_checks"), key=lambda check: (check.concern, check.name)):
        concerns.setdefault(check.concern, []).append(f"checks/{check.name}.md")
    return [
        {"RBAC" if concern == "rbac" else concern.replace("-", " ").capitalize(): pages}
        for concern, pages in concerns.items()
    ]
