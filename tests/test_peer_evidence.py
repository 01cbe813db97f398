"""Other tools' ids stand for what their rules are about: nothing else is ignored, selected, made less bad or named by them."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from hullcheck import engine
from hullcheck.finding import Finding, Part, Severity
from hullcheck.policy import config, suppress
from hullcheck.policy.config import Accepted, Config, Override
from hullcheck.policy.rules import Asked, Rules
from hullcheck.request import Policy, Request, Subject
from hullcheck.terms import Term
from judge import CHECKS, TODAY, judge, named
from peer_evidence import PEERS
from peer_facts import FACTS, Fact


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Finding, Part]]:
    """For each fact, what tells it."""
    return {name: found(tmp_path_factory.mktemp("fact"), fact) for name, fact in FACTS.items()}


def found(folder: Path, fact: Fact) -> tuple[Finding, Part]:
    (folder / fact.path).write_text(fact.text, encoding="utf-8")
    policy = Policy(Config(select=(fact.check,)), min_severity=Severity.INFO, today=TODAY)
    result = engine.lint(
        Request(Subject((str(folder),), isolated=True), policy), CHECKS, lambda what, done, total: None
    )
    told = [
        (finding, part)
        for finding in named(result, fact.check)
        for part in finding.pieces
        if fact.evidence == ("*",) or _matches(part.words, fact.evidence)
    ]
    assert told, (fact, result.findings)
    return told[0]


def _matches(words: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return len(words) >= len(wanted) and all(w in ("*", word) for word, w in zip(words, wanted, strict=False))


@cache
def terms() -> dict[str, list[Term]]:
    """By their ids, all terms that other tools' ids are for the checks of the facts."""
    checks, by_id = {fact.check for fact in FACTS.values()}, dict[str, list[Term]]()
    for entry in CHECKS.entries.values():
        for term in entry.terms:
            if entry.name in checks:
                by_id.setdefault(term.peer, []).append(term)
    return by_id


def pairs() -> Iterator[tuple[str, str]]:
    """Each id with each fact that a check finds whose alias it is."""
    for identity in PEERS:
        for name, fact in FACTS.items():
            if any(term.name == fact.check for term in terms()[identity]):
                yield identity, name


PAIRS = list(pairs())


def test_every_id_that_is_about_some_findings_only_is_in_the_table() -> None:
    limited = {term.peer for entry in CHECKS.entries.values() for term in entry.terms if term.limited}
    assert limited <= PEERS.keys()
    assert PEERS.keys() <= terms().keys()
    assert len(PAIRS) > 1_500


def test_every_source_is_said() -> None:
    assert all("https://" in peer.source for peer in PEERS.values())


def test_an_id_is_about_what_its_rule_is_about(examples: dict[str, tuple[Finding, Part]]) -> None:
    wrong = []
    for identity, name in PAIRS:
        finding, part = examples[name]
        holds = any(term.holds(finding, part) for term in terms()[identity])
        if holds is not (name in PEERS[identity].facts):
            wrong.append((identity, name, "should hold" if not holds else "should not hold"))
    assert wrong == []


def test_reports_name_the_ids_that_are_about_a_finding(examples: dict[str, tuple[Finding, Part]]) -> None:
    for identity, name in PAIRS:
        finding, part = examples[name]
        alone = finding.with_parts((part,)) if finding.parts else finding
        assert (identity in CHECKS.aliases(alone)) is (name in PEERS[identity].facts), (identity, name)


def test_an_entry_by_an_id_accepts_what_its_rule_is_about(examples: dict[str, tuple[Finding, Part]]) -> None:
    for identity, name in PAIRS:
        finding, part = examples[name]
        entry = Accepted(CHECKS.meant(identity), (), "", "a reason", None)
        done = suppress.apply([finding], (), Config()._replace(suppress=(entry,)), TODAY)
        left = [p for f in done.findings if not f.suppression for p in f.pieces]
        assert (part not in left) is (name in PEERS[identity].facts), (identity, name)


