"""The site: it is built strictly, every link and anchor in it leads somewhere, and every page can be walked to.

`pip install -e '.[docs]'`; without mkdocs and its theme these are skipped.
"""

import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

pytest.importorskip("mkdocs", reason="mkdocs builds the site")
pytest.importorskip("material", reason="mkdocs-material is the site's theme")

TOP = Path(__file__).parent.parent
LOADS = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("use", "href")}


class Html(HTMLParser):
    """What a page links to, what it loads, which anchors it has, and which page comes next."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.next = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.anchors |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag == "link":
            if found.get("rel") == "next":
                self.next = found["href"]
            if found.get("rel") not in ("next", "prev", "canonical"):
                self.loads.append(found["href"])
        self.loads += [value for name, value in found.items() if (tag, name) in LOADS]


# Not `--quiet`: that keeps warnings from being counted, and `--strict` from refusing them.
def build(into: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-W", "ignore", "-m", "mkdocs", "build", "--strict", "-d", str(into)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(
        [*command, *options], cwd=TOP, env=env, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Html]:
    """All pages but that of what isn't found, by path."""
    found = sorted(page for page in site.rglob("*.html") if page.name != "404.html")
    return {page.relative_to(site).as_posix(): Html(page.read_text(encoding="utf-8")) for page in found}


def broken(pages: dict[str, Html], site: Path) -> list[str]:
    """The links within the site that lead nowhere, each with the page that it is in."""
    wrong = []
    for name, page in pages.items():
        for link in (*page.links, *page.loads):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (site / name).parent / unquote(parts.path) if parts.path else site / name
            path = Path(os.path.normpath(target))
            known = pages.get(path.relative_to(site).as_posix()) if path.is_relative_to(site) else None
            if not path.is_file() or (parts.fragment and known and unquote(parts.fragment) not in known.anchors):
                wrong.append(f"{name}: {link}")
    return wrong


def test_every_link_and_anchor_leads_somewhere(site: Path, pages: dict[str, Html]) -> None:
    assert sum(len(page.links) for page in pages.values()) > len(pages)
    assert broken(pages, site) == []
    name, page = next(iter(pages.items()))
    spoilt = Html('<a href="#nowhere"></a><a href="gone.html"></a><a href="https://example.org/"></a>')
    assert broken({**pages, name: spoilt}, site)[:2] == [f"{name}: #nowhere", f"{name}: gone.html"]
    assert page is not spoilt


def test_every_page_is_walked_to_from_the_first(pages: dict[str, Html]) -> None:
    walked = ["index.html"]
    while pages[walked[-1]].next and len(walked) <= len(pages):
        walked.append(os.path.normpath(os.path.join(os.path.dirname(walked[-1]), pages[walked[-1]].next)))
    assert len(walked) == len(set(walked))
    assert set(walked) == set(pages)
    sources = {
        path.relative_to(TOP / "docs").with_suffix(".html").as_posix()
        for path in (TOP / "docs").rglob("*.md")
        if path.relative_to(TOP / "docs").parts[0] not in ("demo", "example")
    }
    assert sources == set(pages)


def test_nothing_is_loaded_from_elsewhere(pages: dict[str, Html], site: Path) -> None:
    assert [load for page in pages.values() for load in page.loads if urlsplit(load).netloc] == []
    assert not [path for path in site.rglob("*.css") if "url(http" in path.read_text(encoding="utf-8")]


def test_no_page_shows_the_marks_of_its_source(site: Path) -> None:
    pages = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    text = pages[site / "map.html"]
    assert "<code>--ip-blocks-match-pods never&#124;maybe&#124;always</code>" in text
    assert [path for path, text in pages.items() if "\\|" in text or "<!-- ids" in text.partition("<article")[0]] == []


def test_links_to_what_only_the_repository_has_lead_there(pages: dict[str, Html]) -> None:
    links = {link for page in pages.values() for link in page.links if "/hullcheck/hullcheck/" in link}
    assert "https://github.com/hullcheck/hullcheck/blob/main/docs/workflows/gate.yml" in links
    for link in links:
        kind, _, path = link.removeprefix("https://github.com/hullcheck/hullcheck/").partition("/main/")
        there = TOP / path.partition("#")[0]
        assert kind in ("issues", "") or (there.is_dir() if kind == "tree" else there.is_file()), link


def test_a_link_to_nothing_and_a_page_that_nobody_finds_are_refused(tmp_path: Path) -> None:
    text = (TOP / "mkdocs.yml").read_text(encoding="utf-8")
    (tmp_path / "docs" / "lost").mkdir(parents=True)
    (tmp_path / "docs" / "index.md").write_text("# Start\n\n[gone](gone.md), [no file](../nothing.txt)\n")
    (tmp_path / "docs" / "lost" / "page.md").write_text("# Lost\n")
    head, _, rest = text.partition("\nnav:")
    text = f"{head}\nnav: [index.md]\n{rest[rest.index('markdown_extensions') :]}"
    text = text.replace("docs_dir: docs", f"docs_dir: {tmp_path / 'docs'}").replace(
        "[docs/hooks.py]", f"[{TOP / 'docs' / 'hooks.py'}]"
    )
    (tmp_path / "mkdocs.yml").write_text(text)
    done = build(tmp_path / "site", "-f", str(tmp_path / "mkdocs.yml"))
    assert done.returncode != 0
    for word in ("gone.md", "../nothing.txt", "lost/page.md"):
        assert word in done.stderr
