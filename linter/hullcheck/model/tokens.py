"""Credentials that show what they are: providers' token formats, private keys, signed tokens, password hashes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from math import log2

from hullcheck.model.lazy import Lazy
from hullcheck.patterns import compile_now
from hullcheck.tuples import NamedTuple


class Secret(NamedTuple):
    """A credential in a text, as half-open offsets. `kind` says what it is, in words.

    `certain` is false for what has the shape but can't be used as it stands: a wrong checksum, a key for tests, a key
    that is encrypted, a password's hash.
    """

    kind: str
    start: int
    end: int
    certain: bool = True


Verdict = bool | None
"""Of a candidate: True if it is one, False if it only has the shape, None if it is nothing."""


def by_value(text: str) -> Iterator[Secret]:
    """The credentials in `text`, in order and without overlaps. Time is linear; a text without any costs next to none."""
    if len(text) < 20:
        return
    long = "\n".join({word for word in text.split() if len(word) >= 20})
    rules = [rules for anchor, rules in _IN_LONG_WORDS.items() if anchor in long] if long else []
    rules += [rules for anchor, rules in _ANYWHERE.items() if anchor in text]
    found = [secret for group in rules for secret in _matches(group, text)]
    if len(found) > 1:
        found.sort(key=lambda secret: (secret.start, -secret.end))
    end = -1
    for secret in found:
        if secret.start >= end:
            end = secret.end
            yield secret


def _matches(rules: tuple["_Rule", ...], text: str) -> Iterator[Secret]:
    for rule in rules:
        for match in _compiled(rule.pattern).finditer(text):
            start, end = match.span("s" if "(?P<s>" in rule.pattern else 0)
            verdict = rule.judge(match)
            if verdict is not None:
                yield Secret(rule.kind, start, end, verdict)


@lru_cache(maxsize=256)  # more than there are
def _compiled(pattern: str) -> re.Pattern[str]:
    return compile_now(pattern, re.ASCII)


def entropy(text: str) -> float:
    """Shannon's, in bits a character."""
    counts = [text.count(c) for c in set(text)]
    return -sum(n / len(text) * log2(n / len(text)) for n in counts)


_INVENTED = Lazy(
    r"example|placeholder|redacted|changeme|change_me|dummy|sample|your|fake|insert|replace|secret|passw|token|apikey"
    r"|goeshere|xxxx|0000|\.\.\.|\*\*\*|abcdefg|bcdefgh|1234567|2345678|7654321|deadbeef|foobar|qwerty|(.)\1{5}",
    re.IGNORECASE,
)


def invented(value: str) -> bool:
    """Is it something that people write in place of a token: a word, a row of one letter, the alphabet?"""
    return _INVENTED.search(value) is not None


_MIXED = Lazy(r"[0-9][A-Za-z]|[A-Za-z][0-9]|[a-z][A-Z]")


def random(value: str) -> bool:
    """Does it look generated: long, of many different characters, not invented, and not words joined by dashes?"""
    if len(value) < 16 or invented(value):
        return False
    hexadecimal = not value.lower().strip("0123456789abcdef")
    if hexadecimal:
        return entropy(value.lower()) >= 2.8 and not value.isalpha()
    if not any(len(piece) >= 10 and _MIXED.search(piece) for piece in re.split(r"[-_./: ]", value)):
        return False
    return entropy(value) >= (3.2 if len(value) < 24 else 3.5)


_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def checksum(body: str) -> str:
    """The six characters that GitHub and npm put after a token's thirty: its CRC-32 in base 62."""
    from zlib import crc32

    number, digits = crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        digits = _DIGITS[digit] + digits
    return digits.rjust(6, "0")


def _generated(match: re.Match[str]) -> Verdict:
    return True if random(match["s"] if "s" in match.re.groupindex else match[0]) else None


def _of_many_letters(match: re.Match[str]) -> Verdict:
    """For short or one-case formats, where `random` asks too much."""
    body = match["s"] if "s" in match.re.groupindex else match[0]
    return True if not invented(body) and len(set(body)) >= 8 else None


def _checksummed(match: re.Match[str]) -> Verdict:
    if invented(match["s"]):
        return None
    body = match["s"].partition("_")[2]
    if checksum(body[:-6]) == body[-6:]:
        return True
    return False if random(body) else None


def _access_key(match: re.Match[str]) -> Verdict:
    """AWS draws the sixteen characters from the base-32 alphabet, which has no 0, 1, 8 and 9."""
    body = match[0][4:]
    if invented(body) or len(set(body)) < 8:
        return None
    return not set(body) & set("0189")


