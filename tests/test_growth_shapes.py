"""Compose projects, pods, rights and networks of growing size: what is done for them is counted, not timed.

The calls of a run at n, 2n and 4n are compared by their differences, so that what every run costs doesn't count: of work
in proportion to the input the second difference is twice the first one, of work in proportion to its square four times.
"""

import contextlib
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gitrepo import Repo
from hullcheck.cli import main
from hullcheck.link import aggregation, compose_containers
from hullcheck.model.network import solve
from hullcheck.render.compose import limits, load

Files = dict[str, str]


def _compose(services: Callable[[int], str], head: str = "") -> Callable[[int], Files]:
    return lambda n: {"compose.yaml": f"{head}services:\n{''.join(services(i) for i in range(n))}"}


def _pod(item: Callable[[int], str], head: str = "", tail: str = "") -> Callable[[int], Files]:
    start = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
    return lambda n: {"p.yaml": f"{start}{head}{''.join(map(item, range(n)))}{tail}"}


_ONE = "  containers:\n  - name: x\n    image: a:1\n"


def _deployment(i: int, port: str = "") -> str:
    return (
        f"---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: w{i}, namespace: n}}\nspec:\n"
        f"  selector: {{matchLabels: {{app: w{i}}}}}\n  template:\n    metadata: {{labels: {{app: w{i}}}}}\n"
        f"    spec: {{containers: [{{name: c, image: 'a:1'{port}}}]}}\n"
    )


def _policy(name: str, rules: str, selector: str = "{}") -> str:
    return (
        f"---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: n}}\n"
        f"spec:\n  podSelector: {selector}\n  policyTypes: [Ingress]\n  ingress:\n{rules}"
    )


def _role(i: int, *rules: str) -> str:
    return (
        f"---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: r{i}, labels: {{agg: x}}}}\n"
        f"rules:\n{''.join(rules)}"
    )


def _rule(i: int) -> str:
    return f"- {{apiGroups: [''], resources: [secrets, r{i}], verbs: [get, list]}}\n"


def _binding(i: int, role: int, *subjects: int) -> str:
    who = "".join(f"- {{kind: ServiceAccount, name: s{number}, namespace: n}}\n" for number in subjects)
    return (
        f"---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: b{i}}}\n"
        f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r{role}}}\nsubjects:\n{who}"
    )


def _many(parts: Callable[[int], str]) -> Callable[[int], Files]:
    return lambda n: {"k.yaml": "".join(parts(i) for i in range(n))}


def _overrides(n: int) -> Files:
    names = [f"c{number}.yaml" for number in range(4)]
    services = "".join(f"  s{i}: {{image: 'a:1'}}\n" for i in range(n))
    return {".env": f"COMPOSE_FILE={':'.join(names)}\n", **dict.fromkeys(names, f"services:\n{services}")}


def _env_file(n: int) -> Files:
    lines = "".join(f"K{i}=v\n" for i in range(n))
    return {"a.env": lines, "compose.yaml": "services:\n  s: {image: 'a:1', env_file: a.env}\n"}


