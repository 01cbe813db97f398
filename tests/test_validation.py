"""Manifests held against the Kubernetes API: what is found, what isn't, how fast, and without the schemas."""

import json
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from hullcheck import engine
from hullcheck.check import Registry
from hullcheck.cli import main
from hullcheck.commands.common import registry
from hullcheck.finding import Finding, Severity
from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.misfit import scalar_kinds
from hullcheck.model.node import Mapping, Scalar
from hullcheck.parse import openapi, yaml
from hullcheck.policy.config import Config
from hullcheck.request import Policy, Request, Subject
from hullcheck.source import Source

CHECKS: Registry = registry()
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: registry.example.com/web:1.4
"""
DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  names: {kind: Thing}
  versions:
    - name: v1
      schema:
        openAPIV3Schema:
"""
THING = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: it}\n"


def validate(
    folder: Path, files: dict[str, str], version: str = "", selected: tuple[str, ...] = ("unknown-field",)
) -> list[Finding]:
    """The findings of `unknown-field` and `invalid-object`."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    policy = Policy(
        Config(select=selected), min_severity=Severity.INFO, today=date(2026, 9, 1), kubernetes_version=version
    )
    found = engine.lint(
        Request(Subject((str(folder),), isolated=True), policy), CHECKS, lambda what, done, total: None
    ).findings
    assert {f.name for f in found} <= {"unknown-field", "invalid-object", "misplaced-security-field", "parse-error"}, (
        found
    )
    return list(found)


def said(folder: Path, text: str) -> list[str]:
    return [finding.message for finding in validate(folder, {"a.yaml": text})]


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        ("", "  replicas: 1", "`replicas` is no field of PodSpec"),
        ("", "  restartPolicy: 3", "`spec.restartPolicy`: it must be a string, not a number: quote it"),
        ("", "  restartPolicy: yes", "it must be a string, not a boolean: quote it"),
        ("", "  hostPID: 'true'", "`spec.hostPID`: it must be a boolean, not a string: leave the quotes out"),
        ("", "  hostPID: 1", "it must be a boolean, not a number"),
        ("", "  hostPID: [true]", "it must be a boolean, not a list"),
        ("", "  volumes: {name: x}", "`spec.volumes`: it must be a list, not a mapping"),
        ("", "  nodeSelector: [a]", "it must be a mapping, not a list"),
        ("", "  nodeSelector: {a: 1}", "`spec.nodeSelector.a`: it must be a string, not a number"),
        ("", "  terminationGracePeriodSeconds: 1.5", "it must be an integer, not a number"),
        ("", "  terminationGracePeriodSeconds: soon", "it must be an integer, not a string"),
        ("", "  priority: 2147483648", "`spec.priority`: it is out of range"),
        ("container", "command: ls", "`spec.containers.web.command`: it must be a list, not a string"),
        ("container", "command: [1]", "`spec.containers.web.command.0`: it must be a string, not a number: quote it"),
        ("container", "env: [{name: A, value: 010}]", "`spec.containers.web.env.A.value`: it must be a string"),
        ("container", "env: [{name: A, value: 1.0}]", "it must be a string, not a number: quote it"),
        ("container", "resources: {limits: {memory: 64MB}}", "must be a quantity such as `500m` or `64Mi`, not `64MB`"),
        ("container", "resources: {limits: {memory: 64K}}", "not `64K`"),
        ("container", "resources: {limits: {memory: [1]}}", "it must be a quantity, not a list"),
        ("container", "livenessProbe: {httpGet: {port: [1]}}", "it must be an integer or a string, not a list"),
        ("container", "livenessProbe: {httpGet: {port: 1.5}}", "it must be an integer or a string, not a number"),
        ("container", "livenessProbe: {httpGet: {port: 99999999999}}", "it is out of range"),
        ("container", "securitycontext: {}", "`securitycontext` is no field of Container; did you mean `securityContext`?"),
        ("container", "security-context: {}", "did you mean `securityContext`?"),
        ("container", "hostPath: /", "`hostPath` is no field of Container"),
        ("container", "tolerations: []", "`tolerations` is no field of Container; it belongs in `spec`"),
        ("container", "periodSeconds: 3", "it belongs in `spec.containers[].livenessProbe` or `spec.containers[].readinessProbe`"),
    ],
)  # fmt: skip
def test_what_the_api_does_not_know_or_refuses_is_told(where: str, value: str, message: str, tmp_path: Path) -> None:
    line = f"{POD}{'      ' if where else ''}{value}\n"
    (found,) = said(tmp_path, line)
    assert message in found


@pytest.mark.parametrize(
    "value",
    [
        "  terminationGracePeriodSeconds: 0x1E",
        "  terminationGracePeriodSeconds: 3e1",
        "  terminationGracePeriodSeconds: $(SECONDS)",
        "  terminationGracePeriodSeconds: GRACE_PERIOD",
        "  terminationGracePeriodSeconds: <seconds>",
        "  terminationGracePeriodSeconds: [GRACE_PERIOD]",
        "  terminationGracePeriodSeconds: !!int '3'",
        "  hostPID: off",
        "  hostPID: ~",
        "  hostPID:",
        "  nodeSelector: {a: !!str 1, b: null, c: 1e999, d: 1:30, e: 0x, f: 2001-01-01}",
        "  nodeSelector: {}",
        "  $patch: replace",
        "  ${EXTRA}: x",
        "  EXTRA_FIELDS: x",
        "  tolerations: {ALL_TOLERATIONS: ''}",
        "  (length(containers) > 1): true",
        "  overhead: {cpu: .5, memory: +1.5Gi, a: 1e3, b: '1E', c: 5.}",
    ],
)
def test_what_may_be_right_is_left_alone(value: str, tmp_path: Path) -> None:
    assert said(tmp_path, f"{POD}{value}\n") == []


def test_places_and_evidence_are_exact(tmp_path: Path) -> None:
    text = f"{POD}      volumeMounts:\n        - {{name: a, mountPath: /, 'sub~p/ath': 1}}\n  hostPID: 'no'\n"
    unknown, refused = validate(tmp_path, {"a.yaml": text})
    assert unknown.location.text == "'sub~p/ath'"
    assert unknown.evidence == ("/spec/containers/web/volumeMounts/a/sub~0p~1ath",)
    assert unknown.owner == refused.owner == "Pod/default/web"
    assert refused.name == "invalid-object"
    assert refused.location.text == "'no'"


def test_a_security_field_is_graded_higher(tmp_path: Path) -> None:
    text = f"{POD}      securityContext: {{privilged: false}}\n      tttyy: true\n"
    assert [f.severity for f in validate(tmp_path, {"a.yaml": text})] == [Severity.MEDIUM, Severity.LOW]


def test_a_misplaced_security_field_is_told_once(tmp_path: Path) -> None:
    text = f"{POD}  securityContext: {{privileged: false, fsGruop: 1}}\n"
    both = validate(tmp_path, {"a.yaml": text}, selected=("unknown-field", "misplaced-security-field"))
    assert [(f.name, f.location.text) for f in both] == [
        ("misplaced-security-field", "privileged"),
        ("unknown-field", "fsGruop"),
    ]
    alone = validate(tmp_path, {"a.yaml": text})
    assert [(f.name, f.location.text) for f in alone] == [("unknown-field", "privileged"), ("unknown-field", "fsGruop")]


def test_the_version_decides(tmp_path: Path) -> None:
    text = f"{POD}  resources: {{limits: {{cpu: 1}}}}\n"
    assert validate(tmp_path, {"a.yaml": text}) == []
    (old,) = validate(tmp_path, {"a.yaml": text}, "1.28")
    assert old.message.startswith("`resources` is no field of PodSpec in Kubernetes 1.28")
    assert validate(tmp_path, {"a.yaml": text}, "1.34.2") == []


def test_an_overlay_is_judged_as_built(tmp_path: Path) -> None:
    base = POD + "      env: [{name: A, value: yes}]\n      workingdir: /\n"
    patch = "- {op: remove, path: /spec/containers/0/workingdir}\n- {op: add, path: /spec/hostpid, value: true}\n"
    files = {
        "base/kustomization.yaml": "resources: [pod.yaml]\n",
        "base/pod.yaml": base,
        "top/kustomization.yaml": "resources: [../base]\npatches: [{path: p.yaml, target: {kind: Pod}}]\n",
        "top/p.yaml": patch,
    }
    (finding,) = validate(tmp_path, files)
    assert (finding.location.path, finding.message) == (
        "top/p.yaml",
        "`hostpid` is no field of PodSpec; did you mean `hostPID`?",
    )


def test_a_chart_is_judged_as_rendered(tmp_path: Path) -> None:
    template = POD + "      resources: {{ toYaml .Values.resources | nindent 8 }}\n"
    files = {
        "Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
        "values.yaml": "resources:\n  cpu: 1\n",
        "templates/pod.yaml": template,
    }
    (finding,) = validate(tmp_path, files)
    assert (finding.location.path, finding.location.line) == ("values.yaml", 2)
    assert finding.message == "`cpu` is no field of ResourceRequirements"
    assert finding.fix is None


@pytest.mark.parametrize(
    ("schema", "spec", "messages"),
    [
        ("{properties: {spec: {type: string}}}", "[]", ["its definition refuses `spec`: it must be a string, not a list"]),
        ("{type: object, properties: {spec: {type: object}}}", "{a: 1}", []),
        (
            "{type: object, properties: {spec: {type: object, properties: {b: {}}}}}",
            "{a: 1}",
            ["`a` is no field of `spec` of Thing"],
        ),
        ("{properties: {spec: {enum: [small, large]}}}", "huge", ["its definition refuses `spec`: it must be one of"]),
        ("{properties: {spec: {type: boolean, nullable: true}}}", "null", []),
        ("{properties: {spec: {type: integer}}}", "soon", ["its definition refuses `spec`: it must be an integer"]),
        ("{properties: {spec: {x-kubernetes-int-or-string: true}}}", "1.5", ["its definition refuses `spec`"]),
        ("{properties: {spec: {anyOf: [{type: string}, {required: [a]}]}}}", "{a: 1}", []),
        # Definitions that are no schemas conclude nothing, and break nothing.
        ("{properties: [spec]}", "{a: 1}", []),
        ("{properties: {spec: [1]}}", "{a: 1}", []),
        ("{properties: {spec: {type: {}, properties: 3, items: 4, enum: 5, oneOf: 6}}}", "{a: [1]}", []),
        ("{properties: {spec: {type: array, items: [{type: string}]}}}", "[1]", []),
        ("[1]", "{a: 1}", []),
        ("", "{a: 1}", []),
        ("{properties: {spec: {$ref: '#/definitions/none'}}}", "{a: 1}", []),
    ],
)  # fmt: skip
def test_custom_resources_are_held_against_their_definition(
    schema: str, spec: str, messages: list[str], tmp_path: Path
) -> None:
    every = validate(tmp_path, {"a.yaml": f"{DEFINITION}          {schema}\n---\n{THING}spec: {spec}\n"})
    found = [finding.message for finding in every if finding.owner.startswith("Thing")]
    assert len(found) == len(messages)
    assert all(message in one for message, one in zip(messages, found, strict=True)), found


def test_of_many_definitions_one_must_fit(tmp_path: Path) -> None:
    own = {f"{n}.yaml": f"{DEFINITION}          {{type: object, properties: {{a{n}: {{}}}}}}\n" for n in range(3)}
    assert validate(tmp_path, {**own, "x.yaml": f"{THING}a2: 1\n"}) == []
    (finding,) = validate(tmp_path, {**own, "x.yaml": f"{THING}a3: 1\n"})
    assert finding.message.startswith("`a3` is no field of Thing")


def test_a_definition_for_tests_holds_there(tmp_path: Path) -> None:
    schema = f"{DEFINITION}          {{type: object, properties: {{spec: {{}}}}}}\n"
    thing = f"{THING}other: 1\n"
    files = {
        "a/testdata/crd.yaml": schema,
        "a/testdata/x/thing.yaml": thing,
        "a/thing.yaml": thing,
        "thing.yaml": thing,
    }
    assert [f.location.path for f in validate(tmp_path, files)] == ["a/testdata/x/thing.yaml"]


def test_without_validate_nothing_is_validated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text(f"{POD}  hostpid: 'true'\n")
    assert main(["--select", "correctness", "--output-format", "concise", str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""
    for arguments in (["--validate"], ["--kubernetes-version", "v1.37.1"], ["--select", "unknown-field"]):
        main([*arguments, "--output-format", "concise", "--min-severity", "info", str(tmp_path)])
        assert "unknown-field" in capsys.readouterr().out


def test_the_configuration_turns_it_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "a.yaml").write_text(f"{POD}  resources: {{}}\n")
    (tmp_path / ".hullcheck.yaml").write_text("validate: true\nkubernetes-version: '1.30'\n")
    main(["--output-format", "json", str(tmp_path)])
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [f["message"] for f in found if f["name"] == "unknown-field"] == [
        "`resources` is no field of PodSpec in Kubernetes 1.30; it belongs in `spec.containers[]`"
    ]


@pytest.mark.parametrize("version", ["1.2", "1.999", "1.24"])
def test_a_version_without_schemas_is_an_error(
    version: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.yaml").write_text(POD)
    assert main(["--kubernetes-version", version, str(tmp_path)]) == 2
    assert f"no schemas of Kubernetes {version}: the installed kubernetes-validate carries 1.25 to 1." in (
        capsys.readouterr().err
    )


def test_a_version_that_is_none_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--kubernetes-version", "newest", str(tmp_path)]) == 2
    assert "--kubernetes-version: newest is no version such as 1.34" in capsys.readouterr().err


def test_without_the_package_the_error_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openapi, "PACKAGE", "kubernetes_validate_that_is_missing")
    (tmp_path / "a.yaml").write_text(POD)
    assert main(["--validate", str(tmp_path)]) == 2
    assert "`pip install hullcheck[validate]`" in capsys.readouterr().err
    assert main(["--allow-no-files", str(tmp_path)]) == 0


def test_broken_schemas_are_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    schemas = tmp_path / "fake_schemas" / "kubernetes-json-schema"
    schemas.mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(openapi, "PACKAGE", "fake_schemas")
    (tmp_path / "a.yaml").write_text(POD)
    assert main(["--validate", str(tmp_path / "a.yaml")]) == 2
    assert "carries no schemas" in capsys.readouterr().err
    (schemas / "v1.31.0-local").mkdir()
    (schemas / "v1.31.0-local" / "_definitions.json").write_text("[]")
    assert main(["--validate", str(tmp_path / "a.yaml")]) == 2
    assert "the schemas of Kubernetes 1.31 can't be read" in capsys.readouterr().err


def test_the_package_is_never_imported(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POD)
    code = (
        "import sys; from hullcheck.cli import main; main(['--validate', sys.argv[1]]);"
        "print(sorted({'kubernetes_validate', 'jsonschema', 'yaml'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("text", "plain", "rendered"),
    [
        ("yes", {"boolean"}, {"boolean", "string"}),
        ("true", {"boolean"}, {"boolean"}),
        ("010", {"integer", "number"}, {"integer", "number"}),
        ("08", {"integer", "number"}, {"integer", "number"}),
        ("1.0", {"integer", "number"}, {"integer", "number"}),
        ("1.5e0", {"number"}, {"number"}),
        ("12e999", {"string"}, {"string"}),
        ("1_000", {"integer", "number"}, {"integer", "number"}),
        ("1.2.3", {"string"}, {"string"}),
        ("e5", {"string"}, {"string"}),
        (".", {"string"}, {"string"}),
        ("null", set(), set()),
    ],
)
def test_a_plain_scalar_is_what_its_reader_makes_of_it(text: str, plain: set[str], rendered: set[str]) -> None:
    node = Scalar(Source("a.yaml", text.encode()), 0, len(text), "", text, "")
    assert scalar_kinds(node, False) == plain
    assert scalar_kinds(node, True) == rendered


def test_every_kind_of_every_carried_version_has_fields_at_places() -> None:
    for minor in range(25, 38):
        types = openapi.types(f"1.{minor}")
        kind = types.kind("apps", "v1", "Deployment")
        assert kind is not None
        assert ("spec", "template", "spec", "containers[]", "securityContext") in kind.places["privileged"]
        assert sum(map(len, kind.places.values())) < 20_000


def seconds(folder: Path, text: str) -> tuple[float, int]:
    started = time.perf_counter()
    found = validate(folder, {"a.yaml": text})
    return time.perf_counter() - started, len(found)


def test_hostile_manifests_end_soon(tmp_path: Path) -> None:
    deep = POD + "  affinity: " + "{a: " * 230 + "1" + "}" * 230 + "\n"
    schema = "{properties: {spec: " + "{type: object, properties: {a: " * 110 + "{}" + "}}" * 110 + "}}"
    nested = f"{DEFINITION}          {schema}\n---\n{THING}spec: {'{a: ' * 200}1{'}' * 200}\n"
    wide = POD + "".join(f"  hostPId{n}: 1\n" for n in range(20_000))
    bomb = "x: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"y{n}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(4)
    )
    shared = POD + f"  volumes: &v [{'{nam: 1}, ' * 1000}]\n" + "".join(f"  v{n}: *v\n" for n in range(100))
    for text, count in ((deep, 1), (nested, 0), (wide, 20_000), (POD + bomb, 5), (shared, 1100)):
        took, found = seconds(tmp_path, text)
        assert took < 30
        assert found == count


def test_cost_grows_with_the_objects(tmp_path: Path) -> None:
    pods = "---\n".join(POD.replace("name: web", f"name: web{n}", 1) for n in range(400))
    found = yaml.parse(Source("a.yaml", pods.encode()))
    roots = [document.root for document in found.documents if isinstance(document.root, Mapping)]
    assert len(roots) == 400
    made = [KubernetesObject("v1", "Pod", "web", "", root.location, root) for root in roots]
    from hullcheck.link.validation import validate as hold
    from hullcheck.model.kubernetes import World

    started = time.perf_counter()
    assert hold([World("a", "manifests", tuple(made), ())], made, "latest").unknown == []
    assert time.perf_counter() - started < 3


def test_validators_agree(tmp_path: Path) -> None:
    """What kubernetes-validate's own strict validation refuses, for types and unknown fields, is refused here, too."""
    reference = pytest.importorskip("kubernetes_validate")
    plain_yaml = pytest.importorskip("yaml")
    texts = [
        POD,
        POD + "  hostPID: 'true'\n",
        POD + "  hostPID: [1]\n",
        POD + "  unheard: 1\n",
        POD + "      ports: [{containerPort: http}]\n",
        POD + "      ports: [{containerPort: 80, hostport: 1}]\n",
        POD + "      env: [{name: A, value: 1}]\n",
        POD + "      resources: {limits: {cpu: 0.5, memory: 1Gi}}\n",
        POD + "      livenessProbe: {httpGet: {port: http}}\n",
        POD + "      livenessProbe: {httpGet: {port: {}}}\n",
        POD + "  tolerations: [{key: a, tolerationSeconds: x}]\n",
        POD.replace("metadata: {name: web}", "metadata: {name: web, labels: {a: 1}}"),
    ]
    for text in texts:
        try:
            reference.validate(plain_yaml.safe_load(text), "1.37", strict=True)
            valid = True
        except reference.ValidationError:
            valid = False
        assert (said(tmp_path, text) == []) is valid, text
