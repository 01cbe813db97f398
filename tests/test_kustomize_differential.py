"""Overlays built here and by kubectl: equal as data, object by object, in the same order."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import kustomize_cases as cases
from kustomize_support import build, kubectl, rendered, values

pytestmark = pytest.mark.skipif(
    kubectl() is None, reason="kubectl is neither in KUBECTL nor in ~/.cache/hullcheck-oracles"
)


@pytest.mark.parametrize("name", cases.OVERLAYS)
def test_a_build_is_equal(name: str, tmp_path: Path) -> None:
    files = cases.OVERLAYS[name]
    cases.write(tmp_path, files)
    folder = cases.root_of(files)
    built = build(files, folder)
    assert not built.approximate
    assert values(built) == rendered(tmp_path / folder)


@pytest.mark.parametrize("name", cases.REFUSED)
def test_what_is_refused_is_refused_by_both(name: str, tmp_path: Path) -> None:
    files = cases.REFUSED[name]
    cases.write(tmp_path, files)
    folder = cases.root_of(files)
    assert rendered(tmp_path / folder) is None
    assert build(files, folder).refused


def test_a_difference_is_seen(tmp_path: Path) -> None:
    files = cases.OVERLAYS["images"]
    cases.write(tmp_path, files)
    spoiled = {**files, "web.yaml": files["web.yaml"].replace("nginx:1.25", "nginz:1.25")}
    assert values(build(spoiled, "")) != rendered(tmp_path)


# Trees of overlays: some bases, layers on them, each with a random choice of what a layer can do.

_names = st.sampled_from(["a", "b", "web", "x1"])
_images = st.sampled_from(
    ["nginx", "busybox", "r.example:5000/a/b", "nginx:1", "busybox@sha256:00", "nginx:1@sha256:ab"]
)
_values = st.sampled_from(["1", "true", "yes", "x", "a: b", "", "0x1", "null", "~", "1.5", "2001-01-01"])


@st.composite
def _container(draw: st.DrawFn) -> dict[str, Any]:
    made: dict[str, Any] = {"name": draw(_names), "image": draw(_images)}
    if draw(st.booleans()):
        made["env"] = [{"name": draw(_names), "value": draw(_values)} for _ in range(draw(st.integers(1, 3)))]
    if draw(st.booleans()):
        made["ports"] = [
            {
                "containerPort": draw(st.sampled_from([80, 81])),
                **draw(st.sampled_from([{}, {"protocol": "TCP"}, {"protocol": "UDP"}])),
            }
            for _ in range(draw(st.integers(1, 2)))
        ]
    if draw(st.booleans()):
        made["args"] = draw(st.lists(_values, max_size=2))
    return made


@st.composite
def _workload(draw: st.DrawFn, name: str) -> dict[str, Any]:
    containers = draw(st.lists(_container(), min_size=1, max_size=3))
    volumes = draw(
        st.sampled_from([None, [{"name": "v", "configMap": {"name": "made"}}], [{"name": "v", "emptyDir": {}}]])
    )
    spec: dict[str, Any] = {"containers": containers, **({"volumes": volumes} if volumes else {})}
    kind = draw(st.sampled_from(["Deployment", "StatefulSet", "DaemonSet", "Rollout"]))
    version = "example.org/v1" if kind == "Rollout" else "apps/v1"
    metadata: dict[str, Any] = {"name": name}
    if draw(st.booleans()):
        metadata["labels"] = {draw(_names): draw(_values)}
    template = {"metadata": {"labels": {"app": name}}, "spec": spec}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": {"template": template}}


@st.composite
def _merge_patch(draw: st.DrawFn, target: dict[str, Any]) -> dict[str, Any]:
    body = draw(
        st.sampled_from(
            [
                {"replicas": draw(st.integers(0, 3))},
                {"template": {"metadata": {"labels": draw(st.sampled_from([None, {"app": None}, {"new": "x"}]))}}},
                {
                    "template": {
                        "spec": {"volumes": [{"name": "v", "emptyDir": {}}, {"name": "w", "hostPath": {"path": "/"}}]}
                    }
                },
                {"template": {"spec": {"volumes": None, "hostNetwork": True}}},
                {"template": {"spec": {"containers": [draw(_container()), draw(_container())]}}},
                {"template": {"spec": {"containers": [{"name": draw(_names), "$patch": "delete"}]}}},
                {"template": {"spec": {"containers": [{"$patch": "replace"}, draw(_container())]}}},
                {"template": {"spec": {"containers": [{"image": "nameless"}]}}},
                {"template": {"$patch": draw(st.sampled_from(["replace", "delete", "merge"])), "spec": {}}},
            ]
        )
    )
    name = {"name": target["metadata"]["name"]}
    return {"apiVersion": target["apiVersion"], "kind": target["kind"], "metadata": name, "spec": body}


_operations = st.sampled_from(
    [
        {"op": "add", "path": "/spec/paused", "value": True},
        {"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "added", "image": "nginx"}},
        {"op": "add", "path": "/spec/template/spec/containers/0", "value": {"name": "first", "image": "busybox"}},
        {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "nginx:replaced"},
        {"op": "remove", "path": "/spec/template/spec/containers/0"},
        {"op": "add", "path": "/metadata/annotations/note", "value": "true"},
        {"op": "copy", "from": "/metadata/name", "path": "/spec/copied"},
        {"op": "test", "path": "/spec/template/metadata/labels/app", "value": "one"},
        {"op": "move", "from": "/spec/template/metadata/labels", "path": "/spec/moved"},
    ]
)


@st.composite
def _layer(draw: st.DrawFn, targets: list[dict[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    options: dict[str, Any] = {
        "namePrefix": st.sampled_from(["p-", "q-"]),
        "nameSuffix": st.sampled_from(["-s", "-t"]),
        "namespace": st.sampled_from(["one", "two"]),
        "commonLabels": st.dictionaries(_names, _values, min_size=1, max_size=2),
        "commonAnnotations": st.dictionaries(_names, _values, min_size=1, max_size=2),
        "labels": st.lists(
            st.fixed_dictionaries(
                {"pairs": st.dictionaries(_names, _values, min_size=1, max_size=1)},
                optional={"includeSelectors": st.booleans(), "includeTemplates": st.booleans()},
            ),
            min_size=1,
            max_size=2,
        ),
        "images": st.lists(
            st.fixed_dictionaries(
                {
                    "name": st.sampled_from(
                        ["nginx", "busybox", "r.example:5000/a/b", "ngin.", "none", "(nginx|busybox)"]
                    )
                },
                optional={
                    "newName": st.sampled_from(["other/nginx", "nginx"]),
                    "newTag": st.sampled_from(["v1", "2"]),
                    "digest": st.sampled_from(["sha256:aa"]),
                    "tagSuffix": st.sampled_from(["-x"]),
                },
            ),
            min_size=1,
            max_size=2,
        ),
        "configMapGenerator": st.just([{"name": "made", "literals": ["a=b"]}]),
        "replicas": st.just([{"name": "one", "count": 2}]),
        "sortOptions": st.just({"order": "fifo"}),
    }
    for key, strategy in options.items():
        if draw(st.integers(0, 3)) == 0:
            made[key] = draw(strategy)
    patches = []
    for _ in range(draw(st.integers(0, 2))):
        target = draw(st.sampled_from(targets))
        patches.append(draw(_patch_entry(target)))
    if patches:
        made["patches"] = patches
    return made


@st.composite
def _patch_entry(draw: st.DrawFn, target: dict[str, Any]) -> dict[str, Any]:
    how = draw(st.sampled_from(["merge", "target", "json"]))
    selector = draw(
        st.sampled_from(
            [
                {"kind": target["kind"]},
                {"name": f"{target['metadata']['name']}.*"},
                {"labelSelector": "a"},
                {"name": "o.e|t.*o"},
            ]
        )
    )
    if how == "json":
        return {"target": selector, "patch": json.dumps(draw(st.lists(_operations, min_size=1, max_size=3)))}
    entry: dict[str, Any] = {"patch": json.dumps(draw(_merge_patch(target)))}
    return {**entry, "target": selector} if how == "target" else entry


@st.composite
def _trees(draw: st.DrawFn) -> dict[str, str]:
    one, two = draw(_workload("one")), draw(_workload("two"))
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "one"},
        "spec": {"selector": {"app": "one"}, "ports": [{"port": 80}]},
    }
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "one"},
        "spec": {"scaleTargetRef": {"kind": one["kind"], "name": "one"}, "maxReplicas": 2},
    }
    base = {"resources": ["one.yaml", "two.yaml"], **draw(_layer([one, two]))}
    middle = {"resources": ["../base"], **draw(_layer([one, two]))}
    top = {"resources": ["../middle"], **draw(_layer([one, two]))}
    if draw(st.booleans()):
        top["components"] = ["../component"]
    component = {
        "apiVersion": "kustomize.config.k8s.io/v1alpha1",
        "kind": "Component",
        **draw(_layer([one, two])),
        "nameSuffix": "-c",
    }
    return {
        "base/one.yaml": "\n---\n".join(json.dumps(o, indent=1) for o in (one, service, scaler)),
        "base/two.yaml": json.dumps(two),
        "base/kustomization.yaml": json.dumps(base),
        "middle/kustomization.yaml": json.dumps(middle),
        "component/kustomization.yaml": json.dumps(component),
        "top/kustomization.yaml": json.dumps(top),
    }


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(files=_trees())
def test_random_trees_of_overlays_are_equal(files: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("tree")
    cases.write(folder, files)
    for root in ("base", "middle", "top"):
        wanted = rendered(folder / root)
        built = build(files, root)
        if wanted is None:
            assert built.refused
        else:
            assert not built.approximate
            assert values(built) == wanted
