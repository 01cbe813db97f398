"""Where the fixes of checks are made: overlays, charts, JSON, anchors, images that are built here."""

from pathlib import Path

import pytest

from hullcheck.cli import main

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: registry.example.com/web:1
"""
SAFE_POD = """\
      securityContext:
        allowPrivilegeEscalation: false
  securityContext:
    seccompProfile:
      type: RuntimeDefault
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1
          securityContext:
            privileged: true
"""


class Folder:
    def __init__(self, root: Path) -> None:
        self.root = root
        (root / ".git").mkdir()

    def write(self, files: dict[str, str]) -> None:
        for path, text in files.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode())

    def fix(self, *options: str) -> dict[str, str]:
        """The files that change; a second time must change nothing."""
        before = self.read()
        main(["check", str(self.root), "--color", "never", *options])
        after = self.read()
        main(["check", str(self.root), "--color", "never", *options])
        assert self.read() == after
        return {path: text for path, text in after.items() if before[path] != text}

    def read(self) -> dict[str, str]:
        files = (file for file in sorted(self.root.rglob("*")) if file.is_file())
        return {str(file.relative_to(self.root)): file.read_bytes().decode() for file in files}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_a_pod_gets_what_keeps_its_behaviour(folder: Folder) -> None:
    folder.write({"pod.yaml": POD})
    assert folder.fix("--fix") == {"pod.yaml": POD + SAFE_POD}


def test_line_endings_and_a_missing_last_one_stay(folder: Folder) -> None:
    text = (POD + SAFE_POD).replace("\n", "\r\n").removesuffix("\r\n")
    folder.write({"pod.yaml": POD.replace("\n", "\r\n").removesuffix("\r\n")})
    assert folder.fix("--fix") == {"pod.yaml": text}


def test_json_stays_json(folder: Folder) -> None:
    folder.write(
        {
            "pod.json": '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": '
            '[{"name": "web", "image": "registry.example.com/web:1"}]}}\n'
        }
    )
    assert folder.fix("--fix") == {
        "pod.json": '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": '
        '[{"name": "web", "image": "registry.example.com/web:1", "securityContext": '
        '{"allowPrivilegeEscalation": false}}], "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}}\n'
    }


def test_a_privileged_container_is_not_forbidden_what_it_has(folder: Folder) -> None:
    folder.write({"pod.yaml": f"{POD}      securityContext:\n        privileged: true\n"})
    changed = folder.fix("--fix")["pod.yaml"]
    assert "RuntimeDefault" in changed
    assert "allowPrivilegeEscalation" not in changed


def test_several_items_of_a_list_go_one_after_the_other(folder: Folder) -> None:
    start = "services:\n  web:\n    image: registry.example.com/web:1\n"
    folder.write(
        {"compose.yaml": f"{start}    cap_add:\n      - SYS_ADMIN\n      # why\n      - NET_ADMIN\n      - BPF\n"}
    )
    assert folder.fix("--unsafe-fixes", "--select", "dangerous-capability") == {"compose.yaml": start}


def overlay(name: str) -> dict[str, str]:
    return {f"{name}/kustomization.yaml": f"resources: [../base]\nnamePrefix: {name}-\n"}


def test_a_base_of_several_overlays_is_changed_only_where_that_is_asked_for(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.write(
        {
            "base/kustomization.yaml": "resources: [deployment.yaml]\n",
            "base/deployment.yaml": DEPLOYMENT,
            **overlay("one"),
            **overlay("two"),
        }
    )
    assert folder.fix("--fix") == {}
    capsys.readouterr()
    main(["check", str(folder.root), "--color", "never", "--select", "privileged"])
    assert "(changes every overlay that uses the file)" in capsys.readouterr().out
    changed = folder.fix("--unsafe-fixes", "--select", "privileged")
    assert list(changed) == ["base/deployment.yaml"]
    assert "privileged" not in changed["base/deployment.yaml"]


def test_no_object_is_added_to_a_base_of_several_overlays(folder: Folder) -> None:
    base = {"base/kustomization.yaml": "resources: [deployment.yaml]\n", "base/deployment.yaml": DEPLOYMENT}
    folder.write(base)
    chosen = ("--unsafe-fixes", "--select", "no-network-policies")
    assert "NetworkPolicy" in folder.fix(*chosen)["base/deployment.yaml"]
    folder.write({**base, **overlay("one"), **overlay("two")})
    assert folder.fix(*chosen) == {}


def test_a_patch_is_changed_where_it_decides(folder: Folder) -> None:
    good = DEPLOYMENT.replace("privileged: true", "privileged: false")
    patch = "kind: Deployment\napiVersion: apps/v1\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n"
    patch += "      containers:\n        - name: web\n"
    folder.write(
        {
            "base/kustomization.yaml": "resources: [deployment.yaml]\n",
            "base/deployment.yaml": good,
            "prod/kustomization.yaml": "resources: [../base]\npatches: [{path: patch.yaml}]\n",
            "prod/patch.yaml": f"{patch}          securityContext: {{privileged: true}}\n",
        }
    )
    assert folder.fix("--unsafe-fixes", "--select", "privileged") == {"prod/patch.yaml": patch}


OPERATION = """\
patches:
  - target: {kind: Deployment}
    patch: |
      - op: add
        path: /spec/template/spec/hostNetwork
        value: true
