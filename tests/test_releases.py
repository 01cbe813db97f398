"""Charts are judged as they are installed: with each values file beside them, or that the configuration names."""

import json
from pathlib import Path

import pytest

from helm_support import CHART, helm_template, rendered
from hullcheck.finding import Finding
from hullcheck.link import releases
from hullcheck.model.settings import Given, HelmValues
from judge import judge

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: {{ .Values.image }}
        securityContext: {privileged: {{ .Values.privileged }}}
{{- if .Capabilities.APIVersions.Has "example.org/v1" }}
      hostNetwork: true
{{- end }}
"""
FILES = {
    "charts/app/Chart.yaml": CHART,
    "charts/app/values.yaml": "image: nginx:1.29.1\nprivileged: false\n",
    "charts/app/templates/web.yaml": DEPLOYMENT,
}


def found(folder: Path, more: dict[str, str], config: str = "") -> dict[str, set[str]]:
    """The scopes in which `privileged`, `latest-tag` and `host-network` are found."""
    result = judge(folder, {**FILES, **more}, config)
    scopes: dict[str, set[str]] = {}
    for finding in result.findings:
        for one in (finding, *finding.also):
            if one.name in ("privileged", "latest-tag", "host-network"):
                scopes.setdefault(one.name, set()).add(one.scope)
    return scopes


@pytest.mark.parametrize(
    "name",
    [
        "values-prod.yaml",
        "values-prod.yml",
        "values.prod.yaml",
        "values_prod.yaml",
        "ci/odd-values.yaml",
        "ci/values.yaml",
        "values/prod.yaml",
    ],
)
def test_a_values_file_beside_a_chart_is_a_variant(name: str, tmp_path: Path) -> None:
    assert found(tmp_path, {f"charts/app/{name}": "privileged: true\n"}) == {"privileged": {f"charts/app + {name}"}}


@pytest.mark.parametrize(
    "name", ["notvalues-prod.yaml", "values-prod.txt", "values-prod/a.yaml", "other/a-values.yaml"]
)
def test_another_file_isnt(name: str, tmp_path: Path) -> None:
    assert found(tmp_path, {f"charts/app/{name}": "privileged: true\n"}) == {}


def test_a_schema_of_values_is_no_values_but_what_is_only_called_so_is(tmp_path: Path) -> None:
    schema = "type: object\nproperties: {privileged: {type: boolean}}\nprivileged: true\n"
    assert found(tmp_path / "a", {"charts/app/values.schema.yaml": schema}) == {}
    assert found(tmp_path / "b", {"charts/app/values-schema.yaml": "privileged: true\n"}) == {
        "privileged": {"charts/app + values-schema.yaml"}
    }


SECRET = 'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: {{ .Values.password | default "" | quote }}}\n'


def test_what_a_chart_is_tested_with_is_no_secret_of_production(tmp_path: Path) -> None:
    files = {f"charts/app/{name}": "password: hq7Zt0pWc4Lx9VbK2mN8\n" for name in ("ci/a-values.yaml", "values-a.yaml")}
    result = judge(tmp_path, {**FILES, "charts/app/templates/secret.yaml": SECRET, **files})
    severities = {f.location.path: f.severity.name for f in _named(result.findings, "secret-manifest-committed")}
    assert severities == {"charts/app/ci/a-values.yaml": "MEDIUM", "charts/app/values-a.yaml": "HIGH"}


def test_what_the_own_values_do_is_found_in_all_and_what_a_variant_heals_is_not(tmp_path: Path) -> None:
    files = {
        "charts/app/values.yaml": "image: nginx:latest\nprivileged: true\n",
        "charts/app/values-prod.yaml": "image: nginx:1.29.1\n",
    }
    assert found(tmp_path, files) == {
        "latest-tag": {"charts/app"},
        "privileged": {"charts/app", "charts/app + values-prod.yaml"},
    }


CONFIG = "helm:\n  charts/app:\n    values: %s\n"


def test_the_configuration_takes_the_place_of_what_lies_beside(tmp_path: Path) -> None:
    files = {
        "charts/app/values-prod.yaml": "privileged: true\n",
        "charts/app/prod.yaml": "image: nginx:latest\n",
        "env/eu.yaml": "privileged: true\n",
    }
    assert found(tmp_path, files, CONFIG % "[prod.yaml, [prod.yaml, /env/eu.yaml]]") == {
        "latest-tag": {"charts/app + prod.yaml", "charts/app + prod.yaml + ../../env/eu.yaml"},
        "privileged": {"charts/app + prod.yaml + ../../env/eu.yaml"},
    }


def test_what_is_set_holds_in_all(tmp_path: Path) -> None:
    config = "helm:\n  charts/app:\n    set: {privileged: true}\n    api-versions: [example.org/v1]\n"
    assert found(tmp_path, {}, config) == {"privileged": {"charts/app"}, "host-network": {"charts/app"}}


def test_values_that_are_given_are_the_only_ones() -> None:
    files = {"app/values-prod.yaml": b"", "app/Chart.yaml": b""}
    from hullcheck.source import Source

    given = Given(values=(Source("x.yaml", b"a: 1"),), sets=("b=2",))
    (only,) = releases.Releases(files, files.get, given, {"app": HelmValues(sets=("c=3",))}).of("app")
    assert (only.world, only.values, only.sets) == ("app", given.values, ("c=3", "b=2"))


def test_too_many_variants_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(releases, "MAX_VARIANTS", 1)
    more = {f"charts/app/values-{name}.yaml": "privileged: true\n" for name in "ab"}
    result = judge(tmp_path, {**FILES, **more})
    assert {f.scope for f in result.findings if f.name == "privileged"} == {"charts/app + values-a.yaml"}
    (told,) = _named(result.findings, "not-analysed")
    assert told.location.path == "charts/app/values-b.yaml"


def test_a_variant_that_is_broken_is_told_and_nothing_else_is_lost(tmp_path: Path) -> None:
    more = {"charts/app/values-a.yaml": "privileged: [", "charts/app/values-b.yaml": "privileged: true\n"}
    result = judge(tmp_path, {**FILES, **more})
    assert {f.scope for f in result.findings if f.name == "privileged"} == {"charts/app + values-b.yaml"}
    assert _named(result.findings, "not-analysed")


def test_one_variant_is_accepted_by_itself(tmp_path: Path) -> None:
    more = {"charts/app/values-a.yaml": "privileged: true # hullcheck: ignore[privileged] -- a test\n"}
    more["charts/app/values-b.yaml"] = "privileged: true\n"
    result = judge(tmp_path, {**FILES, **more})
    assert {f.scope: f.suppression is not None for f in result.findings if f.name == "privileged"} == {
        "charts/app + values-a.yaml": True,
        "charts/app + values-b.yaml": False,
    }


def _named(findings: tuple[Finding, ...], name: str) -> list[Finding]:
    return [finding for finding in findings if finding.name == name]


SCHEMA = {
    "type": "object",
    "properties": {
        "replicas": {"type": "integer", "minimum": 1},
        "name": {"type": "string", "pattern": "^[a-z]+$"},
        "env": {"type": "object", "patternProperties": {"^X_": {"type": "string"}}, "additionalProperties": False},
        "mode": {"enum": ["a", "b"]},
    },
    "required": ["replicas"],
}
TRIED = [
    "replicas: 2", "replicas: 0", "replicas: x", "replicas: 2\nname: ab", "name: A1", "mode: c", "mode: b", "replicas: null",
    "env: {X_A: b}", "env: {X_A: 1}", "env: {Y: b}", "replicas: 1.5", "replicas: 3.0", "other: {a: [1]}",
]  # fmt: skip


@pytest.mark.parametrize("values", TRIED)
def test_a_schema_is_honoured_as_helm_does(values: str, tmp_path: Path) -> None:
    files = {
        "values.yaml": "replicas: 1\n",
        "values.schema.json": json.dumps(SCHEMA),
        "templates/a.yaml": "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\ndata: {a: {{ .Values.replicas | quote }}}\n",
    }
    given = tmp_path / "v.yaml"
    given.write_text(values + "\n")
    theirs = helm_template(tmp_path, files, "-f", str(given))
    from hullcheck.source import Source

    ours = rendered(files, values=[Source("v.yaml", given.read_bytes())])
    assert (theirs.returncode == 0) == (not ours.problems), (theirs.stderr, ours.problems)
    lenient = rendered(files, values=[Source("v.yaml", given.read_bytes())], lenient=True)
    assert bool(lenient.problems) == bool(ours.problems)
    assert lenient.documents


DOUBLING = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(40)} | {"a40": {}}
HOSTILE = [
    '{"properties": {"name": {"pattern": "^(a+)+$"}}}',
    '{"$ref": "#"}',
    '{"$ref": "https://example.org/schema.json"}',
    '{"$schema": "https://example.org/none", "type": 3}',
    "[",
    "[" * 5000,
    json.dumps({"$defs": DOUBLING, "$ref": "#/$defs/a0"}),
    '{"properties": {"name": {"pattern": "("}}}',
    '{"patternProperties": {"(?<=a)": {}}}',
    "3",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_schema_ends_a_run_or_makes_it_long(text: str) -> None:
    from hullcheck.source import Source

    files = {"values.schema.json": text, "templates/a.yaml": "a: {{ .Values.name }}\n", "values.yaml": "name: x\n"}
    made = rendered(files, values=[Source("v.yaml", b"name: " + b"a" * 40 + b"!")], lenient=True)
    assert made.documents
