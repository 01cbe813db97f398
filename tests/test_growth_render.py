"""What Dockerfiles, scripts, overlays and charts come to costs no more than their size, and what is cut off is told."""

import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hullcheck.parse.dockerfile import parse
from hullcheck.report.safe import MASK, Secrets, told
from hullcheck.source import Source
from test_growth import _run, repository  # noqa: F401  a fixture

Files = dict[str, str]


def _dockerfile(text: str) -> Files:
    return {"Dockerfile": f"FROM a:1\n{text}"}


def _repeated(line: str) -> Callable[[int], Files]:
    """An instruction many times; `{i}` is its number, `{j}` the one before."""
    return lambda count: _dockerfile("".join(line.format(i=i, j=i - 1) + "\n" for i in range(1, count + 1)))


def _joined(command: str, operator: str) -> Callable[[int], Files]:
    """A command many times in one RUN."""
    return lambda count: _dockerfile(
        "RUN " + operator.join(command.format(i=i, j=i - 1) for i in range(1, count + 1)) + "\n"
    )


def _stages(count: int) -> Files:
    """Stages built on one another, the first of which sets much."""
    first = "FROM scratch AS s0\nENV " + " ".join(f"A{i}=b" for i in range(8 * count))
    return {"Dockerfile": "\n".join([first, *(f"FROM s{i - 1} AS s{i}\nENV B{i}=$A1" for i in range(1, count))])}


COMPONENT = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
CHART = "apiVersion: v2\nname: x\nversion: 1.0.0\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: b}]}\n"


def _config_map(number: int) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{number}}}\ndata: {{a: b}}\n"


def _config_maps(count: int) -> str:
    return "---\n".join(map(_config_map, range(count)))


def _entries(field: str, entry: str) -> Callable[[int], Files]:
    """An overlay with many entries, and as many objects."""
    return lambda count: {
        "kustomization.yaml": f"resources: [a.yaml]\n{field}:\n" + "".join(entry.format(i=i) for i in range(count)),
        "a.yaml": _config_maps(count),
    }


def _generators(count: int) -> Files:
    names = "".join(f"- {{name: g{i}, literals: [a=b]}}\n" for i in range(count))
    pods = "---\n".join(
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p{i}}}\nspec:"
        f" {{containers: [{{name: c, image: a, envFrom: [{{configMapRef: {{name: g{i}}}}}]}}]}}\n"
        for i in range(count // 4)
    )
    return {"kustomization.yaml": f"resources: [a.yaml]\nconfigMapGenerator:\n{names}", "a.yaml": pods}


def _chart(template: str, values: str = "a: 1\n") -> Files:
    return {"c/Chart.yaml": CHART, "c/values.yaml": values, "c/templates/a.yaml": template}


SHAPES: dict[str, tuple[Callable[[int], Files], int]] = {
    "folders in folders": (_repeated("WORKDIR abcdefgh"), 600),
    "variables": (_repeated("ENV A{i}=$A{j}x"), 500),
    "a variable again and again": (_repeated("ENV PATH=$PATH:/a"), 500),
    "doubling variables": (_repeated("ENV A{i}=$A{j}$A{j}"), 500),
    "ports": (_repeated("EXPOSE {i}"), 600),
    "triggers": (_repeated("ONBUILD RUN echo {i}"), 400),
    "stages": (_stages, 60),
    "downloads that are run": (_repeated("RUN curl -k http://a/b | sh"), 100),
    "downloads of one file": (_repeated("RUN curl -o f http://a/{i} && cat f"), 100),
    "downloads of many files": (_repeated("RUN curl -o f{i} https://a/{i} && sh f{i}"), 100),
    "variables of a shell": (_joined("A{i}=$A{j}$A{j}", "; "), 700),
    "a long pipeline": (_joined("tee /etc/a{i}", " | "), 500),
    "downloads in one script": (_joined("curl http://a/{i}", " && "), 100),
    "assigned downloads": (_joined("A{i}=$(curl https://a); eval $A{i}", "; "), 100),
    "passwords": (_joined("echo a:b | chpasswd", "; "), 80),
    "many packages": (lambda n: _dockerfile("RUN apt-get install -y " + " ".join(f"a{i}" for i in range(n))), 4_000),
    "brackets": (lambda n: _dockerfile("RUN " + "(" * n + "a" + ")" * n), 20_000),
    "patches": (
        _entries("patches", "- patch: '{{apiVersion: v1, kind: ConfigMap, metadata: {{name: c{i}}}, data: {{x: y}}}}'\n"),
        150,
    ),
    "patches of one": (
        _entries("patches", "- {{target: {{name: c{i}}}, patch: '- {{op: add, path: /data/x, value: y}}'}}\n"),
        150,
    ),
    "images": (_entries("images", "- {{name: i{i}, newTag: b}}\n"), 120),
    "generators": (_generators, 100),
    "holes in a line": (lambda n: {"a.yaml": POD + "z: [" + "{{ x }}," * n + "]\n"}, 1_500),
    "holes": (lambda n: {"a.yaml": POD + "z:\n" + "  {{ x }}: {{ y }}\n" * n}, 500),
    "unknown conditions": (lambda n: _chart(POD + "z:\n" + "{{ if foo . }}\n  a: b\n{{ end }}\n" * n), 150),
    "values": (lambda n: _chart(POD, "".join(f"a{i}: b\n" for i in range(n))), 4_000),
}  # fmt: skip
"""For each shape the files at a size, and a size at which a run takes a moment."""


