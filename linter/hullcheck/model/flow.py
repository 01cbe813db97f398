"""The way of what is downloaded: over archives, copies and stages, to where it is run, or to what verifies it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from hullcheck.budget import tick
from hullcheck.model.acts import NOWHERE, Act, acts, entry, folder_of, resolved, workdir
from hullcheck.model.command import Script
from hullcheck.model.dockerfile import Graph, Stage
from hullcheck.model.downloads import MAX_FOLLOWED, PRINTED, Download, downloads
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

MAX_STAGES = 50
"""Stages that one download is followed into."""

MAX_NAMES = 50

MAX_STEPS = 500_000
"""What the downloads of a Dockerfile are held against, command by command: a long file has a few thousand."""

_SHARED = frozenset(
    [
        "/",
        "/usr",
        "/usr/local",
        "/usr/bin",
        "/usr/local/bin",
        "/usr/sbin",
        "/usr/local/sbin",
        "/bin",
        "/sbin",
        "/lib",
        "/usr/lib",
        "/usr/local/lib",
        "/etc",
        "/opt",
        "/usr/share",
        "/var",
        "/usr/local/share",
        "/root",
        "/home",
        "/tmp",
        "/var/tmp",
    ]
)
"""Folders that hold much besides what an archive brings."""

_COMMON = frozenset(
    ("linux", "windows", "darwin", "amd", "arm", "tar", "zip", "tgz", "release", "latest", "download", "musl", "gnu",
     "unknown", "static", "bin", "install", "main", "master", "com", "https", "http", "www", "file", "files", "archive")
)  # fmt: skip


class Fetched(NamedTuple):
    """Something from the network, and what becomes of it: who runs and unpacks it first, unless it was verified before.

    `by` is the program that fetches it. `run_by` and `unpacked_by` are places, None if that doesn't happen. What runs it
    does so unverified; `verified` says that something checks it. `elsewhere` is the stage that it is run in, if another.
    """

    by: str
    url: str
    place: Location
    path: str
    run_by: Location | None
    unpacked_by: Location | None
    verified: bool
    elsewhere: str = ""


class _Taint(NamedTuple):
    """The names of a file and the folders that hold what it brought."""

    names: frozenset[str]
    folders: frozenset[str]


class _Found:
    def __init__(self) -> None:
        self.run_by: Location | None = None
        self.marked_by: Location | None = None
        self.unpacked_by: Location | None = None
        self.verified = False
        self.stage: Stage | None = None

    @property
    def done(self) -> bool:
        return self.verified or self.run_by is not None


class Fetches(NamedTuple):
    """What a stage downloads; not `complete` if it is too much to say what becomes of all."""

    files: tuple[Fetched, ...]
    complete: bool


def fetched(stage: Stage) -> Fetches:
    """What the commands of a stage download, and its fate, in this stage and those that take it over."""
    flow = _flow(stage.graph)
    if stage not in flow.fetches:
        files = tuple(_followed(flow, stage))
        flow.fetches[stage] = Fetches(files, len(files) < MAX_FOLLOWED and flow.left > 0)
    return flow.fetches[stage]


def _followed(flow: "_Flow", stage: Stage) -> Iterator[Fetched]:
    followed = 0
    for step, instruction in enumerate(stage.instructions):
        if instruction.effective.keyword not in ("RUN", "COPY"):
            continue
        script = flow.scripts(stage).get(id(instruction.effective))
        for download in downloads(stage, script) if script is not None else ():
            if not download.path or (download.path == PRINTED and download.command.inside >= 0):
                continue
            followed += 1
            if followed > MAX_FOLLOWED or flow.left <= 0:
                return
            yield flow.of_download(stage, step, download)


def added(stage: Stage, step: int, url: str, target: str, place: Location) -> Fetched:
    """The fate of what `ADD` takes from the network in the given instruction of a stage."""
    flow = _flow(stage.graph)
    folder = workdir(stage, stage.instructions[step])
    name = posixpath.basename(re.split(r"[?#]", url, maxsplit=1)[0].rstrip("/"))
    path = resolved(posixpath.join(target, name) if target.endswith("/") or target in (".", "./") else target, folder)
    names = frozenset((path, posixpath.join(path, name)))
    found = flow.follow(stage, step, 1 << 60, _Taint(names, frozenset()), url, -1)
    return _fate("ADD", url, place, path, found, stage)


def _fate(by: str, url: str, place: Location, path: str, found: _Found, stage: Stage) -> Fetched:
    elsewhere = found.stage.owner if found.stage is not None and found.stage is not stage else ""
    run_by = found.run_by if found.run_by is not None or found.verified else found.marked_by
    return Fetched(by, url, place, path, run_by, found.unpacked_by, found.verified, elsewhere)


def _flow(graph: Graph) -> "_Flow":
    flow = graph.__dict__.get("_flow")
    if flow is None:
        flow = graph.__dict__["_flow"] = _Flow(graph)
    made: _Flow = flow
    return made


class _Flow:
    """What the stages of a graph do with files, read once for all downloads."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._acts: dict[Stage, tuple[Act, ...]] = {}
        self._entries: dict[Stage, Act | None] = {}
        self._scripts: dict[Stage, dict[int, Script]] = {}
        self.children: dict[Stage, list[Stage]] = {}
        for stage in graph.stages:
            if stage.parent is not None:
                self.children.setdefault(stage.parent, []).append(stage)
        self._copiers: dict[Stage, list[tuple[Stage, int, Act]]] | None = None
        self._numbered: dict[Stage, dict[tuple[int, int], Act]] = {}
        self.fetches: dict[Stage, Fetches] = {}
        self.left = MAX_STEPS

    def scripts(self, stage: Stage) -> dict[int, Script]:
        """The scripts of a stage, by the ids of their instructions."""
        if stage not in self._scripts:
            self._scripts[stage] = {id(script.instruction): script for script in stage.scripts}
        return self._scripts[stage]

    def acts(self, stage: Stage) -> tuple[Act, ...]:
        if stage not in self._acts:
            self._acts[stage] = tuple(acts(stage))
        return self._acts[stage]

    def entry(self, stage: Stage) -> Act | None:
        if stage not in self._entries:
            self._entries[stage] = entry(stage)
        return self._entries[stage]

    @property
    def copiers(self) -> dict[Stage, list[tuple[Stage, int, Act]]]:
        """By stage, the copies that others take from it."""
        if self._copiers is None:
            self._copiers = {}
            for stage in self.graph.stages:
                for number, act in enumerate(self.acts(stage)):
                    if act.source is not None:
                        self._copiers.setdefault(act.source, []).append((stage, number, act))
        return self._copiers

    def of_download(self, stage: Stage, step: int, download: Download) -> Fetched:
        command = download.command
        names: set[str] = set()
        folder = workdir(stage, stage.instructions[step])
        folders: set[str] = set()
        piped = -1
        unpacked: Location | None = None
        own = self._act_of(stage, step, command.number)
        if download.path != PRINTED:
            if own is not None and own.writes:
                names |= set(own.writes)
            base = self._folder(stage, step, command.number, folder)
            names.add(resolved(download.path, base))
        else:
            script = self.scripts(stage)[id(stage.instructions[step].effective)]
            for other in script.after_in_pipe(command):
                act = self._act_of(stage, step, other.number)
                if act is None:
                    continue
                names |= set(act.writes)
                piped = max(piped, other.number)
                if act.into:
                    folders.add(act.into)
                    unpacked = unpacked or act.place
        found = self.follow(
            stage, step, max(command.number, piped), _Taint(frozenset(names), frozenset(folders)), download.url,
            command.number,
        )  # fmt: skip
        found.unpacked_by = found.unpacked_by or unpacked
        return _fate(command.name or "PowerShell", download.url, download.place, download.path, found, stage)

    def _act_of(self, stage: Stage, step: int, number: int) -> Act | None:
        if stage not in self._numbered:
            self._numbered[stage] = {(act.step, act.number): act for act in reversed(self.acts(stage))}
        return self._numbered[stage].get((step, number))

    def _folder(self, stage: Stage, step: int, number: int, folder: str) -> str:
        script = self.scripts(stage)[id(stage.instructions[step].effective)]
        return folder_of(script, number, folder)

    def follow(self, stage: Stage, step: int, number: int, taint: _Taint, url: str, first: int) -> _Found:
        """From behind a command on, to the end of the stage, and wherever it is taken from there.

        `first` is the number of the command that fetches: what is verified behind it in the same script is.
        """
        found = _Found()
        stem = _stem(url)
        start = next(
            (n for n, act in enumerate(self.acts(stage)) if (act.step, act.number) > (step, number)),
            len(self.acts(stage)),
        )
        if any(act.step == step and act.verifies and act.number > first for act in self.acts(stage)[:start]):
            found.verified = True
        waiting = [(stage, start, taint, step)]
        seen: set[tuple[Stage, _Taint]] = set()
        while waiting and not found.done and len(seen) < MAX_STAGES:
            at, begin, held, own = waiting.pop(0)
            if (at, held) in seen:
                continue
            seen.add((at, held))
            held = self._through(at, begin, held, own, stem, found)
            if found.done:
                break
            last = self.entry(at)
            if last is not None and at.needed and _hit(last.runs, held, stem, frozenset()):
                found.run_by, found.stage = last.place, at
                break
            waiting += [(child, 0, held, -1) for child in self.children.get(at, ())]
            for other, act_number, act in self.copiers.get(at, ()):
                taken = _taken(act, held, stem)
                if taken.names or taken.folders:
                    if act.marks and taken.names:
                        found.marked_by, found.stage = found.marked_by or act.place, found.stage or other
                    waiting.append((other, act_number + 1, taken, -1))
        return found

    def _through(self, stage: Stage, begin: int, held: _Taint, own: int, stem: frozenset[str], found: _Found) -> _Taint:
        """What a stage does with it; what it is called at the end."""
        made: set[str] = set()
        all_acts = self.acts(stage)
        for act in all_acts[:begin]:
            made.update(act.writes)
        made -= held.names
        for act in all_acts[begin:]:
            self.left -= 1 + len(held.names) + len(held.folders)
            if self.left < 0:
                return held
            tick()
            touched = _touches(act, held)
            if act.verifies and (act.step == own or touched):
                found.verified = True
                return held
            others = frozenset(made)
            if _hit(act.runs, held, stem, others) or (act.builds and _hit((f"{act.builds}/.",), held, stem, others)):
                found.run_by, found.stage = act.place, stage
                return held
            if found.marked_by is None and _hit(act.marks, held, stem, others):
                found.marked_by, found.stage = act.place, stage
            names, folders = set(held.names), set(held.folders)
            if act.into and (any(_same(name, path) for name in held.names for path in act.unpacks)):
                folders.add(act.into)
                found.unpacked_by = found.unpacked_by or act.place
            if act.source is None:
                for old, new in act.moves:
                    _moved(old, new, held, stem, names, folders)
            made.update(path for path in act.writes if path not in names)
            if len(names) + len(folders) <= MAX_NAMES:
                held = _Taint(frozenset(names), frozenset(folders))
        return held