def test_ignoring_and_selecting_by_an_id_reach_as_far(examples: dict[str, tuple[Finding, Part]]) -> None:
    for identity, name in PAIRS:
        finding, part = examples[name]
        meant, expected = CHECKS.meant(identity), name in PEERS[identity].facts
        if any(term.when.related for term in meant):
            continue  # it selects all, and ignores nothing
        partly = frozenset(term for term in meant if not term.whole)
        checks = frozenset((finding.name,))
        kept = [p for f in Rules(Config(), checks, Asked(ignore=partly)).judge([finding]) for p in f.pieces]
        in_part = any(term.name == finding.name for term in partly)
        assert (part not in kept) is (expected and in_part), (identity, name)
        if in_part:
            kept = [p for f in Rules(Config(), checks, Asked(select=partly)).judge([finding]) for p in f.pieces]
            assert (part in kept) is expected, (identity, name)
        override = Config()._replace(overrides=(Override(("*.yaml", "Dockerfile"), ignore=meant),))
        kept = [p for f in Rules(override, checks).judge([finding]) for p in f.pieces]
        assert (part not in kept) is expected, (identity, name)


def test_a_severity_by_an_id_is_that_of_what_its_rule_is_about(examples: dict[str, tuple[Finding, Part]]) -> None:
    for identity, name in PAIRS:
        finding, part = examples[name]
        alone = finding.with_parts((part,)) if finding.parts else finding
        said = Config()._replace(severity=dict.fromkeys(CHECKS.meant(identity), Severity.INFO))
        (told,) = Rules(said, frozenset((finding.name,))).judge([alone._replace(severity=Severity.CRITICAL)])
        assert (told.severity is Severity.INFO) is (name in PEERS[identity].facts), (identity, name)


BOTH = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: shop\n  annotations: {{{}}}\nspec:\n  hostPID: true\n" \
       "  hostIPC: true\n  containers: [{{name: web, image: 'acme/web:1.2.3'}}]\n"  # fmt: skip
CAPABLE = (
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: shop\n  annotations: {{{}}}\nspec:\n  containers:\n"
    "    - name: web\n      image: acme/web:1.2.3\n      securityContext: {{capabilities: {{add: [SYS_ADMIN, NET_ADMIN]}}}}\n"
)
CHART = {"c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n"}


def told(folder: Path, files: dict[str, str], check: str, settings: str = "") -> list[tuple[str, ...]]:
    """The evidence of what is told, without what is suppressed."""
    result = judge(folder, files, settings)
    return [finding.evidence for finding in named(result, check) if not finding.suppression]


@pytest.mark.parametrize(
    ("annotation", "left"),
    [
        ("a: b", [("processes", "shared memory")]),
        ("checkov.io/skip1: CKV_K8S_17=agent", [("shared memory",)]),
        ("checkov.io/skip1: CKV_K8S_18=agent", [("processes",)]),
        ("checkov.io/skip1: CKV_K8S_18=a, checkov.io/skip2: CKV_K8S_17=b", []),
        ('"ignore-check.kube-linter.io/host-ipc": agent', [("processes",)]),
        ('"polaris.fairwinds.com/hostPIDSet-exempt": "true"', [("shared memory",)]),
        ("hullcheck.dev/ignore.CKV_K8S_17: agent", [("shared memory",)]),
        ("hullcheck.dev/ignore.host-pid-ipc: agent", []),
        ("kube-linter.io/ignore-all: agent", []),
    ],
)
def test_half_of_a_finding_is_half_accepted(tmp_path: Path, annotation: str, left: list[tuple[str, ...]]) -> None:
    assert told(tmp_path, {"pod.yaml": BOTH.format(annotation)}, "host-pid-ipc") == left


def test_what_is_left_of_a_finding_is_told_where_it_is(tmp_path: Path) -> None:
    result = judge(tmp_path, {"pod.yaml": BOTH.format("checkov.io/skip1: CKV_K8S_17=agent")})
    hidden, left = sorted(named(result, "host-pid-ipc"), key=lambda f: f.suppression is None)
    assert (left.message, left.location.line) == ("Pod `web` shares the host's shared memory", 9)
    assert not left.related
    assert left.fix is not None
    assert [edit.location.line for edit in left.fix.edits] == [9]
    assert (hidden.message, hidden.location.line) == ("Pod `web` shares the host's processes", 8)


@pytest.mark.parametrize(
    ("annotation", "left"),
    [
        ("checkov.io/skip1: CKV_K8S_25=vpn", [("SYS_ADMIN",)]),
        ("checkov.io/skip1: CKV_K8S_39=mounts", [("NET_ADMIN",)]),
        ('polaris.fairwinds.com/dangerousCapabilities-exempt: "true"', []),
    ],
)
def test_a_capability_s_id_is_no_other_s(tmp_path: Path, annotation: str, left: list[tuple[str, ...]]) -> None:
    assert told(tmp_path, {"pod.yaml": CAPABLE.format(annotation)}, "dangerous-capability") == left


