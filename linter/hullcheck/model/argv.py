"""Credentials on command lines: options, assignments, headers, and what they come to in scripts for a shell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hullcheck.model.lazy import Lazy
from hullcheck.model.placeholders import placeholder, refers
from hullcheck.model.secrets import Grade, by_name, literal
from hullcheck.patterns import pattern
from hullcheck.source import HOLE
from hullcheck.tuples import NamedTuple


class Said(NamedTuple):
    """A credential in a command: the number of its word, its half-open offsets there, and the option that takes it."""

    word: int
    start: int
    end: int
    option: str


_MYSQL = ("mysql", "mysqladmin", "mysqldump", "mysqlcheck", "mysqlimport", "mysqlshow", "mysqlpump", "mysqlslap",
          "mariadb", "mariadb-admin", "mariadb-dump", "mariadb-check", "mariadb-import")  # fmt: skip
_GLUED: dict[str, str] = {**dict.fromkeys(_MYSQL, "-p"), "sshpass": "-p", "sqlcmd": "-P", "bcp": "-P"}
"""Programs that take a password in the same word as the option: a lone `-p` of MySQL's asks for it."""

_SEPARATE: dict[str, str] = {
    "mongo": "-p", "mongosh": "-p", "mongodump": "-p", "mongorestore": "-p", "mongoexport": "-p", "mongoimport": "-p",
    "redis-cli": "-a", "sshpass": "-p", "sqlcmd": "-P", "bcp": "-P", "ldapsearch": "-w", "ldapadd": "-w",
    "ldapmodify": "-w", "ldapwhoami": "-w", "cypher-shell": "-p", "cqlsh": "-p", "rabbitmqadmin": "-p",
    "mosquitto_pub": "-P", "mosquitto_sub": "-P", "influx": "-p",
}  # fmt: skip
_LOGINS = frozenset(("docker", "podman", "buildah", "skopeo", "helm", "az", "oc", "nerdctl", "crane", "oras", "azcopy"))
"""Programs whose `login` takes `-p`."""

_SETTERS = frozenset(
    ("aws", "npm", "pnpm", "yarn", "pip", "pip3", "git", "gh", "gcloud", "poetry", "bundle", "conda", "glab")
)
"""Programs that are told a setting as two words: `aws configure set aws_secret_access_key x`."""

PROGRAMS = frozenset((*_GLUED, *_SEPARATE, *_LOGINS, *_SETTERS, "curl", "htpasswd", "openssl"))
"""All programs that take a credential in a way of their own."""

_WRAPPERS = frozenset(("env", "exec", "sudo", "time", "nohup", "CMD", "tini", "dumb-init"))
"""Words before the program that is really run."""

_OPENSSL = frozenset(("-passin", "-passout", "-pass"))

_SHELLS = frozenset(("sh", "bash", "ash", "dash", "zsh", "ksh", "pwsh", "powershell", "cmd", "cmd.exe"))
_SCRIPT_FLAG = Lazy(r"-[a-z]*c|CMD-SHELL|/[cC]|-Command")
_OPTION = Lazy(r"(?P<option>--?[A-Za-z][A-Za-z0-9_.-]*)(?P<equals>[=:])(?P<value>.+)", re.DOTALL)
_ASSIGNED = Lazy(r"(?P<option>[A-Za-z_][A-Za-z0-9_.]*)=(?P<value>.+)", re.DOTALL)
_NAMELESS = frozenset(("requirepass", "masterauth", "storepass", "keypass", "srcstorepass", "deststorepass"))
"""Options that take a password without saying so in a word of its own."""

_NETRC = Lazy(r"machine\s+\S+\s+login\s+\S+\s+(?P<option>password)\s+(?P<value>[^\s\"'\\]+)")
_NPMRC = Lazy(r"(?P<option>:_(?:authToken|auth|password))=(?P<value>[^\s\"']+)")
_HEADER = Lazy(
    r"(?P<option>(?i:(?:proxy-)?authorization|x-api-key|x-auth-token|private-token|x-vault-token|api-key|job-token"
    r"|deploy-token|x-[a-z-]{0,20}(?:token|secret|key)))\s*:\s*(?:(?i:bearer|basic|token|apikey)\s+)?(?P<value>[^\s\"'{}]+)"
)
_TOKEN = pattern(
    r"(?P<redirect>(?<!\d)\d++>[>|&]?|&?>[>|&]?|<)|(?P<end>\|\||&&|[;|&\n()])"
    r"|(?:'[^']*+'|\"(?:[^\"\\]|\\.)*+\"|\\.|\$\([^()]*+\)|\$\{[^{}]*+\}|[^\s'\"\\;|&<>()])++",
    re.DOTALL,
)


class Command(NamedTuple):
    """A program with its arguments as written, and where each starts in the script; and the files it writes to.

    `piped` is true if it reads what the command before it writes.
    """

    words: tuple[tuple[str, int], ...]
    outputs: tuple[tuple[str, int], ...] = ()
    piped: bool = False


def commands(script: str) -> Iterator[Command]:
    """The simple commands of a script for a shell, as far as they can be told apart without running it."""
    words: list[tuple[str, int]] = []
    outputs: list[tuple[str, int]] = []
    operator, before = "", ""
    for match in _TOKEN.finditer(script):
        kind, text = match.lastgroup, match[0]
        if kind == "end":
            if words or outputs:
                yield Command(tuple(words), tuple(outputs), before == "|")
            words, outputs, operator, before = [], [], "", text
        elif kind == "redirect":
            operator = text
        else:
            if not operator:
                words.append((text, match.start()))
            elif ">" in operator and not operator.endswith("&"):
                outputs.append((text, match.start()))
            operator = ""
    if words or outputs:
        yield Command(tuple(words), tuple(outputs), before == "|")


