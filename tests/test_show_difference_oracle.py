"""What `show --diff-base` compares, held against the difference of what the real renderers print: all of it, and nothing else."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import compose_oracle
import kustomize_cases as cases
from compose_projects import CASES
from helm_support import documents, helm_template, plain
from hullcheck.discover import DiskTree
from hullcheck.model.node import Node
from hullcheck.render.compose.resolved import to_plain
from hullcheck.render.kustomize.scalars import data
from hullcheck.show.difference import Change, Whole, difference
from hullcheck.show.rendered import Side, side
from hullcheck.show.roots import Options
from kustomize_support import kubectl, rendered

_NESTED = (dict, list)


def leaves(found: Any, path: tuple[str, ...] = ()) -> Counter[str]:
    """The values of a rendering by the keys that lead to them, wherever in a list they stand."""
    if isinstance(found, dict) and found:
        return sum((leaves(child, (*path, str(key))) for key, child in found.items()), Counter())
    if isinstance(found, list) and found:
        return sum((leaves(child, (*path, "[]")) for child in found), Counter())
    if isinstance(found, _NESTED):
        return Counter()  # something may have come into it
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    return Counter((f"{'.'.join(path)}: {type(found).__name__} {found!r}",))


def of_all(objects: Any) -> Counter[str]:
    return sum(map(leaves, objects), Counter())


def net(gone: Counter[str], new: Counter[str]) -> tuple[Counter[str], Counter[str]]:
    return gone - new, new - gone


def told(whole: Whole, kind: str, plain: Any, *, prefixed: bool = False) -> tuple[Counter[str], Counter[str]]:
    """What the difference says is gone and new."""
    gone: Counter[str] = Counter()
    new: Counter[str] = Counter()
    for cause in whole.causes:
        for change in cause.changes:
            if change.thing.kind == kind and not change.difference.reordered:
                path = _path(change, prefixed=prefixed)
                gone += _leaves(change.difference.before, path, plain)
                new += _leaves(change.difference.after, path, plain)
    return net(gone, new)


def _path(change: Change, *, prefixed: bool) -> tuple[str, ...]:
    path = tuple("[]" if step.startswith("[") else step for step in change.difference.path)
    named = change.thing.key if prefixed and change.thing.key != ("project",) else ()
    return tuple(step for step in (*named, *path) if step)


def _leaves(node: Node | None, path: tuple[str, ...], plain: Any) -> Counter[str]:
    if node is None:
        return Counter()
    found = plain(node)
    if isinstance(found, dict) and set(found) == {""}:
        found = found[""]
    return leaves(found, path)


def sides(folder: Path, root_name: str = "r") -> tuple[Side, Side]:
    found = (side(DiskTree(str(folder / name)), Options(), root_name) for name in ("before", "after"))
    before, after = found
    return before, after


def write(folder: Path, before: dict[str, str], after: dict[str, str]) -> None:
    for name, files in (("before", before), ("after", after)):
        for path, text in files.items():
            place = folder / name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        (folder / name / ".git").mkdir(parents=True, exist_ok=True)


def in_order(found: Any) -> Any:
    """A rendering's objects, whose own order means nothing."""
    return sorted(map(repr, map(_sorted, found)))


def _sorted(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _sorted(found[key]) for key in sorted(found, key=str)}
    return [_sorted(each) for each in found] if isinstance(found, list) else found


EDITS = (
    ("1.25", "1.26"), ("name: A,", "name: AA,"), ("containerPort: 80,", "containerPort: 81,"), ("hostPath", "emptyDir"),
    ("app: web", "app: wob"), ("8080", "8081"), ("data", "date"), ("two", "three"), ("shop", "shoq"), ("sidecar", "side"),
)  # fmt: skip


def edited(files: dict[str, str], number: int) -> dict[str, str]:
    """The files with the edits from that number on, as far as the first three that change anything."""
    made, left = dict(files), 3
    for old, new in (*EDITS[number:], *EDITS[:number]):
        other = {path: text.replace(old, new) for path, text in made.items()}
        if other != made:
            made, left = other, left - 1
        if not left:
            break
    return made


@pytest.mark.skipif(kubectl() is None, reason="kubectl is neither in KUBECTL nor in ~/.cache/hullcheck-oracles")
@pytest.mark.parametrize("number", range(0, len(cases.OVERLAYS), 3))
def test_overlays_differ_as_kubectl_says(number: int, tmp_path: Path) -> None:
    names = list(cases.OVERLAYS)
    files = cases.OVERLAYS[names[number]]
    root = cases.root_of(files)
    for other in (edited(files, number % len(EDITS)), cases.OVERLAYS[names[(number + 1) % len(names)]]):
        if cases.root_of(other) != root:
            continue
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        write(folder, files, other)
        before, after = rendered(folder / "before" / root), rendered(folder / "after" / root)
        if before is None or after is None:
            continue
        whole = _only(*sides(folder), "kustomization", root or ".")
        assert told(whole, "kustomization", data) == net(of_all(before), of_all(after))
        assert bool(whole.causes) == (in_order(before) != in_order(after))


