"""The reports for people: in full, one line each, in Markdown, and as workflow commands."""

import html
import re
from pathlib import Path

import pytest

import reports
from hullcheck import report
from hullcheck.errors import HullcheckError
from hullcheck.finding import Finding, Related, Severity
from hullcheck.report import VersionControl, github, markdown
from hullcheck.report.page import page
from hullcheck.report.safe import MASK, Secrets, clean
from hullcheck.report.snippet import WIDEST, draw
from hullcheck.source import Source
from reports import COMPOSE, DOCKERFILE, at, finding, hostile, run

EXPECTED = Path(__file__).parent / "data" / "reports"
GITHUB = VersionControl("https://github.com/acme/shop.git", "0123456789abcdef0123456789abcdef01234567", "main")


def same(name: str, text: str, update: bool) -> None:
    """Compare a report with the expected one, or write it anew."""
    expected = EXPECTED / name
    if update:
        expected.write_text(text, encoding="utf-8", newline="")
    assert text == expected.read_bytes().decode()


@pytest.mark.parametrize("name", ["full", "concise", "markdown", "github"])
def test_a_report_looks_like_this(name: str, update: bool) -> None:
    same(f"{name}.txt", report.render(name, run(version_control=GITHUB)), update)


def test_a_report_in_colour(update: bool) -> None:
    same("full-color.txt", report.render("full", run(color=True, show_suppressed=True)), update)


def test_a_comparison_in_markdown(update: bool) -> None:
    old = [f._replace(state="unchanged") for f in reports.findings() if f.name == "open-port"]
    new = [f._replace(state="new") for f in reports.findings() if f.name != "open-port"]
    gone = (finding("open-port", Severity.LOW, "service `db` publishes `5432`", at(COMPOSE, "image")),)
    same("markdown-compared.txt", report.render("markdown", run((*old, *new), compared=True, fixed=gone)), update)


def test_an_unknown_format_is_an_error() -> None:
    with pytest.raises(HullcheckError, match="no format is called `yaml`"):
        report.render("yaml", run())


@pytest.mark.parametrize("name", report.FORMATS)
def test_equal_runs_give_equal_reports(name: str) -> None:
    assert report.render(name, run()) == report.render(name, run())


@pytest.mark.parametrize("name", report.FORMATS)
def test_no_format_shows_a_secret_or_a_path_of_this_machine(name: str) -> None:
    text = report.render(name, run(show_suppressed=True))
    assert "hunter2" not in text
    assert "/somewhere" not in text


@pytest.mark.parametrize("name", report.FORMATS)
def test_a_run_that_found_nothing_reports_so(name: str) -> None:
    text = report.render(name, run(()))
    assert "root-user at" not in text
    assert text == "" or text.endswith("\n")


@hostile
@pytest.mark.parametrize("name", report.FORMATS)
def test_no_format_lets_a_name_act(name: str, text: str) -> None:
    written = report.render(name, reports.hostile_run(text))
    written.encode()
    assert "##[" not in written
    assert all(char.isprintable() or char == "\n" for char in written)
    commands = [line for line in written.split("\n") if line.lstrip().startswith("::")]
    if name == "github":
        assert len(commands) == 2
        assert all(re.match(r"::(error|warning|notice)( |::)", line) for line in commands)
        assert len(written.splitlines()) == 2
    else:
        assert all(line.lstrip().startswith("::: ") for line in commands)


@hostile
def test_clean_text_is_one_printable_line(text: str) -> None:
    assert clean(text).isprintable()
    assert not clean(text).lstrip().startswith("::")
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize("text", ["stage `web`", "::1", "a::b", "C:\\x", "中文 é 🐳"])
def test_ordinary_text_stays_readable(text: str) -> None:
    assert clean(text).replace("\\", "") == text.replace("\\", "")


def marked(source: Source, word: str, secrets: Secrets | None = None) -> str:
    """What is above the marks of a word, as drawn."""
    drawn = draw(at(source, word), secrets or Secrets(()))
    return drawn.text[drawn.start : drawn.end]


@pytest.mark.parametrize("line", ["\ta\tb word c", f"# {'x' * 500} word", "word", "  \x1b[0m word \x07"])
def test_marks_stand_under_the_word(line: str) -> None:
    assert marked(Source("f", f"first\n{line}\nlast".encode()), "word") == "word"


def test_wide_characters_take_two_columns() -> None:
    drawn = draw(at(DOCKERFILE, "curl"), Secrets(()))
    assert drawn.text == "    RUN echo 中文 🐳 && curl x"
    assert drawn.start == len("    RUN echo ") + 4 + 1 + 2 + 4


def test_a_long_line_is_cut_around_the_mark() -> None:
    source = Source("f", b"a" * 10_000 + b" word " + b"b" * 10_000)
    drawn = draw(at(source, "word"), Secrets(()))
    assert drawn.text.startswith("…")
    assert drawn.text.endswith("…")
    assert len(drawn.text) <= WIDEST + 2
    assert drawn.text[drawn.start : drawn.end] == "word"


def test_a_secret_is_masked_whatever_its_length() -> None:
    for length in (1, 5, 60):
        source = Source("f", b"A=" + b"x" * length + b" B=1")
        place = source.at(2, 2 + length)
        assert draw(place, Secrets((), [place])).text == f"A={MASK} B=1"
        assert marked(source, "B=1", Secrets((), [place])) == "B=1"


