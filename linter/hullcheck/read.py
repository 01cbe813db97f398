"""Files to per-file models, each from its own bytes alone, in as many processes as help."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from hullcheck import look
from hullcheck.budget import OutOfTimeError, Thing, left, limited, tick
from hullcheck.discover import DiskTree, Entry, Kind, Tree, load, plainly_dockerfile
from hullcheck.errors import HullcheckError
from hullcheck.model.coverage import Gap
from hullcheck.model.lazy import Lazy
from hullcheck.model.problem import Problem, late
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing.process import BaseProcess

    from hullcheck.model.node import Node
    from hullcheck.parse.packed import Known, Told

Progress = Callable[[str, int, int], None]

PARALLEL_FROM = 1_500
"""Files from which several processes are worth their start: what they read has to be sent back."""

MANY = 32
"""Files from which on it is worth while to look for what earlier runs made of them."""

LARGE_JSON = 1024 * 1024
"""Characters of JSON from which it is worth while to ask first what it is: most of it is data."""

PARALLEL_CORES = 4
"""Processors from which they are: on two, sending costs more than reading together gains."""


class File(NamedTuple):
    """A file as read: its kind's word, its source and its model; `model` is None where only problems are known.

    `spans` are first and last lines of instructions that have several, for ignore comments. `counts` is false for
    files that are read for the sake of others and hold nothing to judge. `also` are further readings of the same
    source, where a file holds things of several kinds: a Pod behind a kustomization, a Compose project beside both.
    `hints` are the kinds that it was read as by the names of the file and of links to it; none, if others name it.
    """

    source: Source
    kind: str
    model: Any
    problems: tuple[Problem, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    counts: bool = True
    also: tuple["File", ...] = ()
    hints: tuple[Kind, ...] = ()

    @property
    def readings(self) -> tuple["File", ...]:
        """This one, and what else the file is."""
        return (self, *self.also) if self.also else (self,)


def of_kind(files: Mapping[str, File], *kinds: str) -> dict[str, File]:
    """The readings of these kinds, by path; a file has at most one of each."""
    found: dict[str, File] = {}
    for path, file in files.items():
        if file.kind in kinds:
            found[path] = file
        for reading in file.also:
            if reading.kind in kinds:
                found[path] = reading
    return found


def read_all(
    tree: Tree,
    entries: list[Entry],
    jobs: int,
    progress: Progress,
    known: Mapping[str, File | None] | None = None,
) -> dict[str, File]:
    """Read every file that is of interest; the others are left out.

    What is `known` by its path, and was read as the same kinds, isn't read again.
    """
    known = known or {}
    kept = {e.path: known[e.path] for e in entries if e.path in known and _as_known(e, known[e.path])}
    files = {path: file for path, file in kept.items() if file is not None}
    entries = [entry for entry in entries if entry.path not in kept]
    parsed = _parsed_before(tree) if len(entries) >= MANY else None
    read: Iterable[tuple[str, File | None]]
    cores = os.cpu_count() or 1
    many = len(entries) >= PARALLEL_FROM and cores >= PARALLEL_CORES
    workers = jobs or (min(cores, 8) if many and (parsed is None or len(parsed) < len(entries) // 2) else 1)
    read = _in_processes(tree, entries, workers) if workers > 1 and len(entries) > 1 else _one_by_one(tree, entries)
    for number, (path, file) in enumerate(read, 1):
        if file is not None:
            files[path] = file
        progress("reading", number, len(entries))
    return files


def _parsed_before(tree: Tree) -> "Known | None":
    """What earlier runs parsed of the tree, if this one may keep anything."""
    if not isinstance(tree, DiskTree) or tree.store is None:
        return None
    from hullcheck.parse import yaml

    return yaml.know(tree.store, tree.root)


def _as_known(entry: Entry, file: File | None) -> bool:
    """Would the file be read as it was in another tree? There, other files may have named it, or links led to it."""
    if file is None:
        return entry.kind in (Kind.YAML, Kind.BESIDE_DOCKERFILE) and not entry.also
    return file.hints == (entry.kind, *entry.also)


def _one_by_one(tree: Tree, entries: list[Entry]) -> Iterator[tuple[str, File | None]]:
    for entry in entries:
        yield entry.path, read(tree, entry)


def _in_processes(tree: Tree, entries: list[Entry], workers: int) -> Iterator[tuple[str, File | None]]:
    """Read in processes of our own, which end with this one; with none where the system gives none."""
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import active_children

    size = max(16, min(200, len(entries) // (workers * 4) + 1))
    chunks = [entries[i : i + size] for i in range(0, len(entries), size)]
    others = set(active_children())
    pool = None
    try:
        pool = ProcessPoolExecutor(workers, initializer=_in_background)
        store = tree.store if isinstance(tree, DiskTree) else None
        futures = [pool.submit(_read_elsewhere, tree, chunk, left(), look.recorded(), store) for chunk in chunks]
    except (OSError, ImportError, NotImplementedError):  # no semaphores, or no more processes
        _end(pool, set(active_children()) - others)
        yield from _one_by_one(tree, entries)
        return
    try:
        for chunk, future in zip(chunks, futures, strict=True):
            try:
                read_there, looked, told = future.result()
                look.join(looked)
                if told is not None and (parsed := _parsed_before(tree)) is not None:
                    parsed.hear(told)
                yield from read_there
            except RecursionError:  # too deep to be sent between processes
                yield from _read_chunk(tree, chunk)
            except BrokenProcessPool:
                _end(pool, set(active_children()) - others, wait=True)
                message = "a process that reads files was ended: by the system, if memory ran out; try `--jobs 1`"
                raise HullcheckError(message) from None
        pool.shutdown()
    finally:
        _end(pool, set(active_children()) - others)


def _end(pool: "ProcessPoolExecutor | None", children: "Iterable[BaseProcess]", *, wait: bool = False) -> None:
    """End the processes. Python waits for the pool's own thread at its end anyway, and stumbles if that is about to close."""
    for child in children:
        child.terminate()
    if pool is not None:
        pool.shutdown(wait=wait, cancel_futures=True)


