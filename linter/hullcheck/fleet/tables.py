"""The tables of results: their columns, each with its type and what it says, and rows as the bytes of Parquet files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

VERSION = 1
"""Of the columns. What a version has keeps its meaning; new columns may come."""

Row = tuple[Any, ...]


class Column(NamedTuple):
    """`kind` is "text", "texts" (a list), "number", "real", "truth", "day" or "time" (UTC)."""

    name: str
    kind: str
    about: str


def _columns(text: str) -> tuple[Column, ...]:
    rows = (line.split(None, 2) for line in text.splitlines() if line)
    return tuple(Column(*row) for row in rows)


_OF_RESULT = """
result text which judgement the row belongs to: that of a commit, by one hullcheck and policy (`runs.result`)
repository text the repository's name
"""

TABLES: dict[str, tuple[Column, ...]] = {
    "findings": _columns(
        _OF_RESULT
        + """
check text the check's name, `check` in its pages
concern text what the check is about: identity, images, network ...
severity text critical, high, medium, low or info
level number the severity as a number, 4 for critical to 0 for info
state text `counts`, or `suppressed`
accepted_by text who accepted it: comment, config, baseline; empty if it counts
reason text the reason that is given for that
message text the fault in words, secrets masked
path text the file, from the repository's root
line number the line in it, from 1
owner text the object that it is about
scope text where that runs: a Compose project, a world of manifests, a Dockerfile
dialect text dockerfile, compose, kubernetes or devcontainer; empty if about none
fingerprint text equal wherever the same fault of the same object is found again, whatever was moved
evidence texts what was found, without prose, secrets masked
objects number how many objects the fault is told of at this line
"""
    ),
    "images": _columns(
        _OF_RESULT
        + """
image text the reference as it is resolved, empty if it isn't known
name text registry and repository in full, by which images are matched
tag text its tag, empty if none is written
digest text its digest, empty if none is written
role text `run` (a service or container runs it), `base` (a build starts from or copies out of it), `pipeline` (CI runs it), `built` (made here)
how text the place that names it, as messages say it
path text the file, from the repository's root
line number the line in it
owner text the object that names it, or the stage that makes it
scope text where that runs, or the Dockerfile
unknown text why the reference isn't known, empty if it is
ends text the product and release whose end of life is known, empty if none is
ended truth is it past its end of life on the day that it was judged?
root text of an image that is built: does it run as root? stated, implicit, no or unknown
user_text text of an image that is built: the user as written
drops text of an image that is built: the program with which its entry point leaves root
"""
    ),
    "base_images": _columns(
        _OF_RESULT
        + """
image text the image that a build starts from, or copies out of
name text registry and repository in full
tag text its tag, empty if none is written
digest text its digest, empty if none is written
how text the instruction that names it
dockerfile text the Dockerfile, from the repository's root
line number the line in it
stage text the stage, by its name or number
ships truth does the stage ship, or another that starts from it?
ends text the product and release whose end of life is known, empty if none is
ended truth is it past its end of life on the day that it was judged?
"""
    ),
    "workloads": _columns(
        _OF_RESULT
        + """
dialect text compose or kubernetes
scope text the Compose project or the world of manifests
owner text the container, as findings name it
role text service, container, init, sidecar or ephemeral
name text the container's name
image text the reference, empty if it isn't known
image_name text registry and repository in full
tag text the tag
root text does it run as root, as far as its own repository tells: stated, implicit, no or unknown
user_text text the user as written, empty if none is
user_from text who says so: `workload`, `built` (its image, built in the same repository), `table` (known base images) or `unknown`
replaces_entrypoint truth does it start something else than its image's own entry point?
privileged truth is it privileged?
complete truth is it all of it, rather than a patch or another fragment?
path text the file, from the repository's root
line number the line in it
"""
    ),
    "exposures": _columns(
        _OF_RESULT
        + """
scope text the Compose project or the world of manifests
workload text who can be reached, as `namespace/name[Kind]`
owner text the object, as findings name it
kind text how: LoadBalancer, NodePort, Ingress, hostPort, published ...
via text the object that opens the way
connections text the protocols and ports that policies let through
limits text from where only, empty if from everywhere
certain truth is it so whatever isn't known?
images texts what it runs, as repositories without registry and tag
data text which kind of data store it is, empty if none
path text the file that opens the way
line number the line in it
"""
    ),
    "coverage": _columns(
        _OF_RESULT
        + """
