"""A mounted secret that a command writes into the image.

The mount is gone when the command ends; a copy of it, or a configuration file that was written with it, stays in the
layer for everyone who can pull the image.

To fix: use the secret where it is mounted, or mount it where the program looks for it:

    RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci

and let tools read it without writing it down:

    RUN --mount=type=secret,id=npm,env=NPM_TOKEN npm ci

Reported are copies (`cp`, `cat ... >`, `tee`), configuration that a tool writes (`npm config set`, `git config`,
`docker login`, a remote with the token in it), and `env > file`. What the same instruction removes again is fine, as
is what it writes below another mount.

See https://docs.docker.com/build/building/secrets/
See https://docs.docker.com/reference/dockerfile/#run---mounttypesecret
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.argv import Command, commands, unquoted
from hullcheck.patterns import pattern
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.instruction import Instruction
    from hullcheck.model.text import Text
    from hullcheck.source import Location

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile",),
    aliases=("cis-docker:4.10",),
    cwe=(538, 312),
)

COPIERS = frozenset(("cp", "mv", "install", "rsync"))
PRINTERS = frozenset(
    ("cat", "echo", "printf", "tee", "base64", "head", "tail", "tr", "sed", "awk", "jq", "envsubst", "cut", "xargs")
)
LISTERS = frozenset(("env", "printenv", "set", "export"))
WRITERS = pattern(
    r"(?:npm|pnpm|yarn|pip3?|poetry|composer|bundle|cargo|conda) (?:-\S+ )*config\b|git (?:-\S+ )*(?:config|clone|remote|submodule)\b"
    r"|(?:docker|podman|helm|npm|az|gh|oras|crane) (?:\S+ )?login\b|aws configure\b|gcloud auth\b|dotnet nuget add\b|helm repo add\b"
)
"""Programs that write down what they are told, with the words that make them."""

UNDONE = pattern(r"--unset|\blogout\b")
_KEEPERS = pattern(r"\b(?:npm|pnpm|yarn|pip3?|poetry|composer|bundle)\Z")
HARMLESS = ("/dev/", "/proc/")


class _Secrets:
    """What a RUN's secrets are called: paths and variables; and where else something is mounted."""

    def __init__(self, instruction: Instruction) -> None:
        self.paths: set[str] = set()
        self.variables: set[str] = set()
        self.mounted: list[str] = []
        from hullcheck.model.dockerfile import mounts

        for mount in mounts(instruction):
            target = mount.option("target", "dst", "destination")
            env, name = mount.option("env"), mount.option("id")
            if target:
                self.mounted.append(target.text)
            if mount.kind == "secret":
                if env:
                    self.variables.add(env.text)
                if target or not env:
                    self.paths.add(target.text if target else f"/run/secrets/{name.text if name else ''}")

    def in_word(self, word: str) -> bool:
        """Does a word hold a secret, or bring it?"""
        if any(path in word for path in self.paths):
            return True
        return any(re.search(rf"\$\{{?{re.escape(name)}\b", word) for name in self.variables)

    def learn(self, command: Command) -> None:
        """`TOKEN=$(cat /run/secrets/token)` makes a variable a secret."""
        for word, _ in command.words:
            name, equals, value = word.partition("=")
            if equals and name.isidentifier() and self.in_word(value):
                self.variables.add(name)

    def kept(self, target: str) -> bool:
        """Is what is written there part of the layer?"""
        return not target.startswith((*HARMLESS, *self.mounted, *self.paths)) and not target.startswith("&")


@check.on("Stage")
def leaks(stage: Stage) -> Iterator[Finding]:
    for step in stage.instructions:
        instruction = step.effective
        from hullcheck.model.dockerfile import mounts

        if instruction.keyword == "RUN" and any(mount.kind == "secret" for mount in mounts(instruction)):
            for text in (instruction.text, *(heredoc.body for heredoc in instruction.heredocs)):
                yield from _in_script(stage, instruction, text)


def _in_script(stage: Stage, instruction: Instruction, text: Text) -> Iterator[Finding]:
    secrets = _Secrets(instruction)
    flowing = False
    for command in commands(text.text):
        secrets.learn(command)
        mentions = any(secrets.in_word(word) for word, _ in command.words)
        flowing = _program(command) in PRINTERS and (mentions or (command.piped and flowing))
        for target, at in _targets(command, secrets, mentions, flowing):
            if not _removed(text.text[at:], unquoted(target)[0]):
                yield _finding(stage, text.at(at, at + len(target)), unquoted(target)[0])
        writer = WRITERS.match(" ".join(word for word, _ in command.words)) if mentions else None
        if writer and not _undone(text.text) and ".git" not in _removals(text.text):
            word, at = next((w, a) for w, a in command.words if secrets.in_word(w))
            yield _finding(stage, text.at(at, at + len(word)), f"what `{writer[0]}` writes")


def _undone(script: str) -> bool:
    """Does the script take back what such a program wrote down: `npm config delete`, `--unset`, `logout`?"""
    if UNDONE.search(script):
        return True
    for words in re.split(r"\s{2,}|[^\S ]", script) if "config " in script else ():
        program = config = False
        for word in words.split(" "):
            if config and word.startswith(("delete", "unset", "rm")):
                return True
            config = config or (program and word == "config")
            program = program or _KEEPERS.search(word) is not None
    return False


def _targets(command: Command, secrets: _Secrets, mentions: bool, flowing: bool) -> Iterator[tuple[str, int]]:
    """The files that a command writes a secret to."""
    program = _program(command)
    if flowing or (program in LISTERS and secrets.variables):
        yield from (output for output in command.outputs if secrets.kept(unquoted(output[0])[0]))
    plain = [word for word in command.words[1:] if not word[0].startswith("-")]
    copies = program in COPIERS and any(unquoted(word)[0] in secrets.paths for word, _ in plain[:-1])
    if copies and secrets.kept(unquoted(plain[-1][0])[0]):
        yield plain[-1]
    if program == "tee" and command.piped and flowing and not mentions:
        yield from (word for word in plain if secrets.kept(unquoted(word[0])[0]))


def _program(command: Command) -> str:
    return next((word.rpartition("/")[2] for word, _ in command.words if "=" not in word), "")


def _removals(script: str) -> str:
    return " ".join(re.findall(r"\b(?:rm|shred|unlink)\s[^;&|\n]*", script))


def _removed(rest: str, target: str) -> bool:
    """Does a later command of the same instruction take the file away?"""
    name = target.rstrip("/").rpartition("/")[2]
    return bool(name) and name in _removals(rest)


def _finding(stage: Stage, place: Location, target: str) -> Finding:
    shown = target if target.startswith("what ") else f"`{target}`"
    return check.finding(
        stage,
        f"the mounted secret ends up in {shown}, which stays in the {'image' if stage.ships else 'build stage'}",
        at=place,
        severity=None if stage.ships else Severity.MEDIUM,
        evidence=(target,),
    )