def _in_background() -> None:
    """Leave it to the process that asked to say that it was interrupted, and don't outlive it."""
    import signal
    from multiprocessing import parent_process
    from threading import Thread

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _read_elsewhere(
    tree: Tree, entries: list[Entry], time: tuple[float, float], recorded: bool, store: "look.Store | None"
) -> tuple[list[tuple[str, File | None]], "look.Looks | None", "Told | None"]:
    if isinstance(tree, DiskTree):
        tree.store = store
    parsed = _parsed_before(tree)
    with look.apart(recorded) as looked, limited(*time):
        found = _read_chunk(tree, entries)
    return found, looked, parsed.told() if parsed is not None else None


def _read_chunk(tree: Tree, entries: list[Entry]) -> list[tuple[str, File | None]]:
    return list(_one_by_one(tree, entries))


def read(tree: Tree, entry: Entry) -> File | None:
    """The file's model, or None if it turns out to be of no interest. A fault of our own is a problem, too."""
    try:
        with Thing():
            tick()
            file = _read(tree, entry)
    except OutOfTimeError as error:
        source = Source(entry.path, b"")
        file = File(source, entry.kind.value, None, (late(error, source.at(0), "file"),))
    return file._replace(hints=(entry.kind, *entry.also)) if file is not None else None


def _read(tree: Tree, entry: Entry) -> File | None:
    source = load(tree, entry)
    if source is None:
        return None
    if isinstance(source, Problem):
        return File(source.location.source, entry.kind.value, None, (source,))
    try:
        kinds = dict.fromkeys(_READERS[kind] for kind in (entry.kind, *entry.also))
        return united(reading for reader in kinds for reading in reader(source, entry))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  a fault of ours must not lose the other files
        message = f"reading this file failed: {type(error).__name__}: {error}"
        look.spoil(message)
        problem = Problem("check-failed", message, source.at(0), gap=Gap("check-failed"))
        return File(source, entry.kind.value, None, (problem,))


