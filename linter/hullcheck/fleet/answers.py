"""The built-in questions, and answers as text, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime

from hullcheck.fleet.database import Database, Table
from hullcheck.report.safe import clean
from hullcheck.typed import Any

VERSION = 1
"""Of the JSON. What a version has keeps its meaning; new keys may come."""

MOST_WIDE = 70
"""Characters of a cell of a text."""

RUNS = 12
"""Runs of which the trend is told."""

_COUNTS = ", ".join(f"count(*) filter (c.severity = '{name}') {name}" for name in ("critical", "high", "medium", "low"))
_SOME = "list_sort(list(distinct {0}))[:5]"
"""Some of many, for a cell."""


def report(database: Database) -> list[Table]:
    """The worst repositories, checks and teams, what failed, and what became of all from run to run."""
    ask = database.table
    return [
        ask("repositories", "Worst repositories", f"""
            select r.repository, r.team, {_COUNTS}, any_value(r.suppressed) suppressed,
              any_value(r.not_judged) not_judged, any_value(r.state) state
            from current r left join counted c on c.repository = r.repository
            where r.state <> 'failed' group by r.repository, r.team
            order by critical desc, high desc, medium desc, low desc, r.repository"""),
        ask("failed", "Not judged", """
            select repository, team, error from current where state = 'failed' order by repository"""),
        ask("checks", "Checks", """
            select "check", max_by(severity, level) severity, count(*) findings, count(distinct repository) repositories
            from counted group by "check" order by max(level) desc, findings desc, "check" """),
        ask("teams", "Teams", f"""
            select if(r.team = '', '(none)', r.team) team, count(distinct r.repository) repositories,
              count(distinct r.repository) filter (r.state = 'failed') failed, {_COUNTS}
            from current r left join counted c on c.repository = r.repository group by r.team
            order by critical desc, high desc, medium desc, low desc, team"""),
        ask("joined", "Told by joining repositories", """
            select change, severity, "check", repository, path, line, owner, built_in, dockerfile, message from joined
            order by level desc, repository, path, line, owner"""),
        ask("trend", "From run to run", _TREND),
    ]  # fmt: skip


_TREND = f"""
with recent as (select distinct run from runs where run <= (select run from chosen) order by run desc limit {RUNS + 1}),
rows as (
  select run, repository, result, state, critical, high, medium, low,
    lag(nullif(result, '') ignore nulls) over (partition by repository order by run) before
  from runs where run in (select run from recent)),
changed as (select * from rows where before is not null and result <> '' and before <> result),
fresh as (
  select c.run, count(*) number from changed c join all_findings f on f.result = c.result and f.repository = c.repository
  where f.state = 'counts' and not exists (
    select 1 from all_findings g where g.result = c.before and g.repository = c.repository and g.state = 'counts'
      and g.fingerprint = f.fingerprint and g.path = f.path and g.scope = f.scope and g.owner = f.owner)
  group by c.run),
gone as (
  select c.run, count(*) number from changed c join all_findings g on g.result = c.before and g.repository = c.repository
  where g.state = 'counts' and not exists (
    select 1 from all_findings f where f.result = c.result and f.repository = c.repository and f.state = 'counts'
      and g.fingerprint = f.fingerprint and g.path = f.path and g.scope = f.scope and g.owner = f.owner)
  group by c.run)
select r.run, count(*) repositories, count(*) filter (r.state = 'failed') failed, sum(critical)::bigint critical,
  sum(high)::bigint high, sum(medium)::bigint medium, sum(low)::bigint low,
  coalesce(any_value(fresh.number), 0) "new", coalesce(any_value(gone.number), 0) gone
