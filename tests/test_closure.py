"""Asked about some files, a run reads what is joined with them alone, and tells what it would have told of all."""

import argparse
import os
import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import joined_trees
from gitrepo import Repo
from hullcheck import analysis, engine, narrow, report
from hullcheck.analysis import Analysis, Judge, Linked, discovered
from hullcheck.change import commit
from hullcheck.commands import check, hook
from hullcheck.commands.common import registry
from hullcheck.discover import Entry, Tree
from hullcheck.link.joined import Joined
from hullcheck.policy.config import Config
from hullcheck.request import Policy, Request, Subject
from reports import texts

TODAY = date(2026, 1, 1)
CHECKS = registry()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even of a few files not all are read."""
    monkeypatch.setattr(narrow, "LEAST", 0)


def told(root: Path, targets: list[str], config: Config = Config(), **options: Any) -> dict[str, str]:  # noqa: B008
    """What a run tells of the targets, in words and for machines."""
    paths = tuple(str(root / target) for target in targets)
    request = Request(Subject(paths, jobs=1), Policy(config, today=TODAY, **options))
    result = engine.lint(request, CHECKS, lambda what, done, total: None)
    run = result.report(CHECKS, color=False, category="")
    found = texts(run)
    ledger = [(item.path, item.kind, item.object, item.state, item.reason) for item in result.coverage.items]
    return {**found, "else": repr((result.exit_code, result.files, result.not_decided, result.skipped, ledger))}


def of_all(root: Path, targets: list[str], config: Config = Config(), **options: Any) -> dict[str, str]:  # noqa: B008
    """The same, with everything read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(narrow, "LEAST", 1_000_000)
        return told(root, targets, config, **options)


def of_each(root: Path, wanted: list[list[str]]) -> list[dict[str, str]]:
    """The same of each set of targets; where the files of interest are the same, they are read, linked and checked once."""
    linked, checked = Judge.linked, Judge.checked
    known: dict[tuple[Entry, ...], tuple[Linked, Analysis]] = {}
    with pytest.MonkeyPatch.context() as patch:

        def linked_once(judge: Judge, tree: Tree, **given: Any) -> Linked:
            found = discovered(tree)
            key = tuple(found[0])
            if key not in known:
                patch.setattr(analysis, "discovered", lambda tree: found)
                made = linked(judge, tree, **given)
                known[key] = made, checked(judge, made)
            return known[key][0]

        patch.setattr(narrow, "LEAST", 1_000_000)
        patch.setattr(Judge, "linked", linked_once)
        patch.setattr(Judge, "checked", lambda judge, made: next(a for m, a in known.values() if m is made))
        return [told(root, targets) for targets in wanted]


def sets(paths: list[str], seed: int) -> list[list[str]]:
    """Each file by itself, some together, and folders."""
    rng = random.Random(seed)
    folders = sorted({path.rpartition("/")[0] for path in paths} - {""})
    found = [[path] for path in paths] + [[folder] for folder in folders]
    return [*found, *(rng.sample(paths, 2) for _ in range(3) if len(paths) > 1)]


@pytest.mark.parametrize("seed", range(60))
def test_what_is_told_of_a_part_is_what_is_told_of_all(seed: int, tmp_path: Path) -> None:
    wanted = sets(joined_trees.write(tmp_path, seed), seed)
    for targets, expected in zip(wanted, of_each(tmp_path, wanted), strict=True):
        assert told(tmp_path, targets) == expected, targets
    assert of_all(tmp_path, wanted[-1]) == expected