SHAPES: dict[str, tuple[Callable[[int], Files], int]] = {
    "services": (_compose(lambda i: f"  s{i}: {{image: 'a:1'}}\n"), 15),
    "services with ports": (_compose(lambda i: f"  s{i}:\n    image: a:1\n    ports: ['{i + 1000}:80']\n"), 12),
    "services on one line": (
        lambda n: {"compose.yaml": f"services: {{{', '.join(f'''s{i}: {{image: 'a:1'}}''' for i in range(n))}}}\n"},
        15,
    ),
    "overrides": (_overrides, 8),
    "services with a network each": (
        lambda n: {
            "compose.yaml": f"networks:\n{''.join(f'  n{i}:{chr(10)}' for i in range(n))}services:\n"
            + "".join(f"  s{i}: {{image: 'a:1', networks: [n{i}]}}\n" for i in range(n))
        },
        12,
    ),
    "services that wait for the one before": (
        _compose(lambda i: f"  s{i}: {{image: 'a:1', depends_on: [s{max(i - 1, 0)}]}}\n"),
        12,
    ),
    "services of one build": (lambda n: {
        "Dockerfile": "FROM a:1\nUSER 1\n",
        "compose.yaml": "services:\n" + "".join(f"  s{i}: {{build: {{context: ., args: {{A: '{i}'}}}}}}\n" for i in range(n)),
    }, 12),
    "ranges of ports": (_compose(lambda i: f"  s{i}: {{image: 'a:1', ports: ['1-65535:1-65535']}}\n"), 8),
    "replicas": (_compose(lambda i: f"  s{i}: {{image: 'a:1', scale: 2000000000}}\n"), 12),
    "lines of env_file": (_env_file, 60),
    "containers": (_pod(lambda i: f"  - {{name: c{i}, image: 'a:1'}}\n", "  containers:\n"), 15),
    "variables of a container": (_pod(lambda i: f"    - {{name: E{i}, value: v}}\n", f"{_ONE}    env:\n"), 40),
    "ports of a container": (_pod(lambda i: f"    - {{containerPort: {i + 1}}}\n", f"{_ONE}    ports:\n"), 40),
    "volumes and mounts": (lambda n: _pod(
        lambda i: f"    - {{name: v{i}, mountPath: /m{i}}}\n", f"{_ONE}    volumeMounts:\n",
        "  volumes:\n" + "".join(f"  - {{name: v{i}, hostPath: {{path: /h{i}}}}}\n" for i in range(n)),
    )(n), 30),
    "tolerations": (_pod(lambda i: f"  - {{key: k{i}, operator: Exists}}\n", f"{_ONE}  tolerations:\n"), 60),
    "Services and pods": (_many(
        lambda i: _deployment(i) + f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{i}, namespace: n}}\n"
        f"spec: {{selector: {{app: w{i}}}, ports: [{{port: 80}}]}}\n"
    ), 10),
    "policies": (_many(lambda i: _deployment(i) + _policy(
        f"p{i}", f"  - {{from: [{{podSelector: {{matchLabels: {{app: w{i + 1}}}}}}}], ports: [{{port: {i + 1}}}]}}\n",
        f"{{matchLabels: {{app: w{i}}}}}"
    )), 8),
    "exceptions of a range": (lambda n: {"k.yaml": _deployment(0) + _policy(
        "p", f"  - from: [{{ipBlock: {{cidr: 0.0.0.0/0, except: [{', '.join(f'10.{i}.0.0/24' for i in range(n))}]}}}}]\n"
    )}, 50),
    "ranges of ports in a rule": (lambda n: {"k.yaml": _deployment(0) + _policy(
        "p", f"  - ports:\n{''.join(f'    - {{port: {i * 5 + 1}, endPort: {i * 5 + 3}}}{chr(10)}' for i in range(n))}"
    )}, 50),
    "rules of a role": (lambda n: {"k.yaml": _role(0, *map(_rule, range(n))) + _binding(0, 0, 1)}, 15),
    "roles and their bindings": (_many(lambda i: _role(i, _rule(i)) + _binding(i, i, i)), 10),
    "bindings of one role": (lambda n: {"k.yaml": _role(0, _rule(0)) + "".join(_binding(i, 0, i) for i in range(n))}, 15),
    "accounts": (_many(
        lambda i: f"---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: s{i}, namespace: n}}\n{_deployment(i)}"
    ), 10),
    "roles that aren't there": (_many(lambda i: _role(i, _rule(i)) + _binding(i, 1000 + i, i)), 10),
}  # fmt: skip
"""For each shape its files at a size, and a size at which it is more than what every run costs."""


def _run(*arguments: str) -> tuple[int, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(arguments))
    return code, out.getvalue() + err.getvalue()


def _calls(*arguments: str) -> int:
    """How many functions a run calls."""
    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        code, said = _run(*arguments)
    finally:
        sys.setprofile(None)
    assert code in (0, 1), said
    return count


def _grows_linearly(calls: list[int]) -> bool:
    return calls[2] - calls[1] < 2.8 * (calls[1] - calls[0])


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _write(folder: Path, files: Files) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("shape", SHAPES)
def test_the_work_of_a_run_grows_with_its_input(repository: Path, shape: str) -> None:
    made, size = SHAPES[shape]
    _write(repository, made(size))
    _run("check", ".")  # loads what is needed
    calls = []
    for count in (size, 2 * size, 4 * size):
        _write(repository, made(count))
        calls.append(_calls("check", "."))
    assert _grows_linearly(calls), calls


def _ranges(number: int, changed: bool) -> str:
    """Workloads, and policies for all of them with some ranges each, others at the head."""
    net = 12 if changed else 10
    blocks = ["".join(f"    - ipBlock: {{cidr: {net}.{p}.{r}.0/24}}\n" for r in range(8)) for p in range(number)]
    policies = [_policy(f"p{p}", f"  - from:\n{blocks[p]}") for p in range(number)]
    return "".join([*map(_deployment, range(number)), *policies])


def _own_ranges(number: int, changed: bool) -> str:
    """The same, and a policy for each workload alone."""
    own = [
        _policy(f"o{i}", f"  - from: [{{ipBlock: {{cidr: 20.{i}.{int(changed)}.0/24}}}}]\n", f"{{matchLabels: {{app: w{i}}}}}")
        for i in range(number)
    ]  # fmt: skip
    return _ranges(4, changed) + "".join([*map(_deployment, range(4, number)), *own])


def _rights(number: int, changed: bool) -> str:
    """A role of many rules, each of which gives more at the head."""
    verbs = "get, list, watch" if changed else "get"
    rules = (f"- {{apiGroups: [''], resources: [secrets, r{i}], verbs: [{verbs}]}}\n" for i in range(number))
    return _role(0, *rules) + _binding(0, 0, 1)