def united(readings: Iterable[File]) -> File | None:
    """The readings of one source as one file: what can be judged first, each kind and each problem once."""
    kinds: dict[str, File] = {}
    problems: set[Problem] = set()
    for reading in readings:
        if reading.kind not in kinds:
            new = tuple(problem for problem in dict.fromkeys(reading.problems) if problem not in problems)
            problems.update(new)
            kinds[reading.kind] = reading._replace(problems=new, also=())
    if not kinds:
        return None
    first, *others = sorted(kinds.values(), key=lambda reading: not reading.counts)
    return first._replace(also=tuple(others))


def _dockerfile(source: Source, entry: Entry) -> Iterator[File]:
    from hullcheck.parse import dockerfile

    model = dockerfile.parse(source)
    if not entry.named and not (model.directives or any(i.keyword in dockerfile.KEYWORDS for i in model.instructions)):
        name = posixpath.basename(source.path)
        if not plainly_dockerfile(name):
            return  # `Dockerfile.license`, `Containerfile.sum`: nothing in it is a Dockerfile's
    spans = tuple((i.location.line, i.location.region.end_line) for i in model.instructions)
    yield File(source, "dockerfile", model, tuple(model.problems), tuple(s for s in spans if s[0] != s[1]))


def _beside_dockerfile(source: Source, entry: Entry) -> Iterator[File]:
    """A file whose name says that it is about a Dockerfile, or becomes one: it is one if it begins so."""
    from hullcheck.parse.wording import is_dockerfile

    if entry.named or is_dockerfile(source.text):
        yield from _dockerfile(source, entry)


def _structured(source: Source, entry: Entry) -> Iterator[File]:
    """YAML and JSON, by what each document holds: cheap words first, so that most files are never parsed."""
    from hullcheck.parse.wording import Wording

    if source.text.startswith(_LFS) and not source.path.lower().endswith(".json"):
        gap = Gap("missing", "file", "it is in Git LFS; run `git lfs pull`")
        problem = Problem("not-analysed", "a pointer of Git LFS: the file itself isn't here", source.at(0), gap=gap)
        yield File(source, "yaml", None, (problem,), counts=False)
        return
    wording = Wording(source.text)
    hints = frozenset((entry.kind, *entry.also))
    manifest = wording.manifest
    compose = Kind.COMPOSE in hints or wording.compose(source.path)
    bake = Kind.BAKE in hints or wording.bake(source.path)
    if len(source.text) > LARGE_JSON and not entry.named and _is_data(source.text):
        return
    if manifest or compose or bake or entry.named or not hints.isdisjoint(_ALWAYS):
        yield from _Documents(source, hints, manifest).readings(compose, entry.named)


