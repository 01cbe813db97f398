"""What a Flux Kustomization or an Argo CD Application makes of a folder, against kubectl with the fields in the file."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from hullcheck.render.kustomize.scalars import data
from kustomize_cases import SERVICE, WEB
from kustomize_support import kubectl, rendered
from test_worlds import linked

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, labels: {own: x}}\ndata: {b: '1'}\n"
NOTES = [
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 3}\n",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {hostPID: true}}}\n",
    (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
        "spec: {template: {spec: {containers: [{name: web, image: 'redis:7'}, {name: sidecar, $patch: delete}]}}}\n"
    ),
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n$patch: delete\n",
]
OPERATIONS = [
    {
        "target": {"kind": "Deployment"},
        "patch": '[{"op": "add", "path": "/spec/template/spec/hostNetwork", "value": true}]',
    },
    {"target": {"name": "web"}, "patch": '[{"op": "add", "path": "/metadata/annotations", "value": {"a": "b"}}]'},
    {"target": {"kind": "Nothing"}, "patch": '[{"op": "add", "path": "/x", "value": 1}]'},
]
IMAGES = [
    {"name": "nginx", "newTag": "1.29"},
    {"name": "nginx", "newName": "registry.example.org/nginx"},
    {"name": "redis", "newTag": "latest"},
    {"name": "nginx", "newName": "redis", "digest": "sha256:" + "0" * 64},
]
COMPONENT = {"patches": [{"patch": NOTES[1]}], "images": [{"name": "nginx", "newTag": "comp"}]}
Fields = dict[str, Any]


def drawn(random_: random.Random, *, flux: bool) -> Fields:
    made: Fields = {}
    some = random_.random
    if some() < 0.4:
        made["namePrefix"] = random_.choice(["a-", "b-"])
    if some() < 0.3:
        made["nameSuffix"] = random_.choice(["-x", "-y"])
    if some() < 0.5:
        made["namespace"] = random_.choice(["one", "two"])
    if some() < 0.6:
        choice = [{"patch": random_.choice(NOTES[:3])}, random_.choice(OPERATIONS)]
        made["patches"] = random_.sample(choice, random_.randint(1, 2))
    if some() < 0.6:
        made["images"] = random_.sample(IMAGES[:3:2] if some() < 0.5 else [random_.choice(IMAGES)], 1)
    if some() < 0.3:
        made["components"] = ["../more"]
    if not flux and some() < 0.4:
        made["commonLabels"] = {random_.choice("lm"): random_.choice("vw")}
    if not flux and some() < 0.4:
        made["commonAnnotations"] = {random_.choice("no"): random_.choice("vw")}
    return made


def together(own: Fields, more: Fields) -> Fields:
    """What the kustomization is after the tool has changed it."""
    made = dict(own)
    for name, value in more.items():
        if name in ("patches", "components"):
            made[name] = [*own.get(name, []), *value]
        elif name == "images":
            kept = [each for each in own.get(name, []) if each["name"] not in [new["name"] for new in value]]
            order = [each["name"] for each in own.get(name, [])]
            both = [*kept, *value]
            made[name] = sorted(both, key=lambda e: order.index(e["name"]) if e["name"] in order else len(order))
        elif name in ("commonLabels", "commonAnnotations"):
            made[name] = {**own.get(name, {}), **value}
        else:
            made[name] = value
    return made


def flux_object(fields: Fields, common: Fields) -> str:
    spec = {("targetNamespace" if name == "namespace" else name): value for name, value in fields.items()}
    spec |= {"path": "./apps/web", "sourceRef": {"kind": "GitRepository", "name": "x"}}
    if common:
        spec["commonMetadata"] = common
    metadata = {"name": "web", "namespace": "flux-system"}
    return json.dumps(
        {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": metadata, "spec": spec}
    )


def argo_object(fields: Fields) -> str:
    own = dict(fields)
    if "images" in own:
        own["images"] = [_as_text(each) for each in own["images"]]
    source = {"repoURL": "https://git.example.org/a/b.git", "path": "apps/web", "kustomize": own}
    spec = {"source": source, "destination": {"server": "https://kubernetes.default.svc"}}
    return json.dumps(
        {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "web"}, "spec": spec}
    )


def _as_text(image: dict[str, str]) -> str:
    text = f"{image['name']}={image['newName']}" if "newName" in image else image["name"]
    return (
        text
        + (f":{image['newTag']}" if "newTag" in image else "")
        + (f"@{image['digest']}" if "digest" in image else "")
    )


def sorted_objects(objects: list[Any]) -> list[Any]:
    return sorted(objects, key=lambda o: (o["kind"], o["metadata"]["name"], o["metadata"].get("namespace", "")))


@pytest.mark.parametrize("seed", range(40))
def test_a_folder_is_deployed_as_the_tools_do(seed: int, tmp_path: Path) -> None:
    if kubectl() is None:
        pytest.skip("kubectl isn't here")
    random_ = random.Random(seed)
    flux = seed % 2 == 0
    own: Fields = {"resources": ["web.yaml"], **drawn(random_, flux=False)}
    more = drawn(random_, flux=flux)
    if not flux and any(set(each) == {"name", "newName"} for each in more.get("images", [])):
        more.pop("images")
    if "components" in own:
        more.pop("components", None)
    common: Fields = {"labels": {"own": "flux"}, "annotations": {"c": "d"}} if flux and random_.random() < 0.5 else {}
    files = {
        "apps/web/web.yaml": f"{WEB}---\n{SERVICE}---\n{CONFIG_MAP}",
        "apps/more/kustomization.yaml": json.dumps(
            {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component", **COMPONENT}
        ),
    }
    deploying = {"clusters/a/x.yaml": flux_object(more, common) if flux else argo_object(more)}
    found = linked({**files, "apps/web/kustomization.yaml": json.dumps(own), **deploying})
    (world,) = [world for world in found.worlds if world.name.startswith("clusters/a (")]
    for path, text in {**files, "apps/web/kustomization.yaml": json.dumps(together(own, more))}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    expected = rendered(tmp_path / "apps/web")
    assert expected is not None
    for each in expected if common else ():
        for name, said in common.items():
            each["metadata"][name] = {**each["metadata"].get(name, {}), **said}
    assert sorted_objects([data(made.node) for made in world.objects]) == sorted_objects(expected)
