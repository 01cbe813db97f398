"""`hullcheck show --diff-base`: all that a change does to what is rendered, and nothing else."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import hullcheck
from gitrepo import Repo
from hullcheck.cli import main
from hullcheck.discover import DiskTree
from hullcheck.model.node import Mapping, Node, Sequence
from hullcheck.parse.yaml import parse
from hullcheck.show.compare import Difference, core, differences, equal, kubernetes
from hullcheck.show.difference import Cause, difference
from hullcheck.show.emit import value
from hullcheck.show.rendered import side
from hullcheck.show.roots import Options
from hullcheck.source import Source

SCHEMA = json.loads(Path(hullcheck.__file__).with_name("schemas").joinpath("show.schema.json").read_text())
NOTHING = "nothing changes in what runs\n"

APP = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1
        args: [--safe]
        env: [{name: API, value: 'http://api'}, {name: MODE, value: slow}]
        ports: [{containerPort: 80}]
        volumeMounts: [{name: data, mountPath: /data}]
      volumes: [{name: data, emptyDir: {}}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, type: ClusterIP, ports: [{port: 80}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {level: info}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""
ADMIN = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: all}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
"""


class Change:
    """A repository whose last commit has the files `before`, and that holds the files `after`."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.repo = Repo(folder / "r")
        self.capsys = capsys
        monkeypatch.chdir(folder / "r")
        for name in [name for name in os.environ if name.startswith(("GITHUB_", "CI", "GIT_"))]:
            monkeypatch.delenv(name)

    def of(self, before: dict[str, str | None], after: dict[str, str | None], *options: str) -> str:
        self.repo.commit(before)
        self.repo.write(after)
        return self.told(*options)

    def told(self, *options: str) -> str:
        self.capsys.readouterr()
        assert main(["show", "--diff-base", "HEAD", *options]) == 0, self.capsys.readouterr().err
        return self.capsys.readouterr().out

    def json(self, *options: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.told("--output-format", "json", *options))
        Draft202012Validator(SCHEMA).validate(found)
        return found


@pytest.fixture
def change(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Change:
    return Change(tmp_path, capsys, monkeypatch)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[--safe]", "[--unsafe]", "containers[web].args[0]: --safe -> --unsafe (app.yaml:13)"),
        ("http://api", "http://evil", "containers[web].env[API].value: \"http://api\" -> \"http://evil\" (app.yaml:14)"),
        ("ClusterIP", "LoadBalancer", "~ Service web in .: spec.type: ClusterIP -> LoadBalancer (app.yaml:22)"),
        ("level: info", "level: debug", "~ ConfigMap settings in .: data.level: info -> debug (app.yaml:27)"),
        ("verbs: [get]", "verbs: ['*']", "~ Role reader in .: rules[0].verbs[0]: get -> \"*\" (app.yaml:32)"),
        ("[pods]", "[secrets]", "~ Role reader in .: rules[0].resources[0]: pods -> secrets"),
        (", Egress]", "]", "- NetworkPolicy web in .: spec.policyTypes[1]: Egress (before: app.yaml:37)"),
        ("replicas: 1", "replicas: 2", "~ Deployment web in .: spec.replicas: 1 -> 2 (app.yaml:5)"),
        ("    metadata: {labels: {app: web}}", "    metadata: {labels: {app: w}}", "template.metadata.labels.app: web -> w"),
        ("mountPath: /data", "mountPath: /etc", "+ Deployment web in .: containers[web].volumeMounts[/etc]"),
        ("emptyDir: {}", "hostPath: {path: /}", "+ Deployment web in .: volumes[data].hostPath: {\"path\": \"/\"} (app.yaml:17)"),
        ("value: slow", "value: 'slow '", "env[MODE].value: slow -> \"slow \""),
        ("{port: 80}", "{port: '80'}", "~ Service web in .: spec.ports[80/TCP].port: 80 -> \"80\""),
    ],
)  # fmt: skip
def test_each_value_that_differs_is_told(change: Change, old: str, new: str, said: str) -> None:
    assert said in change.of({"app.yaml": APP}, {"app.yaml": APP.replace(old, new)})


def test_what_says_the_same_in_other_words_is_no_change(change: Change) -> None:
    other = "\n---\n".join(reversed(APP.split("\n---\n"))).replace("emptyDir: {}", "'emptyDir': {}")
    other = other.replace("{name: API, value: 'http://api'}", "{value: http://api, name: API}").replace(
        "replicas: 1", "replicas: 0x1"
    )
    assert change.of({"app.yaml": APP}, {"app.yaml": f"# a comment\n\n{other}"}) == NOTHING


def test_rights_come_first_and_say_what_they_are(change: Change) -> None:
    told = change.of({"app.yaml": APP}, {"app.yaml": APP.replace("web:1", "web:2") + ADMIN})
    first, second = told.split("what runs:")
    assert "+ ClusterRoleBinding all in .: ServiceAccount shop/web may what ClusterRole cluster-admin allows" in first
    assert "web:1 -> web:2" in second
    assert [cause["about"] for cause in change.json()["rendered"]].count("rights") == 1


def test_a_new_container_says_what_it_has(change: Change) -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  hostNetwork: true\n  containers:\n"
    pod += "  - {name: a, image: a:1, securityContext: {privileged: true, runAsUser: 0}}\n"
    told = change.of({"app.yaml": APP}, {"pod.yaml": pod})
    assert "container a in Pod p: is new, runs as 0, privileged" in told
    assert "host network, because pod.yaml:7 says so" in told
    assert "+ Pod p in .: " not in told
    assert "+ Pod p in . (pod.yaml:1)" in told
    assert "privileged: true  # pod.yaml:7" in change.told("-v")


CHART = {
    "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n",
    "c/values.yaml": "registry: example.org\ntag: v1\nnames: [a, b, c]\n",
    "c/templates/all.yaml": (
        "{{- range .Values.names }}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ . }}}\nspec:\n"
        "  template:\n    spec:\n      containers:\n      - name: {{ . }}\n"
        "        image: {{ $.Values.registry }}/{{ . }}:{{ $.Values.tag }}\n{{- end }}\n"
    ),
}


def test_one_line_is_one_cause(change: Change) -> None:
    told = change.of({**CHART}, {"c/values.yaml": CHART["c/values.yaml"].replace("v1", "v2")})
    assert told == (
        "what runs:\n  ~ v1 -> v2 (c/values.yaml:2)\n      Deployment a in c: containers[a].image\n"
        "      Deployment b in c: containers[b].image\n      Deployment c in c: containers[c].image\n"
    )
    (cause,) = change.json()["rendered"]
    assert [(each["before"]["line"], each["after"]["path"]) for each in cause["objects"]] == [(2, "c/values.yaml")] * 3
    assert {change["line"] for change in change.json()["changes"]} == {2}


def test_two_lines_are_two_causes(change: Change) -> None:
    change.of({**CHART}, {"c/values.yaml": "registry: example.com\ntag: v1\nnames: [a, b, d]\n"})
    lines = {(cause["was"], cause["now"], len(cause["objects"])) for cause in change.json()["rendered"]}
    assert ("example.org", "example.com", 2) in lines
    assert {each["change"] for cause in change.json()["rendered"] for each in cause["objects"]} == {
        "changed", "added", "removed",
    }  # fmt: skip


def test_options_are_for_both_sides(change: Change) -> None:
    other = CHART["c/values.yaml"].replace("v1", "v2")
    assert change.of({**CHART}, {"c/values.yaml": other}, "--set", "tag=v3") == NOTHING
    assert "v1 -> v2" in change.told("--set", "registry=example.net")
    change.repo.commit({"prod.yaml": "tag: p1\n"})
    assert change.told("--values", "prod.yaml") == NOTHING
    change.repo.write({"prod.yaml": "tag: p2\n"})
    assert "~ p1 -> p2 (prod.yaml:1)" in change.told("--values", "prod.yaml")
    assert change.told() == NOTHING
    compose = "services:\n  a: {image: 'a:${TAG:-1}'}\n  b: {image: b:1, profiles: [debug]}\n"
    change.repo.commit({"compose.yaml": compose})
    change.repo.write({"compose.yaml": compose.replace(":-1", ":-2").replace("b:1", "b:2")})
    assert 'service a in compose.yaml: image: "a:1" -> "a:2"' in change.told()
    assert "service b in compose.yaml: image: b:1 -> b:2" in change.told()
    assert "service a" not in change.told("--env", "TAG=7")
    assert "service b" not in change.told("--compose-profile", "other")


def test_a_port_that_is_published_elsewhere_is_the_same_port(change: Change) -> None:
    text = "services:\n  a:\n    image: a\n    ports: ['80:80', '443:443', '9000:53/udp']\n"
    told = change.of({"compose.yaml": text}, {"compose.yaml": text.replace("443:443", "0.0.0.0:8443:443")})
    assert '~ service a in compose.yaml: ports[443/tcp/8443/0.0.0.0].published: "443" -> "8443"' in told
    assert "ports[80" not in told


def test_what_git_leaves_alone_is_no_change(change: Change) -> None:
    files = {
        ".gitignore": ".env\nown.env\n",
        "compose.yaml": "services:\n  a:\n    image: a:$TAG\n    env_file: own.env\n",
    }
    change.repo.commit({**files})
    change.repo.write({".env": "TAG=5\n", "own.env": "A=1\n"})
    assert change.told() == NOTHING
    change.repo.write({"compose.yaml": files["compose.yaml"].replace("image: a", "image: b")})
    assert 'image: "a:5" -> "b:5"' in change.told()
    change.repo.write({"compose.yaml": files["compose.yaml"].replace("own", "new"), "new.env": "A=2\n"})
    assert 'environment.A: "1" -> "2"' in change.told()


def test_other_values_that_differ_are_said(change: Change) -> None:
    told = change.of({**CHART, "c/prod.values.yaml": "tag: p1\n"}, {"c/prod.values.yaml": "tag: p2\n"})
    assert told.startswith("as far as is known, nothing changes")
    assert "give them with `--values` (c/prod.values.yaml:1)" in told
    assert "give them" not in change.told("--values", "c/prod.values.yaml")


def test_a_variant_that_differs_is_a_change(change: Change) -> None:
    told = change.of({**CHART, "c/values-prod.yaml": "tag: p1\n"}, {"c/values-prod.yaml": "tag: p2\n"})
    assert "p1 -> p2 (c/values-prod.yaml:1)" in told
    assert "in c + values-prod.yaml" in told
    assert "give them" not in told


def test_paths_and_containers_narrow_it(change: Change) -> None:
    change.of(
        {"a/app.yaml": APP, "b/app.yaml": APP},
        {"a/app.yaml": APP.replace("info", "debug"), "b/app.yaml": APP.replace("web:1", "web:2")},
    )
    assert "web:2" not in change.told("a")
    assert "debug" not in change.told("b/app.yaml")
    assert change.told("--container", "web").count("debug") == 0
    assert main(["show", "--diff-base", "HEAD", "--container", "nobody"]) == 2
    assert main(["show", "--output-format", "markdown"]) == 2


SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2hunter2, user: bob}\n"


def test_secrets_are_masked_and_their_change_is_told(change: Change) -> None:
    config = APP.replace(
        "{level: info}", '{url: "postgres://u:Hunter2Hunter2@db/x", app.ini: "a=1\\npassword = Qw3rtyQw3rty\\n"}'
    )
    after = {
        "s.yaml": SECRET.replace("hunter2hunter2", "Xunter3Xunter3"),
        "app.yaml": config.replace("Hunter2Hunter2", "Other4Other4").replace("Qw3rtyQw3rty", "Zx9cvbZx9cvb"),
    }
    change.of({"s.yaml": SECRET, "app.yaml": config}, {**after})
    for options in ((), ("-v",), ("--output-format", "json"), ("--output-format", "markdown")):
        told = change.told(*options)
        for secret in ("hunter2", "Xunter", "Hunter2", "Other4", "Qw3rty", "Zx9cvb"):
            assert secret not in told
    told = change.told()
    assert "~ Secret s in .: stringData.password: REDACTED -> REDACTED, another value" in told
    assert "data.url: REDACTED -> REDACTED, another value" in told
    assert "data.app.ini" in told
    assert "Xunter3" in change.told("--reveal")


BASE = {"base/kustomization.yaml": "resources: [app.yaml]\nconfigMapGenerator:\n- {name: made, literals: [a=1]}\n"}
USER = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - {name: p, image: p, envFrom: [{configMapRef: {name: made}}]}\n"


def test_a_generated_name_is_the_same_thing(change: Change) -> None:
    files = {"k/kustomization.yaml": BASE["base/kustomization.yaml"], "k/app.yaml": USER}
    told = change.of({**files}, {"k/kustomization.yaml": files["k/kustomization.yaml"].replace("a=1", "a=2")})
    assert 'data.a: "1" -> "2"' in told
    assert "envFrom[0].configMapRef.name" in told
    assert "+ " not in told


@pytest.mark.parametrize("line", ["namespace: other", "namePrefix: x-", "nameSuffix: -y"])
def test_a_transformed_name_is_the_same_thing(change: Change, line: str) -> None:
    files = {"k/kustomization.yaml": "resources: [app.yaml]\n", "k/app.yaml": APP}
    change.of({**files}, {"k/kustomization.yaml": f"resources: [app.yaml]\n{line}\n"})
    found = [each for cause in change.json()["rendered"] for each in cause["objects"]]
    assert all(each["path"] for each in found)
    assert {each["after"]["path"] for each in found} == {"k/kustomization.yaml"}
    assert change.json()["changes"] == []


def test_a_world_that_moved_is_told_so(change: Change) -> None:
    told = change.of({"old/app.yaml": APP}, {"old/app.yaml": None, "new/app.yaml": APP.replace("info", "debug")})
    assert "old is new now (manifests)" in told
    assert "ConfigMap settings in new: data.level: info -> debug" in told
    assert " Deployment" not in told


def test_what_cannot_be_rendered_is_said(change: Change) -> None:
    files = {"k/kustomization.yaml": "resources: [app.yaml, 'https://example.org/crd.yaml']\n", "k/app.yaml": APP}
    told = change.of({**files}, {})
    assert told.startswith("as far as is known, nothing changes in what runs\n\nnot compared in full:\n")
    assert "https://example.org/crd.yaml" in told
    assert change.json()["notCompared"][0]["side"] == "both"
    change.repo.write({"k/kustomization.yaml": "resources: [app.yaml, gone.yaml]\n"})
    assert {each["side"] for each in change.json()["notCompared"]} == {"before", "after"}


def test_images_are_compared_with_what_they_run(change: Change) -> None:
    text = 'FROM alpine:3.20 AS build\nRUN make\nFROM alpine:3.20\nCOPY --from=build /a /a\nUSER 7\nCMD ["/a"]\n'
    told = change.of({"Dockerfile": text}, {"Dockerfile": text.replace("make", "make all").replace("USER 7", "USER 0")})
    assert 'config.User: "7" -> "0" (Dockerfile:5)' in told
    assert "steps.build[1]: RUN make -> RUN make all (Dockerfile:2)" in told
    assert "image of Dockerfile, stage 1: runs as 0 instead of 7, because Dockerfile:5 says so" in told


def test_a_cause_in_another_file_is_named(change: Change) -> None:
    files = {"Dockerfile": "FROM alpine:3.20\nUSER 7\n", "compose.yaml": "services:\n  a:\n    build: .\n"}
    told = change.of({**files}, {"Dockerfile": "FROM alpine:3.20\nUSER root\n"})
    assert told.startswith(
        "security:\n  runs as root instead of 7, because Dockerfile:2 says so:\n      service a in compose.yaml\n"
    )


def test_markdown_is_fenced(change: Change) -> None:
    evil = APP.replace("{level: info}", '{level: "```\\n# x\\n```` y"}')
    told = change.of({"app.yaml": APP}, {"app.yaml": evil}, "--output-format", "markdown", "-v")
    opening = next(line for line in told.split("\n") if line.endswith("diff"))
    fence = opening.removesuffix("diff")
    inner = told.partition(opening)[2].rpartition(f"\n{fence}\n")[0]
    assert all(not line.strip().startswith(fence) for line in inner.split("\n"))


# Properties of the comparison itself.

_texts = st.sampled_from(["a", "b", "1", "yes", "", "x y", "null", "0x1"])
_scalars = st.one_of(_texts, st.integers(0, 3), st.booleans(), st.none())
_named = st.fixed_dictionaries({"name": st.sampled_from("abcd"), "v": _scalars})
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(_named, max_size=4),
        st.dictionaries(st.sampled_from(["a", "b", "env", "ports", "name"]), inner, max_size=3),
    ),
    max_leaves=14,
)
_roots = st.dictionaries(st.sampled_from(["spec", "env", "data"]), _values, max_size=3)


def _node(found: object, name: str) -> Node:
    root = parse(Source(name, json.dumps(found).encode())).documents[0].root
    assert root is not None
    return root


def _sides(found: Iterable[Difference]) -> set[tuple[object, ...]]:
    return {(each.before_at, each.after_at, each.before is None, each.after is None, each.reordered) for each in found}


@settings(max_examples=300, deadline=None)
@given(_roots, _roots, st.sampled_from([core, kubernetes]))
def test_it_is_empty_exactly_if_both_are_equal(one: object, other: object, resolve: Any) -> None:
    before, after = _node(one, "a"), _node(other, "b")
    found = list(differences(before, after, resolve))
    assert bool(found) == (json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True))
    assert bool(found) != equal(before, after, resolve)
    mirrored = {
        (new, old, no_new, no_old, order)
        for old, new, no_old, no_new, order in _sides(differences(after, before, resolve))
    }
    assert _sides(found) == mirrored


@settings(max_examples=300, deadline=None)
@given(_roots, _roots)
def test_what_is_told_makes_one_of_the_other(one: object, other: object) -> None:
    before, after = _node(one, "a"), _node(other, "b")
    gone, new = _Leaves(), _Leaves()
    for each in differences(before, after, core):
        if not each.reordered:
            gone.add(each.path, each.before)
            new.add(each.path, each.after)
    old_leaves, new_leaves = _Leaves(), _Leaves()
    old_leaves.add((), before)
    new_leaves.add((), after)
    assert sorted(old_leaves.found + new.found) == sorted(new_leaves.found + gone.found)


class _Leaves:
    """Leaves by the keys that lead to them; what is empty is a leaf as well, as far as nothing came into it."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, path: tuple[str, ...], node: Node | None) -> None:
        if isinstance(node, Mapping):
            for name, (_, child) in node.entries().items():
                self.add((*path, name), child)
        elif isinstance(node, Sequence):
            for child in node.items:
                self.add((*path, "[]"), child)
        elif node is not None:
            self.found.append(
                f"{['[]' if step.startswith('[') else step for step in path]} {core(node)!r} {getattr(node, 'style', '')}"
            )


