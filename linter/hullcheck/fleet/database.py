"""The results as tables of DuckDB, which reads the files where they are and may do nothing else."""

from __future__ import annotations

import os
from collections.abc import Sequence

from hullcheck.errors import HullcheckError
from hullcheck.fleet import tables
from hullcheck.fleet.dataset import Dataset
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any, Self

MOST_ROWS = 1_000_000
"""Rows of one answer."""

_GLOBS = frozenset("*?[]{}")

VIEWS = """
create view current as select * from runs where run = (select run from chosen);

create view told as
  select f.* from findings f where f.state = 'counts';

-- Images of which all that is known is built in one place.
create view makers as
  select name, any_value(repository) built_in, any_value(path) dockerfile, any_value(line) dockerfile_line,
    any_value(owner) stage, any_value(root) root, any_value(user_text) user_text, any_value(drops) drops
  from images where role = 'built' and name <> ''
  group by name having count(distinct (repository, path, owner)) = 1;

-- Who runs an image of another repository, and doesn't say as whom itself.
create view borrowed as
  select w.*, m.built_in, m.dockerfile, m.dockerfile_line, m.stage, m.root made_root, m.user_text made_user,
    case when w.replaces_entrypoint then '' else m.drops end leaves
  from workloads w join makers m on m.name = w.image_name and m.built_in <> w.repository
  where w.user_from in ('unknown', 'table') and w.complete;

create view joined as
  select 'added' change, case made_root when 'stated' then 'root-user' else 'root-user-implicit' end "check",
    case when leaves <> '' then 'info' else 'high' end severity, case when leaves <> '' then 0 else 3 end level,
    concat(role, ' `', name, '` runs as root', if(leaves <> '', concat(', until `', leaves, '` gives root up'), ''),
      ': its image `', image, '` is built in ', built_in, ', and ', dockerfile, ':', dockerfile_line,
      if(made_root = 'stated', concat(' says `', made_user, '`'), ' says no other user')) message,
    repository, path, line, owner, scope, built_in, dockerfile, dockerfile_line, stage
  from borrowed where made_root in ('stated', 'implicit') and root not in ('stated', 'implicit')
  union all
  select 'removed', t."check", t.severity, t.level,
    concat(b.role, ' `', b.name, '` doesn''t run as root: its image `', b.image, '` is built in ', b.built_in, ', and ',
      b.dockerfile, ':', b.dockerfile_line, ' says `', b.made_user, '`'),
    b.repository, t.path, t.line, b.owner, b.scope, b.built_in, b.dockerfile, b.dockerfile_line, b.stage
  from borrowed b join told t
    on t.repository = b.repository and t.scope = b.scope and t.owner = b.owner
    and t."check" in ('root-user', 'root-user-implicit')
  where b.made_root = 'no' and b.root in ('stated', 'implicit');

-- What counts once repositories are joined.
create view counted as
  select repository, "check", severity, level, message, path, line, owner, scope, '' built_in from told t
  where not exists (
    select 1 from joined j where j.change = 'removed' and j.repository = t.repository and j.scope = t.scope
      and j.owner = t.owner and j."check" = t."check")
  union all
  select repository, "check", severity, level, message, path, line, owner, scope, built_in from joined
  where change = 'added';
"""
"""Besides the tables themselves: see docs/fleet.md."""


class Table(NamedTuple):
    """One answer: its name for programs, a title, and the rows."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


class Database:
    """The results of one run, the last one if none is named, and of those before it. Closed at the end of a `with`.

    With `hold`, the rows of the run are read once, for questions that ask for them again and again.

    Tables are those of `tables.py`; all but `runs` have the rows of this run alone, and `all_findings` and so on those of
    all. Raises HullcheckError if there is no such run.
    """

    def __init__(self, dataset: Dataset, run: str = "", *, hold: bool = False) -> None:
        import duckdb

        self._duckdb = duckdb
        runs = dataset.runs()
        if run and run not in runs:
            raise HullcheckError(f"--run: there is no run {run}; the last is {runs[-1] if runs else 'none'}")
        if not runs:
            raise HullcheckError(f"{dataset.folder}: no run has begun yet")
        self.run = run or runs[-1]
        self._connection = duckdb.connect(":memory:")
        try:
            self._open(dataset, hold)
        except duckdb.Error as error:
            raise HullcheckError(f"{dataset.folder}: the results can't be read: {_first(error)}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _open(self, dataset: Dataset, hold: bool) -> None:
        """Have the tables there, and from then on read nothing else, and change nothing."""
        do = self._connection.execute
        do("set autoinstall_known_extensions = false; set autoload_known_extensions = false; set temp_directory = ''")
        do("set python_enable_replacements = false")
        do(f"create view runs as select * from {_files(dataset.files_of_runs())}")
        do(f"create table chosen as select '{self.run}' run")
        for table in tables.DATA:
            do(f"create view all_{table} as select * from {_parquet(dataset.path(table))}")
            source = _files(dataset.files_of(table, self.run)) if hold else f"all_{table}"
            do(
                f"create {'table' if hold else 'view'} {table} as select t.* from {source} t join runs r"
                f" on r.run = '{self.run}' and r.result = t.result and r.repository = t.repository"
            )
        do(VIEWS)
        folder = _quoted(f"{dataset.folder.rstrip('/')}/")
        do(f"set allowed_directories = [{folder}]; set enable_external_access = false; set lock_configuration = true")

    def table(self, name: str, title: str, sql: str) -> Table:
        """The answer to a question of ours."""
        try:
            found = self._connection.execute(sql)
            columns = tuple(column[0] for column in found.description or ())
            return Table(name, title, columns, found.fetchmany(MOST_ROWS))
        except self._duckdb.Error as error:
            raise HullcheckError(f"the results can't be read: {_first(error)}") from None

    def query(self, sql: str) -> Table:
        """The answer to anybody's question; HullcheckError if it is anything but one SELECT, or can't be answered."""
        try:
            statements = self._duckdb.extract_statements(sql)
        except self._duckdb.Error as error:
            raise HullcheckError(f"query: {_first(error)}") from None
        if len(statements) != 1 or statements[0].type != self._duckdb.StatementType.SELECT:
            raise HullcheckError("query: one SELECT, and nothing that changes or loads anything")
        try:
            found = self._connection.execute(statements[0])
            columns = tuple(column[0] for column in found.description or ())
            return Table("query", "", columns, found.fetchmany(MOST_ROWS))
        except self._duckdb.Error as error:
            raise HullcheckError(f"query: {_first(error)}") from None


def _parquet(folder: str) -> str:
    """All files of a table, as DuckDB reads them."""
    if _GLOBS.isdisjoint(folder):
        return f"read_parquet({_quoted(os.path.join(folder, '*.parquet'))})"
    return _files([os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".parquet")])


def _files(paths: list[str]) -> str:
    return f"read_parquet([{', '.join(map(_quoted, paths))}])"


def _quoted(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def _first(error: Exception) -> str:
    from hullcheck.report.safe import clean

    return clean(str(error).partition("\n")[0])[:500]