def _never(match: re.Match[str]) -> Verdict:
    return False if _generated(match) else None


def _hashed(match: re.Match[str]) -> Verdict:
    return None if invented(match["s"].partition(":")[2]) else False


def _private_key(match: re.Match[str]) -> Verdict:
    """A key block counts if a whole body follows, however its lines are joined; an encrypted one can't be used as is."""
    body = re.sub(r"\\[nr]|[\s\"'+,\\#|]|^-", "", re.sub(r"[A-Za-z-]{3,20}: \S+", "", match["body"]))
    if len(body) < 60 or re.fullmatch(r"[A-Za-z0-9+/=]+", body) is None or len(set(body)) < 20:
        return None
    return "ENCRYPTED" not in match[0]


def _decoded(text: str) -> str:
    from binascii import Error, a2b_base64

    plain = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return a2b_base64(plain + "=" * (-len(plain) % 4)).decode()
    except (Error, UnicodeDecodeError):
        return ""


_PUBLISHED_CLAIMS = Lazy(
    r'"John Doe"|"sub":\s*"1234567890"|"iss":\s*"supabase-demo"|"role":\s*"anon"|example\.(?:com|org)|"iss":\s*"joe"'
)


def _signed_token(match: re.Match[str]) -> Verdict:
    """A JSON Web Token whose header and claims can be read; those of documentation and public ones are left out."""
    header, claims, _ = match[0].split(".", 2)
    header_text, claims_text = _decoded(header), _decoded(claims)
    if '"alg"' not in header_text or not claims_text.startswith("{") or _PUBLISHED_CLAIMS.search(claims_text):
        return None
    return None if invented(match[0].rpartition(".")[2]) else True


