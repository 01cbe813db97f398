"""Where a repository is: a folder or the URL of a clone, and what of a URL nobody may see."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit, urlunsplit

from hullcheck.errors import HullcheckError
from hullcheck.patterns import pattern
from hullcheck.tuples import NamedTuple

PROTOCOLS = ("https", "ssh", "file")
"""What is cloned over. `http` and `git` can be changed on the way; `ext` and helpers' own start programs."""

MASK = "*****"
MOST = 2_000
"""Characters of an address, or of a name."""

_SCHEME = pattern(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_HELPER = pattern(r"[A-Za-z0-9+.-]+::.*", re.DOTALL)
_SHORT = pattern(r"(?:([^@/:\s]+)@)?([A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\]):(?!//)(.+)", re.DOTALL)
_CREDENTIALS = pattern(r"://[^/?#\s]*@")
_QUERY = pattern(r"[?#].*", re.DOTALL)
_CONTROL = pattern(r"[\x00-\x1f\x7f]")


class Address(NamedTuple):
    """`url` is what is cloned, without credentials, empty for a folder on this machine, which is `path`.

    `user` and `password` are the credentials of an https URL.
    """

    shown: str
    path: str = ""
    url: str = ""
    user: str = ""
    password: str = ""


def masked(text: str) -> str:
    """Text that may quote addresses, without what stands in them before an `@` and behind a `?`."""
    return _CREDENTIALS.sub(f"://{MASK}@", text)


def hidden(text: str) -> str:
    """What may be shown of an address that is none: nothing that stands before an `@`, or behind a `?` or `#`."""
    before, at, behind = _QUERY.sub("", masked(text)).rpartition("@")
    scheme = _SCHEME.match(before)
    return f"{scheme[0] if scheme else ''}{MASK}@{behind}" if at else behind


def is_url(text: str) -> bool:
    """Is it an address that has to be cloned?"""
    return bool(_SCHEME.match(text) or _HELPER.fullmatch(text) or _is_short(text))


def _is_short(text: str) -> bool:
    """`git@host:path`, as scp writes it: nothing before the colon is a folder's."""
    return _SHORT.fullmatch(text) is not None and not text.startswith((".", "/", "~"))


def address(text: str) -> Address:
    """The address that a text is; raises HullcheckError, without credentials in it, for what isn't cloned."""
    if not text or len(text) > MOST:
        raise HullcheckError("an address of no use: it is empty, or too long")
    if _CONTROL.search(text):
        raise HullcheckError("an address with control characters in it")
    if not is_url(text):
        return Address(text, path=text)
    if _HELPER.fullmatch(text):
        raise HullcheckError(f"`{text.partition('::')[0]}::` starts a program: {_allowed()}")
    if not _SCHEME.match(text):
        return _ssh(text)
    return _with_scheme(text)


def _ssh(text: str) -> Address:
    found = _SHORT.fullmatch(text)
    assert found is not None
    if "@" in found[3]:
        raise HullcheckError(f"{hidden(text)}: a password has no place in an address of ssh")
    if found[2].startswith("-") or (found[1] or "").startswith("-"):
        raise HullcheckError("an address that begins with a dash")
    return Address(text, url=text)


def _with_scheme(text: str) -> Address:
    shown = _QUERY.sub("", masked(text))
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise HullcheckError(f"no address: {shown}") from None
    scheme = parts.scheme.lower()
    if scheme not in PROTOCOLS:
        raise HullcheckError(f"{shown}: nothing is cloned over `{scheme}`: {_allowed()}")
    if scheme == "file":
        if host not in ("", "localhost") or parts.username:
            raise HullcheckError(f"{shown}: a file of another host")
        return Address(shown, url=urlunsplit(("file", "", parts.path, "", "")))
    if not host or host.startswith("-"):
        raise HullcheckError(f"{shown}: no host is named")
    if parts.query or parts.fragment:
        raise HullcheckError(f"{shown}: an address of a clone has no `?` and no `#`")
    place = f"[{host}]" if ":" in host else host
    place += f":{port}" if port else ""
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if scheme == "ssh":
        if user.startswith("-"):
            raise HullcheckError(f"{shown}: an address that begins with a dash")
        named = f"{parts.username}@{place}" if user else place  # ssh takes no password
        clean = urlunsplit(("ssh", named, parts.path, "", ""))
        return Address(clean, url=clean)
    url = urlunsplit(("https", place, parts.path, "", ""))
    return Address(url, url=url, user=user, password=password)


def _allowed() -> str:
    return f"only over {', '.join(PROTOCOLS)}"
