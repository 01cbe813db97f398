"""Scanners that read what an expression read that could go back too far: on short texts they agree with it."""

import random
import re
from collections.abc import Callable

import pytest

from hullcheck.model import privileges, secrets
from hullcheck.policy.ignores import objects
from hullcheck_checks.identity import file_capability
from hullcheck_checks.secrets import secret_mount_leak
from hullcheck_checks.supply_chain import pkg_signature_off

_USER_INFO = re.compile(
    r"(?P<user>[^\s/?#@:'\"`<>\\|]*)(?::(?P<password>(?:\$\{[^}\s]*\}|\$\([^)\n]*\)|[^\s/?#@'\"`<>\\|])*))?@(?=[\w\[$({*])"
)
_UNDONE = re.compile(
    r"\b(?:npm|pnpm|yarn|pip3?|poetry|composer|bundle) (?:\S+ )*config (?:\S+ )*(?:delete|unset|rm)|--unset|\blogout\b"
)
_LINES = re.compile(
    r"(?im)\[[^\]]*trusted=yes[^\]]*\]|apt::get::allowunauthenticated\s+\"?(?:true|1)|^\s*(?:repo_|localpkg_)?gpgcheck\s*=\s*(?:0|false|no)\b"
    r"|^\s*siglevel\s*=\s*(?:never|optional trustall)|acquire::allowinsecurerepositories\s+\"?(?:true|1)"
)


def _password_end(text: str) -> int:
    user = re.match(r"[^\s/?#@:'\"`<>\\|]*", text)
    end = user.end() if user else 0
    if text[end : end + 1] == ":":
        return secrets._Passwords(text).end(end + 1)
    return end if re.match(r"@(?=[\w\[$({*])", text[end:]) else -1


def _old_password_end(text: str) -> int:
    match = _USER_INFO.match(text)
    return match.end() - 1 if match else -1


def _capabilities(text: str) -> bool:
    return bool(re.fullmatch(r"((?:(?:cap_)?\w+,?)*)[+=]+([eip]+)", text.replace(" ", ""), re.IGNORECASE))


def _switched(text: str) -> str:
    span = pkg_signature_off._switched_off(text)
    return text[slice(*span)].strip() if span else ""


def _old_switched(text: str) -> str:
    match = _LINES.search(text)
    return match[0].strip() if match else ""


_SUDO = r"(?<![\w.-])sudo\s(?:.*\s)?(?:-u\s*|--user[=\s])(?!root\b)\w"
_SU = r"(?<![\w.-])su\s+(?:-(?:s|g|-shell)[\s=]\S+\s+|-[-\w]*\s+)*(?!root\b|-)[A-Za-z_0-9$]"


@pytest.mark.parametrize(
    ("new", "old", "pieces"),
    [
        (_password_end, _old_password_end, ["${", "}", "$(", ")", "a", ":", "@", "/", " ", "$", "{", "@h", "\n", "b"]),
        (privileges._sudo_user, lambda t: bool(re.search(_SUDO, t)), ["sudo", " ", "-u", "root", "a", "\n", "--user", "=", "\t", "."]),
        (privileges._switches, lambda t: bool(re.search(_SU, t)), ["su", " ", "-s", "root", "a", "\n", "--shell", "=", "-", "$U", "/b", "-l"]),
        (secret_mount_leak._undone, lambda t: bool(_UNDONE.search(t)), ["npm", " ", "config", "delete", "x", "\n", "rm", "--unset", "logout", "("]),
        (lambda t: bool(file_capability._names(t)), _capabilities, ["cap_", "a", ",", "+", "=", "e", "p", " ", "x"]),
        (
            objects._without_day,
            lambda t: re.sub(r"[;,]?\s*until\s*=.*", "", t).strip(),
            ["until", "=", " ", ";", ",", "a", "\n", "2027"],
        ),
        (_switched, _old_switched, ["[", "]", "trusted=yes", " ", "\n", "gpgcheck", "=0", "= 0", "repo_", "SigLevel", " = never", "a"]),
    ],
)  # fmt: skip
def test_a_scanner_agrees_with_the_expression(
    new: Callable[[str], object], old: Callable[[str], object], pieces: list[str]
) -> None:
    rng = random.Random(7)
    for _ in range(4_000):
        text = "".join(rng.choice(pieces) for _ in range(rng.randint(0, 9)))
        assert new(text) == old(text), text
