"""What a session keeps of overlays, charts and manifests comes out as if all were made anew."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cached
from hullcheck import snapshot
from hullcheck.link import found, joined, world_index
from hullcheck.link.images import Images
from hullcheck.link.noted import Noted
from hullcheck.model import kept
from hullcheck.render.kustomize import again
from hullcheck.session import Session
from session_worlds import Worlds
from test_session import CHECKS, asked, compared


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times tell of a change soon."""
    monkeypatch.setattr(snapshot, "MARGIN", cached.MARGIN)


def edited(seed: int, folder: Path, edits: int) -> Session:
    tree = Worlds(folder / "tree", random.Random(seed))
    open_ = Session(*asked(tree.root), CHECKS)
    compared(open_, tree.root, {}, folder)
    for _ in range(edits):
        compared(open_, tree.root, tree.edit(), folder)
    return open_


@pytest.mark.parametrize("seed", range(16))
def test_an_edit_comes_out_as_a_run_from_the_beginning(seed: int, tmp_path: Path) -> None:
    edited(seed, tmp_path, 14)


def without(prefix: str, place: int, end: int | None = None) -> Callable[[pytest.MonkeyPatch], None]:
    """What is kept under keys that begin so, with a part of the key left out, or all up to `end`."""
    end = place + 1 if end is None else end

    def spoil(patch: pytest.MonkeyPatch) -> None:
        for name in ("of", "known", "hold", "keep"):
            known = getattr(kept.Kept, name)

            def spoiled(self: kept.Kept, key: Any, *others: Any, known: Any = known) -> Any:
                if isinstance(key, tuple) and key[0] == prefix:
                    key = (*key[:place], *key[end:])
                return known(self, key, *others)

            patch.setattr(kept.Kept, name, spoiled)

    return spoil


def replaced(where: Any, name: str, value: Any) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(where, name, value)


