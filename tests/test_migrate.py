"""Other tools' configuration files, what they come to here, and what in them has no equivalent."""

import subprocess
from pathlib import Path

import pytest

from hullcheck.cli import main
from hullcheck.commands.common import registry
from hullcheck.errors import HullcheckError
from hullcheck.finding import Finding, Severity
from hullcheck.policy import config
from hullcheck.policy.config import Config
from hullcheck.policy.migrate import Migration, migrate
from hullcheck.policy.rules import Rules
from hullcheck.source import Source
from hullcheck.terms import names

CHECKS = registry()


def migrated(name: str, text: str) -> tuple[Migration, Config]:
    """What a file comes to, and the configuration that this is once it is read."""
    made = migrate(name, text.encode(), CHECKS)
    return made, config.parse(".hullcheck.yaml", made.text().encode(), CHECKS)


def judged(read: Config, name: str, path: str) -> Severity | None:
    found = Finding(name, Severity.HIGH, "a message", Source(path, b"x").at(0, 1))
    judged = list(Rules(read, frozenset((name,))).judge([found]))
    return judged[0].severity if judged else None


def test_hadolint() -> None:
    made, read = migrated(
        ".hadolint.yaml",
        """\
ignored: [DL3002, SC2086, DL9999]
override:
  error: [DL3007]
  info: [DL3006]
trustedRegistries: [docker.io, "*.example.org"]
failure-threshold: warning
label-schema: {maintainer: text}
""",
    )
    assert judged(read, "root-user", "app/Dockerfile.dev") is None
    assert judged(read, "root-user", "compose.yaml") is Severity.HIGH
    assert judged(read, "latest-tag", "build.Dockerfile") is Severity.HIGH
    assert judged(read, "untagged-image", "app/Dockerfile") is Severity.LOW
    assert read.trusted_registries == ("docker.io", "*.example.org")
    assert read.fail_on is Severity.MEDIUM
    assert "hadolint: there is no check here that does what these do: SC2086, DL9999" in made.text()
    assert made.notes == ["`label-schema` has no equivalent"]


@pytest.mark.parametrize(
    ("text", "fail_on"),
    [
        ("no-fail: true", None),
        ("failure-threshold: none", None),
        ("failure-threshold: error", Severity.HIGH),
        ("failure-threshold: style", Severity.INFO),
        ("{}", Severity.HIGH),
    ],
)
def test_hadolint_s_threshold(text: str, fail_on: Severity | None) -> None:
    assert migrated(".hadolint.yml", text)[1].fail_on is fail_on


def test_trivyignore() -> None:
    text = """\
# the builder needs it
DS-0002 exp:2027-01-31

AVD-DS-0002
KSV-9999
CVE-2020-8559
"""
    made, read = migrated("ci/.trivyignore", text)
    first, second = read.suppress
    assert "root-user" in names(first.checks & second.checks)
    assert (first.reason, str(first.until)) == ("the builder needs it", "2027-01-31")
    assert (second.reason, second.until) == ("ignored in .trivyignore: AVD-DS-0002", None)
    assert "trivy: there is no check here that does what these do: KSV-9999" in made.text()
    assert made.notes == ["vulnerability ids: hullcheck reads files, it doesn't know what is in the images"]


def test_trivyignore_yaml() -> None:
    text = """\
misconfigurations:
  - id: AVD-DS-0002
    paths: ["docs/Dockerfile", "*.dev"]
    statement: "accepted: \\"it\\" must"
    expired_at: 2027-01-31
vulnerabilities:
  - id: CVE-2020-8559
"""
    made, read = migrated(".trivyignore.yaml", text)
    (entry,) = read.suppress
    assert entry.paths == ("docs/Dockerfile", "*.dev")
    assert entry.reason == 'accepted: "it" must'
    assert str(entry.until) == "2027-01-31"
    assert len(made.notes) == 1


def test_checkov() -> None:
    text = """\
skip-check: [CKV_DOCKER_8, "CKV_K8S_999,LOW"]
skip-path: [examples/, "^test.*$"]
soft-fail: true
hard-fail-on: [MEDIUM, CRITICAL]
baseline: .checkov.baseline
download-external-modules: true
"""
    made, read = migrated(".checkov.yaml", text)
    assert read.ignore == ("CKV_DOCKER_8",)
    assert read.exclude == ("examples/",)
    assert read.fail_on is Severity.MEDIUM
    assert "`skip-path` is a regular expression, `exclude` is not: ^test.*$" in made.notes
    assert "`download-external-modules` has no equivalent" in made.notes
    assert "checkov: there is no check here that does what these do: CKV_K8S_999" in made.text()
    assert migrated(".checkov.yaml", "soft-fail: true")[1].fail_on is None
    assert migrated(".checkov.yml", "check: CKV_DOCKER_8")[1].select == ("CKV_DOCKER_8",)


def test_kube_linter() -> None:
    text = """\
checks:
  doNotAutoAddDefaults: true
  include: [run-as-non-root, required-label-owner]
  exclude: [latest-tag]
  ignorePaths: [./vendored/**, ~/other]
customChecks: [{name: x}]
"""
    made, read = migrated(".kube-linter.yaml", text)
    assert {"root-user", "root-user-implicit"} <= {name for word in read.select for name in CHECKS.named(word)}
    assert read.ignore == ("kube-linter:latest-tag",)  # the check of that name looks at other files, too
    assert read.exclude == ("vendored/**",)
    assert "`customChecks` has no equivalent" in made.notes
    assert "`ignorePaths` outside of the repository: ~/other" in made.notes
    assert "required-label-owner" in made.text()
    assert migrated(".kube-linter.yml", "checks: {include: [run-as-non-root]}")[1].select == ()


