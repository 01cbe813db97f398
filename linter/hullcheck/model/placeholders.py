"""Values that stand where a credential belongs: to be filled in, known to everybody, or only there for a build."""

from __future__ import annotations

import re

from hullcheck.model.lazy import Lazy
from hullcheck.model.tokens import random

_FILL_IN = Lazy(
    r"<[^<>]*>|\[[^\[\]]*\]|\{\{?.*\}?\}|%[A-Z_]+%|@[A-Z_]+@|__[A-Za-z_.-]+__|\*{3,}.*|\.{3,}|x{3,}|X[X-]{2,}|#{3,}|-+|\?+"
    r"|n/?a|null|none|nil|undefined|invalid|unused|empty|todo|tbd|fixme|redacted|removed|hidden|masked|omitted|unset|not[ _-]?set"
    r"|(?:your|my|the|insert|enter|put|add|paste|fill|replace|provide|specify|set)[ _.-].*"
    r"|.*(?:_here|-here| here|goes[ _-]?here|replace[ _-]?me|replace[ _-]with.*|placeholder.*)"
    r"|.*(?:[ _-](?:by|in|from|via|with)[ _-](?:the[ _-])?(?:overlay|helm|kustomize|argo|flux|vault|ci|env|environment|operator).*)",
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
    r"arn:aws[a-z-]*:.*|projects/[^/]+/secrets/.*|AQICAH.*|Ag[A-D][A-Za-z0-9+/]{200,}=*|!(?:vault|env|env_var|secret|include|ref|sub|getatt)\b.*|![A-Za-z][\w:.-]{0,40}\s.*|\$ANSIBLE_VAULT.*|@Microsoft\.KeyVault.*",
    re.DOTALL,
)
_SWITCH = frozenset(("true", "false", "yes", "no", "on", "off", "enabled", "disabled", "null", "none", "nil", "~"))


_CAPITALS = Lazy(r"[A-Z]+(?:_[A-Z0-9]{1,20})+")


def placeholder(value: str) -> bool:
    """Is it something to be filled in (`<password>`, `your-token-here`, `API_KEY_VALUE`, `***`) rather than a value?"""
    if _CAPITALS.fullmatch(value[:200]) and sum(map(str.isdecimal, value)) < 3:
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


_TAKEN = Lazy(
    r"(?:your|my|insert|enter|put|add|paste|fill|replace|provide|specify|change|choose|please)[ _.-]?[\w .!-]*"
    r"|[\w .-]*(?:[_ -]here|replace[ _-]?me|change[ _-]?me[\w .!-]*)",
    re.IGNORECASE,
    most=200,
)
_DOCUMENTED = frozenset(
    (
        "test_non_dev_secret", "thisisasecret_1234", "my-super-secret-auth-token", "harbor12345", "prom-operator",
        "this_password_is_insecure_and_should_be_updated", "your_own_random_generated_secret_key",
        "change_me_to_a_complex_random_secret", "your-super-secret-jwt-token-with-at-least-32-characters-long",
    )
)  # fmt: skip
"""Defaults of programs' own documentation, in lower case: Superset's, InfluxDB's, Harbor's, Grafana's, Supabase's."""


def documented(value: str) -> bool:
    """Is it a default that stands in a program's documentation, or digits as they follow one another?"""
    text = value.strip().strip("'\"").lower()
    return text in _DOCUMENTED or (len(text) > 4 and text.isdecimal() and text in "01234567890123456789")


def taken_as_it_is(value: str) -> bool:
    """Is it words that ask to be replaced, and that a program takes as they stand (`CHANGE_ME`, `your-secret-key`)?"""
    text = value.strip().strip("'\"")
    return 4 < len(text) <= 200 and (documented(text) or _TAKEN.fullmatch(text) is not None)


_FOR_BUILD = Lazy(
    r"dummy|fake|bogus|throwaway|placeholder|precompil|collectstatic|unused|ignored?(?![a-z])|irrelevant|whatever|nothing"
    r"|(?<![a-z])not[ _-]?(?:a[ _-]?)?(?:real|secret|used|needed|important)|(?<![a-z])temp(?:orary)?(?![a-z])"
    r"|(?<![a-z])build(?![a-z])|does[ _-]?n.?o?t[ _-]?matter|for[ _-]?building",
    re.IGNORECASE,
    most=200,
)


def for_build(value: str) -> bool:
    """Does the value say that a build only needs it to be there (`dummy`, `not_a_real_key`, `build-time-key`)?"""
    return _FOR_BUILD.search(value) is not None and not any(map(random, re.split(r"[^A-Za-z0-9]", value[:200])))