def forgetting(*lost: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Some of the files that things are made of aren't noted."""
    keep = kept.Kept.keep
    return replaced(
        kept.Kept, "keep", lambda self, key, held, value, read: keep(self, key, held, value, frozenset(read) - {*lost})
    )


def _take(self: joined.Joined, other: joined.Joined, changed: frozenset[str]) -> None:
    self.noted, self._in_tree = other.noted, other.asked._replace(commands=self.texts.commands)


POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {serviceAccountName: web, containers: [{name: c, image: 'acme/web:1', env: [{name: DB_PASSWORD, value: hunter2hunter2}], ports: [{containerPort: 80}]}]}
"""
SPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: restricted}}\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: other, namespace: shop}\n"
LAYER = "resources: [../base]\npatches: [{path: patch.yaml, target: {kind: Pod}}]\n"
PATCH = "[{op: add, path: /spec/hostNetwork, value: true}]\n"
CHART = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "web/values.yaml": "host: true\n",
    "web/templates/a.yaml": POD.replace("spec: {", "spec: {hostPID: {{ .Values.host }}, "),
}
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: all, namespace: flux-system}
spec:
  path: ./base
  sourceRef: {kind: GitRepository, name: flux-system}
  patches: [{target: {kind: Pod}, patch: '[{"op": "add", "path": "/spec/hostNetwork", "value": true}]'}]
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  source: {repoURL: 'https://git.example.com/a.git', path: web, helm: {valuesObject: {host: true}}}
  destination: {namespace: prod}
"""
TWO = "FROM debian:13.1 AS one\nUSER root\nFROM debian:13.1 AS two\nUSER 1000\n"
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: all, namespace: shop}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress, Egress]}
"""

CASES: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], dict[str, str], str, str, str]] = {
    "the namespace of a pod": (
        without("workload", 4), {"pod.yaml": POD, "space.yaml": SPACE}, "space.yaml", "restricted", "privileged",
    ),
    "whether all of its world is known": (
        without("workload", 2),
        {"base/pod.yaml": POD, "base/kustomization.yaml": "resources: [pod.yaml]\n"},
        "base/kustomization.yaml", "]", ", ../missing]\ncomponents: [../missing]",
    ),
    "names of secrets": (
        without("joined", 2), {"pod.yaml": POD, "secret.yaml": SECRET}, "secret.yaml", "other", "hunter2hunter2",
    ),
    "an image that is built here": (
        replaced(Images, "makes", lambda *given: False),
        {"pod.yaml": POD, "a/Dockerfile": TWO, "a/compose.yaml": "services:\n  a: {build: {context: ., target: one}, image: 'acme/web:1'}\n"},
        "a/compose.yaml", "one", "two",
    ),
    "the policies of a workload's network": (
        without("network", 1), {"pod.yaml": POD, "policy.yaml": POLICY}, "policy.yaml", "app: web", "app: x",
    ),
    "the workloads around a policy": (
        without("surroundings", 1),
        {"pod.yaml": POD, "policy.yaml": POLICY.replace("app: web", "app: payments")}, "pod.yaml", "app: web", "app: payment",
    ),
    "values of a chart": (forgetting("web/values.yaml"), CHART, "web/values.yaml", "true", "false"),
    "values that an application gives": (
        without("release", 3), CHART | {"app.yaml": APPLICATION}, "app.yaml", "true", "false",
    ),
    "a patch of an overlay": (
        forgetting("prod/patch.yaml"),
        {"base/pod.yaml": POD, "base/kustomization.yaml": "resources: [pod.yaml]\n", "prod/kustomization.yaml": LAYER, "prod/patch.yaml": PATCH},
        "prod/patch.yaml", "hostNetwork", "hostPID",
    ),
    "a component that becomes an overlay": (
        without("builds", 1, 99),
        {"base/pod.yaml": POD, "base/kustomization.yaml": "resources: [pod.yaml]\n", "parts/b.yaml": POD.replace("name: web", "name: b"),
         "parts/kustomization.yaml": "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nresources: [b.yaml]\n"},
        "parts/kustomization.yaml", "Component", "Kustomization",
    ),
    "what else is built before": (
        replaced(again.Again, "_stays", lambda self, made: True),
        {"base/pod.yaml": POD, "r/kustomization.yaml": "resources: [../x]\n", "x/kustomization.yaml": "resources: [../a]\n",
         "a/kustomization.yaml": "resources: [../x]\n", "base/kustomization.yaml": "resources: [pod.yaml]\n"},
        "r/kustomization.yaml", "../x", "../base",
    ),
    "a layer that is only deployed": (
        replaced(again.Again, "_has_layers_of", lambda self, made: True),
        {"base/pod.yaml": POD, "base/kustomization.yaml": "resources: [pod.yaml]\n", "flux.yaml": FLUX},
        "flux.yaml", "hostNetwork", "hostPID",
    ),
    "what other worlds answer": (
        replaced(world_index.Everywhere, "_asked", lambda self, question: self.answer(question)),
        {"a/pod.yaml": POD.replace("web", "other"), "a/service.yaml": SERVICE, "a/kustomization.yaml": "resources: [pod.yaml, service.yaml]\n",
         "b/pod.yaml": POD, "b/kustomization.yaml": "resources: [pod.yaml]\n"},
        "b/pod.yaml", "app: web", "app: none",
    ),
    "what pipelines build": (
        replaced(joined.Joined, "take", _take),
        {"a/Dockerfile": TWO, "pod.yaml": POD, ".gitlab-ci.yml": "a: {script: ['docker build --target one a']}\n"},
        ".gitlab-ci.yml", "one", "two",
    ),
    "what git leaves alone": (
        replaced(Noted, "ignored", lambda self, path: self.tree.ignored(path)),
        {"a/Dockerfile": TWO, "pod.yaml": POD, "build.sh": "docker build --target one a\n", ".gitignore": "other\n"},
        ".gitignore", "other", "build.sh",
    ),
    "what a part is made of": (
        replaced(found, "key_of", lambda part: (type(part), getattr(part, "owner", ""))),
        {"pod.yaml": POD}, "pod.yaml", "spec: {", "spec: {hostNetwork: true, ",
    ),
    "where an object stands": (
        replaced(kept, "_are_same", lambda one, other: True),
        {"base/pod.yaml": POD, "base/kustomization.yaml": "resources: [pod.yaml]\n"}, "base/pod.yaml", "apiVersion", "# more\napiVersion",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_thing_that_something_is_made_of_counts(name: str, tmp_path: Path) -> None:
    spoil, files, path, old, new = CASES[name]
    root = tmp_path / "tree"
    (root / ".git").mkdir(parents=True)
    for each, text in files.items():
        (root / each).parent.mkdir(parents=True, exist_ok=True)
        (root / each).write_text(text)
    text = files[path].replace(old, new).encode()
    assert text != files[path].encode()
    compared_after(root, path, text, tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        spoil(patch)
        with pytest.raises(AssertionError):
            compared_after(root, path, text, tmp_path)


def compared_after(root: Path, path: str, text: bytes, scratch: Path) -> None:
    open_ = Session(*asked(root), CHECKS)
    open_.update()
    compared(open_, root, {path: text}, scratch)
