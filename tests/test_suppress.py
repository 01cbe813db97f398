"""What is suppressed, by whom, and what is said about suppressions that are of no use."""

from datetime import date
from pathlib import Path

import pytest

from hullcheck.cli import main
from judge import CHECKS, TODAY, judge, named

ROOT = "FROM debian:13.1\n{0}USER root\n"
TWO_STAGES = """\
FROM debian:13.1 AS build
{first}USER root
RUN make
FROM debian:13.1
{second}USER root
CMD ["x"]
"""
POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  annotations:
    {0}
spec:
  containers:
    - name: web
      image: example.org/web:1.2.3
      securityContext:
        runAsUser: 0
    - name: log
      image: example.org/log:1.2.3
      securityContext:
        runAsUser: 0
"""
COMPOSE = """\
services:
  web:
    image: example.org/web:1.2.3
    user: root{0}
"""
KICS_ROOT = "67fd0c4a-68cf-46d7-8c41-bc9fba7e40ae"


def root_users(folder: Path, files: dict[str, str], config: str = "", *, foreign: bool = True) -> list[str | None]:
    """The reasons for which the root-user findings are suppressed, in order; None for one that isn't."""
    result = judge(folder, files, config, foreign=foreign)
    found = named(result, "root-user")
    assert found, "the example is meant to be at fault"
    return [finding.suppression.reason if finding.suppression else None for finding in found]


@pytest.mark.parametrize(
    ("comment", "reasons"),
    [
        ('# hullcheck: ignore[root-user] reason="it must"\n', ["it must"]),
        ("# hullcheck: ignore[root-user] reason='it must'\n", ["it must"]),
        ("# hullcheck: ignore[root-user]\n", [""]),
        ("# hullcheck: ignore[latest-tag, DL3002]\n", [""]),
        ("# hullcheck: ignore[identity]\n", [""]),
        ("# hullcheck: ignore[root-user]\n# another comment\n\n", [""]),
        ("# hullcheck: ignore[root-user] until=2026-11-24\n", [""]),
        ("# hullcheck: ignore[root-user] until=2026-11-23\n", [None]),
        ("# hullcheck: ignore[root-user] until=2026-02-30\n", [None]),
        ("# hullcheck: ignore[latest-tag]\n", [None]),
        ("# hullcheck: ignore[]\n", [None]),
        ("# hullcheck: ignore\n", [None]),
        ("# hullcheck: ignore[root-user]\nRUN true\n", [None]),
        ("# hullcheck: ignore-file[root-user]\nRUN true\n", [""]),
        ("# hadolint ignore=DL3002\n", ["hadolint: hadolint ignore=DL3002"]),
        ("# hadolint ignore=SC1035, DL3002 # it must\n", ["hadolint: it must"]),
        ("#hadolint ignore = DL3002\n", ["hadolint: hadolint ignore = DL3002"]),
        ("# hadolint ignore=DL3002\nRUN true\n", [None]),
        ("# hadolint ignore=DL3007\n", [None]),
        ("# Hadolint ignore=DL3002\n", [None]),
        ("# hadolint global ignore=DL3002\nRUN true\n", ["hadolint: hadolint global ignore=DL3002"]),
        ("# tally ignore=hadolint/DL3002;reason=it must\n", ["tally: it must"]),
        ("# TALLY ignore=hadolint/DL3002\n", ["tally: TALLY ignore=hadolint/DL3002"]),
        ("# tally global ignore=all\nRUN true\n", ["tally: tally global ignore=all"]),
        ("# checkov:skip=CKV_DOCKER_8:it must\nRUN true\n", ["checkov: it must"]),
        ("RUN true # bridgecrew:skip=CKV_DOCKER_1,CKV_DOCKER_8\n", ["checkov: bridgecrew:skip=CKV_DOCKER_1,CKV_DOCKER_8"]),
        ("# checkov:skip=CKV_DOCKER_1:it must\n", [None]),
        ("#trivy:ignore:DS-0002\n", ["trivy: trivy:ignore:DS-0002"]),
        ("#trivy:ignore:AVD-DS-0002 trivy:ignore:AVD-DS-0001\n", ["trivy: trivy:ignore:AVD-DS-0002 trivy:ignore:AVD-DS-0001"]),
        ("#trivy:ignore:DS*\n", ["trivy: trivy:ignore:DS*"]),
        ("#trivy:ignore:DS002:exp:2026-11-24\n", ["trivy: trivy:ignore:DS002:exp:2026-11-24"]),
        ("#trivy:ignore:DS-0002:exp:2026-11-23\n", [None]),
        ("#trivy:ignore:DS-0001\n", [None]),
        ("# kics-scan ignore-line\n", ["kics: kics-scan ignore-line"]),
        ("# kics-scan ignore-block\nRUN true\n", ["kics: kics-scan ignore-block"]),
        (f"# kics-scan disable={KICS_ROOT}\n", [None]),
    ],
)  # fmt: skip
def test_comments_in_a_dockerfile(tmp_path: Path, comment: str, reasons: list[str | None]) -> None:
    assert root_users(tmp_path, {"Dockerfile": ROOT.format(comment)}) == reasons


