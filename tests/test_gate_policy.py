"""What a change of the configuration lets through: every key has an account, and each account sees its key."""

import json
from datetime import date
from pathlib import Path

import pytest

import hullcheck.source
from hullcheck.change.gate.paths import witnesses
from hullcheck.change.gate.policy import ACCOUNTS, Policies, Weaker, _all, held
from hullcheck.check import load
from hullcheck.engine import select
from hullcheck.finding import Severity
from hullcheck.policy import baseline, config
from hullcheck.policy.rules import Rules, matcher
from hullcheck.request import Policy

REGISTRY = load("hullcheck_checks")
SCHEMA = json.loads((Path(hullcheck.__file__).parent / "schemas/config.schema.json").read_text())


def keys(schema: dict[str, object], prefix: str = "") -> list[str]:
    """The keys that a configuration may have, those of lists of mappings too."""
    found = []
    for key, value in schema["properties"].items():  # type: ignore[attr-defined]
        inner = value.get("items", value)
        if "properties" in inner:
            found += keys(inner, f"{prefix}{key}.")
        else:
            found.append(prefix + key)
    return found


def weaker(before: str, after: str, *paths: str) -> list[Weaker]:
    base, own = (config.parse(".hullcheck.yaml", text.encode(), REGISTRY) for text in (before, after))
    selected = []
    for found in (base, own):
        settings = select(REGISTRY, Policy(found))
        selected.append(settings.selected | settings.grouped | Rules(found, settings.selected).somewhere)
    return list(_all(Policies(base, own, *selected, REGISTRY, (), paths)))


def test_every_key_of_the_configuration_has_an_account() -> None:
    assert sorted(ACCOUNTS) == sorted(keys(SCHEMA))