@pytest.mark.parametrize(
    ("identity", "left"),
    [
        ("KSV-0106", [("SYS_ADMIN",), ("NET_ADMIN",)]),
        ("KSV-0119", [("SYS_ADMIN",), ("NET_ADMIN",)]),
        ("KSV-0022", [("SYS_ADMIN",)]),
        ("AVD-KSV-0005", [("NET_ADMIN",)]),
        ("KSV*", []),
    ],
)
def test_trivy_in_a_chart(tmp_path: Path, identity: str, left: list[tuple[str, ...]]) -> None:
    text = CAPABLE.format("a: b").replace("    - name", f"    # trivy:ignore:{identity}\n    - name")
    text = text.replace("namespace: shop", "namespace: {{ .Release.Namespace }}")
    assert told(tmp_path, {**CHART, "c/templates/pod.yaml": text}, "dangerous-capability") == left


@pytest.mark.parametrize(
    ("identity", "check", "left"),
    [
        ("19ebaa28-fc86-4a58-bcfa-015c9e22fe40", "dangerous-capability", [("SYS_ADMIN",)]),
        ("235236ee-ad78-4065-bd29-61b061f28ce0", "dangerous-capability", [("NET_ADMIN",)]),
        ("ce76b7d0-9e77-464d-b86f-c5c48e03e22d", "dangerous-capability", [("SYS_ADMIN",), ("NET_ADMIN",)]),
    ],
)
def test_kics_in_a_manifest(tmp_path: Path, identity: str, check: str, left: list[tuple[str, ...]]) -> None:
    text = f"# kics-scan disable={identity}\n" + CAPABLE.format("a: b")
    assert told(tmp_path, {"pod.yaml": text}, check) == left


@pytest.mark.parametrize(
    ("more", "identity", "check", "left"),
    [
        ("    pid: host\n", "baa3890f-bed7-46f5-ab8f-1da8fc91c729", "host-pid-ipc", [("processes",)]),
        ("    pid: host\n", "4f31dd9f-2cc3-4751-9b53-67e4af83dac0", "host-pid-ipc", []),
        (
            "    security_opt: ['no-new-privileges:false']\n",
            "610e266e-6c12-4bca-9925-1ed0cd29742b",
            "privilege-escalation",
            [("allowed",)],
        ),
        (
            "    mem_limit: 1g\n",
            "610e266e-6c12-4bca-9925-1ed0cd29742b",
            "hardening-missing",
            [("capabilities-not-dropped", "writable-root-fs")],
        ),
    ],
)
def test_kics_in_a_compose_file(
    tmp_path: Path, more: str, identity: str, check: str, left: list[tuple[str, ...]]
) -> None:
    text = f"# kics-scan disable={identity}\nservices:\n  web:\n    image: acme/web:1.2.3\n{more}"
    assert told(tmp_path, {"compose.yaml": text}, check) == left


CURL_AND_PIP = "FROM debian:13.1\nRUN curl -k https://x.org/a && pip install --trusted-host x.org y\nUSER 10001\n"


@pytest.mark.parametrize(
    ("comment", "check", "text", "left"),
    [
        ("# checkov:skip=CKV2_DOCKER_4:pip\n", "tls-verify-off", CURL_AND_PIP, [("curl", "-k")]),
        (
            "# tally global ignore=tally/syntax-directive-typo\n",
            "untrusted-frontend",
            "FROM debian:13.1\n",
            [("docker.io/evil/frontend",)],
        ),
    ],
)
def test_in_a_dockerfile(tmp_path: Path, comment: str, check: str, text: str, left: list[tuple[str, ...]]) -> None:
    assert told(tmp_path, {"Dockerfile": "# syntax=docker.io/evil/frontend:1\n" + comment + text}, check) == left


def test_trivy_s_leaked_secrets_are_no_arguments(tmp_path: Path) -> None:
    text = "FROM debian:13.1\n#trivy:ignore:AVD-DS-0031\nRUN mysql --user=root --password=Sup3rGeheim99 --execute=x\n"
    assert told(tmp_path, {"Dockerfile": text}, "secret-in-argv")


@pytest.mark.parametrize(("tag", "left"), [("stable", []), ("beta", []), ("mainline", [("docker.io/library/nginx",)])])
def test_dclint_knows_some_moving_tags(tmp_path: Path, tag: str, left: list[tuple[str, ...]]) -> None:
    line = f"    image: nginx:{tag} # dclint disable-line service-image-require-explicit-tag\n"
    assert told(tmp_path, {"compose.yaml": f"services:\n  web:\n{line}"}, "rolling-tag") == left