@pytest.mark.parametrize(
    ("top", "suppressed"),
    [
        ("# kics-scan ignore\n", True),
        (f"# kics-scan disable=1234,{KICS_ROOT}\n", True),
        (f"# kics-scan enable={KICS_ROOT}\n", False),
        ("# kics-scan enable=1234\n", True),
        ("# check=skip=all\n", False),
    ],
)
def test_comments_at_the_top_of_a_dockerfile(tmp_path: Path, top: str, suppressed: bool) -> None:
    (reason,) = root_users(tmp_path, {"Dockerfile": top + ROOT.format("")})
    assert (reason is not None) is suppressed


@pytest.mark.parametrize("comment", ["# hadolint stage ignore=DL3002", "# kics-scan ignore-block",
                                     "# hullcheck: ignore-block[root-user]"])  # fmt: skip
def test_a_stage_is_a_block(tmp_path: Path, comment: str) -> None:
    last = TWO_STAGES.replace("FROM debian:13.1\n", f"{comment}\nFROM debian:13.1\n").format(first="", second="")
    other = (comment + "\n" + TWO_STAGES).format(first="", second="")
    assert root_users(tmp_path, {"Dockerfile": last}) != [None]
    assert root_users(tmp_path, {"Dockerfile": other}) == [None]


def test_an_instruction_of_several_lines_is_covered_to_its_end(tmp_path: Path) -> None:
    text = "FROM debian:13.1\n# hullcheck: ignore[root-user]\nUSER \\\n  # still the same\n  root\n"
    assert root_users(tmp_path, {"Dockerfile": text}) == [""]


@pytest.mark.parametrize(
    ("behind", "reasons"),
    [
        (' # hullcheck: ignore[root-user] reason="it must"', ["it must"]),
        ("\n    x-hullcheck: {ignore: {root-user: it must}}", ["it must"]),
        ("\n    x-hullcheck: {ignore: {DL3002: {reason: it must, until: 2026-11-24}}}", ["it must"]),
        ("\n    x-hullcheck: {ignore: {root-user: {reason: it must, until: 2026-11-23}}}", [None]),
        ("\n    x-hullcheck: {ignore: [root-user]}", [""]),
        ("\n    x-hullcheck: {ignore: [latest-tag]}", [None]),
        ("\nx-hullcheck: {ignore: {root-user: it must}}", ["it must"]),
        ("\n  db:\n    image: x:1\n    x-hullcheck: {ignore: {root-user: it must}}", [None]),
        (" # kics-scan ignore-line", [None]),
        (" # hadolint ignore=DL3002", [None]),
        (" # checkov:skip=CKV_DOCKER_8", [None]),
    ],
)
def test_in_a_compose_file(tmp_path: Path, behind: str, reasons: list[str | None]) -> None:
    assert root_users(tmp_path, {"compose.yaml": COMPOSE.format(behind)}) == reasons