SCOPES = frozenset[str]()
OVERRIDE = "overrides: [{paths: [prod/], %s}]\n"
SUPPRESS = "suppress: [{checks: [root-user], reason: x, %s}]\n"
EDITS: dict[str, tuple[str, str]] = {
    "select": ("", "select: [latest-tag]\n"),
    "extend-select": ("select: [latest-tag]\nextend-select: [root-user]\n", "select: [latest-tag]\n"),
    "ignore": ("", "ignore: [root-user]\n"),
    "profile": ("profile: strict\n", ""),
    "policies-elsewhere": ("", "policies-elsewhere: true\n"),
    "validate": ("validate: true\n", ""),
    "kubernetes-version": ("validate: true\n", "validate: true\nkubernetes-version: '1.30'\n"),
    "exclude": ("", "exclude: [prod/]\n"),
    "include-vendored": ("include-vendored: true\n", ""),
    "severity": ("severity: {root-user: critical}\n", "severity: {root-user: low}\n"),
    "min-severity": ("", "min-severity: high\n"),
    "fail-on": ("fail-on: medium\n", "fail-on: critical\n"),
    "gate.fail-on": ("gate: {fail-on: low}\n", "gate: {fail-on: none}\n"),
    "gate.new-suppressions": ("", "gate: {new-suppressions: warn}\n"),
    "overrides.paths": (OVERRIDE % "severity: {latest-tag: critical}", "overrides: [{paths: [x/], severity: {latest-tag: critical}}]\n"),
    "overrides.extend-select": ("select: [latest-tag]\n" + OVERRIDE % "extend-select: [root-user]",
                                "select: [latest-tag]\n" + OVERRIDE % "extend-select: [untagged-image]"),
    "overrides.ignore": (OVERRIDE % "ignore: [latest-tag]", OVERRIDE % "ignore: [root-user]"),
    "overrides.severity": (OVERRIDE % "severity: {root-user: critical}", OVERRIDE % "severity: {root-user: info}"),
    "overrides.fail-on": (OVERRIDE % "fail-on: low", OVERRIDE % "fail-on: none"),
    "suppress.checks": (SUPPRESS % "paths: [a/]", SUPPRESS.replace("root-user", "privileged") % "paths: [a/]"),
    "suppress.paths": (SUPPRESS % "paths: [a/]", SUPPRESS % "paths: [a/, b/]"),
    "suppress.object": (SUPPRESS % "object: services.a", SUPPRESS % "object: services.b"),
    "suppress.until": (SUPPRESS % "until: 2027-01-01", SUPPRESS % "until: 2028-01-01"),
    "suppressions.require-reason": ("suppressions: {require-reason: true}\n", ""),
    "suppressions.require-until": ("suppressions: {require-until: true}\n", ""),
    "suppressions.max-days": ("suppressions: {max-days: 30}\n", "suppressions: {max-days: 31}\n"),
    "suppressions.max": ("suppressions: {max: 3}\n", ""),
    "suppressions.foreign": ("suppressions: {foreign: false}\n", ""),
    "network.deny": ("network: {deny: [{from: outside, to: data}]}\n", ""),
    "network.allow": ("network: {allow: [{from: 'ns:a', to: data}]}\n", ""),
    "pod-security.level": ("pod-security: {level: restricted}\n", "pod-security: {level: baseline}\n"),
    "pod-security.version": ("pod-security: {level: restricted}\n", "pod-security: {level: restricted, version: '1.25'}\n"),
    "trusted-registries": ("trusted-registries: [a.example.org]\n", "trusted-registries: ['*']\n"),
    "trusted-images": ("trusted-images: [a]\n", ""),
    "fail-on-unjudged": ("fail-on-unjudged: true\n", ""),
    "allow-unjudged": ("allow-unjudged: [remote]\n", "allow-unjudged: [remote, chart]\n"),
    "compose-projects": ("compose-projects: [[a.yaml, b.yaml]]\n", ""),
    "helm": ("helm: {charts/app: {values: [values-prod.yaml]}}\n", "helm: {charts/app: {values: [values-dev.yaml]}}\n"),
    "context": ("context: all\n", ""),
    "contexts.production": ("contexts: {production: [examples/live/]}\n", ""),
    "contexts.example": ("", "contexts: {example: [demo/]}\n"),
    "contexts.test": ("", "contexts: {test: ['*.yaml']}\n"),
    "contexts.documentation": ("contexts: {documentation: [a/]}\n", "contexts: {documentation: [a/, b/]}\n"),
    "datastores": ("datastores: [ourdb, other]\n", "datastores: [other]\n"),
}  # fmt: skip


def test_every_account_is_tried() -> None:
    assert sorted(EDITS) == sorted(key for key, account in ACCOUNTS.items() if not isinstance(account, str))


@pytest.mark.parametrize("key", EDITS)
def test_what_relaxes_a_key_is_told_at_it_and_what_tightens_it_is_not(key: str) -> None:
    before, after = EDITS[key]
    told = weaker(before, after)
    assert any(found.key.startswith(key.partition(".")[0]) for found in told), told
    assert weaker(before, before) == weaker(after, after) == []
    by_check = ("min-severity", "kubernetes-version", "validate", "policies-elsewhere", "profile")
    assert key in by_check or max(found.severity for found in told) >= Severity.HIGH


@pytest.mark.parametrize("lines", ["[prod/]", "['**']", "[deploy/*.yaml]", "['/k8s']", "[Dockerfile]", "['*.yml']", "['**/test/**']",
                                   "['a?c/[xyz]/']", "['*', '!docs/']"])  # fmt: skip
def test_an_exclusion_of_what_is_not_there_yet_is_told(lines: str) -> None:
    (found,) = weaker("", f"exclude: {lines}\n")
    assert (found.key, found.severity) == ("exclude", Severity.HIGH)
    assert "what comes to" in found.what
    assert weaker(f"exclude: {lines}\n", "") == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("['*.md']", "['*.md', 'docs/**/*.md']"),
        ("[]", "[node_modules/, a/vendor/x.yaml]"),
        ("[a/, b/]", "[b/, a/]"),
        ("[a/]", "[a/b/]"),
        ("[a/]", "[a/, a/x.yaml]"),
    ],
)
def test_an_exclusion_of_what_nobody_looks_at_is_not(before: str, after: str) -> None:
    assert weaker(f"exclude: {before}\n", f"exclude: {after}\n") == []