def _moved(old: str, new: str, held: _Taint, stem: frozenset[str], names: set[str], folders: set[str]) -> None:
    if any(_same(name, old) for name in held.names):
        names.add(new)
    for folder in held.folders:
        if old != folder and _below(old, folder):
            if _brought(old, folder, stem, frozenset()):
                names.add(new)  # a file or a folder of what was unpacked
                folders.add(new)
        elif _below(folder, old):
            folders.add(new + folder[len(old) :])


def _taken(act: Act, held: _Taint, stem: frozenset[str]) -> _Taint:
    """What another stage gets of it, under which names: of a folder, COPY takes what is in it."""
    names: set[str] = set()
    folders: set[str] = set()
    for old, new in act.moves:
        for name in held.names:
            if _same(name, old) or (name.startswith(NOWHERE) and posixpath.basename(name) == posixpath.basename(old)):
                names.add(new)
            elif _below(name, old):
                names.add(posixpath.normpath(act.into + name[len(old.rstrip("/")) :]))
        for folder in held.folders:
            if old != folder and _below(old, folder):
                if _brought(old, folder, stem, frozenset()):
                    names.add(new)
                    folders.add(new)
            elif _below(folder, old):
                folders.add(posixpath.normpath(act.into + folder[len(old.rstrip("/")) :]))
    return _Taint(frozenset(list(names)[:MAX_NAMES]), frozenset(list(folders)[:MAX_NAMES]))