def test_dclint_in_a_compose_file(tmp_path: Path) -> None:
    latest = "services:\n  web:\n    image: example.org/web{}\n"
    for comment in (" # dclint disable-line service-image-require-explicit-tag", " # dclint disable-line"):
        found = named(judge(tmp_path, {"compose.yaml": latest.format(comment)}), "untagged-image")
        assert [f.suppression is not None for f in found] == [True]
    for top in (
        "# dclint disable-file\n",
        "# dclint disable\n",
        "# dclint disable service-image-require-explicit-tag\n",
    ):
        found = named(judge(tmp_path, {"compose.yaml": top + latest.format("")}), "untagged-image")
        assert [f.suppression is not None for f in found] == [True]
    found = named(
        judge(tmp_path, {"compose.yaml": latest.format(" # dclint disable-line no-version-field")}), "untagged-image"
    )
    assert [f.suppression is not None for f in found] == [False]


def test_a_block_of_yaml(tmp_path: Path) -> None:
    pod = POD.format("a: b").replace("    - name: log", "    # hullcheck: ignore-block[root-user]\n    - name: log")
    assert root_users(tmp_path, {"pod.yaml": pod}) == [None, ""]
    pod = POD.format("a: b").replace("spec:", "spec: # hullcheck: ignore-block[root-user]")
    assert root_users(tmp_path, {"pod.yaml": pod}) == ["", ""]
    assert root_users(tmp_path, {"pod.yaml": "# hullcheck: ignore-block[root-user]\n---\n" + POD.format("a: b")}) == [
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("annotation", "reasons"),
    [
        ("hullcheck.dev/ignore.root-user: it must", ["it must", "it must"]),
        ('hullcheck.dev/ignore.DL3002: "it must; until=2026-11-24"', ["it must", "it must"]),
        ('hullcheck.dev/ignore.root-user: "it must; until=2026-11-23"', [None, None]),
        ("hullcheck.dev/ignore.latest-tag: it must", [None, None]),
        ("checkov.io/skip1: CKV_K8S_23=it must", ["checkov: it must"] * 2),
        ("bridgecrew.io/skip12: CKV_K8S_23=it must", ["checkov: it must"] * 2),
        ("checkov.io/skip1: CKV_K8S_1=it must", [None, None]),
        ("ignore-check.kube-linter.io/run-as-non-root: it must", ["kube-linter: it must"] * 2),
        ("kube-linter.io/ignore-all: it must", ["kube-linter: it must"] * 2),
        ("kube-score/ignore: container-image-tag", [None, None]),
        ('polaris.fairwinds.com/runAsRootAllowed-exempt: "true"', ["polaris: " + "polaris.fairwinds.com/runAsRootAllowed-exempt"] * 2),
        ('polaris.fairwinds.com/runAsRootAllowed-exempt: "false"', [None, None]),
        ('polaris.fairwinds.com/exempt: "true"', ["polaris: polaris.fairwinds.com/exempt"] * 2),
        ('polaris.fairwinds.com/runAsRootAllowed-exempt.log: "true"', [None, "polaris: polaris.fairwinds.com/runAsRootAllowed-exempt.log"]),
    ],
)  # fmt: skip
def test_annotations_of_a_manifest(tmp_path: Path, annotation: str, reasons: list[str | None]) -> None:
    assert root_users(tmp_path, {"pod.yaml": POD.format(annotation)}) == reasons