def test_compose_lint() -> None:
    text = """\
rules:
  CL-0018: {enabled: false, reason: internal only}
  CL-0019:
    severity: critical
    exclude_services:
      web: pinned by the registry
      db:
  CL-9999: {enabled: false}
"""
    made, read = migrated(".compose-lint.yml", text)
    first, second, third = read.suppress
    assert names(first.checks) >= {"root-user"}
    assert first.reason == "internal only"
    assert (second.object, second.reason) == ("services.web", "pinned by the registry")
    assert (third.object, third.reason) == ("services.db", "disabled in .compose-lint.yml: CL-0019")
    assert judged(read, "undigested-image", "docker-compose.yml") is Severity.CRITICAL
    assert judged(read, "undigested-image", "Dockerfile") is Severity.HIGH
    assert "CL-9999" in made.text()


def test_tally() -> None:
    text = """\
[output]
fail-level = "none"
[rules]
include = ["buildkit/*"]
exclude = ["hadolint/DL3002"]
[rules.hadolint.DL3007]
severity = "off"
[rules.hadolint.DL3006]
severity = "style"
[rules.tally.max-lines]
max = 100
[inline-directives]
enabled = false
"""
    made, read = migrated(".tally.toml", text)
    assert judged(read, "root-user", "Dockerfile") is None
    assert judged(read, "latest-tag", "Dockerfile") is None
    assert judged(read, "untagged-image", "Dockerfile") is Severity.INFO
    assert read.fail_on is None
    assert read.demands.foreign is False
    assert made.notes == ["`include` of whole families: buildkit/*"]


def test_dclint() -> None:
    made, read = migrated(
        ".dclintrc",
        '{"rules": {"service-image-require-explicit-tag": 0, "no-such-rule": [0, {}]}, "exclude": ["x/"]}',
    )
    assert judged(read, "untagged-image", "compose.yaml") is None
    assert read.exclude == ("x/",)
    assert "no-such-rule" in made.text()


@pytest.mark.parametrize("name", ["trivy.yaml", "hadolint", "x.yaml", ".kube-linter.toml"])
def test_other_files_are_nobody_s(name: str) -> None:
    with pytest.raises(HullcheckError, match="is no file that I know"):
        migrate(name, b"", CHECKS)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".hadolint.yaml", "ignored: ["),
        (".checkov.yaml", "- a list"),
        (".tally.toml", "= x"),
        (".trivyignore.yaml", "x"),
    ],
)
def test_what_is_broken_is_refused(name: str, text: str) -> None:
    with pytest.raises(HullcheckError, match=name):
        migrate(name, text.encode(), CHECKS)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "ignored: DL3002", "ignored: [1, null, [x]]", "override: x", "override: {error: null}", "rules: 1"],
)
def test_odd_values_are_no_reason_to_fail(text: str) -> None:
    for name in (
        ".hadolint.yaml",
        ".trivyignore.yaml",
        ".checkov.yaml",
        ".kube-linter.yaml",
        ".compose-lint.yaml",
        ".dclintrc",
    ):
        migrated(name, text)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".hadolint.yaml").write_text("ignored: [DL3002]\n")
    assert main(["migrate", str(tmp_path / ".hadolint.yaml")]) == 0
    out = capsys.readouterr().out
    assert out.startswith("# Made from .hadolint.yaml.\n")
    assert "    ignore: [root-user]" in out
    assert main(["migrate", str(tmp_path / "nothing")]) == 2


def test_hadolint_and_we_agree_on_what_is_silent(tmp_path: Path) -> None:
    """The real hadolint, where it is there: what its configuration silences, ours silences, too."""
    from shutil import which

    hadolint = which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed")
    (tmp_path / "Dockerfile").write_text("FROM debian:latest\nUSER root\n")
    (tmp_path / ".hadolint.yaml").write_text("ignored: [DL3002, DL3007, DL3066]\n")
    done = subprocess.run([hadolint, "Dockerfile"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == ""
    (tmp_path / ".hullcheck.yaml").write_text(
        migrate(".hadolint.yaml", b"ignored: [DL3002, DL3007, DL3066]", CHECKS).text()
    )
    assert main(["check", str(tmp_path), "--fail-on", "low", "--ignore", "undigested-image,updates-not-automated"]) == 0


@pytest.mark.parametrize(
    "word", ["1", "1e999", "0x1F", ".inf", ".nan", "null", "~", "yes", "on", "2030-13-45", "9" * 5_000, "=", "<<"]
)
def test_words_stay_text(word: str) -> None:
    _, read = migrated(".dclintrc.yaml", f"exclude: [{word!r}, a/b]\n")
    assert read.exclude == (word, "a/b")


@pytest.mark.parametrize(
    "text", ["\x7f", "\x85", "\u2028", "\ufeff", "\U000e0001", "\U0001f600", "é: # x", "\x00\x1b[2J"]
)
def test_a_reason_may_hold_anything(text: str) -> None:
    _, read = migrated(".trivyignore", f"# a{text}b\nAVD-DS-0002\n")
    assert read.suppress[0].reason == f"a{text}b"


def test_a_credential_in_a_reason_is_not_copied() -> None:
    token = f"glpat-{'Zk3vQ9xW1bR7tY5uN2mD'}"
    made, _ = migrated(".trivyignore", f"# the key is {token}\nAVD-DS-0002\n{token}\n")
    assert token not in made.text()
    assert "the key is glpat-*****" in made.text()


@pytest.mark.parametrize("text", [f"a = {'9' * 5_000}\n", "a = " + "[" * 3_000 + "]" * 3_000])
def test_toml_that_python_can_not_hold_is_refused(text: str) -> None:
    with pytest.raises(HullcheckError, match="tally"):
        migrate(".tally.toml", text.encode(), CHECKS)
