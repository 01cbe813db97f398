"""What a build does with files, in order: which command runs, unpacks, verifies, moves or copies which path."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from hullcheck.model.command import SHELLS, Command, Script, has_letter, shell_operands
from hullcheck.model.dockerfile import Stage
from hullcheck.model.downloads import INTERPRETERS, makes_executable, script_of, unpacks, verifies
from hullcheck.model.instruction import Instruction
from hullcheck.patterns import pattern
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

NOWHERE = "?"
"""Stands for the folder that a build starts in, where nobody says which that is."""

_APART = pattern(r"[\s,;='\"()]+")
_INSTALLERS = frozenset(
    ("apt", "apt-get", "yum", "dnf", "microdnf", "tdnf", "zypper", "apk", "pip", "pip2", "pip3", "npm", "gem", "opkg")
)
_BUILDERS = frozenset(("make", "gmake", "cmake", "ninja", "scons", "ant", "mvn", "gradle"))
_STARTERS = frozenset(("start-process", "msiexec", "installer", "wine", "rundll32", "regsvr32"))
_MOVERS = frozenset(("mv", "cp", "ln", "install", "move-item", "copy-item", "move", "copy", "rsync", "rename-item"))
_CHANGING = frozenset(("cd", "chdir", "pushd", "set-location", "sl"))
_SHADOWED = r"(?i)sha(?:1|224|256|384|512)sum|gpgv?\b|cosign|checksum|verify|minisign|get-filehash|shasum|b2sum|md5sum"


class Act(NamedTuple):
    """What one command or COPY does. Paths are in full, below `?` where it isn't known which folder they start from.

    `paths` are all that it names; `runs` those that it executes, `marks` those that it makes executable, `unpacks` those
    that it takes apart, into the folder `into`, which is a COPY's own target; `moves` are pairs of old and new names. `verifies` says that it compares
    a checksum or checks a signature, `writes` are files that it makes, `source` is the stage that files come from, and
    `builds` is the folder whose own build files it runs.
    """

    place: Location
    step: int
    number: int
    command: Command | None = None
    paths: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    unpacks: tuple[str, ...] = ()
    into: str = ""
    moves: tuple[tuple[str, str], ...] = ()
    verifies: bool = False
    writes: tuple[str, ...] = ()
    source: Stage | None = None
    builds: str = ""


def resolved(path: str, folder: str) -> str:
    """A path in full; Windows' own are made alike."""
    path = path.replace("\\", "/")
    if re.match(r"[A-Za-z]:/", path):
        path = path[2:]
    joined = path if path.startswith(("/", "$", "~", "%", NOWHERE)) else f"{folder}/{path}"
    return posixpath.normpath(joined) if joined else folder


def acts(stage: Stage) -> Iterator[Act]:
    """What a stage does with files, in order, but for its entry point."""
    scripts = {id(script.instruction): script for script in stage.scripts}
    for step, instruction in enumerate(stage.instructions):
        made = instruction.effective
        folder = workdir(stage, instruction)
        script = scripts.get(id(made))
        if script is not None and made.keyword in ("RUN", "COPY", "ADD"):
            yield from _of_script(script, step, folder)
        elif made.keyword in ("COPY", "ADD"):
            yield _copy(stage, instruction, step, folder)


def workdir(stage: Stage, instruction: Instruction | None) -> str:
    """The folder that an instruction works in, or the image at the end."""
    said = stage.state.workdir_at(stage._step(instruction))
    path = said.value.text if said is not None else None
    return resolved(path, NOWHERE) if path else NOWHERE


def entry(stage: Stage) -> Act | None:
    """What is run when the image starts, as an act behind all others."""
    state = stage.state
    programs = [program.instruction for program in (state.entrypoint, state.command) if program is not None]
    if not programs:
        return None
    folder = workdir(stage, None)
    own = {id(instruction.effective) for instruction in stage.instructions}
    shell = [i for i in programs if not i.json]
    runs: list[str] = []
    for script in stage.scripts if shell else ():
        if script.instruction in shell and id(script.instruction) in own:
            for command in script.commands:
                runs += _runs(command, folder)
    words = [word.text for instruction in programs if instruction.json for word in instruction.words]
    runs += executed(words, folder)
    return Act(programs[0].location.one_line(), len(stage.instructions), 0, runs=tuple(dict.fromkeys(runs)))