def test_what_a_manifest_lacks_can_be_suppressed(tmp_path: Path) -> None:
    found = named(
        judge(tmp_path, {"pod.yaml": POD.format("hullcheck.dev/ignore.no-network-policies: elsewhere")}),
        "no-network-policies",
    )
    assert [f.suppression is not None for f in found] == [True]
    found = named(
        judge(
            tmp_path,
            {
                "pod.yaml": POD.format("a: b").replace(
                    "name: web\n  ", "name: web # hullcheck: ignore[no-network-policies]\n  ", 1
                )
            },
        ),
        "no-network-policies",
    )
    assert [f.suppression is not None for f in found] == [True]


def test_comments_of_other_tools_count_for_nothing_in_manifests(tmp_path: Path) -> None:
    pod = POD.format("a: b").replace("runAsUser: 0", "runAsUser: 0 # checkov:skip=CKV_K8S_23 trivy:ignore:KSV-0105", 1)
    assert root_users(tmp_path, {"pod.yaml": pod}) == [None, None]


def test_any_of_a_finding_s_places_will_do(tmp_path: Path) -> None:
    files = {
        "app/Dockerfile": "FROM debian:13.1\nUSER root # hullcheck\n",
        "compose.yaml": "services:\n  web:\n    build: app\n    image: example.org/web\n    cap_add: [SYS_ADMIN]\n",
    }
    files["app/Dockerfile"] = 'FROM debian:13.1\n# hullcheck: ignore[root-user] reason="it must"\nUSER root\n'
    assert root_users(tmp_path, files) == ["it must"]


def test_other_tools_can_be_left_out(tmp_path: Path) -> None:
    files = {"Dockerfile": ROOT.format("# hadolint ignore=DL3002\n")}
    assert root_users(tmp_path, files, foreign=False) == [None]
    assert root_users(tmp_path, files, "suppressions: {foreign: false}") == [None]


def complaints(folder: Path, comment: str, config: str = "") -> dict[str, str]:
    result = judge(folder, {"Dockerfile": ROOT.format(comment)}, config)
    names = ("unused-suppression", "expired-suppression", "suppression-without-reason", "too-many-suppressions")
    return {finding.name: finding.message for finding in named(result, *names)}


REASON = 'reason="it must"'


@pytest.mark.parametrize(
    ("comment", "config", "expected"),
    [
        (f"# hullcheck: ignore[root-user] {REASON}\n", "", {}),
        ("# hullcheck: ignore[root-user]\n", "", {"suppression-without-reason": "this ignores root-user without a reason"}),
        (f"# hullcheck: ignore[latest-tag] {REASON}\n", "", {"unused-suppression": "this suppresses nothing: there is no latest-tag here"}),
        (f"# hullcheck: ignore[latest-tga] {REASON}\n", "", {"unused-suppression": "no check is called `latest-tga`; did you mean `latest-tag`?"}),
        (f"# hullcheck: ignore[latest-tag] {REASON}\n", "ignore: [latest-tag]", {}),
        (f"# hullcheck: ignore[root-user] {REASON} until=2026-01-01\n", "", {"expired-suppression": "this expired on 2026-01-01: root-user counts again"}),
        ("# hadolint ignore=DL3007\n", "", {}),
        ("# hullcheck: ignore[root-user]\n", "suppressions: {require-reason: true}",
         {"suppression-without-reason": "this ignores root-user without a reason, and one is required: it suppresses nothing"}),
        (f"# hullcheck: ignore[root-user] {REASON}\n", "suppressions: {require-until: true}",
         {"expired-suppression": "this says no last day, and one is required: root-user counts again"}),
        (f"# hullcheck: ignore[root-user] {REASON} until=2027-11-01\n", "suppressions: {max-days: 90}",
         {"expired-suppression": "this holds for more than 90 days: root-user counts again"}),
        (f"# hullcheck: ignore[root-user] {REASON}\n", "suppressions: {max: 0}",
         {"too-many-suppressions": "1 finding is suppressed, and 0 may be"}),
        (f"# hullcheck: ignore[root-user] {REASON}\n", "suppressions: {max: 1}", {}),
        (f"# hullcheck: ignore-file[unused-suppression, latest-tag] {REASON}\n", "", {"unused-suppression": "this suppresses nothing: there is no latest-tag here"}),
    ],
)  # fmt: skip
def test_suppressions_are_judged_too(tmp_path: Path, comment: str, config: str, expected: dict[str, str]) -> None:
    found = complaints(tmp_path, comment, config)
    assert found == expected


