"""Values that the Kubernetes API refuses: what is told of them in every run, and what under `--validate`."""

from pathlib import Path

import pytest

from hullcheck import engine
from hullcheck.commands.common import registry
from hullcheck.finding import Finding, Severity
from hullcheck.policy.config import Config
from hullcheck.request import Policy, Request, Subject

CHECKS = registry()


def pod(spec: str = "", container: str = "", name: str = "web", kind: str = "Pod") -> str:
    return f"""
apiVersion: v1
kind: {kind}
metadata: {{name: {name}}}
spec:
  {spec}
  containers:
    - name: web
      image: registry.example.com/web:1.4
      {container}
"""


def found(folder: Path, text: str, *, validate: bool = False, select: tuple[str, ...] = ()) -> list[Finding]:
    (folder / "pod.yaml").write_text(text, encoding="utf-8")
    selected = select or ("invalid-object", "misplaced-security-field", *(("unknown-field",) if validate else ()))
    request = Request(
        Subject((str(folder),), isolated=True), Policy(Config(select=selected), min_severity=Severity.INFO)
    )
    return list(engine.lint(request, CHECKS, lambda what, done, total: None).shown)


CONTEXTS = [
    ('privileged: "true"', "it must be a boolean, not the text `true`"),
    ("runAsNonRoot: 'true'", "it must be a boolean"),
    ("allowPrivilegeEscalation: falsch", "it must be a boolean, not `falsch`"),
    ('runAsUser: "1000"', "it must be an integer"),
    ("readonlyRootFilesystem: true", "did you mean `readOnlyRootFilesystem`?"),
    ("procMount: unmasked", "`Default`, `Unmasked`"),
    ("seccompProfile: {type: runtimeDefault}", "not `runtimeDefault`"),
    ("seccompProfile: {type: custom}", "not `custom`"),
    ("seccompProfile: {}", "no `type`"),
    ("seccompProfile: RuntimeDefault", "must be a mapping"),
    ("seccompProfile: {type: Localhost}", "needs a `localhostProfile`"),
    ("appArmorProfile: {type: runtime/default}", "not `runtime/default`"),
]


@pytest.mark.parametrize(("setting", "why"), CONTEXTS)
def test_a_setting_that_is_refused_is_told_once(tmp_path: Path, setting: str, why: str) -> None:
    text = pod(container=f"securityContext: {{{setting}}}")
    (one,) = found(tmp_path, text)
    assert (one.name, one.severity) == ("invalid-object", Severity.MEDIUM)
    assert why in one.message
    (strict,) = found(tmp_path, text, validate=True)
    assert (strict.location.start, strict.location.end) == (one.location.start, one.location.end)


def test_a_context_without_blanks_is_text(tmp_path: Path) -> None:
    (one,) = found(tmp_path, pod("securityContext: runAsUser:65534 fsGroup:65534"))
    assert "must be a mapping, not text" in one.message


@pytest.mark.parametrize(
    "setting",
    [
        "privileged: yes, runAsUser: +1000, runAsGroup: 0x10, seccompProfile: {type: Localhost, localhostProfile: a}",
        "runAsNonRoot: !!bool 'true'",
        "privileged: null, seccompProfile: null",
        "privileged: '${PRIVILEGED}', runAsUser: '$(UID)'",
        "seLinuxOptions: {type: container_t}, windowsOptions: {hostProcess: false}, capabilities: {}",
        "seccompProfile: {type: '{{ profile }}'}",
    ],
)
def test_a_setting_that_is_taken(tmp_path: Path, setting: str) -> None:
    assert not found(tmp_path, pod(container=f"securityContext: {{{setting}}}"))


