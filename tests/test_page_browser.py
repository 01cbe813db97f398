"""The pages in a real browser: by hand, by keyboard, in both colours, narrow, on paper and without scripts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import reports
from browser import Looked, started
from gitrepo import Repo
from hullcheck import report
from reports import run
from test_page import EVIL, deployment, policy, shop, written


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with started() as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of findings, a map, and a difference."""
    folder = tmp_path_factory.mktemp("pages")
    repo = Repo(folder / "repo")
    before = "---\n".join((deployment("api", PEER="http://db:8080"), deployment("db", image="postgres:16"), policy("db", "api"), deployment("web", "front")))  # fmt: skip
    repo.commit({"shop.yaml": before, "Dockerfile": "FROM alpine\nUSER root\n", "compose.yaml": "services:\n  w:\n    image: x:1\n    privileged: true\n    ports: ['80:80']\n"})  # fmt: skip
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, arguments in (("findings", ("check",)), ("map", ("map",))):
            (folder / f"{name}.html").write_text(written(repo.folder, patch, *arguments), encoding="utf-8")
            found[name] = folder / f"{name}.html"
        repo.write({"shop.yaml": before.replace(policy("db", "api"), policy("db", "web"))})
        for name, arguments in (
            ("difference", ("map", "--diff-base", "HEAD")),
            ("new", ("check", "--diff-base", "HEAD")),
        ):
            (folder / f"{name}.html").write_text(written(repo.folder, patch, *arguments), encoding="utf-8")
            found[name] = folder / f"{name}.html"
    return found


def look(browser: Any, file: Path, **options: Any) -> Looked:
    return Looked(browser, file, **options)


@pytest.mark.parametrize("name", ["findings", "map", "difference", "new"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_opens_quietly_and_loads_nothing(browser: Any, pages: dict[str, Path], name: str, scheme: str) -> None:
    seen = look(browser, pages[name], color_scheme=scheme)
    ground = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) > 600) == (scheme == "light")
    seen.page.click("#theme")
    assert seen.page.evaluate("document.documentElement.dataset.theme") == "light"
    seen.fine()
    seen.close()


def test_what_the_policy_forbids_is_seen(browser: Any, pages: dict[str, Path], tmp_path: Path) -> None:
    text = pages["findings"].read_text(encoding="utf-8")
    for wrong in (
        "<img src=x>",
        "<b style='color:red'>x</b>",
        "<script>alert(1)</script>",
        "<p onclick='x()'>x</p><script></script>",
    ):
        (tmp_path / "wrong.html").write_text(text.replace("</main>", f"{wrong}</main>"), encoding="utf-8")
        seen = look(browser, tmp_path / "wrong.html")
        with pytest.raises(AssertionError):
            seen.fine()
        assert not [word for word in seen.said if word.startswith("dialog")]
        seen.close()


@pytest.mark.parametrize("width", [360, 700, 1280])
@pytest.mark.parametrize("name", ["findings", "map", "difference"])
def test_no_page_is_wider_than_its_window(browser: Any, pages: dict[str, Path], name: str, width: int) -> None:
    seen = look(browser, pages[name], viewport={"width": width, "height": 800})
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    seen.close()