ENTRY = "suppress:\n  - checks: [root-user]\n    reason: it must\n"


@pytest.mark.parametrize(
    ("entry", "reasons"),
    [
        (ENTRY, ["it must"]),
        (ENTRY + "    paths: [app/]", ["it must"]),
        (ENTRY + "    paths: [other/]", [None]),
        (ENTRY + "    object: '0'", ["it must"]),
        (ENTRY + "    object: build", [None]),
        (ENTRY + "    until: 2026-11-24", ["it must"]),
        (ENTRY + "    until: 2026-11-23", [None]),
    ],
)
def test_entries_of_the_configuration(tmp_path: Path, entry: str, reasons: list[str | None]) -> None:
    assert root_users(tmp_path, {"app/Dockerfile": ROOT.format("")}, entry) == reasons


def test_an_entry_for_an_object_covers_what_is_in_it(tmp_path: Path) -> None:
    assert root_users(tmp_path, {"pod.yaml": POD.format("a: b")}, ENTRY + "    object: Pod/shop/web") == ["it must"] * 2
    assert root_users(tmp_path, {"pod.yaml": POD.format("a: b")}, ENTRY + "    object: Pod/shop/web/log") == [
        None,
        "it must",
    ]
    assert root_users(tmp_path, {"pod.yaml": POD.format("a: b")}, ENTRY + "    object: Pod/shop/we") == [None, None]


def test_entries_that_are_of_no_use_are_told(tmp_path: Path) -> None:
    unused = ENTRY + "    paths: [other/]"
    (finding,) = named(judge(tmp_path, {"Dockerfile": ROOT.format("")}, unused), "unused-suppression")
    assert (finding.location.path, finding.location.line) == (".hullcheck.yaml", 2)
    expired = ENTRY + "    until: 2026-11-23"
    (finding,) = named(judge(tmp_path, {"Dockerfile": ROOT.format("")}, expired), "expired-suppression")
    assert finding.message == "this entry expired on 2026-11-23: root-user counts again"


SERVICE = "services:\n  web:\n    image: example.org/web:1.2.3\n    mem_limit: 1g\n{0}"
ALL = ("capabilities-not-dropped", "privilege-escalation", "writable-root-fs")
SHOWN = dict(
    zip(ALL, ("capabilities are kept", "privileges may be gained", "the root file system is writable"), strict=True)
)


def hardening(folder: Path, said: str) -> tuple[str, ...] | None:
    """What the service is told to lack; None if that is suppressed."""
    found = named(judge(folder, {"compose.yaml": SERVICE.format(said)}), "hardening-missing")
    accepted = [item for finding in found if finding.suppression for item in finding.evidence]
    finding = next((finding for finding in found if not finding.suppression), found[0])
    assert finding.suppression or sorted([*accepted, *finding.evidence]) == sorted(ALL)
    assert [item for item in ALL if SHOWN[item] in finding.message] == list(finding.evidence)
    assert dict(finding.properties)["items"] == finding.evidence
    return None if finding.suppression else finding.evidence


