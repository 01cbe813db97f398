"""Files to per-file models, each from its own bytes alone, in as many processes as help."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from hullcheck.discover import Entry, Kind, Tree, load
from hullcheck.model.problem import Problem
from hullcheck.source import Source

Progress = Callable[[str, int, int], None]

PARALLEL_FROM = 1_500
"""Files from which several processes are worth their start: what they read has to be sent back."""

PARALLEL_CORES = 4
"""Processors from which they are: on two, sending costs more than reading together gains."""


class File(NamedTuple):
    """A file as read: its kind's word, its source and its model; `model` is None where only problems are known.

    `spans` are first and last lines of instructions that have several, for ignore comments. `counts` is false for
    files that are read for the sake of others and hold nothing to judge. `also` are further readings of the same
    source, where a file holds things of several kinds: a Pod behind a kustomization, a Compose project beside both.
    """

    source: Source
    kind: str
    model: Any
    problems: tuple[Problem, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    counts: bool = True
    also: tuple["File", ...] = ()

    @property
    def readings(self) -> tuple["File", ...]:
        """This one, and what else the file is."""
        return (self, *self.also) if self.also else (self,)


def of_kind(files: Mapping[str, File], *kinds: str) -> dict[str, File]:
    """The readings of these kinds, by path; a file has at most one of each."""
    return {
        path: reading for path, file in files.items() for reading in file.readings if reading.kind in kinds
    }  # fmt: skip


def read_all(
    tree: Tree,
    entries: list[Entry],
    jobs: int,
    progress: Progress,
    known: Mapping[str, File | None] | None = None,
) -> dict[str, File]:
    """Read every file that is of interest; the others are left out. What is `known` by its path isn't read again."""
    known = known or {}
    files = {entry.path: file for entry in entries if (file := known.get(entry.path)) is not None}
    entries = [entry for entry in entries if entry.path not in known]
    read: Iterable[tuple[str, File | None]]
    cores = os.cpu_count() or 1
    workers = jobs or (min(cores, 8) if len(entries) >= PARALLEL_FROM and cores >= PARALLEL_CORES else 1)
    read = _in_processes(tree, entries, workers) if workers > 1 and len(entries) > 1 else _one_by_one(tree, entries)
    for number, (path, file) in enumerate(read, 1):
        if file is not None:
            files[path] = file
        progress("reading", number, len(entries))
    return files


def _one_by_one(tree: Tree, entries: list[Entry]) -> Iterator[tuple[str, File | None]]:
    for entry in entries:
        yield entry.path, read(tree, entry)


def _in_processes(tree: Tree, entries: list[Entry], workers: int) -> Iterator[tuple[str, File | None]]:
    from concurrent.futures import ProcessPoolExecutor

    size = max(16, min(200, len(entries) // (workers * 4) + 1))
    chunks = [entries[i : i + size] for i in range(0, len(entries), size)]
    with ProcessPoolExecutor(workers) as pool:
        futures = [pool.submit(_read_chunk, tree, chunk) for chunk in chunks]
        for chunk, future in zip(chunks, futures, strict=True):
            try:
                yield from future.result()
            except RecursionError:  # too deep to be sent between processes
                yield from _read_chunk(tree, chunk)


def _read_chunk(tree: Tree, entries: list[Entry]) -> list[tuple[str, File | None]]:
    return list(_one_by_one(tree, entries))


def read(tree: Tree, entry: Entry) -> File | None:
    """The file's model, or None if it turns out to be of no interest. A fault of our own is a problem, too."""
    source = load(tree, entry)
    if isinstance(source, Problem):
        return File(source.location.source, entry.kind.value, None, (source,))
    try:
        return _READERS[entry.kind](source, entry)
    except Exception as error:  # noqa: BLE001  a fault of ours must not lose the other files
        message = f"reading this file failed: {type(error).__name__}: {error}"
        return File(source, entry.kind.value, None, (Problem("check-failed", message, source.at(0)),))


def _dockerfile(source: Source, entry: Entry) -> File | None:
    from hullcheck.parse import dockerfile

    model = dockerfile.parse(source)
    spans = tuple((i.location.line, i.location.region.end_line) for i in model.instructions)
    return File(source, "dockerfile", model, tuple(model.problems), tuple(s for s in spans if s[0] != s[1]))


def _yaml(source: Source, entry: Entry) -> File | None:
    """Compose or Kubernetes, by name and shape; cheap words first, so that most files are never parsed."""
    text = source.text
    if source.encoding == "latin-1":  # what can't be decoded may be of interest all the same, such as broken UTF-16
        text = text.replace("\x00", "")
    compose_named = entry.kind is Kind.COMPOSE
    manifest = "apiVersion" in text and "kind" in text
    compose = compose_named or ("services" in text and not source.path.endswith(".json"))
    if not (manifest or compose or entry.named):
        return None
    if manifest and not compose_named:
        from hullcheck.parse import kubernetes

        found = kubernetes.read(source)
        if found.objects or found.problems:
            return File(source, "kubernetes", found, tuple(found.problems))
    from hullcheck.parse import compose as compose_parser
    from hullcheck.parse import yaml

    documents = yaml.parse(source)
    roots = [d.root for d in documents.documents]
    if any(compose_parser.looks_like(root) for root in roots) or (documents.problems and compose_named):
        composed = compose_parser.read(source, documents)
        return File(source, "compose", composed if composed.documents else None, tuple(composed.problems))
    if documents.problems and entry.named:
        return File(source, "yaml", None, tuple(documents.problems))
    return None


def _context(source: Source, entry: Entry) -> File | None:
    """A file that says how others belong together: read whole when they are linked."""
    return File(source, entry.kind.value, None, counts=False)


def _kustomization(source: Source, entry: Entry) -> File | None:
    from hullcheck.parse import kubernetes

    found = kubernetes.read(source)
    return File(source, "kustomization", found, tuple(found.problems), counts=False)


def _by_content(source: Source, entry: Entry) -> File | None:
    """A file passed by name whose name doesn't tell: a Dockerfile if a line starts with FROM, else YAML."""
    first = next((line for line in source.text.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
    if first.split(None, 1)[:1] and first.split(None, 1)[0].upper() in ("FROM", "ARG"):
        return _dockerfile(source, entry)
    return _yaml(source, entry)


_READERS: dict[Kind, Callable[[Source, Entry], File | None]] = {
    Kind.DOCKERFILE: _dockerfile,
    Kind.YAML: _yaml,
    Kind.COMPOSE: _yaml,
    Kind.KUSTOMIZATION: _kustomization,
    Kind.SKAFFOLD: _context,
    Kind.BAKE: _context,
    Kind.CHART: _context,
    Kind.ENV: _context,
    Kind.UNKNOWN: _by_content,
}