def _touches(act: Act, held: _Taint) -> bool:
    return any(_same(name, path) for name in held.names for path in act.paths)


def _hit(paths: tuple[str, ...], held: _Taint, stem: frozenset[str], others: frozenset[str]) -> bool:
    """Is one of the paths the file, or of what it brought?"""
    for path in paths:
        if any(_same(name, path) for name in held.names):
            return True
        for folder in held.folders:
            if _below(path, folder) and path != folder and _brought(path, folder, stem, others):
                return True
    return False


def _brought(path: str, folder: str, stem: frozenset[str], others: frozenset[str]) -> bool:
    """Is a file below a folder what an archive brought, and not what else is there?"""
    inner = path[len(folder) :].lower()
    alike = any(word in inner for word in stem)
    if folder in _SHARED or (folder == NOWHERE and "/" not in inner.strip("/")):
        return alike
    if any(path == other or path.startswith(f"{other}/") for other in others):
        return alike
    return True


def _same(name: str, path: str) -> bool:
    """Do two paths name one file? Stars match; where the folder isn't known, the last part decides."""
    if name == path:
        return True
    base = posixpath.basename(path)
    if path.startswith("bin/"):
        return posixpath.basename(name) == base and posixpath.dirname(name).endswith("bin")
    if "*" in base:
        from hullcheck.model.globs import like

        return base != "*" and like(base, posixpath.basename(name))
    if name[0] in "?$~%" or path[0] in "?$~%":
        return bool(base) and base == posixpath.basename(name)
    return False


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def _stem(url: str) -> frozenset[str]:
    """What the files of an archive are likely to be called after: the words of its address's last parts."""
    parts = re.split(r"[?#]", url, maxsplit=1)[0].split("/")[3:]
    return (
        frozenset(w for part in parts[-1:] + parts[:2] for w in re.findall(r"[a-z]{3,}", part.lower()[:200])) - _COMMON
    )