def test_items_of_one_finding_are_suppressed_one_by_one(tmp_path: Path) -> None:
    assert hardening(tmp_path, "") == ALL
    assert hardening(tmp_path, "    x-hullcheck: {ignore: {writable-root-fs: x}}\n") == ALL[:2]
    assert (
        hardening(tmp_path, "    x-hullcheck: {ignore: {privilege-escalation: x, capabilities-not-dropped: x}}\n")
        == ALL[2:]
    )
    assert hardening(tmp_path, "    x-hullcheck: {ignore: {hardening-missing: x}}\n") is None
    assert hardening(tmp_path, "    x-hullcheck: {ignore: {latest-tag: x}}\n") == ALL
    every = "capabilities-not-dropped: x, privilege-escalation: x, writable-root-fs: x"
    assert hardening(tmp_path, f"    x-hullcheck: {{ignore: {{{every}}}}}\n") is None
    unused = named(
        judge(tmp_path, {"compose.yaml": SERVICE.format("    x-hullcheck: {ignore: {writable-root-fs: x}}\n")}),
        "unused-suppression",
    )
    assert unused == []


def test_comments_are_read_in_linear_time(tmp_path: Path) -> None:
    comment = "# hullcheck: ignore-block[root-user]\n# hadolint ignore=DL9999\n# kics-scan ignore-line\n"
    files = {"Dockerfile": "FROM debian:13.1\n" + comment * 6_000 + "USER root\n"}
    result = judge(tmp_path, files)
    assert named(result, "root-user")


def test_the_day_is_fixed() -> None:
    assert date(2026, 11, 24) == TODAY
    assert "root-user" in CHECKS


def test_an_object_of_the_same_name_elsewhere_is_another(tmp_path: Path) -> None:
    said = {"a/pod.yaml": POD.format("hullcheck.dev/ignore.root-user: x"), "b/pod.yaml": POD.format("a: b")}
    assert root_users(tmp_path, said) == ["x", "x", None, None]
    services = {
        "c/compose.yaml": COMPOSE.format("\n    x-hullcheck: {ignore: {root-user: x}}"),
        "d/compose.yaml": COMPOSE.format(""),
    }
    found = named(judge(tmp_path, services), "root-user")
    assert [f.suppression is not None for f in found if "compose" in f.location.path] == [True, False]


def test_an_override_may_say_it(tmp_path: Path) -> None:
    files = {
        "compose.yaml": COMPOSE.format(""),
        "compose.override.yaml": "services:\n  web:\n    x-hullcheck: {ignore: {root-user: it must}}\n",
    }
    assert root_users(tmp_path, files) == ["it must"]


def test_an_overlay_may_say_it(tmp_path: Path) -> None:
    files = {
        "base/pod.yaml": POD.format("a: b"),
        "base/kustomization.yaml": "resources: [pod.yaml]\n",
        "prod/kustomization.yaml": "namespace: prod\nresources: [../base]\ncommonAnnotations:\n  hullcheck.dev/ignore.root-user: it must\n",
    }
    assert root_users(tmp_path, files) == ["it must", "it must"]


def test_a_chart_s_template_may_say_it(tmp_path: Path) -> None:
    files = {
        "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        "chart/values.yaml": "user: 0\n",
        "chart/templates/pod.yaml": POD.format('hullcheck.dev/ignore.root-user: "it must"').replace(
            "runAsUser: 0", "runAsUser: {{ .Values.user }}"
        ),
    }
    assert root_users(tmp_path, files) == ["it must"]  # one place: the chart's values
    files["chart/templates/pod.yaml"] = (
        POD.format("a: b")
        .replace("        runAsUser: 0", "        #trivy:ignore:KSV-0105\n        runAsUser: 0", 1)
        .replace("namespace: shop", "namespace: {{ .Release.Namespace }}")
    )
    assert root_users(tmp_path, files) == ["trivy: trivy:ignore:KSV-0105", None]


def test_what_is_suppressed_is_listed_where_that_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text('# hullcheck: ignore-file[update-alone] reason="because"\nFROM debian:12\nRUN apt-get update\n')

    def lines(*options: str) -> int:
        main(["check", "--no-cache", "--output-format", "concise", *options, str(file)])
        return capsys.readouterr().out.count("update-alone")

    assert (lines(), lines("--show-suppressed")) == (0, 1)
