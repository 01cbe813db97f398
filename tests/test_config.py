"""The configuration file: what it may say, what it means, and how it is refused."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hullcheck import schema
from hullcheck.check import Registry
from hullcheck.cli import main
from hullcheck.commands.common import registry
from hullcheck.errors import HullcheckError
from hullcheck.finding import Finding, Severity
from hullcheck.policy import config
from hullcheck.policy.config import Chart, Config
from hullcheck.policy.rules import Rules
from hullcheck.source import Source
from hullcheck.terms import Term, names

CHECKS: Registry = registry()


def parse(text: str, path: str = ".hullcheck.yaml") -> Config:
    return config.parse(path, text.encode(), CHECKS)


FULL = """\
select: [root-user, images]
extend-select: [network]
ignore: [DL3007]
exclude: [examples/]
include-vendored: true
profile: strict
min-severity: info
fail-on: none
severity: {images: low, untagged-image: critical}
baseline: .hullcheck-baseline.json
context: all
contexts: {production: [examples/live/], example: [demo/], test: [load/], documentation: [site/], vendored: [ext/]}
policies-elsewhere: true
trusted-registries: [ghcr.io/acme/*]
trusted-images: [python]
datastores: [acme-ledger]
pod-security: {level: restricted, version: v1.31}
network:
  deny:
    - {from: "*", to: "image:postgres", except: [shop/api, shop/batch], ports: [5432]}
  allow:
    - {from: "ns:ingress", to: shop/web}
overrides:
  - paths: [prod/**]
    extend-select: [undigested-image]
    ignore: [no-network-policies]
    severity: {root-user: critical}
    fail-on: medium
suppress:
  - {checks: [DL3002], paths: [tools/], object: build, reason: builds only, until: 2027-01-31}
suppressions: {require-reason: true, require-until: true, max-days: 90, max: 5, foreign: false}
gate: {fail-on: critical, new-suppressions: warn}
fail-on-unjudged: true
allow-unjudged: [remote, submodule]
validate: true
kubernetes-version: v1.31.2
compose-projects:
  - [compose.yaml, ./deploy//prod.yaml]
  - {files: [compose.yaml], profiles: [debug], name: dev}
helm:
  charts/app/:
    values: [prod.yaml, [prod.yaml, ../eu.yaml], /env/test.yaml]
    set: {a.b: true, c: "x,y", n: 2}
    kube-version: "1.34"
    api-versions: [example.org/v1]
"""


def write_full(folder: Path) -> None:
    """The configuration, with the files that it names."""
    (folder / ".hullcheck.yaml").write_text(FULL)
    (folder / "deploy").mkdir()
    for name in ("compose.yaml", "deploy/prod.yaml"):
        (folder / name).write_text("services: {web: {image: a}}\n")
    for name in ("charts/app/Chart.yaml", "charts/app/prod.yaml", "charts/eu.yaml", "env/test.yaml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("name: app\n")


def test_every_key_of_the_schema_is_read() -> None:
    known = json.loads(schema.text("config"))["properties"]
    assert all(f"\n{key}:" in f"\n{FULL}" for key in known)
    read = parse(FULL)
    unread = [name for name in Config._fields if getattr(read, name) == getattr(Config(), name)]
    assert unread == []


def test_values_mean_what_they_say() -> None:
    read = parse(FULL)
    assert read.fail_on is None
    assert read.min_severity is Severity.INFO
    assert read.pod_security_version == "1.31"
    assert read.validate
    assert read.fail_on_unjudged
    assert read.allow_unjudged == ("remote", "submodule")
    assert read.kubernetes_version == "1.31.2"
    assert read.severity[Term("latest-tag")] is Severity.LOW
    assert read.severity[Term("untagged-image")] is Severity.CRITICAL
    assert read.network_deny == (
        {"from": "*", "to": "image:postgres", "except": "shop/api,shop/batch", "ports": "5432"},
    )
    assert names(read.suppress[0].checks) == {"root-user"}
    assert str(read.suppress[0].until) == "2027-01-31"
    assert read.said["overrides.0.severity.root-user"] == ".hullcheck.yaml:27"
    assert read.helm == {
        "charts/app": Chart(
            (("charts/app/prod.yaml",), ("charts/app/prod.yaml", "charts/eu.yaml"), ("env/test.yaml",)),
            ("a.b=true", "c=x\\,y", "n=2"),
            "1.34",
            ("example.org/v1",),
        )
    }
    assert read.compose_projects == (
        config.Together(("compose.yaml", "deploy/prod.yaml"), None, "", 38),
        config.Together(("compose.yaml",), ("debug",), "dev", 39),
    )


def test_toml_says_the_same() -> None:
    text = '[tool.hullcheck]\nfail-on = "low"\n[tool.hullcheck.severity]\nroot-user = "info"\n[[tool.hullcheck.suppress]]\n'
    read = parse(text + 'checks = ["root-user"]\nreason = "x"\nuntil = 2027-01-31\n', "pyproject.toml")
    assert read.fail_on is Severity.LOW
    assert read.severity == {Term("root-user"): Severity.INFO}
    assert str(read.suppress[0].until) == "2027-01-31"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("helm: {/charts/app: {}}", ".hullcheck.yaml:1: helm./charts/app: not a path below the root"),
        ("helm:\n  a: {values: [../../b.yaml]}", ".hullcheck.yaml:2: helm.a.values: not a path below the root"),
        ("helm: {a: {value: []}}", "unknown key `value`; did you mean `values`?"),
        ("compose-projects: [[]]", ".hullcheck.yaml:1: compose-projects.0"),
        ("compose-projects:\n- [a.yml]\n- {files: [a.yml], profile: x}", ".hullcheck.yaml:3: compose-projects.1"),
        ("compose-projects:\n- [../a.yml]", ".hullcheck.yaml:2: compose-projects.0: not a path below the root: ../a.yml"),
        ("compose-projects:\n- [a.yml, ./a.yml]", ".hullcheck.yaml:2: compose-projects.0: `a.yml` is named twice"),
        ("ignored: [x]", ".hullcheck.yaml:1: ignored: unknown key `ignored`; did you mean `ignore`?"),
        ("# one\nfail-on: hihg", ".hullcheck.yaml:2: fail-on: `hihg` is none of"),
        ("fail-on: hihg", "did you mean `high`?"),
        ("select:\n  - root-user\n  - rootuser", ".hullcheck.yaml:3: select.1: no check, concern or peer's id"),
        ("select: [rootuser]", "did you mean `root-user`?"),
        ("severity:\n  lastest-tag: low", ".hullcheck.yaml:2: severity.lastest-tag: no check"),
        ("ignore: root-user", ".hullcheck.yaml:1: ignore: 'root-user' is not of type 'array'"),
        ("suppress:\n  - checks: [root-user]", ".hullcheck.yaml:2: suppress.0: 'reason' is a required property"),
        ("suppress:\n- {checks: [root-user], reason: x, until: 2027-02-30}", ".hullcheck.yaml:2: suppress.0.until: there is no"),
        ("suppress:\n- {checks: [root-user], reason: x, untli: 2027-02-01}", "did you mean `until`?"),
        ("overrides:\n  - paths: [a]\n    severity: {root-user: hgh}", ".hullcheck.yaml:3: overrides.0.severity.root-user"),
        ("suppressions: {max-days: 0}", "suppressions.max-days"),
        ("suppressions: {require-reason: 1}", "suppressions.require-reason"),
        ("pod-security: {version: newest}", "pod-security.version"),
        ("kubernetes-version: newest", "kubernetes-version"),
        ("ignore: []\nignore: [root-user]", ".hullcheck.yaml:2: `ignore` is written twice"),
        ("- a list", "must be one mapping"),
        ("a: 1\n---\nb: 2", "must be one mapping"),
        ("a: [", ".hullcheck.yaml:1"),
        ("? [a, b]\n: c\nfail-on: low\nx: &x [*x]", ".hullcheck.yaml"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(HullcheckError) as refused:
        parse(text)
    assert message in str(refused.value)


def test_toml_is_refused_with_its_line() -> None:
    with pytest.raises(
        HullcheckError, match=r"pyproject.toml:3: igonre: unknown key `igonre`; did you mean `ignore`\?"
    ):
        parse("[project]\n[tool.hullcheck]\nigonre = []\n", "pyproject.toml")


def test_a_configuration_without_anything_is_the_default() -> None:
    for text in ("", "# only a comment\n", "---\n", "{}"):
        assert parse(text)._replace(path="", source=None) == Config()


def test_two_configurations_are_one_too_many(tmp_path: Path) -> None:
    (tmp_path / ".hullcheck.yaml").write_text("fail-on: low\n")
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n")
    assert config.read(str(tmp_path), None, CHECKS).fail_on is Severity.LOW
    (tmp_path / "pyproject.toml").write_text("[tool.hullcheck]\n")
    with pytest.raises(HullcheckError, match="both configure hullcheck"):
        config.read(str(tmp_path), None, CHECKS)


def test_a_link_out_of_the_root_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "secret").write_text("password\n")
    (tmp_path / "repo" / ".hullcheck.yaml").symlink_to(tmp_path / "secret")
    with pytest.raises(HullcheckError, match="a link that leads out"):
        config.read(str(tmp_path / "repo"), None, CHECKS)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 3), st.sampled_from(["", "high", "none", "root-user", "2027-01-31", "1.31"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.sampled_from(["select", "fail-on", "severity", "suppress", "checks", "reason", "until", "paths", "network",
                             "deny", "from", "to", "ports", "gate", "max", "suppressions", "pod-security", "version"]),
            inner, max_size=3,
        ),
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_the_quick_reading_of_the_schema_agrees_with_the_library(value: object) -> None:
    from jsonschema import Draft202012Validator

    rules = json.loads(schema.text("config"))
    assert schema.meets(value, rules) == Draft202012Validator(rules).is_valid(value)


def test_the_schema_is_one() -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(json.loads(schema.text("config")))


def test_a_valid_configuration_needs_no_jsonschema(tmp_path: Path) -> None:
    import subprocess
    import sys

    write_full(tmp_path)
    code = (
        "import sys; from hullcheck.policy import config; from hullcheck.commands.common import registry;"
        "config.read(sys.argv[1], None, registry()); assert 'jsonschema' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


def finding(name: str, path: str, severity: Severity = Severity.MEDIUM) -> Finding:
    return Finding(name, severity, "a message", Source(path, b"x").at(0, 1))


RULES = """\
severity: {latest-tag: high}
overrides:
  - paths: [deploy/]
    severity: {latest-tag: critical}
    extend-select: [undigested-image]
    fail-on: medium
  - paths: [deploy/test/]
    ignore: [latest-tag]
    severity: {root-user: info}
    fail-on: none
"""


def judged(name: str, path: str) -> Severity | None:
    rules = Rules(parse(RULES), frozenset({"latest-tag", "root-user"}))
    found = list(rules.judge([finding(name, path)]))
    return found[0].severity if found else None


def test_the_last_override_that_matches_has_the_word() -> None:
    assert judged("latest-tag", "src/Dockerfile") is Severity.HIGH
    assert judged("latest-tag", "deploy/x.yaml") is Severity.CRITICAL
    assert judged("latest-tag", "deploy/test/x.yaml") is None
    assert judged("root-user", "src/Dockerfile") is Severity.MEDIUM
    assert judged("root-user", "deploy/test/x.yaml") is Severity.INFO


def test_a_check_may_run_in_some_paths_only() -> None:
    rules = Rules(parse(RULES), frozenset({"latest-tag"}))
    assert rules.somewhere == {"undigested-image"}
    assert judged("undigested-image", "src/Dockerfile") is None
    assert judged("undigested-image", "deploy/x.yaml") is Severity.MEDIUM


def test_what_fails_depends_on_the_path() -> None:
    rules = Rules(parse(RULES), frozenset())
    levels = [rules.fail_on(finding("x", path), Severity.HIGH) for path in ("a", "deploy/a", "deploy/test/a")]
    assert levels == [Severity.HIGH, Severity.MEDIUM, None]


def show(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, str]:
    assert main(["config", "show", *arguments]) == 0
    rows = (line.split("  # ") for line in capsys.readouterr().out.splitlines())
    return {row[0].strip(): row[1].strip() for row in rows if len(row) == 2}


def test_show_says_where_each_value_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_full(tmp_path)
    monkeypatch.chdir(tmp_path)
    rows = show(capsys, "--exclude", "other/")
    assert rows["- examples/"] == ".hullcheck.yaml:4"
    assert rows["- other/"] == "command line"
    assert rows["fail-on: none"] == ".hullcheck.yaml:8"
    assert rows["latest-tag: low"] == ".hullcheck.yaml:9"
    rows = show(capsys, "prod/api.yaml")
    assert rows["fail-on: medium"] == ".hullcheck.yaml:28"
    assert rows["root-user: critical"] == ".hullcheck.yaml:27"
    (tmp_path / ".hullcheck.yaml").unlink()
    assert set(show(capsys).values()) == {"default"}


def test_a_project_must_be_of_files_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".hullcheck.yaml").write_text("compose-projects:\n  - [compose.yaml]\n  - [compose.yaml, prod.yaml]\n")
    (tmp_path / "compose.yaml").write_text("services: {web: {image: a}}\n")
    monkeypatch.chdir(tmp_path)
    assert main(["config", "show"]) == 2
    assert ".hullcheck.yaml:3: compose-projects.1: no such file: prod.yaml" in capsys.readouterr().err


def test_show_leaves_no_key_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_full(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["config", "show"]) == 0
    shown = set(re.findall(r"^([a-z-]+):", capsys.readouterr().out, re.MULTILINE))
    assert shown == set(json.loads(schema.text("config"))["properties"])


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "hullcheck configuration"


def test_the_example_in_the_documentation_is_valid_and_says_all_there_is() -> None:
    page = (Path(__file__).parent.parent / "docs" / "configuration.md").read_text()
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    parse(example)
    known = set(json.loads(schema.text("config"))["properties"])
    said = set(re.findall(r"^([a-z-]+):", example, re.MULTILINE))
    assert known - said <= {"select", "validate", "kubernetes-version"}


@pytest.mark.parametrize(
    "text",
    [
        '[tool.hullcheck]\nsuppressions = {max-days = %s}\n' % ("9" * 5_000),
        "[tool.hullcheck]\nx = " + "[" * 3_000 + "]" * 3_000 + "\n",
        "[tool.hullcheck]\nsuppressions = {max-days = 1e999}\n",
        "[tool.hullcheck]\nsuppressions = {max = nan}\n",
    ],
)  # fmt: skip
def test_odd_numbers_and_nesting_in_toml_are_refused(text: str) -> None:
    with pytest.raises(HullcheckError, match="pyproject"):
        parse(text, "pyproject.toml")


@pytest.mark.parametrize("days", ["99999999999", "9" * 40])
def test_a_demand_of_more_days_than_there_are_holds(
    days: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".hullcheck.yaml").write_text(f"suppressions: {{max-days: {days}}}\n")
    (tmp_path / "Dockerfile").write_text(
        "FROM a:1\n# hullcheck: ignore[root-user] until=9999-12-31 reason='x'\nUSER root\n"
    )
    assert main(["check", "--output-format", "concise", str(tmp_path)]) == 0
    assert "suppression" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        "[tool.hullcheck.severity]\nprivileged = 'low'\n",
        "[tool.hullcheck]\nseverity.privileged = 'low'\n",
        "tool = {hullcheck = {severity = {privileged = 'low'}}}\n",
        "[ tool . hullcheck ]\nseverity = {'privileged' = 'low'}\n",
    ],
)
def test_what_is_nested_in_toml_is_shown_with_its_place(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["config", "show"]) == 0
    assert re.search(r"^  privileged: low +# pyproject.toml:[12]$", capsys.readouterr().out, re.MULTILINE)