def test_hardening_is_accepted_item_by_item(tmp_path: Path) -> None:
    pod = CAPABLE.format("checkov.io/skip1: 'CKV_K8S_20, CKV_K8S_28=x'").replace("add: [SYS_ADMIN, NET_ADMIN]", "")
    (left,) = told(tmp_path, {"pod.yaml": pod}, "hardening-missing")
    assert "privilege-escalation" not in left
    assert "capabilities-not-dropped" in left, "all but NET_RAW are kept, too"
    pod = pod.replace("CKV_K8S_28=x", "CKV_K8S_28, CKV_K8S_37, CKV_K8S_29, CKV_K8S_30=x")
    (left,) = told(tmp_path, {"pod.yaml": pod}, "hardening-missing")
    assert "capabilities-not-dropped" not in left
    assert "seccomp-not-set" in left


MIGRATED = [
    (".compose-lint.yml", "rules: {CL-0028: {enabled: false}}", [("SYS_ADMIN",), ("NET_ADMIN",)], "critical"),
    (".compose-lint.yml", "rules: {CL-0030: {severity: low}}", [("SYS_ADMIN",), ("NET_ADMIN",)], "critical"),
    (".compose-lint.yml", "rules: {CL-0024: {severity: low}}", [("SYS_ADMIN",), ("NET_ADMIN",)], "low"),
    (".compose-lint.yml", "rules: {CL-0024: {enabled: false}}", [("NET_ADMIN",)], ""),
    (".trivyignore", "KSV-0005", [("SYS_ADMIN",), ("NET_ADMIN",)], "critical"),
    (".checkov.yaml", "skip-check: [CKV_K8S_25]", [("SYS_ADMIN",), ("NET_ADMIN",)], "critical"),
]


@pytest.mark.parametrize(("name", "text", "left", "severity"), MIGRATED)
def test_what_is_migrated_reaches_no_further(
    tmp_path: Path, name: str, text: str, left: list[tuple[str, ...]], severity: str
) -> None:
    from hullcheck.policy.migrate import migrate

    made = migrate(name, text.encode(), CHECKS).text()
    service = "services:\n  web:\n    image: acme/web:1.2.3\n    cap_add: [SYS_ADMIN, NET_ADMIN]\n"
    found = named(judge(tmp_path, {"compose.yaml": service}, made), "dangerous-capability")
    assert [f.evidence for f in found if not f.suppression] == left
    assert not severity or {str(f.severity) for f in found if f.evidence == ("SYS_ADMIN",)} == {severity}


@pytest.mark.parametrize(
    ("name", "text", "ignored"),
    [
        (".trivyignore", "KSV-0106", []),
        (".trivyignore", "KSV-0022", [("NET_ADMIN",)]),
        (".checkov.yaml", "skip-check: [CKV2_DOCKER_4, CKV_K8S_18, CKV_K8S_25]", [("NET_ADMIN",)]),
        (".checkov.yaml", "skip-check: [CKV_K8S_39]", [("SYS_ADMIN",)]),
        (".kube-linter.yaml", "checks: {exclude: [drop-net-raw-capability]}", []),
    ],
)
def test_what_is_migrated_for_manifests(tmp_path: Path, name: str, text: str, ignored: list[tuple[str, ...]]) -> None:
    from hullcheck.policy.migrate import migrate

    made = migrate(name, text.encode(), CHECKS).text()
    left = told(tmp_path, {"pod.yaml": CAPABLE.format("a: b")}, "dangerous-capability", made)
    assert left == [e for e in (("SYS_ADMIN",), ("NET_ADMIN",)) if e not in ignored]


@pytest.mark.parametrize(
    ("select", "expected"),
    [
        ("CKV_K8S_39", {("dangerous-capability", ("SYS_ADMIN",))}),
        ("CKV_K8S_25", {("dangerous-capability", ("NET_ADMIN",))}),
        ("CL-0024", set()),
        ("KSV-0118", {("hardening-missing",)}),
    ],
)
def test_selecting_by_an_id(tmp_path: Path, select: str, expected: set[tuple[object, ...]]) -> None:
    result = judge(tmp_path, {"pod.yaml": CAPABLE.format("a: b")}, f"select: [{select}]")
    found = {(f.name, f.evidence) for f in result.findings}
    assert {key[: len(next(iter(expected), key))] for key in found} == expected


ITEMS = ("root-user-implicit", "capabilities-not-dropped", "privilege-escalation", "seccomp-not-set", "writable-root-fs",
         "memory-limit-missing", "token-automounted")  # fmt: skip
