"""Credentials by what they are called, and by where they stand: in an address, or on a command line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from hullcheck.choices import IntEnum
from hullcheck.model.lazy import Lazy
from hullcheck.model.placeholders import is_harmless_value, placeholder, taken_as_it_is
from hullcheck.model.tokens import by_value, random
from hullcheck.source import HOLE, Location
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.node import Scalar


class Grade(IntEnum):
    """How sure a name is: WEAK ones are credentials only if their values look generated."""

    WEAK = 1
    STRONG = 2


_WORD = Lazy(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", most=200)

_PASSWORDS = frozenset(("password", "passwd", "passphrase", "pword", "passcode"))
_STRONG = _PASSWORDS | frozenset(
    (
        "secret", "secrets", "token", "apikey", "credential", "credentials", "privatekey", "secretkey", "accesskey",
        "accesstoken", "authtoken", "clientsecret", "encryptionkey", "signingkey", "sshkey", "masterkey", "authkey",
        "sharedkey", "jwtsecret", "pat",
    )
)  # fmt: skip
_WEAK = frozenset(("auth", "pass", "pwd", "key", "salt", "pepper", "pin", "creds", "cred", "dsn", "psk", "otp", "seed"))
_GLUED = (
    "password",
    "passwd",
    "passphrase",
    "apikey",
    "secretkey",
    "privatekey",
    "authtoken",
    "accesstoken",
    "sshpass",
)

_KEYS = frozenset(
    (
        "access", "admin", "api", "app", "application", "auth", "cipher", "client", "consumer", "cookie", "crypto",
        "deploy", "encrypt", "encryption", "hmac", "integration", "jwt", "licence", "license", "master", "private",
        "secret", "secure", "security", "server", "service", "session", "shared", "signature", "signing", "ssh",
        "storage", "subscription", "webhook", "write",
    )
)  # fmt: skip
"""What a `KEY` is the key to where it is a credential; a sort key or a cache key is none."""

_CERTAIN_KEYS = frozenset(
    ("access", "api", "auth", "encryption", "jwt", "master", "private", "secret", "signing", "ssh")
)

_NOT_LAST = frozenset(
    (
        "file", "files", "filename", "path", "paths", "dir", "directory", "folder", "location", "mount", "url", "uri",
        "urls", "endpoint", "endpoints", "host", "hostname", "port", "domain", "address", "addr", "version", "name",
        "names", "id", "ids", "uuid", "alias", "aliases", "identifier", "enabled", "enable", "disabled", "disable",
        "required", "allowed", "optional", "length", "len", "size", "min", "max", "minimum", "maximum", "count", "limit",
        "limits", "ttl", "expiry", "expiration", "expires", "expire", "timeout", "lifetime", "lifespan", "age", "duration",
        "interval", "days", "hours", "minutes", "seconds", "ms", "sec", "window", "rotation", "period", "header",
        "headers", "field", "fields", "param", "parameter", "claim", "claims", "query", "prefix", "suffix", "format",
        "type", "types", "kind", "mode", "method", "methods", "strategy", "policy", "policies", "rule", "rules",
        "algorithm", "algorithms", "alg", "algo", "hasher", "hashers", "encoder", "encoding", "digest", "charset", "chars",
        "pattern", "regex", "validator", "validators", "validation", "strength", "complexity", "score", "rounds",
        "iterations", "cost", "dummy", "example", "placeholder", "hint", "label", "title", "text", "message", "description",
        "template", "page", "form", "prompt", "reset", "recovery", "change", "update", "login", "user", "username", "users",
        "owner", "group", "role", "roles", "account", "realm", "issuer", "audience", "scope", "scopes", "subject", "class",
        "provider", "providers", "manager", "store", "storage", "backend", "driver", "engine", "service", "server", "client",
        "ref", "refs", "reference", "env", "var", "vars", "variable", "arn", "region", "usage", "budget", "status", "state",
        "index", "order", "sort", "column", "table", "schema", "namespace", "bucket", "plugin", "plugins", "module", "fingerprint",
        "thumbprint", "checksum", "sha", "hash", "ring", "space", "spaces", "usages", "set", "sets", "source", "target", "helper",
        "cmd", "command", "exec", "getter", "generator", "cache", "ca", "crt", "cert", "certificate", "pub", "public", "lookup",
        "mapping", "map", "list", "attribute", "attributes", "action", "actions", "event", "events", "grace", "threshold",
    )
)  # fmt: skip
"""Last words with which a name says something about a credential, or something else, but isn't one."""

