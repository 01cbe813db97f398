"""The folder of results: Parquet files of a repository and run, each put into its place whole, what says so last.

A repository's rows are in `TABLE/NAME-RESULT.parquet`, NAME being a digest of its name; `runs/RUN/NAME.parquet` says that
they are all there. What isn't named by a row of `runs` doesn't count. Once a run is over, its rows in `runs` are one
file.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from hullcheck.errors import HullcheckError
from hullcheck.fleet import tables
from hullcheck.hashes import sha256
from hullcheck.patterns import pattern
from hullcheck.typed import Any

MARK = "hullcheck-fleet.json"
OPEN = "open-run.json"
"""What a run that isn't over was asked."""

_RUN = pattern(r"[0-9]{8}T[0-9]{12}Z-[0-9a-f]{4}")
_TIME = "%Y%m%dT%H%M%S%f"
_EMPTY = "0-columns.parquet"
"""A file without rows, so that a table can be read before there is anything in it."""


class Dataset:
    """Results in a folder, which is made if it isn't there. HullcheckError if it holds something else."""

    def __init__(self, folder: str, *, make: bool = False) -> None:
        self.folder = os.path.abspath(folder)
        mark = os.path.join(self.folder, MARK)
        try:
            if make and not os.path.exists(mark):
                self._made(mark)
            with open(mark, "rb") as file:
                said = json.loads(file.read(10_000))
        except FileNotFoundError:
            raise HullcheckError(f"{folder}: there are no results: `hullcheck fleet run` writes them") from None
        except (OSError, ValueError) as error:
            raise _unwritable(folder, error) from None
        if not isinstance(said, dict) or said.get("schema") != tables.VERSION:
            raise HullcheckError(f"{folder}: results of another version of hullcheck, whose columns aren't these")

    def _made(self, mark: str) -> None:
        if os.path.isdir(self.folder) and os.listdir(self.folder):
            raise HullcheckError(f"{self.folder}: holds something else than results")
        for table in tables.TABLES:
            os.makedirs(os.path.join(self.folder, table), exist_ok=True)
            self._put(os.path.join(self.folder, table, _EMPTY), tables.parquet(table, []))
        self._put(mark, json.dumps({"schema": tables.VERSION}).encode())

    def path(self, table: str) -> str:
        return os.path.join(self.folder, table)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other run writes here within; HullcheckError if one does."""
        import fcntl

        handle = os.open(os.path.join(self.folder, MARK), os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise HullcheckError(f"{self.folder}: another run is writing its results here") from None
        finally:
            os.close(handle)

    def write(self, run: str, row: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        """Put what is known of a repository into its place; HullcheckError if there is no room, and nothing counts.

        `files` has the bytes for each table, and those of its row in `runs`, if who judged it made them.
        """
        name = digest(str(row["repository"]))
        last = files.get("runs") or tables.rows_in_runs([dict(row)])
        try:
            for table in tables.DATA:
                data = files.get(table)
                if data is None:
                    continue
                self._put(os.path.join(self.path(table), f"{name}-{row['result']}.parquet"), data)
            self._put(os.path.join(self.path("runs"), run, f"{name}.parquet"), last)
        except OSError as error:
            raise _unwritable(self.folder, error) from None

    def _put(self, path: str, data: bytes) -> None:
        """Write a file, whole or not at all."""
        part = f"{path}.{os.getpid()}.part"
        try:
            try:
                handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)
            except FileNotFoundError:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o644)
            with open(handle, "wb", buffering=0) as file:
                left = memoryview(data)
                while left:
                    left = left[file.write(left) :]
            os.replace(part, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(part)
            raise

    def begin(self, asked: str, started: datetime) -> tuple[str, datetime, bool]:
        """The run that goes on if one of the same request was interrupted, else a new one; and when it began."""
        path = os.path.join(self.folder, OPEN)
        with suppress(OSError, ValueError, KeyError, TypeError):
            with open(path, "rb") as file:
                said = json.loads(file.read(10_000))
            if said["asked"] == asked and _RUN.fullmatch(said["run"]):
                return said["run"], datetime.fromisoformat(said["started"]), True
            self.end(said["run"])
        run = self._named(started)
        said = {"run": run, "asked": asked, "started": started.isoformat()}
        try:
            self._put(path, json.dumps(said).encode())
        except OSError as error:
            raise _unwritable(self.folder, error) from None
        return run, started, False

    def _named(self, started: datetime) -> str:
        """A name for a run: by it runs are in order, even if the clock was set back."""
        at = started.astimezone(UTC).replace(tzinfo=None)
        before = self.runs()[-1:]
        if before:
            at = max(at, datetime.strptime(before[0].partition("Z")[0], _TIME) + timedelta(microseconds=1))
        return f"{at.strftime(_TIME)}Z-{random.SystemRandom().randrange(1 << 16):04x}"

    def done(self, run: str) -> dict[str, str]:
        """The repositories that a run has rows of, by name, and what became of each."""
        columns = ("repository", "state")
        return {row["repository"]: row["state"] for path in self._of(run) for row in tables.rows_of(path, columns)}

    def rows(self, run: str, columns: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
        """The rows of a run in `runs`, with these columns or all."""
        columns = columns or [each.name for each in tables.TABLES["runs"]]
        for path in self._of(run):
            yield from tables.rows_of(path, columns)

    def end(self, run: str) -> None:
        """Unite a run's own rows into one file; the run is over."""
        parts = self._of(run)
        folder = os.path.join(self.path("runs"), run)
        try:
            if parts and os.path.isdir(folder):
                self._put(os.path.join(self.path("runs"), f"{run}.parquet"), tables.united(parts))
                for path in parts:
                    os.unlink(path)
            with suppress(FileNotFoundError):
                os.rmdir(folder)
            with suppress(FileNotFoundError):
                os.unlink(os.path.join(self.folder, OPEN))
        except OSError as error:
            raise _unwritable(self.folder, error) from None

    def _of(self, run: str) -> list[str]:
        if not _RUN.fullmatch(run):
            return []
        whole = os.path.join(self.path("runs"), f"{run}.parquet")
        folder = os.path.join(self.path("runs"), run)
        with suppress(OSError):
            return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".parquet")]
        return [whole] if os.path.exists(whole) else []

    def runs(self) -> list[str]:
        """The runs that there are rows of, the first one first."""
        names = {name.removesuffix(".parquet") for name in os.listdir(self.path("runs"))}
        return sorted(name for name in names if _RUN.fullmatch(name))

    def files_of_runs(self) -> list[str]:
        """The files of `runs` that count: of a run that is being united, not its parts as well."""
        return [os.path.join(self.path("runs"), _EMPTY), *(path for run in self.runs() for path in self._of(run))]

    def files_of(self, table: str, run: str) -> list[str]:
        """The files of a table that hold the results of a run."""
        wanted = {
            f"{digest(row['repository'])}-{row['result']}.parquet" for row in self.rows(run, ("repository", "result"))
        } | {_EMPTY}
        folder = self.path(table)
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name in wanted]

    def latest(self, names: Iterable[str], columns: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The last row that holds a result of each of these repositories, with these columns, `result` among them."""
        wanted, found = set(names), dict[str, dict[str, Any]]()
        for run in reversed(self.runs()):
            for row in self.rows(run, ("repository", *columns)):
                name = row.pop("repository")
                if name in wanted and row["result"]:
                    found.setdefault(name, row)
            if len(found) == len(wanted):
                break
        return found


def digest(name: str) -> str:
    """A name for files: equal for equal names, and with nothing of what they are made of."""
    return str(sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:24])


def _unwritable(folder: str, error: Exception) -> HullcheckError:
    why = error.strerror if isinstance(error, OSError) else "it isn't what was written"
    return HullcheckError(f"{folder}: the results can't be written or read: {why}")