@pytest.mark.parametrize("text", EVIL, ids=range(len(EVIL)))
def test_no_name_acts(browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    (tmp_path / "findings.html").write_text(report.render("html", reports.hostile_run(text)), encoding="utf-8")
    repo = Repo(tmp_path / "repo")
    repo.commit({"a.yaml": deployment("old")})
    repo.write({"b.yaml": "---\n".join((deployment(text, text), deployment("peer", text), policy(text, "peer", text)))})
    for name, more in (("map", ()), ("difference", ("--diff-base", "HEAD"))):
        (tmp_path / f"{name}.html").write_text(written(repo.folder, monkeypatch, "map", *more), encoding="utf-8")
    for name in ("findings", "map", "difference"):
        seen = look(browser, tmp_path / f"{name}.html")
        seen.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        if name != "findings":
            for node in seen.page.query_selector_all(".view:not([hidden]) .node")[:6]:
                node.dispatch_event("click")
            assert seen.page.inner_text("#panel h2")
        seen.fine()
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 1280
        seen.close()


def until(seen: Looked, condition: str) -> None:
    """Wait for it; the page's policy keeps the driver from doing that inside."""
    for _ in range(100):
        if seen.page.evaluate(condition):
            return
        seen.page.wait_for_timeout(50)
    pytest.fail(f"never: {condition}")


def visible(seen: Looked) -> list[str]:
    found: list[str] = seen.page.evaluate(
        "[...document.querySelectorAll('.f')].filter(f => f.checkVisibility()).map(f => f.dataset.c)"
    )
    return found


def test_findings_are_searched_filtered_and_grouped(browser: Any, pages: dict[str, Path]) -> None:
    seen = look(browser, pages["findings"])
    page = seen.page
    everything = visible(seen)
    assert len(everything) > 4
    page.keyboard.press("/")
    page.keyboard.type("privileged compose")
    until(seen, "document.querySelector('#said').textContent.includes(' of ')")
    assert visible(seen) == ["privileged"]
    page.keyboard.press("Escape")
    assert visible(seen) == everything
    for severity in ("critical", "medium", "low"):
        page.click(f".chip[data-sev={severity}]")
    assert set(page.evaluate("[...document.querySelectorAll('.f:not([hidden])')].map(f => f.dataset.s)")) == {"high"}
    for severity in ("critical", "medium", "low"):
        page.click(f".chip[data-sev={severity}]")
    for key, attribute in (("s", "s"), ("o", "o"), ("p", "p"), ("c", "c")):
        page.select_option("#by", key)
        groups = page.evaluate(
            f"[...document.querySelectorAll('#shown .g')].map(g => [...g.querySelectorAll('.f')].map(f => f.dataset.{attribute}))"
        )
        assert all(len(set(group)) == 1 for group in groups)
        assert len({group[0] for group in groups}) == len(groups)
        assert sorted(visible(seen)) == sorted(everything)
    page.select_option("#by", "place")
    assert visible(seen) == everything
    seen.fine()
    seen.close()


def test_findings_are_read_by_keyboard(browser: Any, pages: dict[str, Path]) -> None:
    seen = look(browser, pages["findings"])
    page = seen.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().x") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    for _ in range(3):
        page.keyboard.press("j")
    assert page.evaluate("document.activeElement.matches('.f summary:focus-visible')")
    style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).outlineWidth")  # fmt: skip
    assert style == "solid2px"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.parentElement.open")
    first = page.evaluate("document.activeElement.parentElement.id")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.parentElement.id") != first
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    assert not page.evaluate("document.activeElement.parentElement.open")
    order = []
    for _ in range(12):
        page.keyboard.press("Tab")
        order.append(page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
    assert order == sorted(order)
    seen.fine()
    seen.close()


def test_findings_read_without_scripts(browser: Any, pages: dict[str, Path]) -> None:
    seen = look(browser, pages["findings"], java_script_enabled=False)
    assert not seen.page.is_visible("#q")
    summary = seen.page.locator(".f[data-c=privileged] summary")
    assert summary.is_visible()
    summary.click()
    assert seen.page.locator(".f[data-c=privileged] .src").is_visible()
    assert seen.page.locator("#c-privileged").is_visible()
    seen.fine()
    seen.close()


def test_what_is_new_is_told_from_what_was_there(browser: Any, pages: dict[str, Path]) -> None:
    seen = look(browser, pages["new"])
    assert seen.page.inner_text("#shown h2").startswith("New findings")
    assert seen.page.locator("#unchanged .f[data-c=privileged]").count() == 1
    assert not seen.page.locator("#unchanged .f").first.is_visible()
    seen.close()


@pytest.mark.parametrize("name", ["findings", "map", "difference"])
def test_a_page_on_paper_has_everything_open(browser: Any, pages: dict[str, Path], name: str) -> None:
    seen = look(browser, pages[name], color_scheme="dark")
    seen.page.emulate_media(media="print")
    assert not seen.page.is_visible(".tools")
    assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    wanted = ".body pre" if name == "findings" else ".view table"
    assert seen.page.locator(wanted).first.evaluate("one => one.checkVisibility({contentVisibilityAuto: true})")
    assert not seen.page.evaluate("document.getAnimations().some(one => one.effect.target.matches('.body'))")
    assert len(seen.page.pdf()) > 5_000
    seen.close()


def test_a_node_is_explained(browser: Any, pages: dict[str, Path]) -> None:
    seen = look(browser, pages["map"])
    page = seen.page
    db = page.locator("#v1-s0 .node, .node").filter(has_text="db").first
    db.hover()
    assert page.locator("svg.hot .edge.lit").count() >= 1
    assert page.inner_text("#panel h2") == "db"
    page.mouse.move(5, 5)
    assert page.locator("svg.hot").count() == 0
    assert page.locator("#panel .hint").is_visible()
    db.click()
    panel = page.inner_text("#panel")
    assert "Reached by 1" in panel
    assert "shop/api[Deployment]" in panel
    words = page.inner_text("#panel")
    assert "rule 1 (shop.yaml:9) allows it" in " ".join(words.split())
    page.keyboard.press("Escape")
    assert page.locator("#panel .hint").is_visible()
    seen.fine()
    seen.close()


def test_a_line_is_explained(browser: Any, pages: dict[str, Path]) -> None:
    seen = look(browser, pages["map"])
    seen.page.locator(".hit").first.dispatch_event("click")
    assert "→" in seen.page.inner_text("#panel h2")
    assert seen.page.locator("#panel .why").count() >= 1
    seen.fine()
    seen.close()


def test_the_map_is_read_by_keyboard(browser: Any, pages: dict[str, Path]) -> None:
    seen = look(browser, pages["map"])
    page = seen.page
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.node')"):
            break
    first = page.evaluate("document.activeElement.id")
    assert first
    assert page.evaluate("document.activeElement.getAttribute('role')") == "button"
    assert page.evaluate("document.activeElement.getAttribute('aria-label')")
    moved = set()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
        moved.add(page.evaluate("document.activeElement.id"))
    assert moved - {first}
    assert page.locator(".node[tabindex='0']").count() == page.locator(".draw:not(.legend) svg").count()
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector('#panel').contains(document.activeElement)")
    node = page.evaluate("document.querySelector('.node.chosen').id")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == node
    assert page.locator(".chosen").count() == 0
    seen.fine()
    seen.close()


def rows(seen: Looked) -> list[str]:
    found: list[str] = seen.page.evaluate(
        "[...document.querySelectorAll('tbody tr')].filter(r => r.checkVisibility()).map(r => r.innerText)"
    )
    return found


def test_connections_are_filtered_in_the_drawing_and_the_table(browser: Any, pages: dict[str, Path]) -> None:
    seen = look(browser, pages["map"])
    page = seen.page
    assert rows(seen) == []
    page.click("#as-table")
    everything = rows(seen)
    assert len(everything) > 3
    assert not page.locator(".draw svg").first.is_visible()
    page.select_option("#space", "front")
    assert 0 < len(rows(seen)) < len(everything)
    assert all("front/" in row for row in rows(seen))
    assert page.locator(".node.off").count() > 0
    page.click("#clear")
    assert rows(seen) == everything
    page.fill("#port", "8080")
    assert all("8080" in row or "All Connections" in row for row in rows(seen))
    page.fill("#port", "9")
    assert all("All Connections" in row for row in rows(seen))
    page.fill("#port", "")
    page.check("#used")
    assert 0 < len(rows(seen)) < len(everything)
    assert all("used" in row for row in rows(seen))
    page.uncheck("#used")
    page.check("#entry")
    assert rows(seen)
    assert all(row.startswith("outside") for row in rows(seen))
    page.click("#clear")
    page.locator("tbody tr").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator("#panel .why[open]").count() == 1
    seen.fine()
    seen.close()


def test_before_and_after_are_shown_in_turn(browser: Any, pages: dict[str, Path]) -> None:
    seen = look(browser, pages["difference"])
    page = seen.page
    assert page.locator(".view:visible").count() == 1
    assert page.locator(".said li").count() > 0
    assert page.locator(".view:visible .edge.denied").count() > 0
    for label in ("After", "Before"):
        page.get_by_role("button", name=label, exact=True).click()
        page.click("#as-table")
        everything = rows(seen)
        page.check("#changed")
        assert 0 < len(rows(seen)) < len(everything)
        assert all("changed" in row for row in rows(seen))
        page.uncheck("#changed")
        page.click("#as-drawing")
    seen.fine()
    seen.close()


def test_the_map_reads_without_scripts(browser: Any, pages: dict[str, Path]) -> None:
    seen = look(browser, pages["difference"], java_script_enabled=False)
    assert seen.page.locator("table:visible").count() >= 2
    assert seen.page.locator(".draw svg:visible").count() >= 3
    assert not seen.page.is_visible("#panel")
    seen.fine()
    seen.close()


def test_many_workloads_open_quickly(browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "shop.yaml").write_text(shop(600))
    (tmp_path / "many.html").write_text(written(tmp_path / "repo", monkeypatch, "map"), encoding="utf-8")
    seen = look(browser, tmp_path / "many.html")
    took = seen.page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    assert took < 6_000  # milliseconds, on a machine that does other things, too
    seen.page.locator(".node").first.dispatch_event("click")
    assert seen.page.inner_text("#panel h2")
    seen.fine()
    seen.close()


def test_thousands_of_findings_open_quickly(browser: Any, tmp_path: Path) -> None:
    from test_page import many

    (tmp_path / "many.html").write_text(report.render("html", run(many(3_000))), encoding="utf-8")
    seen = look(browser, tmp_path / "many.html")
    seen.page.fill("#q", "2999")
    until(seen, "document.querySelector('#said').textContent.includes(' of ')")
    assert 1 <= len(visible(seen)) <= 2
    seen.page.fill("#q", "")
    seen.page.select_option("#by", "o")
    seen.fine()
    seen.close()