def _write(root: Path, files: Files) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("shape", SHAPES)
def test_the_time_of_a_run_grows_with_its_input(repository: Path, shape: str) -> None:  # noqa: F811
    made, size = SHAPES[shape]
    times = []
    for count in (size, size, 4 * size):  # the first loads what is needed
        _write(repository, made(count))
        start = time.process_time()
        code, _ = _run("check", ".")
        times.append(time.process_time() - start)
        assert code in (0, 1, 4)
    assert times[2] < 9 * times[1] + 0.5


@pytest.mark.parametrize("output", ["full", "json", "rdjson", "sarif"])
def test_the_time_of_a_report_grows_with_its_findings(repository: Path, output: str) -> None:  # noqa: F811
    times = []
    for count in (150, 150, 600):
        line = " ".join(f"P{i}_PASSWORD=aZ9{i}xqé𝄞" for i in range(count))
        _write(repository, _dockerfile(f"ENV {line}\n"))
        start = time.process_time()
        code, _ = _run("check", "--output-format", output, ".")
        times.append(time.process_time() - start)
        assert code == 1
    assert times[2] < 9 * times[1] + 0.5


def test_secrets_are_masked_as_if_each_was_looked_for() -> None:
    """Many at once, the longest first, also where they overlap."""
    made = random.Random(14)
    for _ in range(300):
        words = {"a1" + "".join(made.choices("ab1", k=made.randint(4, 5))) for _ in range(made.randint(21, 40))}
        source = Source("a", "\n".join(words).encode())
        secrets = Secrets((), [source.at_line(number) for number in range(1, source.line_count + 1)])
        text = expected = "".join(made.choices("ab1", k=200))
        for word in sorted(words, key=lambda word: (-len(word), word)):
            expected = expected.replace(word, MASK)
        assert secrets.text(text) == told(expected)
        assert secrets.touched(text) or not any(word in text for word in words)


def _unjudged(root: Path, files: Files) -> list[str]:
    """Why what was seen isn't judged."""
    _write(root, files)
    start = time.process_time()
    _, said = _run("check", "--output-format", "json", ".")
    assert time.process_time() - start < 60
    return [cause["because"] for cause in json.loads(said)["coverage"]["causes"]]


def _diamond(head: str, field: str) -> Files:
    """Thirty levels of two kustomizations, each of which takes in both of the level below."""
    files = {"l0/kustomization.yaml": f"{head}commonAnnotations: {{a: b}}\n"}
    for level in range(1, 31):
        below = "../l0" if level == 1 else f"../l{level - 1}a, ../l{level - 1}b"
        for side in "ab":
            files[f"l{level}{side}/kustomization.yaml"] = f"{head}{field}: [{below}]\nnamePrefix: {side}-\n"
    files["top/kustomization.yaml"] = f"{field}: [../l30a, ../l30b]\nresources: [a.yaml]\n"
    return {**files, "top/a.yaml": _config_map(0)}


def _included(levels: int) -> str:
    """A template that includes another twice, which includes another twice."""
    inner = "".join(
        f'{{{{ define "t{i}" }}}}{{{{ include "t{i - 1}" . }}}}{{{{ include "t{i - 1}" . }}}}{{{{ end }}}}\n'
        for i in range(1, levels)
    )
    return f'{inner}{{{{ define "t0" }}}}a{{{{ end }}}}\n{POD}# {{{{ include "t{levels - 1}" . }}}}\n'