"""
MERGED = """\
patches:
  - patch: |
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec:
        template:
          spec: {hostNetwork: true}
"""


@pytest.mark.parametrize("patch", [OPERATION, MERGED])
def test_a_patch_within_a_kustomization_is_left_to_people(folder: Folder, patch: str) -> None:
    folder.write(
        {
            "base/kustomization.yaml": "resources: [deployment.yaml]\n",
            "base/deployment.yaml": DEPLOYMENT.replace("true", "false"),
            "prod/kustomization.yaml": f"resources: [../base]\n{patch}",
        }
    )
    main(["check", str(folder.root), "--select", "host-network", "--output-format", f"json:{folder.root}/report.json"])
    assert '"host-network"' in (folder.root / "report.json").read_text()
    assert folder.fix("--unsafe-fixes", "--select", "host-network") == {}


def test_an_operation_of_a_json_patch_stays_whole(folder: Folder) -> None:
    folder.write(
        {
            "base/kustomization.yaml": "resources: [deployment.yaml]\n",
            "base/deployment.yaml": DEPLOYMENT.replace("true", "false"),
            "prod/kustomization.yaml": "resources: [../base]\npatches:\n  - path: patch.yaml\n"
            "    target: {kind: Deployment}\n",
            "prod/patch.yaml": "- op: add\n  path: /spec/template/spec/hostNetwork\n  value: true\n",
        }
    )
    assert folder.fix("--unsafe-fixes", "--select", "host-network") == {}


def test_a_chart_s_values_are_left_to_people(folder: Folder) -> None:
    folder.write(
        {
            "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
            "chart/values.yaml": "securityContext:\n  privileged: true\n  runAsUser: 1000\n",
            "chart/templates/pod.yaml": f"{POD}      securityContext: {{{{ toYaml .Values.securityContext | nindent 8 }}}}\n",
        }
    )
    main(["check", str(folder.root), "--select", "privileged", "--output-format", f"json:{folder.root}/report.json"])
    assert '"privileged"' in (folder.root / "report.json").read_text()
    assert folder.fix("--unsafe-fixes", "--select", "privileged") == {}


def test_a_compose_file_with_a_variant_is_changed_only_where_that_is_asked_for(folder: Folder) -> None:
    base = "services:\n  web:\n    image: registry.example.com/web:1\n"
    folder.write(
        {
            "compose.yaml": base,
            "compose.prod.yaml": "services:\n  web:\n    security_opt: ['no-new-privileges:true']\n",
        }
    )
    assert folder.fix("--fix") == {}


def test_an_anchor_that_others_use_is_changed_only_where_that_is_asked_for(folder: Folder) -> None:
    text = "x-logging: &logging\n  driver: none\nservices:\n"
    text += "".join(f"  {name}:\n    image: a.example/x:1\n    logging: *logging\n" for name in ("a", "b"))
    folder.write({"compose.yaml": text})
    assert folder.fix("--fix", "--select", "logging-none") == {}


def test_an_image_that_needs_privileges_is_not_denied_them(folder: Folder) -> None:
    folder.write(
        {
            "Dockerfile": "FROM debian:12\nRUN apt-get install -y sudo\nUSER 1000\n",
            "compose.yaml": "services:\n  web:\n    build: .\n",
        }
    )
    assert folder.fix("--fix") == {}
    chosen = ("--unsafe-fixes", "--select", "privilege-escalation")
    assert "no-new-privileges:true" in folder.fix(*chosen)["compose.yaml"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('FROM debian:12\nCOPY a /a\nCMD ["/a"]\n', 'FROM debian:12\nCOPY a /a\nUSER 65532\nCMD ["/a"]\n'),
        ("FROM debian:12\nUSER root\nEXPOSE 80", "FROM debian:12\nUSER 65532\nEXPOSE 80"),
        ("FROM debian:12\nUSER root\nRUN make\n", "FROM debian:12\nUSER root\nRUN make\nUSER 65532\n"),
        (
            "FROM debian:12\nRUN useradd -u 1001 app\nRUN <<EOT\nmake\nEOT\nCMD x\n",
            "FROM debian:12\nRUN useradd -u 1001 app\nRUN <<EOT\nmake\nEOT\nUSER 1001\nCMD x\n",
        ),
        ("FROM debian:12\nRUN adduser --system app\n", "FROM debian:12\nRUN adduser --system app\nUSER app\n"),
    ],
)
def test_an_image_ends_with_a_user(folder: Folder, before: str, after: str) -> None:
    folder.write({"Dockerfile": before})
    assert folder.fix("--unsafe-fixes", "--select", "root-user,root-user-implicit") == {"Dockerfile": after}


def test_a_stage_that_others_are_built_on_gets_no_user(folder: Folder) -> None:
    folder.write(
        {
            "Dockerfile": "FROM debian:12 AS app\nCMD x\nFROM app AS tools\nRUN apt-get install -y strace\n",
            "compose.yaml": "services:\n  web:\n    build: {context: ., target: app}\n",
        }
    )
    assert folder.fix("--unsafe-fixes", "--select", "root-user-implicit") == {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("curl -fsSLk https://e.example/a", "curl -fsSL https://e.example/a"),
        ("curl -k https://e.example/a", "curl https://e.example/a"),
        ("curl --insecure \\\n  https://e.example/a", "curl \\\n  https://e.example/a"),
        ("pip install --trusted-host e.example x", "pip install x"),
        ("wget --no-check-certificate https://e.example/a && true", "wget https://e.example/a && true"),
    ],
)
def test_certificates_are_verified_again(folder: Folder, before: str, after: str) -> None:
    folder.write({"Dockerfile": f"FROM debian:12\nRUN {before}\n"})
    fixed = {"Dockerfile": f"FROM debian:12\nRUN {after}\n"}
    assert folder.fix("--unsafe-fixes", "--select", "tls-verify-off") == fixed


@pytest.mark.parametrize("run", ['["curl", "-k", "https://e.example/a"]', "git config http.sslVerify false"])
def test_what_is_no_mere_option_is_left_to_people(folder: Folder, run: str) -> None:
    folder.write({"Dockerfile": f"FROM debian:12\nRUN {run}\n"})
    assert folder.fix("--unsafe-fixes", "--select", "tls-verify-off") == {}


def test_sudo_stays_where_it_does_something(folder: Folder) -> None:
    folder.write({"Dockerfile": "FROM debian:12\nRUN sudo true\nUSER app\nRUN sudo make\nCMD sudo x\n"})
    fixed = {"Dockerfile": "FROM debian:12\nRUN true\nUSER app\nRUN sudo make\nCMD sudo x\n"}
    assert folder.fix("--unsafe-fixes", "--select", "sudo") == fixed


@pytest.mark.parametrize(
    ("volume", "fixed"),
    [
        ("- /etc:/host", "- /etc:/host:ro"),
        ("- '/etc:/host:rw,z'", "- '/etc:/host:ro,z'"),
        ("- {type: bind, source: /etc, target: /host}", "- {type: bind, source: /etc, target: /host, read_only: true}"),
    ],
)
def test_mounts_are_made_read_only(folder: Folder, volume: str, fixed: str) -> None:
    start = "services:\n  web:\n    image: a.example/x:1\n    volumes:\n      "
    folder.write({"compose.yaml": f"{start}{volume}\n"})
    changed = folder.fix("--unsafe-fixes", "--select", "sensitive-mount-write")
    assert changed == {"compose.yaml": f"{start}{fixed}\n"}


def test_a_dead_instruction_goes_with_all_its_lines(folder: Folder) -> None:
    folder.write({"Dockerfile": 'FROM debian:12\n# old\nCMD ["a", \\\n  "b"]\nCMD ["c"]'})
    fixed = {"Dockerfile": 'FROM debian:12\n# old\nCMD ["c"]'}
    assert folder.fix("--unsafe-fixes", "--select", "multiple-cmd") == fixed