_NOT_FIRST = frozenset(
    (
        "enable", "disable", "use", "uses", "require", "requires", "allow", "is", "has", "no", "skip", "show", "hide",
        "mask", "min", "max", "num", "with", "without", "should", "check", "validate", "rotate", "generate", "create",
        "tokenizers", "existing", "automount", "force", "ignore", "default", "reset", "verify",
    )
)  # fmt: skip
_NOT_ANYWHERE = frozenset(
    ("public", "publishable", "existing", "tokenizer", "tokenizers", "dummy", "recaptcha", "election")
)
_SIGNERS = frozenset(("gpg", "pgp"))
"""Words that make a key one to check signatures by."""

_BROWSER = (("vite",), ("react", "app"), ("vue", "app"), ("nuxt",), ("gatsby",), ("expo",), ("ng", "app"))
"""First words of variables that a build writes into what every browser gets."""

_NOT_WITH_KEY = frozenset(
    ("sort", "primary", "foreign", "partition", "cache", "host", "apt", "rpm", "yum", "repo", "release", "idempotency",
     "group", "topic", "routing", "row", "hash", "range", "lookup", "map", "json", "translation", "object", "registry")
)  # fmt: skip

_OBJECTS = frozenset(("tls", "ssl", "image", "pull", "cert", "certificate", "registry", "ingress", "docker"))
"""Before `SECRET`, they make it the name of an object in the cluster."""

_AFTER = frozenset(
    ("key", "base", "value", "phrase", "text", "default", "prod", "production", "dev", "development", "staging", "test", "testing",
     "qa", "ci", "root", "admin", "master", "main", "old", "new", "current", "previous", "primary", "secondary", "read", "write",
     "plain", "raw", "b64", "base64", "x", "v")
)  # fmt: skip
"""Words behind `PASSWORD` and such that leave it the password; behind others it may be about one."""

_KNOWN = {
    "sshpass": Grade.STRONG,
    "mysqlpwd": Grade.STRONG,
    "rediscliauth": Grade.STRONG,
    "neo4jauth": Grade.STRONG,
    "dockerauthconfig": Grade.STRONG,
    "composerauth": Grade.STRONG,
    "npmconfigauth": Grade.STRONG,
    "basicauth": Grade.STRONG,
    "secretkeybase": Grade.STRONG,
    "vaultdevroottokenid": Grade.STRONG,
    "devroottokenid": Grade.STRONG,
    "rabbitmqerlangcookie": Grade.STRONG,
    "erlangcookie": Grade.STRONG,
    "pwd": None,
    "oldpwd": None,
    "initpwd": None,
    "goauth": None,
    "xauthority": None,
    "sshauthsock": None,
}
"""Names that the words judge wrongly, without anything but letters and digits."""


@lru_cache(maxsize=8_192)
def by_name(name: str) -> Grade | None:
    """Does a variable, key or option of that name hold a credential? Whole words count, whatever joins them.

    Names that only talk about one (`PASSWORD_MIN_LENGTH`, `TOKEN_URL`, `SECRET_FILE`) and public ones are none.
    """
    words = [word.lower() for word in _WORD.findall(name[:200])]
    joined = "".join(words)
    if joined in _KNOWN:
        return _KNOWN[joined]
    while words and words[-1].isdecimal():
        words.pop()
    if not words or words[0] in _NOT_FIRST or words[-1] in _NOT_LAST or _NOT_ANYWHERE.intersection(words):
        return None
    return _grade(words)