STEPS = "it takes more steps than are allowed"
CUT: dict[str, tuple[Files, str]] = {
    "commands of an instruction": (
        _joined("a{i}", "; ")(4_000),
        "it runs more than 3,000 commands",
    ),
    "commands of a file": (
        _dockerfile("".join(f"RUN {'; '.join(f'a{i}' for i in range(2_900))}\n" for _ in range(4))),
        "the file runs more than 10,000 commands",
    ),
    "brackets": (_dockerfile(f"RUN {'{ ' * 60}a{'; }' * 60}\n"), "it is nested too deep"),
    "commands in commands": (_dockerfile(f"RUN find {'-exec find ' * 2_000}\n"), "it is nested too deep"),
    "a pipeline": (_joined("tee a{i}", " | ")(200), "its pipelines are too long to be followed"),
    "a quote": (_dockerfile("RUN echo 'a\n"), "a quote stays open"),
    "another shell": (
        _dockerfile('SHELL ["python"]\nRUN import os\n'),
        "nobody knows how `python` reads it",
    ),
    "variables": (
        _dockerfile("ENV A=0123456789\n" + "ENV A=$A$A\n" * 10 + "".join(f"ENV B{i}=$A$A\n" for i in range(300))),
        "the file's variables come to more than 4,194,304 characters",
    ),
    "stages": (_stages(400), "the stages inherit more than 200,000 settings"),
    "downloads": (
        _dockerfile("RUN curl -o f https://a\n" * 400 + "RUN cat f\n" * 400),
        "it downloads too much to say what becomes of all",
    ),
    "components": (_diamond(COMPONENT, "components"), "the kustomizations of this repository change too many objects too often"),
    "includes": (_chart(_included(60)), STEPS),
    "loops": (_chart("{{ range until 90000 }}{{ range until 90000 }}{{ end }}{{ end }}\n" + POD), STEPS),
    "hashes": (
        _chart('{{ $x := repeat 100000 "a" }}{{ range until 90000 }}{{ $y := sha256sum $x }}{{ end }}\n' + POD),
        STEPS,
    ),
    "a long text": (
        _chart(f"{{{{ range until 90000 }}}}\n---\n{POD}{{{{ end }}}}\n"),
        "it prints more than 4 MiB",
    ),
}  # fmt: skip
"""What isn't followed to its end, and why, in words."""


@pytest.mark.parametrize("shape", CUT)
def test_what_is_cut_off_is_told(repository: Path, shape: str) -> None:  # noqa: F811
    files, why = CUT[shape]
    assert why in _unjudged(repository, files)


def test_a_path_stays_as_long_as_a_path_can_be() -> None:
    text = "FROM a:1\n" + "WORKDIR abcdefgh\n" * 4_000
    folder = parse(Source("Dockerfile", text.encode())).stages[0].state.workdir
    assert folder is not None
    assert folder.value.text is None
    assert "longer than 4,096" in folder.value.why


def test_no_more_instructions_are_read_than_a_file_can_have(repository: Path) -> None:  # noqa: F811
    _write(repository, _repeated("USER a")(6_000))
    code, said = _run("check", ".")
    assert code == 4
    assert "more than 5,000 instructions: the rest of the file isn't read" in said


def test_no_more_objects_are_built_than_a_repository_has(
    repository: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hullcheck.render.kustomize.MAX_OBJECTS", 1_000)
    base = {"base/kustomization.yaml": "resources: [a.yaml]\n", "base/a.yaml": _config_maps(150)}
    overlays = {f"o{i}/kustomization.yaml": f"resources: [../base]\nnamePrefix: p{i}-\n" for i in range(9)}
    _write(repository, base | overlays)
    _, said = _run("check", "--output-format", "json", ".")
    (cause,) = json.loads(said)["coverage"]["causes"]
    assert cause["because"] == "the overlays of this repository build more than 1,000 objects"
    assert {item["object"] for item in cause["items"]} == {"o6", "o7", "o8"}


@pytest.mark.parametrize(("name", "because"), [
    ("hullcheck.render.helm.limits.MAX_OBJECTS", "the chart makes more than 100 objects"),
    ("hullcheck.link.charts.MAX_RENDERED", "the charts of this repository make more than 100 objects"),
])  # fmt: skip
def test_no_more_objects_are_rendered_than_charts_have(
    repository: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    because: str,
) -> None:
    monkeypatch.setattr(name, 100)
    many = "{{ range until 150 }}\n---\n" + POD.replace("name: a", "name: a{{ . }}") + "{{ end }}\n"
    danger = _chart(POD.replace("image: b", "image: b, securityContext: {privileged: true}"))
    _write(repository, _chart(many) | {path.replace("c/", "d/"): text for path, text in danger.items()})
    assert because in _unjudged(repository, {})
