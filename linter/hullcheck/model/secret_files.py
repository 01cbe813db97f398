"""Whether a file whose name says that it holds credentials really does."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from hullcheck.model.lazy import Lazy
from hullcheck.model.placeholders import asks, documented, is_harmless_value, placeholder, refers, weak
from hullcheck.model.repository import is_credential_file, is_public
from hullcheck.model.secrets import by_name, known_default, literal
from hullcheck.model.tokens import by_value
from hullcheck.tuples import NamedTuple

_ASSIGNMENT = Lazy(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]{0,99})[ \t]*=[ \t]*+([^\n]*+)", re.MULTILINE)
_NPMRC = Lazy(r"_(?:authToken|auth|password)\s*=\s*+([^\s$]++)")
_LINE_END = Lazy(r"[^\S\n]*+(?:\n|\Z)")
_PASSWORD_LINE = Lazy(r"\bpassword\s*+(?:[:=]\s*+)?[^\s$<{]", re.IGNORECASE)
_ENCRYPTED = ("ENC[", "$ANSIBLE_VAULT", "sops:", '"sops"', "age-encryption.org", "BEGIN PGP MESSAGE", "BEGIN ENCRYPTED")


class Held(NamedTuple):
    """The first credential in a file: its name, if it has one, and where that stands; are all well-known defaults?"""

    key: str
    weak: bool
    start: int = 0


def holds_credential(path: str, data: bytes) -> bool:
    """Is there a credential in the file? Where the format is unknown, the name is believed."""
    text = data[:1_000_000].decode("utf-8", "replace").replace("\r\n", "\n")
    if not text.strip() or any(mark in text for mark in _ENCRYPTED):
        return False
    name = posixpath.basename(path).lower()
    if name.startswith(".env") or name.endswith((".env", ".tfvars", ".properties")):
        return in_assignments(text) is not None
    if name.startswith("id_") or name.endswith((".pem", ".key", ".ppk")):
        return "PRIVATE KEY" in text or "PuTTY-User-Key" in text or "\0" in text
    if name in (".npmrc", ".yarnrc.yml"):
        return any(not refers(found) and not placeholder(found) for found in _in_npmrc(text)) or any(by_value(text))
    if name in (".netrc", "_netrc", ".pypirc", ".pgpass", ".my.cnf", ".s3cfg", ".boto"):
        return name == ".pgpass" or _PASSWORD_LINE.search(text) is not None or any(by_value(text))
    if name == "config.json":
        return '"auth":' in text
    if name.endswith((".json", ".yaml", ".yml", ".toml")):
        return (
            any(by_value(text))
            or in_assignments(re.sub(r"(?m)^([ \t{,\"]*[\w.-]+)\"?[ \t]*:", r"\1=", text)) is not None
        )
    return True


def _in_npmrc(text: str) -> Iterator[str]:
    for match in _NPMRC.finditer(text):
        if _LINE_END.match(text, match.end()):
            yield match[1]


def in_assignments(text: str) -> Held | None:
    """The first credential among lines like `NAME=value`, or None."""
    first, every_weak = None, True
    for match in _ASSIGNMENT.finditer(text):
        name, value = match[1], match[2].strip().strip("'\"")
        if by_name(name) is not None and (literal(name, value) or known_default(name, value)):
            first = first or match
            every_weak = every_weak and (weak(value) or asks(value) or documented(value))
    return Held(first[1], every_weak, first.start(1)) if first else None


def held(path: str, data: bytes, declared: bool) -> Held | None:
    """The credential in a file that is taken as a secret, or None. `declared` says that it can't be anything else."""
    text = data[:1_000_000].decode("utf-8", "replace").strip()
    if is_public(path) or not text or any(mark in text for mark in _ENCRYPTED):
        return None
    if is_credential_file(path):
        return (in_assignments(text) or Held("", False)) if holds_credential(path, data) else None
    assigned = in_assignments(text)
    if assigned is not None or any(by_value(text)):
        return assigned or Held("", False)
    stem = posixpath.basename(path).partition(".")[0]
    if not declared and by_name(stem) is None:
        return None
    return None if is_harmless_value(text) else Held("", weak(text))