@pytest.mark.parametrize("edit", [("web:1", "web:2"), ("name: web}", "name: wob}"), ("\n---\napiVersion: rbac", "\n# x\n---\napiVersion: rbac"),
                                  ("{name: API, value: 'http://api'}, ", ""), ("verbs: [get]", "verbs: [list, get]")])  # fmt: skip
def test_the_way_back_tells_the_same(tmp_path: Path, edit: tuple[str, str]) -> None:
    sides = []
    for name, text in (
        ("before", APP),
        ("after", APP.replace(*edit) if "# x" not in edit[1] else APP.partition(edit[0])[0]),
    ):
        for world in ("k", "l"):
            place = tmp_path / name / world
            place.mkdir(parents=True)
            (place / "app.yaml").write_text(text)
            (place / "kustomization.yaml").write_text("resources: [app.yaml]\n")
        (tmp_path / name / ".git").mkdir()
        sides.append(side(DiskTree(str(tmp_path / name)), Options()))
    there, back = difference(*sides), difference(*reversed(sides))
    assert there.causes
    assert sorted(map(_summed, there.causes)) == sorted(_summed(each, back=True) for each in back.causes)
    assert difference(sides[0], sides[0]).empty


def _summed(cause: Cause, *, back: bool = False) -> str:
    told = []
    for each in cause.changes:
        values = [None if node is None else value(node) for node in (each.before, each.after)]
        at = [each.difference.before_at, each.difference.after_at]
        told.append(repr((list(reversed(values)), list(reversed(at))) if back else (values, at)))
    return repr((sorted(told), (cause.now, cause.was) if back else (cause.was, cause.now)))
