"""The overview of all repositories as a page of one file, in the look of the page of findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hullcheck import __version__
from hullcheck.fleet.answers import exposed, images, shown
from hullcheck.fleet.database import Database, Table
from hullcheck.page.frame import asset, code, count, document, name, text
from hullcheck.typed import Any

MOST_ROWS = 300
"""Rows of each table that are on the page; the rest are counted."""

SEVERITIES = ("critical", "high", "medium", "low")
_WIDTH, _HEIGHT = 160, 28


def render(database: Database, found: Sequence[Table]) -> str:
    """The page of a report."""
    all_tables = [*found, *images(database), *exposed(database)[:1]]
    by_name = {table.name: table for table in found}
    failed, trend = by_name["failed"], by_name["trend"]
    main = [_numbers(by_name["repositories"], failed, trend), *(_section(table) for table in all_tables if table.rows)]
    main.append(f'<footer><p class="dim">hullcheck {text(__version__)}, run {text(database.run)}</p></footer>')
    worst = any(_sum(by_name["repositories"], column) for column in ("critical", "high"))
    look, verdict = (
        ("failed", "Not everything could be judged")
        if failed.rows
        else ("failed", "Findings")
        if worst
        else ("passed", "Passed")
    )
    return document(
        "hullcheck fleet",
        f'<span class="verdict {look}">{verdict}</span>',
        main,
        sheets=asset("page.css") + asset("fleet.css"),
        script=asset("page.js"),
    )


def _sum(table: Table, column: str) -> int:
    at = table.columns.index(column)
    return sum(row[at] or 0 for row in table.rows)


def _numbers(repositories: Table, failed: Table, trend: Table) -> str:
    """How many of what there are, each with its history."""
    parts = [f"<div><dt>repositories</dt><dd>{len(repositories.rows) + len(failed.rows):,}</dd></div>"]
    if failed.rows:
        parts.append(f'<div class="high"><dt>not judged</dt><dd>{len(failed.rows):,}</dd></div>')
    for severity in SEVERITIES:
        at = trend.columns.index(severity)
        history = [row[at] or 0 for row in reversed(trend.rows)]
        parts.append(
            f'<div class="{severity}"><dt>{severity}</dt><dd>{_sum(repositories, severity):,} {_line(history, severity)}</dd></div>'
        )
    return f'<dl class="totals">{"".join(parts)}</dl>\n'


def _line(values: list[int], what: str) -> str:
    """The history of a number as a small curve; nothing of a single one."""
    if len(values) < 2:
        return ""
    most = max(values) or 1
    step = _WIDTH / (len(values) - 1)
    points = " ".join(
        f"{at * step:.1f},{_HEIGHT - 2 - value / most * (_HEIGHT - 4):.1f}" for at, value in enumerate(values)
    )
    told = f"{what} from run to run: {', '.join(f'{value:,}' for value in values)}"
    return (
        f'<svg role="img" width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"><title>{text(told)}</title>'
        f'<polyline points="{points}" fill="none" stroke="currentcolor" stroke-width="1.5"/></svg>'
    )


def _section(table: Table) -> str:
    is_open = " open" if table.name in ("repositories", "failed", "checks", "teams", "trend", "joined") else ""
    return "".join(
        (
            f'<details class="sec" id="{table.name}"{is_open}><summary><h2>{text(table.title)} ',
            f'<span class="n">{len(table.rows):,}</span></h2></summary>\n<div class="wide"><table>\n<thead><tr>',
            *(
                f"<th scope=col{_number(table, at)}>{text(column.replace('_', ' '))}</th>"
                for at, column in enumerate(table.columns)
            ),
            "</tr></thead>\n<tbody>\n",
            *_rows(table),
            "</tbody></table></div>\n",
            f'<p class="none">{count(len(table.rows) - MOST_ROWS, "more row")}</p>'
            if len(table.rows) > MOST_ROWS
            else "",
            "</details>\n",
        )
    )


def _number(table: Table, at: int) -> str:
    is_number = all(isinstance(row[at], int) and not isinstance(row[at], bool) for row in table.rows)
    return " class=num" if is_number and table.columns[at] != "line" else ""


def _rows(table: Table) -> Iterator[str]:
    numbers = [_number(table, at) for at in range(len(table.columns))]
    for row in table.rows[:MOST_ROWS]:
        cells = (
            f"<td{number}>{_cell(column, value)}</td>"
            for column, value, number in zip(table.columns, row, numbers, strict=True)
        )
        yield f"<tr>{''.join(cells)}</tr>\n"


def _cell(column: str, value: Any) -> str:
    said = shown(value)
    if column == "message":
        return code(said)
    if column in ("severity", "worst") and said:
        return f'<span class="sev {name(said)}">{name(said)}</span>'
    if column in ("check", "path", "dockerfile", "image"):
        return f'<span class="place">{name(said)}</span>'
    return text(said)