def _grade(words: list[str]) -> Grade | None:
    last = words[-1]
    if last in ("key", "keys") and not _SIGNERS.isdisjoint(words):
        return None
    if _in_browser(words) and last in ("key", "token", "apikey", "dsn"):
        return None
    if last == "key":
        before = set(words[:-1])
        if before & _NOT_WITH_KEY or not before:
            return None
        return Grade.STRONG if before & _CERTAIN_KEYS else Grade.WEAK
    if last.startswith("secret") and _OBJECTS.intersection(words):
        return None
    if last in ("pass", "pwd", "pw") and len(words) > 1:
        return Grade.STRONG
    strong = [number for number, word in enumerate(words) if word in _STRONG or word.endswith(_GLUED)]
    if strong:
        return Grade.STRONG if _AFTER.issuperset(words[strong[-1] + 1 :]) else Grade.WEAK
    return Grade.WEAK if last in _WEAK else None


def _in_browser(words: list[str]) -> bool:
    return any(tuple(words[: len(first)]) == first for first in _BROWSER)


def is_password(name: str) -> bool:
    """Is it the name of a password, for which even a number may be one?"""
    return any(word.endswith(("password", "passwd", "pwd", "pass", "passphrase")) for word in words_of(name))


_OWN = frozenset(
    ("jwt", "secret", "session", "cookie", "signing", "encryption", "master", "admin", "root", "salt", "base", "flask", "app",
     "django", "superset", "internal", "fernet", "hmac", "csrf", "nextauth")
)  # fmt: skip
_ELSEWHERE = frozenset(
    ("client", "aws", "azure", "gcp", "google", "github", "gitlab", "slack", "stripe", "openai", "anthropic", "telegram",
     "discord", "twilio", "sendgrid", "mailgun", "smtp", "mail", "email", "imap", "cloudflare", "oauth", "oidc", "sso", "ldap",
     "s3", "access", "bot", "webhook", "facebook", "twitter", "linkedin", "apple", "microsoft", "captcha", "turnstile",
     "hcaptcha", "tailscale", "dns", "api", "license", "licence", "vpn", "registry", "docker", "npm")
)  # fmt: skip


def is_own(name: str) -> bool:
    """Is it the name of what the program itself asks for or signs with, rather than what it shows to somebody else?"""
    words = frozenset(words_of(name))
    return words.isdisjoint(_ELSEWHERE) and (is_password(name) or not words.isdisjoint(_OWN))


def known_default(name: str, value: str) -> bool:
    """Is it a default that everybody knows, and that the program asks for or signs with as it stands?"""
    return by_name(name) is Grade.STRONG and is_own(name) and taken_as_it_is(value)


_SIGNS = frozenset(("jwt", "session", "cookie", "signing", "csrf", "nextauth"))
_GIVEN_OUT = frozenset(
    (
        "token", "aws", "minio", "gcs", "azure", "storage", "bucket", "access", "init", "project", "stripe",
        "recaptcha", "captcha", "turnstile", "oauth", "client", "webhook", "smtp", "mail", "paypal", "twilio", "public",
    )
)  # fmt: skip
"""Words of names of keys that another service gave out: without one its features are off."""


def signs(name: str) -> bool:
    """Is it the name of a key that a program signs with?"""
    words = words_of(name)
    if by_name(name) is not Grade.STRONG or not _GIVEN_OUT.isdisjoint(words) or name.lower().startswith(("s3", "r2")):
        return False
    return not _SIGNS.isdisjoint(words) or "secretkey" in "".join(words)


def words_of(name: str) -> list[str]:
    """The words that a name is made of, in lower case, whatever joins them."""
    return [word.lower() for word in _WORD.findall(name[:200])]