def _is_data(text: str) -> bool:
    """Is it JSON, and neither an object of Kubernetes nor a project? Its own parser tells it fast."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    import json

    try:
        root = json.loads(text)
    except (ValueError, RecursionError):
        return False
    if not isinstance(root, dict):
        return True
    return not (root.keys() >= {"apiVersion", "kind"} or "services" in root or "target" in root)


class _Documents:
    """The documents of a file, and what they are: several things, perhaps."""

    def __init__(self, source: Source, hints: frozenset[Kind], manifest: bool) -> None:
        self.source = source
        self.hints = hints
        self.model = None
        if manifest or Kind.KUSTOMIZATION in hints:
            from hullcheck.parse import kubernetes, yaml

            self.parsed = kubernetes.documents(source) if manifest else yaml.parse(source)
            self.model = kubernetes.read(source, self.parsed)
        else:
            from hullcheck.parse.yaml import parse

            self.parsed = parse(source)
        self.roots = [document.root for document in self.parsed.documents if document.root is not None]

    def readings(self, compose: bool, named: bool) -> Iterator[File]:
        """Each thing that the file is. What is wrong with it is told whatever it is, if its name or its words say."""
        found = [*self._contexts(), *self._manifests()]
        found += self._compose(any(reading.kind == "kubernetes" for reading in found)) if compose else ()
        yield from found
        if not found and self.parsed.problems and (named or self._of_services()):
            yield File(self.source, "yaml", None, tuple(self.parsed.problems))

    def _contexts(self) -> Iterator[File]:
        """What says how others belong together: read whole when they are linked."""
        if Kind.KUSTOMIZATION in self.hints:
            assert self.model is not None
            yield self._context("kustomization", self.model._replace(objects=()), self.model.problems)
        if Kind.CHART in self.hints:
            yield from self._chart()
        if Kind.SKAFFOLD in self.hints or any(map(_is_skaffold, self.roots)):
            yield self._context("skaffold", None, tuple(self.parsed.problems))
        if Kind.BAKE in self.hints or any(map(_is_bake, self.roots)):
            yield self._context("bake", None, tuple(self.parsed.problems))

    def _context(self, kind: str, model: Any, problems: tuple[Problem, ...]) -> File:
        return File(self.source, kind, model, problems, counts=False)

    def _chart(self) -> Iterator[File]:
        """A chart, if Helm could take it for one; else what is wrong with it, unless it is something else."""
        from hullcheck.model.node import Mapping, as_str

        root = self.roots[0] if self.roots else None
        if isinstance(root, Mapping) and as_str(root.get("name")):
            yield self._context("chart", None, tuple(self.parsed.problems))
        elif self.model is None or not (self.model.objects or self.model.templated):
            yield self._context("yaml", None, self._no_chart())

    def _no_chart(self) -> tuple[Problem, ...]:
        place = self.source.at(0)
        if "{{" in self.source.text:
            return (Problem("not-analysed", "a template of a chart", place, gap=Gap("template", "chart")),)
        if self.parsed.problems:
            gap = Gap("chart", "chart", "its `Chart.yaml` is broken")
            return tuple(problem._replace(gap=gap) for problem in self.parsed.problems)
        gap = Gap("chart", "chart", "its `Chart.yaml` has no `name`")
        return (Problem("not-analysed", "no chart: it has no `name`", place, gap=gap),)

    def _manifests(self) -> Iterator[File]:
        if self.model is None:
            return
        objects = tuple(made for made in self.model.objects if not _is_skaffold(made.node))
        if objects:
            yield File(self.source, "kubernetes", self.model._replace(objects=objects, layer=None), self.model.problems)
        elif self.model.problems and self.hints.isdisjoint(_TELL_PROBLEMS):
            yield File(self.source, "kubernetes", self.model, self.model.problems)

    def _compose(self, manifest: bool) -> Iterator[File]:
        from hullcheck.parse import compose, yaml

        kept = self.parsed.documents
        if self.model is not None:  # else there are no words of an object
            from hullcheck.model.node import Mapping
            from hullcheck.parse.kubernetes import object_of

            kept = [each for each in kept if not (isinstance(each.root, Mapping) and object_of(each.root) is not None)]
        broken = self.parsed.problems and Kind.COMPOSE in self.hints and not manifest
        if broken or any(compose.looks_like(document.root) for document in kept):
            made = compose.read(self.source, yaml.Documents(kept, self.parsed.problems))
            yield File(self.source, "compose", made if made.documents else None, tuple(made.problems))
        elif self.model is not None and self.model.problems and Kind.COMPOSE in self.hints and not manifest:
            yield File(self.source, "kubernetes", self.model, self.model.problems)

    def _of_services(self) -> bool:
        """Does a file that can't be read look as if it held services?"""
        return _SERVICES.search(self.source.text) is not None and not _PLACEHOLDER.search(self.source.text)