ROOT = "FROM debian:13.1\nUSER root\n"
NOBODY = "FROM debian:13.1\nUSER 10001\n"
RUNS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "acme/web:1", ports: [{containerPort: 80}]}]}
"""
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: all, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\ndata: {a: b}\n"
CLIENT = "services:\n  web: {image: 'acme/web:1', networks: [one]}\nnetworks: {one: {name: joined}}\n"

CASES: dict[str, tuple[type, str, object, str, dict[str, str]]] = {
    "who builds a Dockerfile": (
        Joined, "_may_build", lambda *given: False, "web/Dockerfile",
        {"web/Dockerfile": f"{NOBODY.replace('13.1', '13.1 AS good')}FROM debian:13.1 AS bad\n",
         "compose.yaml": "services:\n  a: {build: {context: web, target: good}}\n"},
    ),
    "what it starts from": (
        Joined, "_need_makers", lambda *given: None, "app/Dockerfile",
        {"app/Dockerfile": "FROM acme/base\n", "base/Dockerfile": ROOT,
         "base/compose.yaml": "services:\n  a: {build: ., image: acme/base}\n"},
    ),
    "who runs it": (
        Joined, "_need_runners", lambda *given: None, "web/Dockerfile",
        {"web/Dockerfile": ROOT, "web/compose.yaml": "services:\n  a: {build: ., image: acme/web}\n", "deploy/web.yaml": RUNS},
    ),
    "who names the same variables": (
        Joined, "_need_sharing", lambda *given: None, "b/compose.yaml",
        {f"{name}/compose.yaml": "services:\n  a: {image: 'acme/a:1', env_file: ../app.env}\n" for name in "ab"}
        | {"app.env": "API_PASSWORD=hunter2hunter2\n"},
    ),
    "what is laid over it": (
        Joined, "_follow_project", lambda *given: None, "compose.override.yaml",
        {"compose.yaml": "services:\n  a: {image: 'acme/a:1'}\n",
         "compose.override.yaml": "services:\n  a: {privileged: true}\n"},
    ),
    "what it builds": (
        Joined, "_follow_builds", lambda *given: None, "compose.yaml",
        {"compose.yaml": "services:\n  a: {build: web}\n", "web/Dockerfile": ROOT,
         "other/compose.yaml": "services:\n  b: {build: ../web}\n"},
    ),
    "what is applied with it": (
        Joined, "_follow_manifests", lambda *given: None, "deploy/web.yaml",
        {"deploy/web.yaml": RUNS.replace("ports:", "envFrom: [{configMapRef: {name: webb}}], ports:"), "map.yaml": SETTINGS},
    ),
    "what makes the images that it runs": (
        Joined, "_need_makers_of", lambda *given: None, "deploy/web.yaml",
        {"deploy/web.yaml": RUNS, "web/Dockerfile": ROOT,
         "web/compose.yaml": "services:\n  a: {build: ., image: acme/web}\n"},
    ),
    "which dialects there are": (
        narrow.Narrow, "_beside", lambda *given: frozenset(), "app/.env",
        {"app/.env": "API_PASSWORD=hunter2hunter2\n", "b/compose.yaml": CLIENT},
    ),
    "what is told once": (
        narrow.Narrow, "settled", lambda self, project: project, "b/Dockerfile",
        {"a/Dockerfile": NOBODY, "b/Dockerfile": NOBODY},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_join_counts(name: str, tmp_path: Path) -> None:
    where, method, spoiled, target, files = CASES[name]
    (tmp_path / ".git").mkdir()
    for path, text in {
        **files,
        "0/Dockerfile": ROOT,
        "zzz/compose.yaml": "services:\n  z: {image: 'z/z:1'}\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    expected = of_all(tmp_path, [target])
    assert told(tmp_path, [target]) == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, method, spoiled)
        assert told(tmp_path, [target]) != expected


CHART = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "charts/web/values.yaml": "bad: false\n",
    "charts/web/templates/pod.yaml": (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n"
        '    - {name: a, image: "a/b:1", securityContext: {privileged: {{ .Values.bad }}}}\n'
    ),
}
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  source:
    repoURL: https://git.example.com/a.git
    path: charts/web
    helm: {valueFiles: [../../env/prod.yaml]}
  destination: {namespace: prod}
"""
BAKE = 'target "a" {\n context="base"\n tags=["acme/base:1"]\n}\n'
BASE = {"base/Dockerfile": NOBODY, "base/compose.yaml": "services:\n  a: {build: ., image: acme/base}\n"}
TWO = "FROM debian:13.1 AS good\nUSER 10001\nFROM debian:13.1 AS bad\n"