from rows r left join fresh on fresh.run = r.run left join gone on gone.run = r.run
group by r.run order by r.run desc limit {RUNS}
"""
"""A repository's findings are new that its result before didn't have."""


def images(database: Database) -> list[Table]:
    """Which images and bases run where, which are past their end of life, which are built here and used there."""
    ask, some = database.table, _SOME.format("i.repository")
    known = "i.role <> 'built' and i.name <> ''"
    return [
        ask("images", "Images and bases", f"""
            select i.image, i.role, count(distinct i.repository) repositories, count(*) places, {some} used_in,
              any_value(m.built_in) built_in, any_value(i.ends) ends, bool_or(i.ended) ended
            from images i left join makers m on m.name = i.name where {known}
            group by i.image, i.role order by repositories desc, places desc, i.image, i.role"""),
        ask("ended", "Past their end of life", f"""
            select i.image, any_value(i.ends) ends, i.role, count(distinct i.repository) repositories, {some} used_in
            from images i where i.ended and {known}
            group by i.image, i.role order by repositories desc, i.image, i.role"""),
        ask("shared", "Built here, used there", """
            select b.name image, b.repository built_in, b.path dockerfile, b.owner stage, b.root runs_as_root,
              b.user_text "user", u.repository used_in, u.role used_as, u.path, u.line
            from images b join images u on u.name = b.name and u.role <> 'built' and u.repository <> b.repository
            where b.role = 'built' and b.name <> ''
            group by all order by image, built_in, used_in, u.path, u.line"""),
        ask("unknown", "Images that aren't known", """
            select repository, path, line, how, unknown reason from images where name = '' and role <> 'built'
            order by repository, path, line"""),
    ]  # fmt: skip


def exposed(database: Database) -> list[Table]:
    """What can be reached from outside."""
    ask = database.table
    return [
        ask("exposed", "Reached from outside", """
            with worst as (
              select repository, scope, owner, max_by(severity, level) severity from counted group by all)
            select e.repository, r.team, e.workload, e.data, e.kind, e.via, e.connections, e.limits, e.certain,
              e.images, coalesce(w.severity, '') worst, e.path, e.line, e.scope
            from exposures e join current r on r.repository = e.repository
              left join worst w on w.repository = e.repository and w.scope = e.scope and w.owner = e.owner
            order by e.data = '', e.limits <> '', not e.certain, e.repository, e.workload, e.kind, e.path, e.line"""),
        ask("teams", "By team", """
            select if(r.team = '', '(none)', r.team) team, count(distinct (e.repository, e.scope, e.workload)) workloads,
              count(distinct (e.repository, e.scope, e.workload)) filter (e.data <> '') datastores,
              count(distinct e.repository) repositories
            from exposures e join current r on r.repository = e.repository group by r.team order by workloads desc, team"""),
    ]  # fmt: skip


ANSWERS: dict[str, Callable[[Database], list[Table]]] = {"report": report, "images": images, "exposed": exposed}


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def shown(value: Any) -> str:
    """A value as one line that is safe to print."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    return clean(f"{value:,}" if isinstance(value, int) else str(_plain(value)))


def as_json(found: list[Table], top: int) -> str:
    """All tables, each a list of objects."""
    made = {
        table.name: [dict(zip(table.columns, map(_plain, row), strict=True)) for row in table.rows] for table in found
    }
    text = json.dumps({"version": VERSION, "tables": made}, indent=2, ensure_ascii=True)
    return text.replace("##[", "##\\u005b") + "\n"


def as_csv(found: list[Table], top: int) -> str:
    """The first table. A cell that a spreadsheet would take for a formula has an apostrophe before it."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(found[0].columns)
    writer.writerows([_cell(value) for value in row] for row in found[0].rows)
    return stream.getvalue()


def _cell(value: Any) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else shown(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not isinstance(value, int | float) else text


def as_text(found: list[Table], top: int) -> str:
    """Each table that has rows under its title, `top` rows of it, or all if that is 0."""
    return "\n".join(_lines(table, top) for table in found if table.rows or len(found) == 1) or "nothing\n"


def _lines(table: Table, top: int) -> str:
    rows = [[shown(value) for value in row] for row in table.rows[: top or None]]
    numbers = [
        all(isinstance(row[at], int) and not isinstance(row[at], bool) for row in table.rows[: top or None])
        for at in range(len(table.columns))
    ]
    cells = [[cut(text) for text in row] for row in ([list(table.columns), *rows])]
    widths = [max(len(row[at]) for row in cells) for at in range(len(table.columns))]
    lines = [f"{table.title}\n"] if table.title else []
    for row in cells:
        words = (
            text.rjust(width) if number else text.ljust(width)
            for text, width, number in zip(row, widths, numbers, strict=True)
        )
        lines.append(f"{'  '.join(words).rstrip()}\n")
    if len(table.rows) > len(rows):
        lines.append(f"... and {len(table.rows) - len(rows):,} more\n")
    return "".join(lines)


def cut(text: str) -> str:
    """The text, its middle left out where it is too long for a cell."""
    half = MOST_WIDE // 2
    return text if len(text) <= MOST_WIDE else f"{text[: half - 1]}…{text[-half:]}"


FORMATS: dict[str, Callable[[list[Table], int], str]] = {"text": as_text, "json": as_json, "csv": as_csv}