_PLACEHOLDER = Lazy(r"\{\{|\{%|<%")
_LFS = "version https://git-lfs.github.com/spec/"
_SERVICES = Lazy(
    r"^services:[ \t]*+(?:#[^\n]*+)?\r?\n(?:[ \t]*+(?:#[^\n]*+)?\r?\n)*+[ ]++[\w.-]++:[ \t]*+\r?\n[ ]++(?:image|build):",
    re.MULTILINE,
)
_BAKE_WORDS = frozenset(
    ("context", "dockerfile", "dockerfile-inline", "tags", "args", "inherits", "platforms", "output")
)


def _is_skaffold(root: "Node") -> bool:
    from hullcheck.model.node import Mapping, as_str

    return isinstance(root, Mapping) and (as_str(root.get("apiVersion")) or "").startswith("skaffold/")


def _is_bake(root: "Node") -> bool:
    """Does the document say what to build, and nothing else?"""
    from hullcheck.model.node import Mapping

    targets = root.get("target") if isinstance(root, Mapping) else None
    if not isinstance(root, Mapping) or not isinstance(targets, Mapping):
        return False
    if not root.entries().keys() <= {"target", "group", "variable", "function"}:
        return False
    children = [child for _, child in targets.entries().values()]
    return any(isinstance(child, Mapping) and not _BAKE_WORDS.isdisjoint(child.entries()) for child in children)


def _dev_container(source: Source, entry: Entry) -> Iterator[File]:
    """A development container, and what it lays over Compose files."""
    from hullcheck.parse import devcontainer

    model, problems = devcontainer.read(source)
    if model is not None or problems or entry.named:
        yield File(source, "devcontainer", model, tuple(problems))
    over = devcontainer.overlay(model) if model is not None else None
    if over is not None:
        yield File(source, "compose", over)
    for reading in _structured(source, entry._replace(named=False)):  # whatever else it holds, its name hides nothing
        if reading.model is not None:
            yield reading


def _env(source: Source, entry: Entry) -> Iterator[File]:
    """Variables for others: read whole when they are linked."""
    yield File(source, "env", None, counts=False)


def _bake(source: Source, entry: Entry) -> Iterator[File]:
    if source.path.lower().endswith(".json"):
        yield from _structured(source, entry)
    else:
        yield File(source, "bake", None, counts=False)


def _by_content(source: Source, entry: Entry) -> Iterator[File]:
    """A file passed by name whose name doesn't tell: a Dockerfile if it begins as one, else YAML."""
    first = next((line for line in source.text.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
    if first.split(None, 1)[:1] and first.split(None, 1)[0].upper() in ("FROM", "ARG"):
        yield from _dockerfile(source, entry)
    else:
        yield from _structured(source, entry)


_ALWAYS = frozenset((Kind.KUSTOMIZATION, Kind.SKAFFOLD, Kind.CHART))
"""Hints that something is said by the file, whatever words it has."""

_TELL_PROBLEMS = frozenset((Kind.COMPOSE, Kind.KUSTOMIZATION, Kind.SKAFFOLD, Kind.CHART, Kind.BAKE))
"""Hints as which the file is told to be broken."""

_READERS: dict[Kind, Callable[[Source, Entry], Iterator[File]]] = {
    Kind.DOCKERFILE: _dockerfile,
    Kind.BESIDE_DOCKERFILE: _beside_dockerfile,
    Kind.YAML: _structured,
    Kind.COMPOSE: _structured,
    Kind.KUSTOMIZATION: _structured,
    Kind.SKAFFOLD: _structured,
    Kind.CHART: _structured,
    Kind.BAKE: _bake,
    Kind.DEV_CONTAINER: _dev_container,
    Kind.ENV: _env,
    Kind.UNKNOWN: _by_content,
}