def executed(words: list[str], folder: str) -> list[str]:
    """The files that a program's words execute: itself, the script of an interpreter, what `tini --` starts."""
    found: list[str] = []
    rest = words
    while rest:
        program, *rest = rest
        name = posixpath.basename(program.replace("\\", "/")).lower().removesuffix(".exe")
        found.append(resolved(program, folder) if "/" in program or "\\" in program else f"bin/{program}")
        if name == "java":
            at = rest.index("-jar") + 1 if "-jar" in rest else len(rest)
            return found + [resolved(path, folder) for path in rest[at : at + 1]]
        if name in SHELLS:
            operands = shell_operands(rest)
            if any(has_letter(word, "c") for word in rest[: len(rest) - len(operands)]):
                return found
            return found + [resolved(path, folder) for path in operands[:1]]
        if name in ("source", ".", "dotnet", "mono", "pwsh", "powershell") or INTERPRETERS.fullmatch(name):
            if any(re.fullmatch(r"-\w*[cem]", word) for word in rest[:2]):
                return found
            script = script_of(name, rest)
            return [*found, resolved(script, folder)] if script else found
        if name not in (
            "tini",
            "dumb-init",
            "gosu",
            "su-exec",
            "env",
            "exec",
            "setpriv",
            "nice",
            "sudo",
            "docker-init",
        ):
            return found
        while rest and rest[0].startswith("-"):
            rest = rest[1:]
        if name in ("gosu", "su-exec"):
            rest = rest[1:]
    return found


def _of_script(script: Script, step: int, start: str) -> Iterator[Act]:
    folders: dict[tuple[object, ...], str] = {(): start}
    lost = any(re.search(_SHADOWED, piece.text.text) for piece in script.lost)
    if script.unknown and not script.lost:
        lost = True
    if lost:  # what isn't understood may be the very check
        yield Act(script.instruction.location, step, -1, verifies=True)
    for command in script.commands:
        group = _group(command)
        folder = folders.get(group) or folders[()]
        if command.name in _CHANGING:
            folders[group] = _changed(command, folder)
            continue
        act = _act(script, command, step, folder)
        if act is not None:
            yield act


def folder_of(script: Script, number: int, start: str) -> str:
    """The folder that a command works in."""
    folders: dict[tuple[object, ...], str] = {(): start}
    for command in script.commands:
        group = _group(command)
        folder = folders.get(group) or folders[()]
        if command.number == number:
            return folder
        if command.name in _CHANGING:
            folders[group] = _changed(command, folder)
    return start


def _changed(command: Command, folder: str) -> str:
    target = next((word.text for word in command.arguments if not word.text.startswith("-")), "")
    return resolved(target, folder) if target else folder


def _group(command: Command) -> tuple[object, ...]:
    """The shell that a command runs in: the script's own, a subshell, or one that another command starts."""
    if command.inside >= 0:
        return ("in", command.inside)
    return command.pipes[:-1] if "(" in command.within else ()


def _act(script: Script, command: Command, step: int, folder: str) -> Act | None:
    paths = tuple(dict.fromkeys(_paths(command, folder)))
    runs, marks = tuple(_runs(command, folder)), tuple(_marks(command, folder))
    apart, into = _unpacked(command, folder)
    moves = tuple(_moves(command, folder))
    verified = verifies(command)
    builds = folder if command.name in _BUILDERS else ""
    writes = tuple(resolved(path, folder) for path in script.written_to(command))
    if command.name == "git" and command.words[1:2] and command.words[1].text == "clone":
        writes += paths[-1:]
    if not (runs or marks or apart or into or moves or verified or builds or writes):
        return None
    place = command.place()
    return Act(
        place, step, command.number, command, paths, runs, marks, apart, into, moves, verified, writes, builds=builds
    )


def _paths(command: Command, folder: str) -> Iterator[str]:
    for word in command.words:
        for text in (word.text, *_APART.split(word.text)):
            if text and len(text) < 1_000 and (text[0] != "-" or len(text) > 2):
                yield resolved(text.lstrip("-@") if text[0] in "-@" else text, folder)


def _runs(command: Command, folder: str) -> list[str]:
    if not command.words:
        return []
    name, texts = command.name, [word.text for word in command.arguments]
    operands = [text for text in texts if not text.startswith("-")]
    if name in ("dpkg", "rpm"):
        on = any(re.match(r"-\w*[iU]|--install|--upgrade", text) for text in texts)
        return [resolved(path, folder) for path in operands] if on else []
    if name in _INSTALLERS:
        on = bool({"install", "add", "localinstall", "reinstall", "i"} & set(operands[:2]))
        return [resolved(path, folder) for path in operands if re.search(r"[./]", path)] if on else []
    if name in _STARTERS:
        return list(_paths(command, folder))[1:]
    if name == "invoke-expression" or (command.operator == "&" and command.shell == "powershell"):
        return list(_paths(command, folder))
    words = [word.text for word in command.words]
    if command.shell in ("cmd", "powershell") and re.search(r"(?i)^[^/\\]+\.(?:exe|bat|cmd|com|ps1)$", words[0]):
        words[0] = f"./{words[0]}"
    return executed(words, folder)


