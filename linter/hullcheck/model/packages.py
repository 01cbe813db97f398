"""What package managers are told to install."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.model import package_options as grammars
from hullcheck.model.command import Command, Option, Script, Word, take_apart
from hullcheck.model.lazy import Lazy
from hullcheck.model.package_options import Grammar
from hullcheck.tuples import NamedTuple


class Install(NamedTuple):
    """A command of a language's package manager that installs: its own words taken away, options and operands."""

    command: Command
    options: tuple[Option, ...]
    packages: tuple[Word, ...]

    def has(self, *names: str) -> bool:
        """Is one of these options there?"""
        return any(option.name in names for option in self.options)

    def values(self, *names: str) -> tuple[str, ...]:
        """What these options are given."""
        return tuple(option.text for option in self.options if option.name in names)


def apart(words: tuple[Word, ...], grammar: Grammar) -> tuple[tuple[Option, ...], tuple[Word, ...]]:
    """A tool's options and operands, as its own grammar takes them apart."""
    if not grammar.tail:
        end = next((n for n, word in enumerate(words) if word.text == "--"), len(words))
        words = words[:end]
    return take_apart(words, grammar.short, grammar.long)


def verb_at(words: tuple[Word, ...], grammar: Grammar, start: int = 0) -> int:
    """Where the first word is that is neither an option nor an option's value; the number of words if there is none."""
    at = start
    while at < len(words) and len(words[at].text) > 1 and words[at].text[0] == "-":
        text = words[at].text
        valued = text in grammar.long or (text[1] != "-" and len(text) == 2 and text[1] in grammar.short)
        at += 2 if valued else 1
    return min(at, len(words))


def pip_installs(script: Script) -> Iterator[Install]:
    """`pip install`, `python -m pip install`, `uv pip install`, `uv tool install`, `pipx install`."""
    for command in script.commands:
        found = _behind_install(command)
        if found is not None:
            yield Install(command, *apart(*found))


def _behind_install(command: Command) -> tuple[tuple[Word, ...], Grammar] | None:
    words = command.arguments
    name = command.name.rstrip("0123456789.")
    grammar = {"pip": grammars.PIP, "pipx": grammars.PIPX, "uv": grammars.UV, "python": grammars.PIP}.get(name)
    if grammar is None:
        return None
    if name == "python":
        at = next((n for n, word in enumerate(words) if not word.text.startswith("-") or word.text == "-m"), 0)
        if [word.text for word in words[at : at + 2]] != ["-m", "pip"]:
            return None
        words = words[at + 2 :]
    elif name == "uv":
        at = verb_at(words, grammar)
        if at >= len(words) or words[at].text not in ("pip", "tool"):
            return None
        words = words[at + 1 :]
    at = verb_at(words, grammar)
    if at >= len(words) or words[at].text != "install":
        return None
    return (*words[:at], *words[at + 1 :]), grammar


def npm_installs(script: Script) -> Iterator[Install]:
    """`npm install`, `yarn add`, `yarn global add`, `pnpm add`, `bun add`; without packages, the project's own."""
    for command in script.commands:
        grammar = _NODE.get(command.name)
        if grammar is None:
            continue
        words = command.arguments
        start = at = verb_at(words, grammar)
        if command.name == "yarn" and words[at : at + 1] and words[at].text == "global":
            at = verb_at(words, grammar, at + 1)
        verb = words[at].text if at < len(words) else ""
        if verb in _VERBS[command.name] or (command.name == "yarn" and not verb):
            yield Install(command, *apart((*words[:start], *words[at + 1 :]), grammar))


_NODE = {"npm": grammars.NPM, "pnpm": grammars.PNPM, "yarn": grammars.YARN, "bun": grammars.BUN}
_VERBS = {
    "npm": frozenset(
        ("install", "i", "add", "in", "ins", "inst", "insta", "instal", "isnt", "isnta", "isntal", "isntall")
    ),
    "pnpm": frozenset(("install", "i", "add")),
    "yarn": frozenset(("install", "add")),
    "bun": frozenset(("install", "i", "add", "a")),
}

_COMMIT = Lazy(r"[0-9a-f]{7,64}", re.IGNORECASE)
_GIT = Lazy(r"git\+[a-z+]+://|git://|git@[\w.-]+:|ssh://|(?:hg|svn|bzr)\+[a-z]+://|(?:github|gitlab|bitbucket|gist):")
_SEMVER = Lazy(r"v?[0-9]++\.[0-9][\w.+-]*+")


def is_address(text: str) -> bool:
    """Is it a file on the network, or a repository?"""
    return re.match(r"(?i)(?:https?|ftp)://", text) is not None or _GIT.match(text) is not None


def is_repository(text: str) -> bool:
    """Does an address name a repository of a version control system?"""
    return _GIT.match(text) is not None or re.match(r"(?i)https?://[^#?]*\.git(?:[#@?]|$)", text) is not None


def names_commit(text: str) -> bool:
    """Does an address of a repository say which commit, or at least which version of it?"""
    if "#semver:" in text:
        return True
    behind = re.split(r"#(?:commit=|tag=)?", text, maxsplit=1)[1:]
    if not behind or "egg=" in behind[0]:
        path = re.sub(r"#.*", "", text).partition("://")[2] or text
        behind = [path.partition("/")[2].rpartition("@")[2]] if "@" in path.partition("/")[2] else []
    said = re.split(r"[&:]", behind[0], maxsplit=1)[0] if behind else ""
    return bool(said) and ("$" in said or _COMMIT.fullmatch(said) is not None or _SEMVER.fullmatch(said) is not None)
