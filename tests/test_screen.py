"""What a report looks like on a screen: what is told together, what comes first, groups, narrow terminals and links."""

import re
from typing import Any

import pytest

import reports
from hullcheck import report
from hullcheck.check import Check
from hullcheck.finding import Edit, Finding, Fix, Severity
from hullcheck.report import Screen, columns
from hullcheck.report.links import Links, understood
from hullcheck.report.safe import Secrets
from hullcheck.report.snippet import draw
from hullcheck.source import Source
from reports import at, finding

TAGS = Check(
    "checks.images.loose_tag",
    "A tag.\n\nIt moves.\n\nTo fix: pin it.\n\nSee https://example.org/tags",
    severity=Severity.LOW,
    dialects=("compose", "dockerfile"),
    gathered="images move; `--show-each` lists them",
)
CHECKS = reports.Checks(*reports.REGISTRY.checks.values(), TAGS)
PORTS = Source("deploy/compose.yaml", b"services:\n  web: {image: a}\n  db: {image: b}\n")
IMAGE = Source("app/Dockerfile", b"FROM a\n")
OTHER = Source("tools/Dockerfile", b"FROM b\n")


def tag(source: Source, word: str, owner: str, severity: Severity = Severity.LOW) -> Finding:
    made = finding("loose-tag", severity, f"`{word}` moves", at(source, word), owner=owner)
    return made._replace(scope=source.path)


def tags() -> tuple[Finding, ...]:
    """Two of a project, one of an image that it runs, and one of an image that nothing runs."""
    used = tag(IMAGE, "a", "0")
    return (
        used._replace(also=(used._replace(user=("deploy/compose.yaml", "services.web")),)),
        tag(PORTS, "a}", "services.web"),
        tag(PORTS, "b}", "services.db"),
        tag(OTHER, "b", "0"),
    )


def run(found: tuple[Finding, ...] | None = None, **changes: Any) -> report.Run:
    """A run, and what else is so of it."""
    return reports.run(found)._replace(**changes)


def shown(findings: tuple[Finding, ...], screen: Screen = Screen(), **changes: Any) -> str:  # noqa: B008  a constant
    return report.render("full", run(findings, registry=CHECKS, screen=screen, **changes))


def test_what_is_common_and_weighs_little_is_a_line_for_each_project() -> None:
    text = shown(tags())
    assert text.startswith(
        "low[loose-tag]: 4 images move; `--show-each` lists them\n"
        "  3  in deploy/compose.yaml: app/Dockerfile:1:6 and 2 more\n"
        "  1  tools/Dockerfile:1:6\n"
    )
    assert text.splitlines()[-1].startswith("4 findings (4 low) in 3 files")
    assert "moves" not in text


@pytest.mark.parametrize("name", sorted(set(report.FORMATS) - {"full"}))
def test_only_people_are_told_together(name: str) -> None:
    text = report.render(name, run(tags(), registry=CHECKS))
    assert "images move" not in text
    if name not in ("junit", "html", "markdown"):
        assert text.count("` moves") >= 4
    assert text == report.render(name, run(tags(), registry=CHECKS, screen=Screen(gather=False)))


@pytest.mark.parametrize(
    ("findings", "screen", "fail_on"),
    [
        (tags(), Screen(gather=False), Severity.HIGH),
        (tags()[:2], Screen(), Severity.HIGH),
        (tags(), Screen(), Severity.LOW),
        (tuple(one._replace(severity=Severity.MEDIUM) for one in tags()), Screen(), Severity.HIGH),
    ],
    ids=["asked for", "few", "they fail the run", "they weigh more"],
)
def test_others_are_told_one_by_one(findings: tuple[Finding, ...], screen: Screen, fail_on: Severity) -> None:
    text = shown(findings, screen, fail_on=fail_on)
    assert text.count("` moves\n") == len(findings)
    assert "images move" not in text


def many(count: int, severity: Severity, name: str = "root-user") -> tuple[Finding, ...]:
    source = Source(f"{name}/Dockerfile", b"USER root\n" * count)
    return tuple(finding(name, severity, f"number {n}", source.at_line(n + 1), owner=str(n)) for n in range(count))


def test_what_is_most_severe_comes_first_at_the_end() -> None:
    found = (*many(6, Severity.LOW, "open-port"), *many(3, Severity.HIGH), *many(1, Severity.CRITICAL, "secret-value"))
    place = at(reports.COMPOSE, "80:80")
    safe = Fix("bind it", (Edit(place, "127.0.0.1:80:80"),), safe=True)
    found = (found[0]._replace(fix=safe), found[1]._replace(fix=safe._replace(safe=False)), *found[2:])
    end = shown(found).rpartition("\n\nMost severe first:\n")[2]
    assert end == (
        "  critical[secret-value]  1  secret-value/Dockerfile:1:1\n"
        "  high[root-user]         3  root-user/Dockerfile:1:1, root-user/Dockerfile:2:1 and 1 more\n"
        "  low[open-port]          6  open-port/Dockerfile:1:1, open-port/Dockerfile:2:1 and 4 more\n"
        "\n"
        "next: `--fix` makes 1 fix that keeps the behaviour; `--diff` shows it\n"
        "next: `--unsafe-fixes` makes 1 more fix that may change it; `--unsafe-fixes --diff` shows it\n"
        "10 findings (1 critical, 3 high, 6 low) in 3 files; 2 not decided\n"
    )


def test_few_findings_need_no_list() -> None:
    text = shown(many(5, Severity.HIGH))
    assert "Most severe" not in text
    assert "next:" not in text