def test_an_exception_that_is_dropped_is_an_exclusion() -> None:
    (found,) = weaker("exclude: ['deploy/*', '!deploy/prod.yaml']\n", "exclude: ['deploy/*']\n")
    assert found.key == "exclude"
    (found,) = weaker("exclude: ['deploy/*', '!deploy/prod.yaml']\n", "exclude: ['!deploy/prod.yaml', 'deploy/*']\n")
    assert found.key == "exclude"


BOTH = "overrides:\n  - {paths: [%s], fail-on: %s}\n  - {paths: [%s], fail-on: %s}\n"


def test_the_order_of_overrides_counts() -> None:
    before, after = (
        BOTH % ("deploy/", "none", "deploy/web.yaml", "low"),
        BOTH % ("deploy/web.yaml", "low", "deploy/", "none"),
    )
    assert max(found.severity for found in weaker(before, after)) == Severity.CRITICAL
    assert weaker(after, before) == []
    apart = BOTH % ("a/", "none", "b/", "low"), BOTH % ("b/", "low", "a/", "none")
    # what holds in both is only in a folder `a` in `b`, or the other way round
    assert weaker(*apart)
    anchored = BOTH % ("/a/", "none", "/b/", "low"), BOTH % ("/b/", "low", "/a/", "none")
    assert weaker(*anchored) == weaker(*reversed(anchored)) == []


def test_two_overrides_that_meet_in_a_file_to_come() -> None:
    before = BOTH % ("prod/", "none", "'*.yaml'", "low")
    after = BOTH % ("'*.yaml'", "low", "prod/", "none")
    assert weaker(before, after)
    assert weaker(after, before) == []


def test_an_override_that_another_one_makes_up_for_is_no_loss() -> None:
    before = "overrides: [{paths: [prod/], severity: {root-user: critical}}]\n"
    after = "overrides: [{paths: [prod/, stage/], severity: {root-user: critical}}]\n"
    assert weaker(before, after) == []
    assert weaker(after, before)


def test_a_harmless_ignore_of_a_check_that_does_not_run() -> None:
    assert (
        weaker("ignore: [root-user]\n", "ignore: [root-user]\noverrides: [{paths: [a/], ignore: [root-user]}]\n") == []
    )


@pytest.mark.parametrize(
    "pattern", ["prod/", "*.yaml", "/a/b.yml", "**/x/**", "a/**/b.json", "[ab]c/", "d?/", "!x/", "\\!x/", "*", "a/*"]
)
def test_each_pattern_has_a_path_that_it_matches(pattern: str) -> None:
    assert any(matcher((pattern.removeprefix("!"),))(path) for path in witnesses([pattern]))


def test_many_patterns_are_little_work() -> None:
    assert len(witnesses(f"a{n}/*.yaml" for n in range(2_000))) < 50_000


def test_a_baseline_holds_what_the_base_still_has() -> None:
    check = REGISTRY["root-user"]
    source = hullcheck.source.Source("Dockerfile", b"FROM x\nUSER root\n")
    from hullcheck.model.problem import Problem

    one, other = (check.finding(Problem("", "", source.at_line(2)), "x", evidence=(text,)) for text in "ab")
    entries = baseline.entries((finding, None) for finding in (one, one, one, other))
    whole = baseline.parse("b.json", baseline.render(entries).encode())
    today = date(2026, 11, 24)
    assert held(whole, (one, one, one, other), SCOPES, today).entries == whole.entries
    kept = held(whole, (one, one), SCOPES, today)
    assert [(entry.id, entry.times) for entry in kept.entries] == [(one.fingerprint, 2)]
    assert held(whole, (), SCOPES, today).entries == ()
    double = whole._replace(entries=(*whole.entries, *whole.entries))
    assert sum(entry.times for entry in held(double, (one,), SCOPES, today).entries) == 1