@pytest.mark.parametrize(("made", "size"), [(_ranges, 6), (_own_ranges, 8), (_rights, 12)])
def test_the_work_of_a_comparison_grows_with_its_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Callable[[int, bool], str], size: int
) -> None:
    calls = []
    for count in (size, size, 2 * size, 4 * size):  # the first loads what is needed
        repo = Repo(tmp_path / str(len(calls)))
        repo.write({"k.yaml": made(count, False)})
        repo.git("add", ".")
        repo.git("commit", "-qm", "a")
        repo.write({"k.yaml": made(count, True)})
        monkeypatch.chdir(repo.folder)
        calls.append(_calls("check", "--diff-base", "HEAD", "."))
    assert _grows_linearly(calls[1:]), calls


def _unjudged(folder: Path, files: Files) -> tuple[list[str], list[str]]:
    """The messages of what isn't judged, and the objects that findings are about."""
    _write(folder, files)
    code, said = _run("check", "--min-severity", "info", "--output-format", "json", ".")
    assert code in (0, 1)
    found = json.loads(said)["findings"]
    return [f["message"] for f in found if f["name"] == "not-analysed"], [f["object"] for f in found]


def test_roles_that_gather_one_another_have_a_bound(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def roles(number: int) -> Files:
        text = "".join(_role(i, _rule(i)) for i in range(number))
        rule = "aggregationRule: {clusterRoleSelectors: [{matchLabels: {agg: x}}]}\nrules:"
        return {"k.yaml": text.replace("rules:", rule)}

    messages, objects = _unjudged(repository, roles(5))
    assert not messages
    assert "ClusterRole/default/r1" in objects
    monkeypatch.setattr(aggregation, "MAX_GATHERED", 8)
    messages, _ = _unjudged(repository, roles(5))
    assert [message.split(":")[0] for message in messages] == [
        f"ClusterRole `r{i}` isn't judged in full" for i in (2, 3, 4)
    ]


_SHARED = "x-e: &e {A: b, C: d}\nservices:\n"


@pytest.mark.parametrize(
    "text",
    [
        "services:\n  base: {image: 'a:1', environment: {A: b, C: d}}\n"
        + "".join(f"  s{i}: {{extends: base}}\n" for i in range(6)),
        _SHARED + "".join(f"  s{i}: {{image: 'a:1', environment: *e}}\n" for i in range(6)),
    ],
)
def test_what_services_share_has_a_bound(repository: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    assert not _unjudged(repository, {"compose.yaml": text})[0]
    monkeypatch.setattr(limits, "MAX_SHARED", 16)
    monkeypatch.setattr(load, "MAX_SHARED", 16)
    messages, objects = _unjudged(repository, {"compose.yaml": text})
    assert messages
    assert {"services.s0", "services.s5"} <= set(objects)


def test_volumes_that_are_lent_have_a_bound(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = "".join(f"  s{i}: {{image: 'a:1', volumes: ['/x{i}:/y'], volumes_from: [s{i - 1}]}}\n" for i in range(1, 8))
    files = {"compose.yaml": f"services:\n  s0: {{image: 'a:1', volumes: ['/etc:/e']}}\n{chain}"}
    messages, _ = _unjudged(repository, files)
    assert not messages
    monkeypatch.setattr(compose_containers, "MAX_LENT", 10)
    messages, _ = _unjudged(repository, files)
    assert messages[-1].startswith("the volumes of `s7` aren't all judged")


def test_services_that_are_included_have_a_bound(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"common.yaml": "services:\n" + "".join(f"  s{i}: {{image: 'a:1'}}\n" for i in range(5))}
    files |= {f"d{i}/compose.yaml": "include: [../common.yaml]\nservices: {x: {image: 'b:1'}}\n" for i in range(4)}
    assert not _unjudged(repository, files)[0]
    monkeypatch.setattr(load, "MAX_BROUGHT", 10)
    messages, objects = _unjudged(repository, files)
    assert messages == ["`include` leads to too many services: `common.yaml` isn't judged as part of this project"] * 2
    assert "services.s4" in objects


def test_circles_are_told_as_far_as_they_are_few(repository: Path) -> None:
    names = [f"s{i}" for i in range(30)]
    services = "".join(f"  {name}: {{image: 'a:1', depends_on: [{', '.join(n for n in names if n != name)}]}}\n" for name in names)  # fmt: skip
    _write(repository, {"compose.yaml": f"services:\n{services}"})
    _, said = _run("check", "--output-format", "concise", ".")
    assert said.count("a circle of dependencies") == 200
    assert said.count("more circles of dependencies than are told") == 1


def test_a_network_that_is_too_much_is_told(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"k.yaml": _ranges(3, changed=False)}
    assert not _unjudged(repository, files)[0]
    work = solve.Work
    monkeypatch.setattr(solve, "Work", lambda: work(2))
    messages, _ = _unjudged(repository, files)
    assert len(messages) == 1
    assert "can't be worked out in full" in messages[0]
