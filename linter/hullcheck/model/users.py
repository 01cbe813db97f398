"""The users that a build makes, and the modes that it gives to files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.patterns import stands_in
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Word
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.instruction import Instruction


class NewUser(NamedTuple):
    """A user that a command makes; `uid` is empty if it isn't said. `groups` are those it is put into."""

    name: str
    uid: str
    groups: tuple[str, ...]
    place: Location


_USERADD_VALUED = "bcdefgGkKpPRsuZ"
_USERADD_LONG = frozenset(
    ("--base-dir", "--comment", "--home", "--home-dir", "--expiredate", "--inactive", "--gid", "--groups", "--skel",
     "--key", "--password", "--root", "--prefix", "--shell", "--uid", "--selinux-user")
)  # fmt: skip
_ADDUSER_VALUED = "hgsGuk"
_ADDUSER_LONG = frozenset(
    ("--home", "--gecos", "--shell", "--ingroup", "--uid", "--gid", "--skel", "--firstuid", "--lastuid", "--conf",
     "--add_extra_groups", "--comment", "--add-extra-groups")
)  # fmt: skip


def created(command: Command) -> NewUser | None:
    """The user that `useradd` or `adduser` makes."""
    if command.name == "useradd":
        options, operands = command.parsed(_USERADD_VALUED, _USERADD_LONG)
    elif command.name == "adduser":
        options, operands = command.parsed(_ADDUSER_VALUED, _ADDUSER_LONG)
    else:
        return None
    if not operands or (command.name == "adduser" and len(operands) > 1):
        return None
    uid = next((o.text for o in options if o.name in ("-u", "--uid")), "")
    groups = [o.text for o in options if o.name in ("-G", "--groups", "--ingroup")]
    names = tuple(name for text in groups for name in text.split(","))
    return NewUser(operands[-1].text, uid, names, operands[-1].location)


def users(stage: Stage) -> Iterator[NewUser]:
    """The users that are made in the stage and those it is built on."""
    for part in reversed(stage.chain):
        for command in part.commands:
            made = created(command)
            if made is not None:
                yield made


def uid_of(stage: Stage, name: str) -> tuple[str, Location] | None:
    """The number that a user of the stage gets from the commands of its build, and where; None if they don't say."""
    found = None
    for part in reversed(stage.chain):
        for command in part.commands:
            said = _uid(command, name)
            if said is not None:
                found = said
    return found


def is_root_by(stage: Stage, name: str) -> bool:
    """Is it root, or a user to whom the build gives root's number?"""
    said = uid_of(stage, name)
    return name == "root" or (said is not None and re.fullmatch(r"[+-]?0+", said[0]) is not None)


def _uid(command: Command, name: str) -> tuple[str, Location] | None:
    if command.name in ("echo", "printf"):
        line = next((word for word in command.arguments if word.text.startswith(f"{name}:")), None)
        parts = line.text.split(":") if line is not None else []
        return (parts[2], line.location) if line is not None and len(parts) > 5 else None
    if command.name not in ("useradd", "adduser", "usermod"):
        return None
    valued, long = (_ADDUSER_VALUED, _ADDUSER_LONG) if command.name == "adduser" else (_USERADD_VALUED, _USERADD_LONG)
    options, operands = command.parsed(valued, long)
    if not operands or operands[0].text != name:
        return None
    said = next((option for option in options if option.name in ("-u", "--uid")), None)
    return (said.text, said.word.location) if said is not None else None


def unused(stage: Stage) -> NewUser | None:
    """A user that is made, and that nothing is then given to: neither files nor the container."""
    made = list(users(stage))
    if not made:
        return None
    given = " ".join(_given(stage))
    return next((user for user in made if not stands_in(user.name, given)), None)


def _given(stage: Stage) -> Iterator[str]:
    for part in stage.chain:
        for step in part.instructions:
            owner = step.effective.flag("chown")
            yield owner.value.text if owner and owner.value else ""
        for command in part.commands:
            if command.name in (
                "chown",
                "su",
                "runuser",
                "install",
                "setfacl",
                "gosu",
                "su-exec",
                "usermod",
                "setpriv",
            ):
                yield from (word.text for word in command.words)
            yield from (word.text for word in command.wrappers)


class Mode(NamedTuple):
    """A mode that is given to files: by `chmod`, `mkdir -m`, `install -m` or `--chmod`. `word` is None for a flag."""

    text: str
    place: Location
    by: str
    command: Command | None = None


def modes(stage: Stage) -> Iterator[Mode]:
    """The modes that a stage gives to files."""
    for step in stage.instructions:
        instruction = step.effective
        if instruction.keyword in ("COPY", "ADD"):
            yield from _flag(stage, step, instruction)
    for command in stage.commands:
        word = _mode_word(command)
        if word is not None:
            text = stage.expand(word.text, command.instruction).text if "$" in word.text else word.text
            yield Mode(text or word.text, word.location, command.name, command)


def _flag(stage: Stage, step: Instruction, instruction: Instruction) -> Iterator[Mode]:
    flag = instruction.flag("chmod")
    if flag is not None and flag.value is not None:
        text = stage.expand(flag.value.text, step).text
        yield Mode(text or flag.value.text, flag.value.location, f"{instruction.keyword} --chmod")


def _mode_word(command: Command) -> Word | None:
    words = command.arguments
    if command.name == "chmod":
        operands = [
            w for w in words if not re.fullmatch(r"-[RvcfhHLP]+|--(?:recursive|verbose|quiet|silent|changes)", w.text)
        ]
        return operands[0] if operands and not operands[0].text.startswith("--reference") else None
    if command.name in ("mkdir", "install"):
        for at, word in enumerate(words):
            if re.fullmatch(r"-[a-zA-Z]*m|--mode", word.text) and at + 1 < len(words):
                return words[at + 1]
            if re.match(r"--mode=|-m[0-7]", word.text):
                return word
    return None


def octal(text: str) -> str:
    """The digits of a mode in octal, also behind `-m` or `--mode=`; empty if it is symbolic."""
    match = re.fullmatch(r"(?:--mode=|-m)?0*([0-7]{1,4})", text)
    return match[1] if match else ""
