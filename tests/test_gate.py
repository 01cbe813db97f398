"""Changes that try to get past the gate, and changes that must not be stopped by it, in real repositories."""

from pathlib import Path

import pytest

from gitrepo import Repo

CLEAN = """\
FROM debian:13.1@sha256:0000000000000000000000000000000000000000000000000000000000000001
RUN make install
ENV LANG=C.UTF-8
LABEL org.opencontainers.image.title=app
USER 10001
ENTRYPOINT ["/app"]
"""
BAD = CLEAN.replace("USER 10001", "USER root")
COMPOSE = """\
services:
  web:
    image: registry.example.org/web:1.2.3
    user: "10001"
    read_only: true
    restart: always
  old:
    image: registry.example.org/old:1.2.3
    user: root
    environment:
      LANG: C.UTF-8
    restart: on-failure
"""
POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: {name}
  namespace: shop
spec:
  containers:
    - name: main
      image: registry.example.org/{name}:1.2.3
      securityContext:
        runAsUser: {user}
"""
PODS = f"{POD.format(name='api', user=10001)}---\n{POD.format(name='batch', user=0)}"
CONFIG = """\
fail-on: high
exclude: [examples/]
overrides:
  - paths: [prod/]
    severity: {latest-tag: critical}
suppressions: {max: 20}
"""
BASE: dict[str, str | None] = {
    ".hullcheck.yaml": CONFIG,
    "README.md": "# An application\n",
    "app/Dockerfile": CLEAN,
    "legacy/Dockerfile": BAD.replace("make install", "make legacy"),
    "tools/Dockerfile": '# hullcheck: ignore-file[root-user] reason="builds only"\n' + BAD,
    "quiet/Dockerfile": '# hullcheck: ignore-file[root-user] reason="planted, of no use yet"\n' + CLEAN,
    "dated/Dockerfile": CLEAN.replace(
        "USER 10001", '# hullcheck: ignore[root-user] reason="soon" until=2026-12-31\nUSER root'
    ),
    "examples/Dockerfile": CLEAN,
    "compose.yaml": COMPOSE,
    "broken/compose.yaml": "services:\n  web: [\n",
    "k8s/pods.yaml": PODS,
}
IGNORED = CLEAN.replace("USER 10001", "{}\nUSER root")
MORE = "  more:\n    image: registry.example.org/more:1.2.3\n    user: root\n"
BASELINE = '{"version": 1, "findings": [{"path": "new/Dockerfile", "name": "root-user", "object": "0", "id": "ID", "count": 1}]}'

ATTACKS: dict[str, dict[str, str | None]] = {
    "a root container": {"app/Dockerfile": BAD},
    "the line is only deleted": {"app/Dockerfile": CLEAN.replace("USER 10001\n", "USER root\nUSER 10001\n")
                                 .replace("USER 10001\n", "")},
    "a new file": {"new/Dockerfile": BAD},
    "a file in lower case": {"new/dockerfile": BAD},
    "a second root service": {"compose.yaml": COMPOSE + MORE},
    "a copied file": {"copy/Dockerfile": BAD.replace("make install", "make legacy")},
    "one bad file for another": {"legacy/Dockerfile": None, "new/Dockerfile": "FROM alpine:3.22\nRUN apk add x\nUSER root\n"},
    "root moves to another service": {"compose.yaml": COMPOSE.replace("root", "{u}").replace('"10001"', "root").replace("{u}", '"1"')},
    "our ignore comment": {"app/Dockerfile": IGNORED.format('# hullcheck: ignore[root-user] reason="trust me"')},
    "our comment for the file": {"app/Dockerfile": '# hullcheck: ignore-file[root-user] reason="trust me"\n' + BAD},
    "our comment for a block": {"app/Dockerfile": '# hullcheck: ignore-block[root-user] reason="trust me"\n' + BAD},
    "our comment without a reason": {"app/Dockerfile": IGNORED.format("# hullcheck: ignore[root-user]")},
    "x-hullcheck at a service": {"compose.yaml": COMPOSE + MORE + "    x-hullcheck: {ignore: {root-user: trust me}}\n"},
    "x-hullcheck for the file": {"compose.yaml": COMPOSE + MORE + "x-hullcheck: {ignore: {root-user: trust me}}\n"},
    "hadolint's comment": {"app/Dockerfile": IGNORED.format("# hadolint ignore=DL3002 # trust me")},
    "hadolint's comment for the file": {"app/Dockerfile": "# hadolint global ignore=DL3002 # trust me\n" + BAD},
    "checkov's comment": {"app/Dockerfile": "# checkov:skip=CKV_DOCKER_8:trust me\n" + BAD},
    "trivy's comment": {"app/Dockerfile": IGNORED.format("#trivy:ignore:DS-0002")},
    "tally's comment": {"app/Dockerfile": "# tally global ignore=all;reason=trust me\n" + BAD},
    "kics' comment": {"app/Dockerfile": "# kics-scan ignore\n" + BAD},
    "a planted comment is used": {"quiet/Dockerfile": '# hullcheck: ignore-file[root-user] reason="planted, of no use yet"\n' + BAD},
    "a suppression is prolonged": {"dated/Dockerfile": (BASE["dated/Dockerfile"] or "").replace("2026-12-31", "2036-12-31")},
    "a comment moves to another fault": {"app/Dockerfile": IGNORED.format('# hullcheck: ignore[root-user] reason="builds only"'),
                                         "tools/Dockerfile": CLEAN},
    "a configuration that ignores it": {".hullcheck.yaml": CONFIG + "ignore: [root-user]\n", "app/Dockerfile": BAD},
    "a configuration that ignores it, later to be used": {".hullcheck.yaml": CONFIG + "ignore: [root-user]\n"},
    "a configuration that never fails": {".hullcheck.yaml": CONFIG.replace("high", "none"), "app/Dockerfile": BAD},
    "a configuration that never fails, later to be used": {".hullcheck.yaml": CONFIG.replace("high", "none")},
    "the configuration is deleted": {".hullcheck.yaml": None},
    "the configuration is renamed": {".hullcheck.yaml": None, ".hullcheck.yaml.bak": CONFIG},
    "the configuration is broken": {".hullcheck.yaml": "ignore: [root-user\n"},
    "a suppress entry": {".hullcheck.yaml": CONFIG + "suppress:\n  - {checks: [root-user], paths: [app/], reason: trust me}\n",
                         "app/Dockerfile": BAD},
    "a suppress entry, later to be used": {
        ".hullcheck.yaml": CONFIG + "suppress:\n  - {checks: [root-user], paths: [app/], reason: trust me}\n"},
    "an excluded folder": {".hullcheck.yaml": CONFIG.replace("[examples/]", "[examples/, app/]"), "app/Dockerfile": BAD},
    "an excluded folder, later to be used": {".hullcheck.yaml": CONFIG.replace("[examples/]", "[examples/, app/]")},
    "a folder to come is excluded": {".hullcheck.yaml": CONFIG.replace("[examples/]", "[examples/, new/]")},
    "a lower severity": {".hullcheck.yaml": CONFIG + "severity: {root-user: info}\n"},
    "a lax override": {".hullcheck.yaml": CONFIG.replace("suppressions", "  - {paths: [app/], ignore: [root-user]}\nsuppressions")},
    "a lax override's level": {".hullcheck.yaml": CONFIG.replace("suppressions", "  - {paths: [app/], fail-on: none}\nsuppressions")},
    "a strict override is dropped": {".hullcheck.yaml": CONFIG.replace("    severity: {latest-tag: critical}\n", "")},
    "suppressions are welcome": {".hullcheck.yaml": CONFIG + "gate: {new-suppressions: allow}\n"},
    "more suppressions are allowed": {".hullcheck.yaml": CONFIG.replace("20", "2000")},
    "a nested configuration": {"app/.hullcheck.yaml": "ignore: [root-user]\n", "app/Dockerfile": BAD},
    "a second configuration": {"pyproject.toml": '[tool.hullcheck]\nignore = ["root-user"]\n', "app/Dockerfile": BAD},
    "a baseline of its own": {".hullcheck.yaml": CONFIG + "baseline: old.json\n", "old.json": BASELINE, "new/Dockerfile": BAD},
    "git is told to ignore it": {".gitignore": "new/\n", "new/Dockerfile": BAD},
    "git is told to ignore what is there": {".gitignore": "app/\n", "app/Dockerfile": BAD},
    "moved to where nobody looks": {"app/Dockerfile": None, "examples/app/Dockerfile": BAD},
    "moved to a vendored folder": {"app/Dockerfile": None, "vendor/app/Dockerfile": BAD},
    "renamed to what nobody knows": {"app/Dockerfile": None, "app/image.build": BAD},
    "renamed and rewritten": {"app/Dockerfile": None, "app/image.build": "# an image\nFROM alpine:3.22\nUSER root\n" + "# x\n" * 99},
    "a manifest renamed to what nobody knows": {"k8s/pods.yaml": None, "k8s/pods.yaml.txt": PODS.replace("10001", "0")},
    "made too large": {"app/Dockerfile": BAD + "# padding\n" * 600_000},
    "made unreadable": {"compose.yaml": COMPOSE.replace("user: root", "user: [root")},
    "changed while unreadable": {"broken/compose.yaml": "services:\n  web: [\n  user: root\n"},
    "made a template": {"k8s/pods.yaml": "{{- if .Values.all }}\n" + PODS.replace("10001", "0") + "{{- end }}\n"},
    "hidden behind escapes": {"k8s/pods.yaml": PODS.replace("apiVersion", '"\\x61piVersion"').replace("10001", "0")},
    "our annotation": {"k8s/pods.yaml": PODS.replace("  name: api\n", "  name: api\n  annotations: {hullcheck.dev/ignore.root-user: x}\n")
                       .replace("10001", "0")},
    "kube-linter's annotation": {"k8s/pods.yaml": PODS.replace("  name: api\n", "  name: api\n  annotations: {kube-linter.io/ignore-all: x}\n")
                                 .replace("10001", "0")},
    "checkov's annotation": {"k8s/pods.yaml": PODS.replace("  name: api\n", "  name: api\n  annotations: {checkov.io/skip1: CKV_K8S_23=x}\n")
                             .replace("10001", "0")},
    "a volume that is the kernel's": {
        "compose.yaml": f"{COMPOSE}    volumes: ['kernel:/x']\nvolumes:\n  kernel: {{driver_opts: {{type: proc, device: proc}}}}\n"},
    "a disk by another path": {
        "compose.yaml": f"{COMPOSE}    volumes: ['disk:/x']\nvolumes:\n  disk: {{driver_opts: {{type: ext4, device: /x/../dev/sda1}}}}\n"},
    "a bake file puts an image in a stage's place": {
        "docker-bake.hcl": 'target "app" {\n  context = "app"\n  contexts = {\n    base = "docker-image://example.org/x:latest"\n  }\n}\n'},
    "a bake file without a Dockerfile here": {
        "ci/docker-bake.json": '{"target": {"a": {"context": "..", "dockerfile": "none", "contexts": {"b": "docker-image://x:latest"}}}}'},
    "a second root container": {"k8s/pods.yaml": PODS + PODS[PODS.rindex("    - name"):].replace("main", "side")},
}  # fmt: skip

LINKS = {
    "a link out of the repository": "/etc/passwd",
    "a link to nothing": "nowhere",
    "a link to a folder": "../tools",
}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit(BASE)
    made.git("checkout", "-q", "-b", "change")
    return made


@pytest.mark.parametrize("change", ATTACKS.values(), ids=ATTACKS)
def test_no_change_gets_past_the_gate(
    repo: Repo, change: dict[str, str | None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(change)
    outcome = repo.run(capsys, monkeypatch, "--gate", "--diff-base", "main")
    assert outcome.code in (1, 4), outcome
    assert outcome.new


@pytest.mark.parametrize("target", LINKS.values(), ids=LINKS)
def test_no_link_gets_past_the_gate(
    repo: Repo, target: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo.folder / "app/Dockerfile").unlink()
    (repo.folder / "app/Dockerfile").symlink_to(target)
    repo.commit()
    outcome = repo.run(capsys, monkeypatch, "--gate", "--diff-base", "main")
    assert outcome.code == 4
    assert outcome.new == ["file-left-scope app/Dockerfile"]


DOCUMENTS = PODS.split("---\n")
SERVICES = COMPOSE.partition("  old:\n")
HARMLESS: dict[str, dict[str, str | None]] = {
    "nothing": {},
    "lines are added above": {"legacy/Dockerfile": "# a comment\n\n# another\n" + (BASE["legacy/Dockerfile"] or ""),
                              "compose.yaml": "# a comment\n\n" + COMPOSE},
    "other lines are changed": {"legacy/Dockerfile": (BASE["legacy/Dockerfile"] or "").replace("C.UTF-8", "C"),
                                "compose.yaml": COMPOSE.replace("on-failure", "always")},
    "CRLF": {name: text.replace("\n", "\r\n") for name, text in BASE.items() if text and not name.startswith("broken")},
    "a reformatted Compose file": {"compose.yaml": 'services: {web: {image: "registry.example.org/web:1.2.3", "user": "10001", '
                                   "restart: always, read_only: true},\n old: {image: registry.example.org/old:1.2.3, 'user': 'root', "
                                   "environment: {LANG: C.UTF-8}, restart: on-failure}}\n"},
    "services are reordered": {"compose.yaml": "services:\n" + "  old:\n" + SERVICES[2] + SERVICES[0].partition("\n")[2]},
    "documents are reordered": {"k8s/pods.yaml": DOCUMENTS[1] + "---\n" + DOCUMENTS[0]},
    "documents are split": {"k8s/pods.yaml": DOCUMENTS[0], "k8s/batch.yaml": DOCUMENTS[1]},
    "documents are moved together": {"k8s/pods.yaml": None, "k8s/api.yaml": DOCUMENTS[0], "k8s/batch.yaml": DOCUMENTS[1]},
    "instructions are reordered": {"legacy/Dockerfile": (BASE["legacy/Dockerfile"] or "").replace(
        "ENV LANG=C.UTF-8\nLABEL org.opencontainers.image.title=app\n", "LABEL org.opencontainers.image.title=app\nENV LANG=C.UTF-8\n")},
    "a file is renamed": {"legacy/Dockerfile": None, "legacy/app.Dockerfile": BASE["legacy/Dockerfile"],
                          "compose.yaml": None, "docker-compose.yml": COMPOSE},
    "a folder is renamed": {"legacy/Dockerfile": None, "retired/Dockerfile": (BASE["legacy/Dockerfile"] or "").replace("=app", "=retired"),
                            "tools/Dockerfile": None, "build/Dockerfile": BASE["tools/Dockerfile"]},
    "root is written as a number": {"legacy/Dockerfile": (BASE["legacy/Dockerfile"] or "").replace("USER root", "USER 0:0"),
                                    "compose.yaml": COMPOSE.replace("user: root", 'user: "0"')},
    "a bake file": {"docker-bake.hcl": 'target "app" {\n  context = "app"\n  contexts = {\n    base = "docker-image://example.org/x:1.2.3"\n'
                    '    more = "target:other"\n  }\n}\n'},
    "a service is renamed": {"compose.yaml": COMPOSE.replace("  old:", "  former:")},
    "an object is renamed": {"k8s/pods.yaml": PODS.replace("name: batch", "name: nightly")},
    "a stage is named": {"legacy/Dockerfile": (BASE["legacy/Dockerfile"] or "").replace("0001\n", "0001 AS final\n")},
    "a stage is put before": {"legacy/Dockerfile": "FROM golang:1.25.3 AS build\nRUN go build\nUSER 10001\n" + (BASE["legacy/Dockerfile"] or "")},
    "a fault is cured": {"legacy/Dockerfile": CLEAN},
    "a bad file is deleted": {"legacy/Dockerfile": None},
    "a clean file is deleted": {"app/Dockerfile": None, "README.md": "# An application\n\n```\napiVersion: v1\nFROM debian\n```\n"},
    "a clean service is added": {"compose.yaml": COMPOSE + MORE.replace("root", '"10001"')},
    "a reason is reworded": {"tools/Dockerfile": (BASE["tools/Dockerfile"] or "").replace("builds only", "it only builds")},
    "a suppressed line moves with its comment": {"dated/Dockerfile": "# a comment\n" + (BASE["dated/Dockerfile"] or "")},
    "a suppression ends earlier": {"dated/Dockerfile": (BASE["dated/Dockerfile"] or "").replace("2026-12-31", "2026-12-01")},
    "a stricter configuration": {".hullcheck.yaml": CONFIG.replace("high", "low").replace("[examples/]", "[]") + "gate: {fail-on: low}\n"},
    "a configuration in another place": {".hullcheck.yaml": None, ".hullcheck.yml": CONFIG},
    "documentation": {"docs/gate.md": "FROM the beginning\n", "values.txt": "services:\n"},
    "something in an excluded folder": {"examples/Dockerfile": BAD},
    "something vendored": {"vendor/x/Dockerfile": BAD},
    "a broken file is mended": {"broken/compose.yaml": "services:\n  web:\n    image: x:1\n    user: '1'\n"},
}  # fmt: skip


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_what_is_harmless_passes_the_gate(
    repo: Repo, change: dict[str, str | None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(change)
    outcome = repo.run(capsys, monkeypatch, "--gate", "--diff-base", "main")
    assert outcome.code == 0, outcome.new
    old = ("root-user", "untagged", "suppression", "policy", "parse-error", "no-network")
    assert [finding for finding in outcome.new if finding.startswith(old)] == []


def test_a_dockerfile_by_any_name_is_read_where_a_build_names_it(
    repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = MORE.replace("    user: root\n", "    build: {context: build, dockerfile: app.image}\n")
    repo.commit({"compose.yaml": COMPOSE + service, "build/app.image": BAD})
    outcome = repo.run(capsys, monkeypatch, "--gate", "--diff-base", "main")
    assert outcome.code == 1
    assert "root-user build/app.image" in outcome.new


def test_the_order_of_overrides_is_policy(
    repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lax, strict = "  - {paths: [app/], fail-on: none}\n", "  - {paths: [app/Dockerfile], fail-on: low}\n"
    repo.git("checkout", "-q", "main")
    repo.commit({".hullcheck.yaml": f"overrides:\n{lax}{strict}"})
    repo.git("checkout", "-q", "-b", "swapped")
    repo.commit({".hullcheck.yaml": f"overrides:\n{strict}{lax}"})
    outcome = repo.run(capsys, monkeypatch, "--gate", "--diff-base", "main")
    assert (outcome.code, outcome.new) == (1, ["policy-weakened .hullcheck.yaml"])


def test_what_was_judged_in_part_may_stay_so(
    repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    open_quote = CLEAN.replace("make install", "make install && echo '")
    repo.git("checkout", "-q", "main")
    repo.commit({"part/Dockerfile": open_quote})
    repo.git("checkout", "-q", "-b", "elsewhere")
    repo.commit({"README.md": "x\n"})
    outcome = repo.run(capsys, monkeypatch, "--gate", "--diff-base", "main")
    assert (outcome.code, outcome.new) == (0, [])
    repo.commit({"part/Dockerfile": open_quote.replace("title=app", "title=other")})
    assert repo.run(capsys, monkeypatch, "--gate", "--diff-base", "main").code == 0
    repo.commit({"app/Dockerfile": open_quote})
    assert repo.run(capsys, monkeypatch, "--gate", "--diff-base", "main").code == 4