@pytest.mark.parametrize(
    ("by", "titles"),
    [
        ("file", ["app/Dockerfile (2 findings)", "compose.yaml (2 findings)"]),
        ("check", ["secret-value (1 finding)", "root-user (1 finding)", "open-port (2 findings)"]),
        ("owner", ["stage base in app/Dockerfile (2 findings)", "service web in compose.yaml (2 findings)"]),
    ],
)
def test_findings_are_grouped(by: str, titles: list[str]) -> None:
    text = report.render("full", run(screen=Screen(group_by=by)))
    assert re.findall(r"^\S.* \(\d+ findings?\)$", text, re.MULTILINE) == titles
    lines = report.render("concise", run(screen=Screen(group_by=by))).splitlines()
    assert len(lines) == 4
    names = [re.search(r"\[([a-z-]+)\]", line)[1] for line in lines]  # type: ignore[index]
    assert names == re.findall(r"^[a-z]+\[([a-z-]+)\]: ", text, re.MULTILINE)[: len(names)]


@pytest.mark.parametrize("width", [20, 30, 40, 57, 80, 120])
@pytest.mark.parametrize("color", [False, True])
def test_a_report_fits(width: int, color: bool) -> None:
    findings = (*reports.findings(), *many(6, Severity.LOW, "open-port"))
    text = report.render("full", run(findings, color=color, screen=Screen(width=width)))
    plain = re.sub(r"\x1b\[[\d;]*m", "", text)
    assert plain == report.render("full", run(findings, screen=Screen(width=width)))
    for line in plain.splitlines():
        longest = max((columns.width(word) for word in line.split()), default=0)
        assert columns.width(line) <= max(width, longest + 12, 36), line
        if re.match(r" *\d+ \| ", line):
            assert columns.width(line) <= max(width, 32), line


@pytest.mark.parametrize(
    "line",
    [
        "# 中文中文中文中文中文中文中文 word 中文中文中文中文中文",
        "\t\t\t\t\t\t\tword\t\t\t\tx",
        "é́ word 👩‍🚀 ❤️",
        "\x1b[0m" * 9 + "word",
    ],
)
@pytest.mark.parametrize("widest", [24, 30, 60])
def test_a_line_of_any_characters_is_cut_to_columns(line: str, widest: int) -> None:
    drawn = draw(at(Source("f", f"{line}\n".encode()), "word"), Secrets(()), widest)
    assert columns.width(drawn.text) <= widest + 2
    before = 0
    for index, char in enumerate(drawn.text):
        if before == drawn.start and drawn.text.startswith("word", index):
            break
        before += columns.width(char)
    else:
        raise AssertionError((drawn, before))
    assert drawn.end - drawn.start == 4


def test_text_is_wrapped_by_columns() -> None:
    assert columns.wrapped("a bb ccc " * 9, 0) == ["a bb ccc " * 9]
    lines = columns.wrapped("中文 " * 30 + "x" * 50 + " end", 24, "  ", 5)
    assert all(columns.width(line) <= 24 for line in lines if "x" not in line)
    assert lines[0].startswith("中文")
    assert all(line.startswith("  ") for line in lines[1:])
    assert " ".join(" ".join(lines).split()) == " ".join(("中文 " * 30 + "x" * 50 + " end").split())


TERMINALS = [
    ({}, False),
    ({"TERM": "xterm-256color"}, False),
    ({"TERM": "xterm-kitty"}, True),
    ({"TERM_PROGRAM": "WezTerm"}, True),
    ({"TERM_PROGRAM": "Apple_Terminal"}, False),
    ({"TERM_PROGRAM": "iTerm.app", "TERM_PROGRAM_VERSION": "3.4.1"}, True),
    ({"TERM_PROGRAM": "iTerm.app", "TERM_PROGRAM_VERSION": "3.0.9"}, False),
    ({"VTE_VERSION": "5000"}, False),
    ({"VTE_VERSION": "7006"}, True),
    ({"VTE_VERSION": "x" * 9}, False),
    ({"WT_SESSION": "1"}, True),
    ({"WT_SESSION": "1", "CI": "true"}, False),
    ({"WT_SESSION": "1", "TERM": "dumb"}, False),
    ({"FORCE_HYPERLINK": "1"}, True),
    ({"FORCE_HYPERLINK": "1", "CI": "1"}, False),
    ({"FORCE_HYPERLINK": "0", "WT_SESSION": "1"}, False),
]


@pytest.mark.parametrize(("environ", "links"), TERMINALS, ids=str)
def test_links_are_for_terminals_that_know_them(environ: dict[str, str], links: bool) -> None:
    assert understood(environ) is links


def test_names_lead_to_their_pages_and_places_to_files() -> None:
    links = Links("/srv/a b", "host", lines=True)
    text = report.render("full", run(color=True, screen=Screen(links=links)))
    assert "\x1b]8;;https://github.com/hullcheck/hullcheck/blob/main/docs/checks/root-user.md\x1b\\" in text
    assert "\x1b]8;;file://host/srv/a%20b/app/Dockerfile#5\x1b\\app/Dockerfile:5:6\x1b]8;;\x1b\\" in text
    without = re.sub(r"\x1b\]8;;[^\x1b]*\x1b\\", "", text)
    assert without == report.render("full", run(color=True))


@reports.hostile
def test_no_name_ends_a_link(text: str) -> None:
    made = reports.hostile_run(text)._replace(screen=Screen(links=Links("/srv", "host"), width=60))
    written = report.render("full", made)
    outside = re.sub(r"\x1b\]8;;(?:(?:https|file)://[!-~]*)?\x1b\\", "", written)
    assert all(char.isprintable() or char == "\n" for char in outside)