def test_a_mark_inside_a_secret_tells_nothing() -> None:
    source = Source("f", b"url: https://user:pass@host/x")
    secrets = Secrets((), [at(source, "user:pass")])
    assert marked(source, "pass", secrets) == MASK


def test_overlapping_secrets_are_one() -> None:
    source = Source("f", b"abcdefgh ij")
    secrets = Secrets((), [source.at(0, 5), source.at(3, 8), source.at(9, 11)])
    assert secrets.line(source, 1) == f"{MASK} {MASK}"
    assert secrets.masked(source, 4, 10) == f"{MASK} {MASK}"


def test_a_secret_that_is_a_word_does_not_blank_the_word_elsewhere() -> None:
    source = Source("f", b"POSTGRES_PASSWORD=postgres TOKEN=abc123def456")
    secrets = Secrets((), [source.at(18, 26), source.at(33, 45)])
    assert secrets.text("`postgres` gets abc123def456") == f"`postgres` gets {MASK}"


@pytest.mark.parametrize(
    "line",
    [
        "ENV A=1 DB_PASSWORD=s3cr3t-word B=2",
        "      - API_TOKEN=s3cr3t-word",
        "      SA_PASSWORD: 's3cr3t-word' # why",
        "RUN git clone https://me:s3cr3t-word@host/x",
        'password = "s3cr3t-word"',
    ],
)
def test_credentials_beside_a_finding_are_masked_though_no_check_named_them(line: str) -> None:
    for filler in (b"", b"# x\n" * 60_000):
        source = Source("Dockerfile", filler + f"FROM x\n{line}\nUSER root\n".encode())
        made = finding("root-user", Severity.HIGH, "x", at(source, "USER root"))
        near = finding("open-port", Severity.LOW, "x", source.at_line(source.position(made.location.start)[0] - 1))
        for name in report.FORMATS:
            text = report.render(name, run((made, near)))
            assert "s3cr3t" not in text
        assert line.replace("s3cr3t-word", MASK).strip() in report.render("full", run((near,)))


@pytest.mark.parametrize("line", ["ENV AUTH=none", "PASSWORD_FILE=/run/secrets/pw-1", "TOKEN=${TOKEN_1}", "KEY: value"])
def test_what_is_no_credential_is_shown(line: str) -> None:
    source = Source("f", line.encode())
    assert Secrets(()).line(source, 1) == line


def test_a_place_in_an_empty_file_is_named_and_not_drawn() -> None:
    made = finding("parse-error", Severity.HIGH, "nothing here", Source("empty.yaml", b"").at(0))
    text = report.render("full", run((made,)))
    assert "--> empty.yaml:1:1\n" in text
    assert " | " not in text


def test_many_related_places_are_counted() -> None:
    related = tuple(Related(COMPOSE.at_line(1 + n % 4), f"place {n}") for n in range(20))
    made = finding("root-user", Severity.HIGH, "x", at(DOCKERFILE, "root"), related=related)
    text = report.render("full", run((made,)))
    assert "... and 13 more places" in text
    assert "place 6" in text
    assert "place 7" not in text


def many(count: int, severity: Severity) -> tuple[Finding, ...]:
    return tuple(
        finding("root-user", severity, f"number {number} {'x' * 50}", at(DOCKERFILE, "root"), owner=str(number))
        for number in range(count)
    )


def test_annotations_stay_within_the_limits_worst_first() -> None:
    found = (*many(25, Severity.HIGH), *many(2, Severity.CRITICAL), *many(10, Severity.MEDIUM), *many(11, Severity.LOW))
    lines = report.render("github", run(found)).splitlines()
    by_level = {level: [line for line in lines if line.startswith(f"::{level} ")] for level in github._LEVELS}
    assert {level: len(found) for level, found in by_level.items()} == {"error": 10, "warning": 10, "notice": 10}
    assert "title=root-user (critical)" in by_level["error"][0]
    assert "18 more findings" in by_level["error"][-1]
    assert "more findings" not in by_level["warning"][-1]
    assert "2 more findings" in by_level["notice"][-1]


def test_annotations_are_escaped_as_the_runner_unescapes() -> None:
    source = Source("a,b:c%.yaml", b"x")
    text = report.render("github", run((finding("root-user", Severity.HIGH, "50%: a,b", source.at(0)),)))
    assert "file=a%2Cb%3Ac%25.yaml," in text
    assert "::50%25: a,b%0A" in text


def test_a_summary_is_cut_before_the_limit() -> None:
    text = report.render("markdown", run(many(10_000, Severity.HIGH)))
    assert len(text.encode()) <= markdown.MOST_BYTES + 1_000
    assert text.endswith("This summary is cut here; the log has all findings.\n")


@hostile
def test_a_summary_holds_names_as_text_only(text: str) -> None:
    written = report.render("markdown", reports.hostile_run(text))
    tags = set(re.findall(r"<[^>]*>", written))
    assert tags <= {"<code>", "</code>", "<br>", "<details>", "</details>", "<summary>", "</summary>"}
    assert clean(text).split("`")[0] in html.unescape(written)
    rows = [line for line in written.splitlines() if line.startswith("| high")]
    assert all(line.count("|") == 5 for line in rows[1:])


def test_a_page_is_taken_apart() -> None:
    about = page(reports.ROOT_USER)
    assert about.summary == "A container that is told to run as root."
    assert about.why == "Root in a container is root to everything that is shared with the host."
    assert about.cure == "end the image with a user of its own"
    assert about.references == ("https://example.org/users", "https://example.org/root")