BARE = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n  containers: [{name: web, image: 'acme/web:1.2.3'}]\n"


def test_what_is_told_together_is_told_one_by_one_where_that_is_asked(tmp_path: Path) -> None:
    (together,) = told(tmp_path, {"pod.yaml": BARE}, "hardening-missing")
    assert set(together) == set(ITEMS)
    strict = {f.name for f in judge(tmp_path, {"pod.yaml": BARE}, "profile: strict").findings}
    assert strict >= set(ITEMS)
    assert "hardening-missing" not in strict
    for item in ITEMS:
        assert {f.name for f in judge(tmp_path, {"pod.yaml": BARE}, f"select: [{item}]").findings} == {item}
        selected = judge(tmp_path, {"pod.yaml": BARE}, f"extend-select: [{item}]")
        assert item in {f.name for f in selected.findings}
        (left,) = [f.evidence for f in named(selected, "hardening-missing")]
        assert set(left) == set(ITEMS) - {item}
    for word in ("CKV_K8S_23", "KSV-0012"):
        found = named(judge(tmp_path, {"pod.yaml": BARE}, f"select: [{word}]"), "root-user-implicit")
        assert [f.message.partition(":")[0] for f in found] == ["container `web` may run as root"]


def test_an_id_of_one_dialect_takes_nothing_out_of_the_group_in_another(tmp_path: Path) -> None:
    files = {"pod.yaml": BARE, "compose.yaml": "services:\n  web:\n    image: acme/web:1.2.3\n"}
    for settings in ("extend-select: [CKV_K8S_28]", "select: [hardening-missing, CKV_K8S_28]", "ignore: [CKV_K8S_20]"):
        result = judge(tmp_path, files, settings)
        compose = [f for f in result.findings if f.location.path == "compose.yaml"]
        items = {item for f in compose for item in (f.name, *f.evidence)}
        assert {"capabilities-not-dropped", "privilege-escalation"} <= items, settings


def test_the_gate_sees_that_an_id_hides_more(tmp_path: Path) -> None:
    from hullcheck.change.gate.policy import Policies, weakened
    from hullcheck.engine import select

    def weaker(before: str, after: str) -> list[str]:
        base, own = (config.parse(".hullcheck.yaml", text.encode(), CHECKS) for text in (before, after))
        runs = [select(CHECKS, Policy(c, today=date(2026, 1, 1))) for c in (base, own)]
        selected = [frozenset(r.selected | r.grouped) for r in runs]
        policies = Policies(base, own, selected[0], selected[1], CHECKS, (), ("pod.yaml",))
        return [f"{f.severity} {f.message}" for f in weakened(policies, CHECKS["policy-weakened"])]

    lost = "critical `CKV_K8S_39` would not be told any more"
    assert weaker("{}", "ignore: [CKV_K8S_39]") == [lost]
    assert weaker("ignore: [CKV_K8S_39]", "ignore: [CKV_K8S_39]") == []
    assert weaker("ignore: [CKV_K8S_39]", "{}") == []
    assert weaker("ignore: [dangerous-capability]", "ignore: [CKV_K8S_39]") == []
    assert weaker("ignore: [CKV_K8S_39]", "ignore: [dangerous-capability]") != []
    assert weaker("select: [dangerous-capability]", "select: [CKV_K8S_39]") != []
    assert weaker("select: [CKV_K8S_25, CKV_K8S_39]", "select: [CKV_K8S_25]") != []
    assert weaker("select: [CKV_K8S_25]", "select: [CKV_K8S_25, CKV_K8S_39]") == []
    assert weaker("{}", "severity: {CKV_K8S_39: low}") == ["critical `CKV_K8S_39` would be low instead of critical"]
    assert weaker("severity: {dangerous-capability: low}", "severity: {CKV_K8S_39: low}") == []
    assert weaker("severity: {dangerous-capability: low}", "severity: {CKV_K8S_39: info}") != []
    entry = "suppress: [{checks: [%s], reason: x}]"
    assert weaker(entry % "dangerous-capability", entry % "CKV_K8S_39") == []
    assert weaker(entry % "CKV_K8S_25", entry % "CKV_K8S_39") != []
    override = "overrides: [{paths: [a/], ignore: [%s]}]"
    assert weaker(override % "CKV_K8S_39", override % "dangerous-capability") != []
    assert weaker(override % "dangerous-capability", override % "CKV_K8S_39") == []
    assert weaker("{}", override % "CKV_K8S_39") != []