path text the file, from the repository's root
kind text what kind of thing it is
object text its name
state text `left out`, or `not judged`; what is judged is counted in `runs`
cause text by which cause it isn't judged
reason text why, in words
"""
    ),
    "runs": _columns(
        """
schema number the version of these columns
run text the run: the time that it began, and some letters
started time when the run began
finished time when this repository was done
number number its place in what was asked for
repository text its name
place text its address or folder, credentials masked
ref text the branch, tag or commit that was asked for
commit text the commit that was judged, empty for a folder
team text the team that owns it
labels texts its labels
state text `judged`, `unchanged` (as an earlier run judged it), `empty` or `failed`
error text why it couldn't be judged
result text its rows in the other tables, empty if it failed
exit_code number as `hullcheck check` of it alone would have: 0, 1, 3 or 4; 2 if it failed
files number files that were judged
findings number findings that count
critical number of them critical
high number of them high
medium number of them medium
low number of them low
info number of them notes
suppressed number findings that somebody accepted
judged number things that were judged
left_out number things that the owners leave out
not_judged number things that couldn't be judged
today day the day that dates were judged by
since day the first day on which the same would be found
until day the last such day, if one is known
seconds real how long it took
hullcheck text the version
code text a digest of all that this hullcheck is made of
policy text a digest of the policy and of the options that bear on judgements
"""
    ),
}
DATA = tuple(name for name in TABLES if name != "runs")


def types() -> dict[str, Any]:
    """What each kind of column is in Arrow."""
    import pyarrow

    return {
        "text": pyarrow.string(), "texts": pyarrow.list_(pyarrow.string()), "number": pyarrow.int64(),
        "real": pyarrow.float64(), "truth": pyarrow.bool_(), "day": pyarrow.date32(),
        "time": pyarrow.timestamp("us", tz="UTC"),
    }  # fmt: skip


@lru_cache(maxsize=16)  # more than there are tables
def _schema(table: str) -> Any:
    import pyarrow

    kinds = types()
    fields = [pyarrow.field(each.name, kinds[each.kind]) for each in TABLES[table]]
    return pyarrow.schema(
        fields, metadata={b"hullcheck.table": table.encode(), b"hullcheck.schema": str(VERSION).encode()}
    )


def parquet(table: str, rows: Sequence[Row]) -> bytes:
    """The rows as the bytes of a Parquet file."""
    import pyarrow
    from pyarrow import parquet as writer

    schema = _schema(table)
    names = [each.name for each in TABLES[table]]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    arrays = [pyarrow.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    sink = pyarrow.BufferOutputStream()
    writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), sink, compression="zstd")
    return bytes(sink.getvalue())


BLANK: dict[str, Any] = {"text": "", "texts": [], "number": 0, "real": 0.0, "truth": False, "day": None, "time": None}
"""What is in a column of which nothing is said."""


def rows_in_runs(rows: Sequence[dict[str, Any]]) -> bytes:
    """Rows of `runs`, each by the names of its columns, as the bytes of a file."""
    return parquet("runs", [tuple(row.get(each.name, BLANK[each.kind]) for each in TABLES["runs"]) for row in rows])


def united(paths: Iterable[str]) -> bytes:
    """Several files of one table as one."""
    import pyarrow
    from pyarrow import parquet as reader

    sink, left = pyarrow.BufferOutputStream(), list(paths)
    with reader.ParquetWriter(sink, reader.read_schema(left[0]), compression="zstd") as writer:
        for at in range(0, len(left), _TOGETHER):
            # `read_table` looks for many files: four times as slow
            parts = [reader.ParquetFile(path).read() for path in left[at : at + _TOGETHER]]
            writer.write_table(pyarrow.concat_tables(parts).combine_chunks())
    return bytes(sink.getvalue())


_TOGETHER = 500
"""Files that are in memory at once to be united."""


def rows_of(path: str, columns: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of a file of the results."""
    from pyarrow import parquet as reader

    with open(path, "rb") as file:
        found: list[dict[str, Any]] = reader.ParquetFile(file).read(columns=list(columns)).to_pylist()
    return found