_PATH = Lazy(
    r"(?:\.{0,2}/|~/|[A-Za-z]:[\\/]|%[\w.]+%/)[^\s]*|[^\s:=/]*+/[^\s:=]*\.(?:pem|key|crt|cer|p12|jks|json|ya?ml|txt|env|conf|properties)"
)
_NUMBER = Lazy(r"-?[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d|k|kb|mb|gb|ki|mi|gi|%)?", re.IGNORECASE)


def literal(name: str, value: str) -> bool:
    """Is the value of a name that `by_name` knows the credential itself?

    Not if it is empty, a switch, a small number, a path, an address, a reference or something to fill in, nor the name
    of an object or a file that has it.
    """
    text = value.strip().strip("'\"")
    if is_harmless_value(text) or (text == name.upper() and "_" in text):
        return False
    if _PATH.fullmatch(text) and not _is_base64(text):
        return False
    if _NUMBER.fullmatch(text):
        if text in ("0", "1") and not _SWITCHES.isdisjoint(words_of(name)):
            return False
        return text.isdecimal() and by_name(name) is Grade.STRONG and (is_password(name) or len(text) >= MIN_DIGITS)
    if re.match(r"[a-z][a-z0-9+.-]*://", text) or _FILE_NAME.fullmatch(text) or text.startswith(_PUBLISHABLE):
        return False
    if _is_fingerprint(name, text) or names_object(name, text):
        return False
    return not _is_prose(text) if by_name(name) is Grade.STRONG else random(text)


_SWITCHES = frozenset(
    ("allow", "empty", "random", "onetime", "enable", "disable", "require", "skip", "use", "generate", "force", "show", "hide")
)  # fmt: skip
"""Words of names that are switches, `MYSQL_ALLOW_EMPTY_PASSWORD: 1`, wherever they stand."""

MIN_DIGITS = 6
"""Digits of a number that may be a key; a shorter one rather says how many of something."""

_FILE_NAME = Lazy(
    r"[\w-]{1,80}(?:\.[\w-]{1,40})*?\.(?:pem|key|crt|cer|p12|pfx|jks|json|ya?ml|txt|env|conf|properties|ini|toml|xml)"
)
_PUBLISHABLE = ("pk_test_", "pk_live_")
"""Keys that are made to be shown in a browser."""