def in_argv(words: Sequence[str]) -> Iterator[Said]:
    """The credentials that a command's words hold, each as the characters that it consists of.

    A script for a shell, the word after `sh -c` or `CMD-SHELL`, is read as commands of its own.
    """
    program = ""
    for number, word in enumerate(words):
        before = words[number - 1] if number else ""
        if _is_script(program, before, word):
            yield from (said._replace(word=number) for said in in_script(word))
            continue
        said = _in_text(word, number) or _in_word(word, number) or _after_option(before, word, number, program, words)
        if said is not None:
            yield said
        if not program or (program in _WRAPPERS and not word.startswith("-")):
            program = program if "=" in word or word.startswith("-") else word.rpartition("/")[2]


def in_script(script: str) -> Iterator[Said]:
    """The credentials in a script for a shell; `word` is 0 and the offsets are the script's."""
    for command in commands(script):
        yield from _in_command(command.words)


def _in_command(command: Sequence[tuple[str, int]]) -> Iterator[Said]:
    for said in in_argv([unquoted(word)[0] for word, _ in command]):
        written, offset = command[said.word]
        shift = offset + unquoted(written)[1]
        yield Said(0, said.start + shift, said.end + shift, said.option)


def unquoted(word: str) -> tuple[str, int]:
    """The word without the quotes around all of it, and how many characters went before."""
    if len(word) > 1 and word[0] == word[-1] and word[0] in "'\"" and word[0] not in word[1:-1]:
        return word[1:-1], 1
    return word, 0


def _is_script(program: str, before: str, word: str) -> bool:
    if " " not in word and "\n" not in word:
        return False
    return (program in _SHELLS and _SCRIPT_FLAG.fullmatch(before) is not None) or before == "CMD-SHELL"


def _in_text(word: str, number: int) -> Said | None:
    """A header, or a line for an `.npmrc` or `.netrc`, wherever it stands in the word."""
    match = (_HEADER.search(word) or _NPMRC.search(word)) if ":" in word else None
    match = match or (_NETRC.search(word) if "machine " in word else None)
    if match is None or not _usable("token", match["value"]):
        return None
    return Said(number, *match.span("value"), match["option"])


def _in_word(word: str, number: int) -> Said | None:
    """`--password=x`, or `PGPASSWORD=x` before a program or after `env`."""
    match = _OPTION.fullmatch(word) if word.startswith("-") else _ASSIGNED.fullmatch(word)
    if match is None or not _takes_credential(match["option"]) or not _usable(match["option"], match["value"]):
        return None
    return _inside(number, match, match["option"])


def _inside(number: int, match: re.Match[str], option: str) -> Said:
    start, end = match.span("value")
    text = match.string
    if end - start > 2 and text[start] == text[end - 1] and text[start] in "'\"":
        start, end = start + 1, end - 1
    return Said(number, start, end, option)


def _after_option(before: str, word: str, number: int, program: str, words: Sequence[str]) -> Said | None:
    if program == "curl" and (before in ("-u", "--user", "-U", "--proxy-user") or word.startswith("-u")):
        return _user_and_password(word, number, before if not word.startswith("-") else "-u")
    glued = _GLUED.get(program)
    if glued and word.startswith(glued) and len(word) > len(glued) and word[len(glued)] not in "=-":
        return Said(number, len(glued), len(word), glued) if _usable("password", word[len(glued) :]) else None
    if (
        program == "htpasswd"
        and number == len(words) - 1
        and re.fullmatch(r"-[^\Wb]*+b\w*", words[1] if number > 2 else "")
    ):
        return Said(number, 0, len(word), words[1]) if _usable("password", word) else None
    if before in _OPENSSL and word.startswith("pass:"):
        return Said(number, 5, len(word), before) if _usable("password", word[5:]) else None
    if word.startswith("-"):
        return None
    if program in _SETTERS and not before.startswith("-") and by_name(before) is Grade.STRONG:
        setting = any(given in ("set", "config", "configure") for given in words)
        return Said(number, 0, len(word), before) if setting and _usable(before, word) else None
    if not before.startswith("-"):
        return None
    if before == _SEPARATE.get(program) or (before == "-p" and program in _LOGINS and "login" in words):
        return Said(number, 0, len(word), before) if _usable("password", word) else None
    long = before.startswith("--") or len(before) > 4
    if long and "=" not in before and _takes_credential(before) and _usable(before, word):
        return Said(number, 0, len(word), before)
    return None


def _user_and_password(word: str, number: int, option: str) -> Said | None:
    user, colon, password = word.partition(":")
    if not colon or not _usable("password", password):
        return None
    return Said(number, len(user) + 1, len(word), option)


def _takes_credential(option: str) -> bool:
    bare = option.lstrip("-")
    if bare.lower() in _NAMELESS:
        return True
    return by_name(bare) is Grade.STRONG and not bare.lower().endswith(("-stdin", "stdin"))


def _usable(name: str, value: str) -> bool:
    text = value.strip("'\"")
    name = "password" if name.lstrip("-").lower() in _NAMELESS else name
    return (
        "$" not in text
        and HOLE not in text
        and "`" not in text
        and not placeholder(text)
        and not refers(text)
        and literal(name, text)
    )