def _marks(command: Command, folder: str) -> Iterator[str]:
    texts = [word.text for word in command.arguments]
    if command.name == "chmod" and any(makes_executable(text) for text in texts[:2]):
        yield from (resolved(text, folder) for text in texts[1:])
    elif command.name == "install" and "-d" not in texts:
        mode = next((texts[n + 1] for n, text in enumerate(texts[:-1]) if text in ("-m", "--mode")), "755")
        mode = next((text.partition("=")[2] for text in texts if text.startswith("--mode=")), mode)
        if makes_executable(mode):
            yield from (resolved(text, folder) for text in texts if not text.startswith("-"))


def _unpacked(command: Command, folder: str) -> tuple[tuple[str, ...], str]:
    """The archives that a command takes apart, and the folder that their content gets into."""
    if not unpacks(command) and command.name not in ("jar", "ar", "tar.exe"):
        return (), ""
    texts = [word.text for word in command.arguments]
    into = folder
    named: list[str] = []
    at = 0
    while at < len(texts):
        text = texts[at]
        following = texts[at + 1] if at + 1 < len(texts) else ""
        low = text.lower()
        if text in ("-C", "--directory", "-d", "-D") or low in ("-destinationpath", "-dest"):
            into, at = resolved(following, folder), at + 1
        elif match := re.match(r"--directory=(.+)|-C(.+)|-o(?=[/\w.~$])(.+)", text):
            if match[3] is None or command.name.startswith("7z"):
                into = resolved(match[1] or match[2] or match[3], folder)
        elif low in ("-path", "-literalpath"):
            named, at = [*named, following], at + 1
        elif text == "--strip-components" or text == "--transform":
            at += 1
        elif not text.startswith("-"):
            named.append(text)
        at += 1
    if command.name in ("gunzip", "unxz", "bunzip2", "zstd"):
        return tuple(resolved(path, folder) for path in named), ""
    return tuple(resolved(path, folder) for path in named), into


def _moves(command: Command, folder: str) -> Iterator[tuple[str, str]]:
    texts = [word.text for word in command.arguments]
    if command.name in ("gunzip", "unxz", "bunzip2", "zstd"):
        for text in texts:
            name, _, ending = text.rpartition(".")
            if name and ending in ("gz", "xz", "bz2", "zst"):
                yield resolved(text, folder), resolved(name, folder)
    if command.name not in _MOVERS:
        return
    target = next((texts[n + 1] for n, text in enumerate(texts[:-1]) if text in ("-t", "--target-directory")), "")
    operands = [text for text in texts if not text.startswith("-")]
    if command.name == "install":
        skipped = {texts[n + 1] for n, text in enumerate(texts[:-1]) if text in ("-m", "-o", "-g", "--mode", "--owner")}
        operands = [text for text in operands if text not in skipped]
    if target:
        operands = [*(text for text in operands if text != target), f"{target}/"]
    if len(operands) > 1:
        for source in operands[:-1]:
            yield resolved(source, folder), resolved(operands[-1], folder)
            yield resolved(source, folder), posixpath.join(resolved(operands[-1], folder), posixpath.basename(source))


def _copy(stage: Stage, instruction: Instruction, step: int, folder: str) -> Act:
    """COPY and ADD: from another stage its paths with their new names, else what it makes."""
    made = instruction.effective
    texts = [stage.expand(word.text, instruction).text or word.text for word in made.words]
    target = resolved(texts[-1], folder) if texts else folder
    flag = made.flag("from")
    source = stage.source_of(flag.value.text) if flag is not None and flag.value is not None else None
    if source is None:
        names = [posixpath.basename(text.rstrip("/")) for text in texts[:-1]]
        local = [name for text, name in zip(texts, names, strict=False) if "://" not in text]
        return Act(made.location, step, 0, writes=(target, *(posixpath.join(target, name) for name in local)))
    moves = []
    for text in texts[:-1]:
        origin = resolved(text, "/")
        if len(texts) == 2 and not texts[-1].endswith("/"):
            moves.append((origin, target))
        moves.append((origin, posixpath.join(target, posixpath.basename(origin))))
    mode = made.flag("chmod")
    marks = (target,) if mode and mode.value and makes_executable(mode.value.text) else ()
    return Act(made.location, step, 0, moves=tuple(moves), marks=marks, into=target, source=source)