def _encoded_key(match: re.Match[str]) -> Verdict:
    text = _decoded(match[0][: len(match[0]) // 4 * 4])
    return ("ENCRYPTED" not in text[:200]) if "PRIVATE KEY" in text[:60] else None


def _basic(match: re.Match[str]) -> Verdict:
    user, colon, password = _decoded(match["s"]).partition(":")
    usable = colon and password and user.isprintable() and password.isprintable() and not invented(password)
    return True if usable else None


def _bearer(match: re.Match[str]) -> Verdict:
    value = match["s"]
    if invented(value) or value.lower() in ("token", "none", "null") or not any(c.isdecimal() for c in value):
        return None
    return True if entropy(value) >= 3 else None


_WELL_KNOWN_KEYS = frozenset(
    (
        # The storage and database emulators' documented keys
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
        "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==",
        "SAS_KEY_VALUE",
    )
)


def _storage_key(match: re.Match[str]) -> Verdict:
    return None if match["s"] in _WELL_KNOWN_KEYS else _generated(match)


def _bot_token(match: re.Match[str]) -> Verdict:
    """The first part of a Discord token is the bot's number in base 64."""
    return True if _decoded(match[0].partition(".")[0]).isdecimal() and not invented(match[0]) else None


def _artifactory(match: re.Match[str]) -> Verdict:
    return True if _decoded(match[0][:20]).startswith("reftkn:") else None


class _Rule(NamedTuple):
    """A format: texts one of which is in every match, a pattern that can't backtrack far, and what tells a match.

    The credential itself is the group `s`, else the whole match.
    """

    kind: str
    anchors: tuple[str, ...]
    pattern: str
    judge: Callable[[re.Match[str]], Verdict] = _generated


# Words before and after must not go on: `\b` would let `-` and `_` join two words that are one token.
_B = r"(?<![A-Za-z0-9_])"
_E = r"(?![A-Za-z0-9_])"

# As text, or as a name and a value, as probes have it.
_NAMED_HEADER = r"(?i:authorization)[\"']?\s{0,3}(?:[:=]\s{0,3}|,?\s{0,40}[\"']?value[\"']?\s?:\s?)[\"']?"

_RULES = (
    _Rule("AWS access key", ("AKIA", "ASIA", "ABIA", "ACCA"), rf"{_B}A(?:KI|SI|BI|CC)A[A-Z0-9]{{16}}{_E}", _access_key),
    _Rule(
        "AWS secret key",
        ("ecret_access_key", "ECRET_ACCESS_KEY", "ecretAccessKey", "ecret-access-key", "aws_secret", "AWS_SECRET"),
        r"(?i:aws.?secret|secret.?access)[A-Za-z_.-]{0,20}[\"']?(?:\s{0,3}[:=,]\s{0,3}|\s{1,3})[\"']?"
        r"(?P<s>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
    ),
    _Rule(
        "GitHub token", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), rf"{_B}(?P<s>gh[pousr]_[A-Za-z0-9]{{36}}){_E}",
        _checksummed,
    ),
    _Rule("GitHub token", ("github_pat_",), rf"{_B}github_pat_(?P<s>[A-Za-z0-9]{{22}}_[A-Za-z0-9]{{59}}){_E}"),
    _Rule("npm token", ("npm_",), rf"{_B}(?P<s>npm_[A-Za-z0-9]{{36}}){_E}", _checksummed),
    _Rule("PyPI token", ("pypi-Ag",), rf"{_B}pypi-(?P<s>Ag(?:EIcHlwaS5vcmc|ENdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{{50,}})"),
    _Rule(
        "GitLab token",
        ("glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glsoat-", "glimt-", "glft-", "glagent-", "gloas-"),
        rf"{_B}gl(?:pat|dt|rt|ptt|cbt|soat|imt|ft|agent|oas)-(?P<s>[A-Za-z0-9_-]{{20,64}}(?:\.[0-9a-z.]{{2,16}})?)",
        _of_many_letters,
    ),
    _Rule(
        "Slack token", ("xox",),
        rf"{_B}xox(?:[abeoprs]-|e\.xox[bp]-)(?P<s>[A-Za-z0-9-]{{20,250}}){_E}", _of_many_letters,
    ),
    _Rule("Slack token", ("xapp-",), rf"{_B}xapp-\d-(?P<s>[A-Z0-9]{{8,}}-\d{{8,}}-[a-f0-9]{{30,64}}){_E}"),
    _Rule(
        "Slack webhook", ("hooks.slack.com/",),
        r"hooks\.slack\.com/(?:services|workflows)/(?P<s>[TA][A-Z0-9]{6,}/[AB][A-Z0-9]{6,}/[A-Za-z0-9]{20,})",
        _of_many_letters,
    ),
    _Rule("Google API key", ("AIza",), rf"{_B}(?P<s>AIza[0-9A-Za-z_-]{{35}})(?![0-9A-Za-z_-])"),
    _Rule("Google OAuth secret", ("GOCSPX-",), rf"{_B}GOCSPX-(?P<s>[0-9A-Za-z_-]{{28}})(?![0-9A-Za-z_-])"),
    _Rule(
        "Stripe key", ("k_live_",), rf"{_B}[sr]k_live_(?P<s>[A-Za-z0-9]{{16,247}}){_E}", _of_many_letters
    ),
    _Rule("Stripe test key", ("k_test_",), rf"{_B}[sr]k_test_(?P<s>[A-Za-z0-9]{{24,247}}){_E}", _never),
    _Rule("webhook signing secret", ("whsec_",), rf"{_B}whsec_(?P<s>[A-Za-z0-9+/]{{32,}})"),
    _Rule(
        "private key", ("PRIVATE KEY",),
        r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?P<body>(?:[^-]|-(?!----)){40,20000})", _private_key
    ),
    _Rule("private key", ("LS0tLS1CRUdJTi",), r"LS0tLS1CRUdJTi[A-Za-z0-9+/]{60,}", _encoded_key),
    _Rule(
        "JSON Web Token", ("eyJ",), rf"{_B}eyJ[A-Za-z0-9_-]{{8,2000}}\.eyJ[A-Za-z0-9_-]{{8,}}\.[A-Za-z0-9_-]{{16,}}",
        _signed_token,
    ),
    _Rule(
        "Azure storage key", ("AccountKey=",), r"AccountKey=(?P<s>[A-Za-z0-9+/]{86}==)", _storage_key
    ),
    _Rule("Azure access key", ("SharedAccessKey=",), r"SharedAccessKey=(?P<s>[A-Za-z0-9+/]{43}=)", _storage_key),
    _Rule("Azure client secret", ("Q~",), r"(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}(?![\w~.-])"),
    _Rule("Azure DevOps token", ("AZDO",), rf"{_B}[A-Za-z0-9]{{76}}AZDO[A-Za-z0-9]{{4}}{_E}"),
    _Rule("Azure signature", ("sig=",), r"[?&]sig=(?P<s>[A-Za-z0-9%]{40,80}(?:%3D|=))"),
    _Rule("Twilio API key", ("SK",), rf"{_B}SK[0-9a-f]{{32}}{_E}"),
    _Rule("SendGrid key", ("SG.",), rf"{_B}SG\.(?P<s>[A-Za-z0-9_-]{{20,24}}\.[A-Za-z0-9_-]{{39,50}})(?![\w-])"),
    _Rule("Mailgun key", ("key-",), rf"{_B}key-(?P<s>[0-9a-f]{{32}}){_E}"),
    _Rule("Mailchimp key", ("-us",), rf"{_B}(?P<s>[0-9a-f]{{32}})-us\d{{1,2}}{_E}"),
    _Rule(
        "DigitalOcean token", ("_v1_",), rf"{_B}do[opr]_v1_(?P<s>[0-9a-f]{{64}}){_E}"
    ),
    _Rule("Hugging Face token", ("hf_",), rf"{_B}hf_(?P<s>[A-Za-z0-9]{{34,40}}){_E}"),
    _Rule("OpenAI key", ("T3BlbkFJ",), r"(?<![\w-])sk-[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,}"),
    _Rule("OpenAI key", ("sk-proj-", "sk-svcacct-", "sk-admin-"), rf"{_B}sk-(?:proj|svcacct|admin)-(?P<s>[\w-]{{40,}})"),
    _Rule("Anthropic key", ("sk-ant-",), rf"{_B}sk-ant-(?:api|admin|oat|sid)\d\d-(?P<s>[\w-]{{60,}})"),
    _Rule("Docker Hub token", ("dckr_",), rf"{_B}dckr_[op]at_(?P<s>[A-Za-z0-9_-]{{24,32}})(?![\w-])"),
    _Rule("Vault token", ("hvs.", "hvb."), rf"{_B}hv[sb]\.(?P<s>[A-Za-z0-9_-]{{24,}})"),
    _Rule("Terraform Cloud token", (".atlasv1.",), rf"{_B}[A-Za-z0-9]{{14}}\.atlasv1\.(?P<s>[A-Za-z0-9_=-]{{60,70}})"),
    _Rule("Databricks token", ("dapi",), rf"{_B}dapi(?P<s>[0-9a-f]{{32}})(?:-\d)?{_E}"),
    _Rule("Shopify token", ("shp",), rf"{_B}shp(?:at|ca|pa|ss)_(?P<s>[0-9a-fA-F]{{32}}){_E}"),
    _Rule("Telegram bot token", (":AA",), rf"{_B}\d{{8,10}}:AA(?P<s>[A-Za-z0-9_-]{{33}})(?![\w-])"),
    _Rule("Discord webhook", ("/api/webhooks/",), r"discord(?:app)?\.com/api/webhooks/\d{17,20}/(?P<s>[\w-]{60,80})"),
    _Rule(
        "Discord bot token", ("iscord", "ISCORD"), r"(?<![\w.-])[MNO][A-Za-z0-9_-]{22,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}(?![\w.-])",
        _bot_token,
    ),
    _Rule("New Relic key", ("NRAK-",), rf"{_B}NRAK-(?P<s>[A-Z0-9]{{27}}){_E}"),
    _Rule("New Relic license key", ("NRAL",), rf"{_B}(?P<s>[0-9a-f]{{36}})NRAL{_E}"),
    _Rule("Grafana token", ("glsa_",), rf"{_B}glsa_(?P<s>[A-Za-z0-9]{{32}}_[0-9a-f]{{8}}){_E}"),
    _Rule("Grafana Cloud token", ("glc_eyJ",), rf"{_B}glc_(?P<s>eyJ[A-Za-z0-9+/=]{{40,}})"),
    _Rule("Linear key", ("lin_api_",), rf"{_B}lin_api_(?P<s>[A-Za-z0-9]{{40}}){_E}"),
    _Rule("Notion token", ("ntn_",), rf"{_B}ntn_(?P<s>[A-Za-z0-9]{{40,50}}){_E}"),
    _Rule("PlanetScale token", ("pscale_",), rf"{_B}pscale_(?:tkn|oauth|pw)_(?P<s>[\w.-]{{32,64}})"),
    _Rule("Doppler token", ("dp.",), rf"{_B}dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[\w-]{{2,35}}\.)?(?P<s>[A-Za-z0-9]{{40,44}}){_E}"),
    _Rule("Pulumi token", ("pul-",), rf"{_B}pul-(?P<s>[0-9a-f]{{40}}){_E}"),
    _Rule("RubyGems key", ("rubygems_",), rf"{_B}rubygems_(?P<s>[0-9a-f]{{48}}){_E}"),
    _Rule("crates.io token", ("cio",), rf"{_B}cio(?P<s>[A-Za-z0-9]{{32}}){_E}"),
    _Rule("Atlassian token", ("ATATT3", "ATCTT3", "ATBB"), rf"{_B}AT(?:ATT3|CTT3|BB)(?P<s>[A-Za-z0-9_=-]{{28,250}})"),
    _Rule("Sentry token", ("sntry",), rf"{_B}sntry(?:s_eyJ|u_)(?P<s>[A-Za-z0-9+/=_]{{60,}})"),
    _Rule("age secret key", ("AGE-SECRET-KEY-1",), r"AGE-SECRET-KEY-1(?P<s>[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58})"),
    _Rule("Tailscale key", ("tskey-",), rf"{_B}tskey-(?:auth|api|client|webhook)-(?P<s>[A-Za-z0-9-]{{20,64}})"),
    _Rule("Artifactory key", ("AKCp",), rf"{_B}AKCp(?P<s>[0-9][A-Za-z0-9]{{60,80}}){_E}"),
    _Rule("Artifactory token", ("cmVmdGtu",), rf"{_B}cmVmdGtu[A-Za-z0-9]{{56}}{_E}", _artifactory),
    _Rule("Alibaba Cloud key", ("LTAI",), rf"{_B}LTAI(?P<s>[A-Za-z0-9]{{16,22}}){_E}", _of_many_letters),
    _Rule("Tencent Cloud key", ("AKID",), rf"{_B}AKID(?P<s>[A-Za-z0-9]{{32}}){_E}"),
    _Rule("1Password token", ("ops_eyJ",), rf"{_B}ops_(?P<s>eyJ[A-Za-z0-9+/=_-]{{200,}})"),
    _Rule("Postman key", ("PMAK-",), rf"{_B}PMAK-(?P<s>[0-9a-f]{{24}}-[0-9a-f]{{34}}){_E}"),
    _Rule("Figma token", ("figd_",), rf"{_B}figd_(?P<s>[\w-]{{38,48}})"),
    _Rule("Groq key", ("gsk_",), rf"{_B}gsk_(?P<s>[A-Za-z0-9]{{52}}){_E}"),
    _Rule("Replicate token", ("r8_",), rf"{_B}r8_(?P<s>[A-Za-z0-9]{{37}}){_E}"),
    _Rule("Supabase token", ("sbp_", "sb_secret_"), rf"{_B}sb(?:p_[0-9a-f]{{40}}|_secret_[\w-]{{31,40}}){_E}"),
    _Rule("Dynatrace token", ("dt0",), rf"{_B}dt0[a-z]\d\d\.[A-Z0-9]{{24}}\.(?P<s>[A-Z0-9]{{64}}){_E}"),
    _Rule("Square token", ("sq0",), rf"{_B}sq0(?:atp|csp)-(?P<s>[\w-]{{22,43}})(?![\w-])"),
    _Rule("Fly.io token", ("FlyV1 fm",), r"FlyV1 (?P<s>fm\d[a-z]?_[A-Za-z0-9+/=,_]{80,})"),
    _Rule("PGP private key", ("lQOYB", "lQdGB", "lQVYB"), r"(?<![\w+/])lQ(?:OY|dG|VY)B[A-Za-z0-9+/]{200,}"),
    _Rule(
        "password for HTTP", ("asic ",),
        _NAMED_HEADER + r"[Bb]asic (?P<s>[A-Za-z0-9+/]{8,200}={0,2})", _basic,
    ),
    _Rule(
        "bearer token", ("earer ",),
        _NAMED_HEADER + r"[Bb]earer (?P<s>[A-Za-z0-9_.~+/-]{16,2000}={0,2})", _bearer,
    ),
    _Rule(
        "password hash", (":$",),
        r"(?<![\w.@-])(?P<s>[A-Za-z0-9_.@-]{1,64}:\$?\$(?:apr1|2[aby]|[156])\$?\$[A-Za-z0-9./$]{20,120})", _hashed,
    ),
)  # fmt: skip


_BESIDE_NAMES = frozenset(("AWS secret key", "Discord bot token"))
"""Kinds whose anchors are the name of the token, which stands apart from it."""


def _by_anchor(anywhere: bool) -> dict[str, tuple[_Rule, ...]]:
    """The rules by their anchors: those that may stand in a short word, or those that are part of a long one."""
    found: dict[str, tuple[_Rule, ...]] = {}
    for rule in _RULES:
        for anchor in rule.anchors:
            if (" " in anchor or rule.kind in _BESIDE_NAMES) == anywhere:
                found[anchor] = (*found.get(anchor, ()), rule)
    return found


_ANYWHERE = _by_anchor(anywhere=True)
_IN_LONG_WORDS = _by_anchor(anywhere=False)