_LABEL = Lazy(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", most=63)
_KINDS_OF_OBJECTS = frozenset(
    ("ca", "cert", "certs", "certificate", "certificates", "tls", "ssl", "crt", "creds", "credentials", "secret", "secrets",
     "keypair", "pull", "registry", "dockerconfig", "regcred", "auth", "token", "config", "key", "keys", "env", "password",
     "passwords")
)  # fmt: skip
_OF_DEFAULTS = frozenset(
    ("my", "your", "super", "change", "changeme", "me", "the", "very", "some", "secure", "default", "please", "replace", "top",
     "jwt", "test", "dev", "demo", "example", "sample", "insecure", "not", "this", "is", "random", "here")
)  # fmt: skip


def names_object(name: str, value: str) -> bool:
    """Is it the name of a Secret that a cluster has, rather than what is in it: `WEBHOOK_SECRET: webhook-server-cert`?

    The name says that it is about a secret, not what for a one; the value is words, and the last says what the object
    is, or the name does.
    """
    words = words_of(name)
    if not words or words[-1] not in ("secret", "secrets") or _LABEL.fullmatch(value) is None:
        return False
    pieces = value.split("-")
    if not _OF_DEFAULTS.isdisjoint(pieces) or not all(piece.isalpha() or len(piece) <= 2 for piece in pieces):
        return False
    said = not _OBJECT_NAMES.isdisjoint(words[:-1])
    return (said and len(pieces) > 1) or (len(pieces) > 1 and pieces[-1] in _KINDS_OF_OBJECTS)


_OBJECT_NAMES = _OBJECTS | {"ca", "webhook"}


def _is_base64(text: str) -> bool:
    return len(text) >= 30 and re.fullmatch(r"/[A-Za-z0-9+/]+={0,2}", text) is not None and random(text)


def _is_prose(text: str) -> bool:
    """A sentence: several words between blanks, none of them random."""
    words = text.split()
    return len(words) > 3 and not any(random(word) for word in words)


def _is_fingerprint(name: str, text: str) -> bool:
    """Forty hexadecimal digits under the name of a signing key, or of just a key, are its fingerprint, which is public."""
    if len(text) not in (40, 64) or text.lower().strip("0123456789abcdef"):
        return False
    return "sign" in name.lower() or (len(text) == 40 and by_name(name) is Grade.WEAK and name.lower().endswith("key"))


class Login(NamedTuple):
    """A password or token in an address, as half-open offsets; `literal` is false if a variable brings it."""

    start: int
    end: int
    literal: bool


_USER = Lazy(r"[^\s/?#@:'\"`<>\\|]*+")
_BEFORE_HOST = Lazy(rf"@(?=[\w\[$({{*{HOLE}])")
_PLAIN = Lazy(r"[^\s/?#@'\"`<>\\|$]++")
_USED = {"{": (Lazy(r"[^}\s]*+"), "}"), "(": (Lazy(r"[^)\n]*+"), ")")}
_SAMPLE_PASSWORDS = frozenset(
    ("pass", "password", "passwd", "pwd", "pw", "secret", "token", "user", "username", "port")
)
_SAMPLE_HOSTS = Lazy(r"@(?:[\w.-]*\.)?(?:example\.(?:com|org|net)|hostname?|host)\b", re.IGNORECASE)


_TEMPLATE = Lazy(r"\{\{[^{}\n]*+\}\}")


def in_url(text: str, *, plain: bool = False) -> Iterator[Login]:
    """The credentials in addresses: `scheme://user:password@host`, `https://token@host`.

    In a `plain` text variables have been replaced: a `$` is one of the password's characters, unless a name in capitals
    or a bracket follows, which a program may yet replace.
    """
    if "://" not in text:
        return
    if "{{" in text:
        text = _TEMPLATE.compiled.sub(lambda match: HOLE * len(match[0]), text)
    passwords = _Passwords(text)
    at = text.find("://")
    while at >= 0:
        start = at + 3
        end = _USER.match(text, start).end()  # type: ignore[union-attr]
        stop = passwords.end(end + 1) if text[end : end + 1] == ":" else end if _BEFORE_HOST.match(text, end) else -1
        login = _login(text, text[max(0, at - 20) : at], (start, end, stop), plain) if stop >= 0 else None
        if login is not None:
            yield login
        at = text.find("://", start)


class _Passwords:
    """Where passwords in addresses end. What a place leads to is kept, so that no text makes it run back and forth."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[int, int] = {}
        self._stops: dict[str, tuple[int, int]] = {}

    def end(self, start: int) -> int:
        """Where the `@` stands before which the password from `start` on ends; -1 if none does."""
        above: dict[int, int] = {}
        choices = [(start, -1)]
        found = at = -1
        while choices and found < 0:
            at, before = choices.pop()
            if at < 0:  # the ways further on led nowhere, so it may end here
                at = ~at
                found = at if _BEFORE_HOST.match(self._text, at) else -1
            elif at in self._known:
                found = self._known[at]
                above.setdefault(at, before)
            else:
                above[at], self._known[at] = before, -1
                choices.append((~at, before))
                choices += ((each, at) for each in self._following(at))
        while found >= 0 and at >= 0:
            self._known[at] = found
            at = above[at]
        return found

    def _following(self, at: int) -> list[int]:
        """The places that it may go on at, the best last: behind a variable as a whole, or behind what is plain."""
        plain = _PLAIN.match(self._text, at)
        if plain is not None:
            return [plain.end()]
        if self._text[at : at + 1] != "$":
            return []
        closing = self._closing(at + 2, self._text[at + 1 : at + 2])
        return [at + 1, closing + 1] if closing >= 0 else [at + 1]

    def _closing(self, at: int, bracket: str) -> int:
        if bracket not in _USED:
            return -1
        inside, close = _USED[bracket]
        start, stop = self._stops.get(bracket, (0, -1))
        if not start <= at <= stop:
            stop = inside.match(self._text, at).end()  # type: ignore[union-attr]
            self._stops[bracket] = (at, stop)
        return stop if self._text[stop : stop + 1] == close else -1


_VARIABLE = Lazy(r"\$(?:[{(]|[A-Z_][A-Z0-9_]+(?![a-z]))")


def _login(text: str, scheme: str, places: tuple[int, int, int], plain: bool) -> Login | None:
    """The login of an address whose user ends at `middle`, with a password if that isn't its `end`, the `@`."""
    start, middle, end = places
    if not scheme[-1:].isalnum():
        return None
    user = text[start:middle]
    if middle == end:
        token = scheme.endswith(("http", "https"))
        if not token or HOLE in user or not (user.startswith("$") or random(user) or any(by_value(user))):
            return None
        return Login(start, end, not user.startswith("$"))
    password = text[middle + 1 : end]
    if not password.strip(HOLE) or _is_sample(user, password, text[end : end + 61]):
        return None
    brought = _VARIABLE.search(password) if plain else "$" in password or "{" in password
    return Login(middle + 1, end, not brought and HOLE not in password)


def _is_sample(user: str, password: str, host: str) -> bool:
    """An address that shows how addresses look: `USER:PASSWORD@HOST`."""
    if placeholder(password) or password.startswith(("{{", "%(", "%s")):
        return True
    sample = password.lower() in _SAMPLE_PASSWORDS and user.lower() in (
        "user",
        "username",
        "usr",
        "login",
        "name",
        "host",
    )
    return sample and (password.isupper() or _SAMPLE_HOSTS.match(host) is not None)


_PAIR = Lazy(
    r"(?:(?<=[;,?&\s\"'])|^)(?P<key>(?i:password|pwd|passwd|account_?key|user password|client_?secret|access_?key|api_?key"
    r"|auth_?token|secret))\s?=\s?(?P<value>[^;,&\s\"']+)"
)
_PAIRS = Lazy(r"=[^=;,&\s]*+[;,&\s][^=]*+=|\?[^=?]*+=")


def in_pairs(text: str) -> Iterator[Login]:
    """The credentials in a connection string or a list of options: `Server=db;Password=...`, `?user=a&password=...`."""
    if "=" not in text or _PAIRS.search(text) is None:
        return
    for match in _PAIR.finditer(text):
        if HOLE not in match["value"] and literal("password", match["value"]):
            yield Login(*match.span("value"), True)


def written_at(location: Location, name: str, value: str) -> bool:
    """Is the value written at that place, rather than brought there from elsewhere, such as from a `.env`?"""
    text = location.text.replace("$$", "$")
    return value in text if "$" in text or text.strip() in ("", name) else True


def narrowed(location: Location, value: str) -> Location:
    """The part of a place that holds the value, for what was unquoted or expanded; the place itself if none does."""
    at = location.source.text.find(value, location.start, location.end) if value else -1
    return location if at < 0 else Location(location.source, at, at + len(value))


def stands(value: Scalar) -> bool:
    """Is a block written where it is said to be, so that its places can be told? A template may make it of other texts."""
    said = value.location.text
    return said[:1] in ("|", ">") and "{{" not in said


_OF_FILE = Lazy(r"\{\{[^{}\"'`]{0,200}\.(?:Files\.Get|AsConfig|AsSecrets)\b")


def names_file(value: Scalar, text: str) -> bool:
    """Does the value's place only name the file that this text of it comes from, so that there is nothing to hide?"""
    said = value.location.text
    if text in said:
        return False
    return (bool(value.because) and said.strip("\"'") not in value.text) or _OF_FILE.match(said) is not None


def decoded(text: str) -> str:
    """What base 64 encodes, if it is text; else nothing."""
    from binascii import Error, a2b_base64

    try:
        return a2b_base64("".join(text.split())).decode()
    except (Error, ValueError):
        return ""