def _only(before: Side, after: Side, kind: str, name: str) -> Whole:
    """The difference of one world."""
    one, other = (
        each._replace(worlds=tuple(world for world in each.worlds if (world.kind, world.name) == (kind, name)))
        for each in (before, after)
    )
    return difference(one, other, reveal=True)


CHART = {
    "values.yaml": "tag: v1\nreplicas: 2\nextra: {}\nhosts: [a, b]\nmode: 'yes'\n",
    "templates/web.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: {{ .Release.Name }}-web}\nspec:\n"
        "  replicas: {{ .Values.replicas }}\n  template:\n    spec:\n      containers:\n      - name: web\n"
        "        image: web:{{ .Values.tag }}\n        env:\n        - {name: MODE, value: {{ .Values.mode | quote }}}\n"
        "        {{- range $i, $h := .Values.hosts }}\n        - {name: HOST_{{ $i }}, value: {{ $h }}}\n        {{- end }}\n"
        "        {{- with .Values.extra }}\n        resources: {{ toYaml . | nindent 10 }}\n        {{- end }}\n"
    ),
    "templates/config.yaml": (
        "{{- if gt (int .Values.replicas) 1 }}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n"
        "  sum: {{ .Values | toJson | sha256sum }}\n  text: |\n    tag {{ .Values.tag }}\n    end\n{{- end }}\n"
    ),
}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("values.yaml", "v1", "v2"),
        ("values.yaml", "replicas: 2", "replicas: 1"),
        ("values.yaml", "extra: {}", "extra: {limits: {cpu: 1, memory: 1Gi}}"),
        ("values.yaml", "[a, b]", "[b, a, c]"),
        ("values.yaml", "mode: 'yes'", "mode: yes"),
        ("templates/web.yaml", "name: web\n", "name: wob\n"),
        ("templates/web.yaml", "image: web", "image: example.org/web"),
        ("templates/config.yaml", "    end\n", "    ends\n    here\n"),
        ("templates/config.yaml", "{name: c}", "{name: d}"),
        ("values.yaml", "tag: v1", "# a comment\ntag: v1"),
    ],
)
def test_charts_differ_as_helm_says(name: str, old: str, new: str, tmp_path: Path) -> None:
    other = {**CHART, name: CHART[name].replace(old, new)}
    assert other != CHART
    prints = []
    for each, files in (("before", CHART), ("after", other)):
        made = helm_template(tmp_path / each, files)
        assert made.returncode == 0, made.stderr
        prints.append(documents(made.stdout))
        (tmp_path / each / ".git").mkdir()
    whole = difference(*sides(tmp_path), reveal=True)
    assert told(whole, "chart", plain) == net(of_all(prints[0]), of_all(prints[1]))
    assert bool(whole.causes) == (in_order(prints[0]) != in_order(prints[1]))


COMPOSE_EDITS = (
    ("image: a", "image: z"), ("80:80", "81:80"), ("A: ", "AB: "), ("A=1", "A=2"), ("web", "wab"), ("1", "2"),
    ("user", "hostname"), ("services:\n", "services:\n  more: {image: more, cap_add: [SYS_ADMIN]}\n"),
)  # fmt: skip


@pytest.mark.skipif(
    compose_oracle.find() is None, reason="Docker Compose is neither in DOCKER_COMPOSE nor in the cache"
)
@pytest.mark.parametrize("name", list(CASES)[::3])
def test_projects_differ_as_compose_says(name: str, tmp_path: Path) -> None:
    files = CASES[name]
    if "compose.yaml" not in files:
        return
    for number, (old, new) in enumerate(COMPOSE_EDITS):
        after = {path: text.replace(old, new) for path, text in files.items()}
        if after == files:
            continue
        folder = tmp_path / str(number)
        write(folder, files, after)
        prints = [compose_oracle.config(folder / each, ["compose.yaml"])[0] for each in ("before", "after")]
        if None in prints:
            continue
        before, later = sides(folder)
        whole = _only(before, later, "compose", "compose.yaml")
        if "$unknown" in repr([to_plain(t.node) for s in (before, later) for w in s.worlds for t in w.things]):
            continue
        for each in prints:
            each.pop("name", None)
        ours = told(whole, "compose", to_plain, prefixed=True)
        theirs = net(leaves(prints[0]), leaves(prints[1]))
        assert [_unnamed(each) for each in ours] == [_unnamed(each) for each in theirs]


def _unnamed(found: Counter[str]) -> Counter[str]:
    """What is left without names that are made of the project's, which is called after its folder."""
    return Counter(
        {text: count for text, count in found.items() if ".name: str" not in text and not text.startswith("name:")}
    )