def test_a_misplaced_setting_is_told_by_its_own_check(tmp_path: Path) -> None:
    (one,) = found(tmp_path, pod(container="securityContext: {hostNetwork: true}"))
    assert one.name == "misplaced-security-field"


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ("{pod-security.kubernetes.io/enforce: restrictd}", "not `restrictd`"),
        ("{pod-security.kubernetes.io/enforce-version: '1.30'}", "`v1.34`, not `1.30`"),
        ("{pod-security.kubernetes.io/warn: Baseline}", "not `Baseline`"),
        ("{pod-security.kubernetes.io/enforce: restricted, pod-security.kubernetes.io/enforce-version: latest}", ""),
        ("{pod-security.kubernetes.io/enforce: '${LEVEL}'}", ""),
    ],
)
def test_labels_of_pod_security(tmp_path: Path, labels: str, why: str) -> None:
    shown = found(tmp_path, f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: a, labels: {labels}}}\n")
    assert [why in one.message for one in shown] == [True] * bool(why)


STRICT = [
    (pod("restartPolicy: always"), "not `always`"),
    (pod(container="imagePullPolicy: ifNotPresent"), "not `ifNotPresent`"),
    (pod(container="livenessProbe: {periodSeconds: -1, tcpSocket: {port: 80}}"), "at least 0"),
    (pod(name="Web_App"), "`Web_App` is no name"),
    (pod().replace("- name: web", "- name: C_1"), "`C_1` is no name"),
]


@pytest.mark.parametrize(("text", "why"), STRICT)
def test_words_and_formats_are_held_against_the_api_where_that_is_asked_for(
    tmp_path: Path, text: str, why: str
) -> None:
    assert not found(tmp_path, text)
    (one,) = found(tmp_path, text, validate=True)
    assert why in one.message


def test_what_the_api_takes(tmp_path: Path) -> None:
    """Zeros of probes are their defaults; a controller's pods always restart."""
    probe = "livenessProbe: {periodSeconds: 0, successThreshold: 0, tcpSocket: {port: 80}}"
    assert not found(tmp_path, pod("restartPolicy: OnFailure", probe), validate=True)
    assert not found(tmp_path, pod(name="a.b-c"), validate=True)


def test_what_is_refused_does_not_count_as_set(tmp_path: Path) -> None:
    text = pod(container='securityContext: {readOnlyRootFilesystem: "true", seccompProfile: {type: unconfined}}')
    names = {one.name for one in found(tmp_path, text, select=("writable-root-fs", "seccomp-not-set"))}
    assert names == {"writable-root-fs", "seccomp-not-set", "invalid-object"}


@pytest.mark.parametrize("zero", ["0", "+0", "-0", "0.0", "0x0", "00", "!!int '0'"])
def test_every_zero_is_root(tmp_path: Path, zero: str) -> None:
    (one,) = found(tmp_path, pod(container=f"securityContext: {{runAsUser: {zero}}}"), select=("root-user",))
    assert one.severity is Severity.HIGH


@pytest.mark.parametrize("true", ["true", "True", "yes", "on", "y", "!!bool 'true'"])
def test_every_true_is_privileged(tmp_path: Path, true: str) -> None:
    (one,) = found(tmp_path, pod(container=f"securityContext: {{privileged: {true}}}"), select=("privileged",))
    assert one.severity is Severity.CRITICAL


OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: %s}\n"


@pytest.mark.parametrize("value", [".nan", ".NaN", ".inf", "-.Inf", "[1, .nan]", "{b: {c: +.INF}}"])
def test_a_number_that_json_does_not_have_is_refused(tmp_path: Path, value: str) -> None:
    (told,) = found(tmp_path, OBJECT % value)
    assert "is no number that JSON has" in told.message
    assert "`data.a" in told.message


@pytest.mark.parametrize("value", ["'.nan'", '".inf"', "x.nan", ".nano", "a.infinite", "|\n    .nan\n"])
def test_a_text_with_such_a_word_is_taken(tmp_path: Path, value: str) -> None:
    assert found(tmp_path, f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  a: {value}\n") == []


def test_what_has_no_name_is_called_so(tmp_path: Path) -> None:
    text = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {}\nspec: {defaultBackend: {service: {name: x, port: {number: 1}}}}\n"
    (told,) = found(tmp_path, text, select=("ingress-without-tls",))
    assert told.message == "Ingress without a name serves every host without TLS"
