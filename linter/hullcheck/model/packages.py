"""What package managers are told to install."""

from collections.abc import Iterator
from typing import NamedTuple

from hullcheck.model.command import Command, Option, Script, Word, take_apart


class Install(NamedTuple):
    """A command of a language's package manager that installs: its own words taken away, options and operands."""

    command: Command
    options: tuple[Option, ...]
    packages: tuple[Word, ...]

    def has(self, *names: str) -> bool:
        """Is one of these options there?"""
        return any(option.name in names for option in self.options)


PIP_VALUED = "rceitdfC"
# fmt: off
PIP_VALUED_LONG = frozenset((
    "--abi", "--build-constraint", "--cache-dir", "--cert", "--client-cert", "--config-settings", "--constraint",
    "--constraints", "--editable", "--exists-action", "--extra-index-url", "--find-links", "--global-option",
    "--implementation", "--index", "--index-url", "--index-strategy", "--default-index", "--log", "--no-binary",
    "--only-binary", "--override", "--platform", "--prefix", "--progress-bar", "--proxy", "--python",
    "--python-version", "--report", "--requirement", "--requirements", "--retries", "--root", "--root-user-action",
    "--src", "--target", "--timeout", "--trusted-host", "--upgrade-strategy", "--with", "--pip-args",
))
NPM_VALUED_LONG = frozenset((
    "--registry", "--prefix", "--cache", "--loglevel", "--omit", "--include", "--userconfig", "--fetch-timeout",
    "--fetch-retries", "--network-timeout", "--modules-folder", "--cwd", "--dir", "--filter", "--store-dir",
    "--cache-folder", "--workspace", "--tag", "--mutex", "--global-folder", "--reporter",
))
# fmt: on


def pip_installs(script: Script) -> Iterator[Install]:
    """`pip install`, `python -m pip install`, `uv pip install`, `uv tool install`, `pipx install`."""
    for command in script.commands:
        rest = _behind_install(command)
        if rest is not None:
            yield Install(command, *take_apart(rest, PIP_VALUED, PIP_VALUED_LONG))


def _behind_install(command: Command) -> tuple[Word, ...] | None:
    words = command.words
    texts = [word.text for word in words]
    name = command.name.rstrip("0123456789.")
    if name == "python" and texts[1:3] == ["-m", "pip"]:
        words, texts = words[2:], texts[2:]
    elif name == "uv" and texts[1:2] in (["pip"], ["tool"]):
        words, texts = words[1:], texts[1:]
    elif name not in ("pip", "pipx"):
        return None
    at = 1
    while at < len(texts) and texts[at].startswith("-"):
        at += 2 if texts[at] in PIP_VALUED_LONG else 1
    return words[at + 1 :] if at < len(texts) and texts[at] == "install" else None


def npm_installs(script: Script) -> Iterator[Install]:
    """`npm install`, `yarn add`, `yarn global add`, `pnpm add`, `bun add`; without packages, the project's own."""
    for command in script.commands:
        words, texts = command.arguments, [word.text for word in command.arguments]
        at = 0
        while at < len(texts) and texts[at].startswith("-"):
            at += 2 if texts[at] in NPM_VALUED_LONG else 1
        start = at
        if command.name == "yarn" and texts[at : at + 1] == ["global"]:
            at += 1
        verb = texts[at] if at < len(texts) else ""
        if verb in _VERBS.get(command.name, ()) or (command.name == "yarn" and not verb and at == len(texts)):
            rest = (*words[:start], *words[at + 1 :])
            yield Install(command, *take_apart(rest, "C", NPM_VALUED_LONG))


_VERBS = {
    "npm": frozenset(("install", "i", "add", "in", "isntall")),
    "pnpm": frozenset(("install", "i", "add")),
    "yarn": frozenset(("install", "add")),
    "bun": frozenset(("install", "i", "add", "a")),
}