MORE: dict[str, tuple[str, dict[str, str]]] = {
    "a development container builds it": (
        "web/Dockerfile",
        {"web/Dockerfile": ROOT, ".devcontainer/devcontainer.json": '{"build": {"dockerfile": "../web/Dockerfile"}}'},
    ),
    "what a development container builds": (
        ".devcontainer/devcontainer.json",
        {"web/Dockerfile": ROOT, ".devcontainer/devcontainer.json": '{"build": {"dockerfile": "../web/Dockerfile"}}'},
    ),
    "what it is made of": (
        ".devcontainer/devcontainer.json",
        {"dev/Dockerfile": "FROM acme/base\n", **BASE,
         ".devcontainer/devcontainer.json": '{"build": {"dockerfile": "../dev/Dockerfile"}}'},
    ),
    "a feature of the repository": (
        ".devcontainer/f/devcontainer-feature.json",
        {".devcontainer/devcontainer.json": '{"image": "debian:13.1", "features": {"./f": {}}}',
         ".devcontainer/f/devcontainer-feature.json": '{"id": "f", "privileged": true}'},
    ),
    "values that an application names": (
        "env/prod.yaml", {**CHART, "app.yaml": APPLICATION, "env/prod.yaml": "bad: true\n"},
    ),
    "a bake file of any name": (
        "web/Dockerfile",
        {"web/Dockerfile": "FROM acme/base:1\n", "base/Dockerfile": NOBODY,
         "build.sh": "docker buildx bake -f ci/b.hcl\n", "ci/b.hcl": BAKE},
    ),
    "a project's name in its variables": (
        "web/Dockerfile",
        {"web/Dockerfile": "FROM web-base\n", "b/Dockerfile": NOBODY, "b/.env": "COMPOSE_PROJECT_NAME=web\n",
         "b/compose.yaml": "services:\n  base: {build: .}\n"},
    ),
    "a file of variables that a command names": (
        "env/prod.env",
        {"b/compose.yaml": "services:\n  a: {image: 'a/b:1', environment: {PASSWORD: '${PW}'}}\n",
         "env/prod.env": "PW=hunter2hunter2\n", "up.sh": "docker compose -f b/compose.yaml --env-file env/prod.env up\n"},
    ),
    "a folder that a command names": (
        "x/web/Dockerfile",
        {"b/compose.yaml": "services:\n  a: {build: {context: web, target: good}}\n", "x/web/Dockerfile": TWO,
         "up.sh": "docker compose --project-directory x -f b/compose.yaml up\n"},
    ),
    "lines of YAML that end in a CR": (
        "web/Dockerfile",
        {"web/Dockerfile": TWO, "b/stack.yaml": "x-run: it\rservices:\r  a:\r    build: {context: ../web, target: good}\r"},
    ),
    "lines of YAML that end in a separator": (
        "web/Dockerfile",
        {"web/Dockerfile": TWO, "b/compose.yaml": "name: shop\u2028services:\u2028  a:\u2028    build:\u2028"
         "      context: ${WHERE:-../../w}eb\u2028      target: good\u2028", "b/.env": "WHERE=../w\n"},
    ),
    "what a Tiltfile holds itself": (
        "Tiltfile", {"Tiltfile": "docker_build('x', '.', dockerfile_contents=\'\'\'FROM acme/base\n\'\'\')\n", **BASE},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MORE)
def test_what_was_joined_later_counts(name: str, tmp_path: Path) -> None:
    target, files = MORE[name]
    (tmp_path / ".git").mkdir()
    others = {"0/Dockerfile": ROOT, "zzz/compose.yaml": "services:\n  z: {image: 'z/z:1'}\n"}
    for path, text in {**others, **files}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    assert told(tmp_path, [target]) == of_all(tmp_path, [target])


def changed(repo: Repo, seed: int) -> None:
    """Change, remove, move or add one or two files, and stage that."""
    rng = random.Random(seed)
    others = joined_trees.Maker(seed + 5_000).tree()
    for _ in range(rng.randint(1, 2)):
        paths = sorted(path for path in repo.git("ls-files").split("\n") if path and (repo.folder / path).exists())
        path = rng.choice([path for path in paths if not path.startswith(".github") and "." in path] or paths)
        name, how = path.rpartition("/")[2], rng.choice("mmmadr")
        if how == "m":
            alike = [text for other, text in others.items() if other.rpartition("/")[2] == name]
            text = rng.choice(alike) if alike else f"{(repo.folder / path).read_text()}# more\n"
            repo.write({path: text})
        elif how == "a":
            repo.write(dict([rng.choice(sorted(others.items()))]))
        else:
            moved = f"{rng.choice(joined_trees.FOLDERS)}/{name}".lstrip("/")
            repo.write(
                {path: None} | ({moved: (repo.folder / path).read_text()} if how == "r" and moved != path else {})
            )
    repo.git("add", "--all", "--force")


class Everything(commit.Commit):
    """Tells of the same files, with all of both trees judged."""

    def chosen(self, tree: Tree, entries: list[Entry]) -> list[Entry]:
        super().chosen(tree, entries)
        self.before = None
        return entries


@pytest.mark.parametrize("seed", range(40))
def test_what_is_new_in_a_commit_is_what_is_new_of_all(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo(tmp_path)
    repo.write(joined_trees.several(seed) | {"LICENSE": "none\n"})
    repo.commit()
    changed(repo, seed)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / ".git" / "index"))
    found = new_of_a_commit(repo)
    monkeypatch.setattr(commit, "Commit", Everything)
    assert found == new_of_a_commit(repo)
    monkeypatch.setattr(narrow, "LEAST", 1_000_000)
    of_all_files = new_of_a_commit(repo)
    assert [found.get(key) for key in ("concise", "new")] == [of_all_files.get(key) for key in ("concise", "new")]


def new_of_a_commit(repo: Repo) -> dict[str, str]:
    """What the hook tells."""
    options = check.with_defaults(
        argparse.Namespace(**POLICY_OPTIONS, paths=["."], pre_commit=True, today="2026-01-01")
    )
    plan = hook.plan(options, str(repo.folder), os.environ)
    if plan is None:
        return {}
    result = engine.lint(check.request(options, CHECKS, plan), CHECKS, lambda what, done, total: None)
    run = result.report(CHECKS, color=False, category="")
    fixed = [(finding.name, finding.location.path, finding.owner) for finding in result.fixed]
    found = {**texts(run), "concise": report.render("concise", run)}
    return {**found, "new": repr((result.exit_code, fixed)), "else": repr((result.files, result.not_decided))}


POLICY_OPTIONS = {"no_gitignore": False, "config": None, "no_config": False}
