"""Credentials by what they are called, and by where they stand: in an address, or on a command line."""

import re
from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from hullcheck.model.lazy import Lazy
from hullcheck.model.tokens import Secret, by_value, random
from hullcheck.source import Location

__all__ = ["Grade", "Login", "Secret", "by_name", "by_value", "in_url", "literal", "placeholder", "refers", "weak"]


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
    ("public", "publishable", "existing", "tokenizer", "tokenizers", "dummy", "gpg", "pgp", "recaptcha")
)
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


def is_password(name: str) -> bool:
    """Is it the name of a password, for which even a number may be one?"""
    return any(word.endswith(("password", "passwd", "pwd", "pass", "passphrase")) for word in _words(name))


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name[:200])]


_FILL_IN = Lazy(
    r"<[^<>]*>|\[[^\[\]]*\]|\{\{?.*\}?\}|%[A-Z_]+%|@[A-Z_]+@|__[A-Za-z_.-]+__|\*{3,}.*|\.{3,}|x{3,}|X[X-]{2,}|#{3,}|-+|\?+"
    r"|n/?a|null|none|nil|undefined|invalid|unused|empty|todo|tbd|fixme|redacted|removed|hidden|masked|omitted|unset|not[ _-]?set"
    r"|(?:your|my|the|insert|enter|put|add|paste|fill|replace|provide|specify|set)[ _.-].*"
    r"|.*(?:_here|-here| here|goes[ _-]?here|replace[ _-]?me|replace[ _-]with.*|placeholder.*)",
    re.IGNORECASE | re.DOTALL,
)
_WEAK_VALUES = Lazy(
    r"(?:please[ _-]?)?change[ _-]?(?:me|it|this)?(?:[ _-].*)?!?|changethis|(?:pass(?:word|wd)?|secret|token|admin|root|user|test|example|guest|default|demo|dummy"
    r"|sample|foo|bar|baz|foobar|qwerty|letmein|postgres|mysql|mariadb|redis|mongo|rabbitmq|minio(?:admin)?|wordpress"
    r"|some(?:thing)?)[-_]?(?:pass(?:word|wd)?|secret|token|key)?[0-9!]{0,4}",
    re.IGNORECASE,
)
_REFERENCE = Lazy(
    r"\$[A-Za-z_{(][^$]*|.*\$[({].*|.*\{\{.*|.*<%.*|ENC\[.*|(?:vault|op|ssm|sops|secret|secrets|doppler|infisical|gopass|akv|awssm|"
    r"gcpsm|keyring|bws|file|env|azkv|conjur|berglas|sm|secretsmanager|secretref|keepass|pass)(?:\+[a-z]+)?:.*|ref\+.*|<path:.*|"
    r"arn:aws[a-z-]*:.*|projects/[^/]+/secrets/.*|AQICAH.*|Ag[A-D][A-Za-z0-9+/]{200,}=*|!vault.*|\$ANSIBLE_VAULT.*|@Microsoft\.KeyVault.*",
    re.DOTALL,
)
_PATH = Lazy(
    r"(?:\.{0,2}/|~/|[A-Za-z]:[\\/]|%[\w.]+%/)[^\s]*|[^\s:=/]*+/[^\s:=]*\.(?:pem|key|crt|cer|p12|jks|json|ya?ml|txt|env|conf|properties)"
)
_SWITCH = frozenset(("true", "false", "yes", "no", "on", "off", "enabled", "disabled", "null", "none", "nil", "~"))
_NUMBER = Lazy(r"-?[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d|k|kb|mb|gb|ki|mi|gi|%)?", re.IGNORECASE)


_CAPITALS = Lazy(r"[A-Z]+(?:_[A-Z0-9]{1,20})+")


def placeholder(value: str) -> bool:
    """Is it something to be filled in (`<password>`, `your-token-here`, `API_KEY_VALUE`, `***`) rather than a value?"""
    if _CAPITALS.fullmatch(value[:200]) and sum(map(str.isdigit, value)) < 3:
        return True
    return _FILL_IN.fullmatch(value.strip().strip("'\"")[:500]) is not None


def weak(value: str) -> bool:
    """Is it a default that everybody tries first (`changeme`, `password`, `admin123`)?"""
    return _WEAK_VALUES.fullmatch(value.strip()[:200]) is not None


_PROMPT = Lazy(
    r"change|choose|replace|your|please|here\b|insert|todo|secure.*password|strong.*password", re.IGNORECASE, most=500
)


def asks(value: str) -> bool:
    """Does the value itself ask to be replaced (`PleaseChangeMe`, `ChooseYourOwnPasswordHere`)?"""
    return _PROMPT.search(value[:500]) is not None


def refers(value: str) -> bool:
    """Does it say where the value is: a variable, a template, a vault, a file, an encrypted text?"""
    return _REFERENCE.fullmatch(value[:2000]) is not None


def is_harmless_value(value: str) -> bool:
    """Is it nothing that could be a credential, whatever it is called: empty, a switch, a reference, to be filled in?"""
    text = value.strip().strip("'\"")
    return not text or text.lower() in _SWITCH or placeholder(text) or refers(text)


def literal(name: str, value: str) -> bool:
    """Is the value of a name that `by_name` knows the credential itself?

    Not if it is empty, a switch, a number (but for a password), a path, an address, a reference or something to fill in.
    """
    text = value.strip().strip("'\"")
    if is_harmless_value(text) or (text == name.upper() and "_" in text):
        return False
    if _PATH.fullmatch(text) and not _is_base64(text):
        return False
    if _NUMBER.fullmatch(text):
        return is_password(name) and text.isdecimal()
    if re.match(r"[a-z][a-z0-9+.-]*://", text):
        return False
    if _is_fingerprint(name, text):
        return False
    return not _is_prose(text) if by_name(name) is Grade.STRONG else random(text)


def _is_base64(text: str) -> bool:
    return len(text) >= 30 and re.fullmatch(r"/[A-Za-z0-9+/]+={0,2}", text) is not None and random(text)


def _is_prose(text: str) -> bool:
    """A sentence: several words between blanks, none of them random."""
    words = text.split()
    return len(words) > 3 and not any(random(word) for word in words)


def _is_fingerprint(name: str, text: str) -> bool:
    """Forty hexadecimal digits under the name of a signing key are its fingerprint, which is public."""
    return len(text) in (40, 64) and not text.lower().strip("0123456789abcdef") and "sign" in name.lower()


class Login(NamedTuple):
    """A password or token in an address, as half-open offsets; `literal` is false if a variable brings it."""

    start: int
    end: int
    literal: bool


_USER = Lazy(r"[^\s/?#@:'\"`<>\\|]*+")
_BEFORE_HOST = Lazy(r"@(?=[\w\[$({*])")
_PLAIN = Lazy(r"[^\s/?#@'\"`<>\\|$]++")
_USED = {"{": (Lazy(r"[^}\s]*+"), "}"), "(": (Lazy(r"[^)\n]*+"), ")")}
_SAMPLE_PASSWORDS = frozenset(
    ("pass", "password", "passwd", "pwd", "pw", "secret", "token", "user", "username", "port")
)
_SAMPLE_HOSTS = Lazy(r"@(?:[\w.-]*\.)?(?:example\.(?:com|org|net)|hostname?|host)\b", re.IGNORECASE)


def in_url(text: str) -> Iterator[Login]:
    """The credentials in addresses: `scheme://user:password@host`, `https://token@host`."""
    passwords = _Passwords(text)
    at = text.find("://")
    while at >= 0:
        start = at + 3
        end = _USER.match(text, start).end()  # type: ignore[union-attr]
        stop = passwords.end(end + 1) if text[end : end + 1] == ":" else end if _BEFORE_HOST.match(text, end) else -1
        login = _login(text, text[max(0, at - 20) : at], start, end, stop) if stop >= 0 else None
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


def _login(text: str, scheme: str, start: int, middle: int, end: int) -> Login | None:
    """The login of an address whose user ends at `middle`, with a password if that isn't its `end`, the `@`."""
    if not scheme[-1:].isalnum():
        return None
    user = text[start:middle]
    if middle == end:
        token = scheme.endswith(("http", "https"))
        if not token or not (user.startswith("$") or random(user) or any(by_value(user))):
            return None
        return Login(start, end, not user.startswith("$"))
    password = text[middle + 1 : end]
    if not password or _is_sample(user, password, text[end : end + 61]):
        return None
    return Login(middle + 1, end, "$" not in password and "{" not in password)


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
        if literal("password", match["value"]):
            yield Login(*match.span("value"), True)


def written_at(location: Location, name: str, value: str) -> bool:
    """Is the value written at that place, rather than brought there from elsewhere, such as from a `.env`?"""
    text = location.text.replace("$$", "$")
    return value in text if "$" in text or text.strip() in ("", name) else True


def narrowed(location: Location, value: str) -> Location:
    """The part of a place that holds the value, for what was unquoted or expanded; the place itself if none does."""
    at = location.source.text.find(value, location.start, location.end) if value else -1
    return location if at < 0 else Location(location.source, at, at + len(value))


_PROPERTY = Lazy(
    r"(?<![^\n{,;])[ \t]*+(?:export[ \t]++)?+[\"']?(?P<name>[A-Za-z_][A-Za-z0-9_.-]{0,80})[\"']?[ \t]*+(?:=|:(?=\s|\"))[ \t]*+"
    r"(?P<value>\"[^\"\n]*+\"|'[^'\n]*+'|[^\s,;}#][^\n,;}]*+)"
)
_CODE = Lazy(r"[()\[\]{}<>|]|\b(?:String|string|str|Optional|os\.environ|process\.env|getenv|def|return|function)\b")


class Property(NamedTuple):
    """A name and its value in the text of a configuration file, the value as half-open offsets."""

    name: str
    value: str
    start: int
    end: int


def in_properties(text: str) -> Iterator[Property]:
    """The credentials in a configuration file's text, be it properties, INI, JSON, YAML, TOML or assignments."""
    for match in _PROPERTY.finditer(text):
        name, written = match["name"], match["value"].rstrip()
        if by_name(name) is not Grade.STRONG:
            continue
        value = written.strip("\"'")
        if literal(name, value) and not _CODE.search(value):
            start = match.start("value") + written.find(value)
            yield Property(name, value, start, start + len(value))


def decoded(text: str) -> str:
    """What base 64 encodes, if it is text; else nothing."""
    from binascii import Error, a2b_base64

    try:
        return a2b_base64("".join(text.split())).decode()
    except (Error, ValueError):
        return ""
