"""What files are there for: what counts in full, what folds, and that nothing that is deployed or built does."""

import json
from pathlib import Path

import pytest

from gitrepo import Outcome, Repo
from hullcheck import report
from hullcheck.context.places import Places
from hullcheck.link.deployed import is_about_tests, said
from judge import CHECKS, judge, named

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
    - name: web
      image: docker.io/acme/web:1.2.3
      securityContext: {privileged: true}
"""
COMPOSE = "services:\n  web:\n    image: docker.io/acme/web:1.2.3\n    privileged: true\n"
FINE = "FROM docker.io/acme/base:1.2.3\nUSER 1000\n"
ROOT = "FROM docker.io/acme/base:1.2.3\nUSER root\n"
KUSTOMIZATION = "resources: [%s]\n"
TEST_PLACES = [
    "pkg/testdata/web.yaml", "test/e2e/web.yaml", "tests/web.yaml", "integration/fixtures/web.yaml", "out/web.golden.yaml",
    "src/test/resources/web.yaml", "a/golden/web.yaml", "Tests/web.yaml",
]  # fmt: skip
STAGES = [
    "overlays/test/web.yaml",
    "k8s/test/web.yaml",
    "environments/testing/web.yaml",
    "deploy/examples/web.yaml",
    "apps/test/web.yaml",
]


@pytest.mark.parametrize("path", TEST_PLACES)
def test_tests(path: str) -> None:
    assert Places({}, (path,)).of(path).context == "test"


@pytest.mark.parametrize(
    ("path", "context"),
    [("examples/a/web.yaml", "example"), ("config/samples/web.yaml", "example"), ("docs/web.yaml", "documentation"),
     ("a/documentation/b/Dockerfile", "documentation"), ("docs/examples/web.yaml", "documentation")],
)  # fmt: skip
def test_examples_and_documentation(path: str, context: str) -> None:
    assert Places({}, (path,)).of(path).context == context


@pytest.mark.parametrize("path", [*STAGES, "web.yaml", "latest/web.yaml", "contest/web.yaml", "docserver/Dockerfile", "compose.test.yaml",
                                  "Dockerfile.test", "attest/web.yaml", "demo/web.yaml", "ci/web.yaml", "ci/values.yaml"])  # fmt: skip
def test_production(path: str) -> None:
    assert Places({}, (path,)).of(path).context == "production"


def test_what_lies_beside_a_stage_is_one() -> None:
    assert Places({}, ("site/test/web.yaml",)).of("site/test/web.yaml").context == "test"
    assert Places({}, ("site/test/web.yaml", "site/prod/web.yaml")).of("site/test/web.yaml").context == "production"


def test_the_values_a_chart_is_tested_with() -> None:
    paths = ("charts/shop/Chart.yaml", "charts/shop/ci/a-values.yaml")
    assert Places({}, paths).of(paths[1]).context == "test"


def test_the_configuration_has_the_first_word_and_production_the_last() -> None:
    places = Places({"example": ("demo/",), "production": ("demo/live/", "tests/load/")}, ())
    assert places.of("demo/web.yaml").context == "example"
    assert places.of("demo/live/web.yaml").context == "production"
    assert places.of("tests/load/web.yaml").context == "production"


@pytest.mark.parametrize(
    ("path", "text", "context"),
    [("upstream/web.yaml", POD, "vendored"), ("cert-manager-v1.14.2.yaml", POD, "vendored"),
     ("ingress.yaml", "---\n# Source: ingress-nginx/templates/controller.yaml\n" + POD, "vendored"),
     ("ingress.yaml", "---\n# Source: ingress-nginx/crds/a.yaml\n" + POD, "vendored"),
     ("shop.yaml", "---\n# Source: shop/templates/web.yaml\n" + POD, "production"),
     ("web.yaml", POD + "# Source: ingress-nginx/templates/controller.yaml\n", "production"),
     ("web-2.yaml", POD, "production"), ("examples/cert-manager-v1.14.2.yaml", POD, "example")],
)  # fmt: skip
def test_a_supplier_s(path: str, text: str, context: str) -> None:
    assert Places({}, (path, "charts/shop/Chart.yaml")).of(path, text[:600]).context == context


# What counts


def folded(folder: Path, files: dict[str, str], config: str = "", name: str = "privileged") -> dict[str, bool]:
    """By path, whether the findings of a check fold."""
    return {f.location.path: f.folded for f in named(judge(folder, files, config), name)}


BESIDE = {"Dockerfile": FINE}


@pytest.mark.parametrize("path", TEST_PLACES)
def test_findings_outside_production_fold_and_do_not_fail(tmp_path: Path, path: str) -> None:
    result = judge(tmp_path, {path: POD, **BESIDE})
    assert {f.folded for f in result.findings if f.location.path == path} == {True}
    assert result.exit_code == 0
    assert not any(f.location.path == path for f in result.shown)
    assert any(f.name == "privileged" for f in result.folded)


@pytest.mark.parametrize("path", STAGES)
def test_a_stage_counts(tmp_path: Path, path: str) -> None:
    assert folded(tmp_path, {path: POD, **BESIDE}) == {path: False}


DEPLOYERS = {
    "a pipeline": {".github/workflows/cd.yml": "jobs: {a: {steps: [{run: 'kubectl apply -f examples/web.yaml'}]}}\n"},
    "a folder": {"deploy.sh": "#!/bin/sh\nkubectl --context prod apply --recursive -f ./examples\n"},
    "another folder": {"hack/deploy.sh": "cd examples\nkubectl apply -f web.yaml\n"},
    "a pattern": {"Makefile": "ship:\n\tkubectl apply -f examples/*.yaml\n"},
    "a variable": {"Makefile": "DIR := examples\nship:\n\tkubectl apply -f $(DIR)/web.yaml\n"},
    "a loop": {"deploy.sh": "for f in examples/*.yaml; do\n  kubectl apply -f $f\ndone\n"},
    "a root": {"deploy.sh": 'kubectl apply -f "$ROOT/examples/web.yaml"\n'},
    "lines": {"deploy.sh": "kubectl apply \\\n  -n prod \\\n  -f examples/web.yaml\n"},
    "a list": {".github/workflows/cd.yml": "jobs: {a: {steps: [{uses: azure/k8s-deploy@v5, with: {manifests: examples/web.yaml}}]}}\n"},
    "a program": {"scripts/ship.py": 'import subprocess\nMANIFEST = "examples/web.yaml"\nsubprocess.run(["kubectl", "apply", "-f", MANIFEST])\n'},
    "terraform": {"main.tf": 'resource "kubectl_manifest" "a" {\n  yaml_body = file("${path.module}/examples/web.yaml")\n}\n'},
    "an overlay": {"prod/kustomization.yaml": KUSTOMIZATION % "../examples", "examples/kustomization.yaml": KUSTOMIZATION % "web.yaml"},
    "an overlay of a file": {"prod/kustomization.yaml": KUSTOMIZATION % "../examples/web.yaml"},
    "a Flux object": {
        "clusters/prod.yaml": "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a, namespace: flux-system}\n"
        "spec: {path: ./examples, sourceRef: {kind: GitRepository, name: flux-system}}\n"
    },
    "an Argo CD object": {
        "argo/app.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, namespace: argocd}\n"
        "spec: {source: {repoURL: 'https://example.org/r', path: examples}, destination: {namespace: shop}}\n"
    },
}  # fmt: skip


@pytest.mark.parametrize("how", DEPLOYERS)
def test_what_is_deployed_counts_wherever_it_lies(tmp_path: Path, how: str) -> None:
    assert folded(tmp_path, {"examples/web.yaml": POD, "examples/other/x.md": "", **BESIDE, **DEPLOYERS[how]}) == {
        "examples/web.yaml": False
    }


NO_DEPLOYERS = {
    "a README": {"README.md": "    kubectl apply -f examples/web.yaml\n"},
    "a comment": {"deploy.sh": "# kubectl apply -f examples/web.yaml\nkubectl apply -f prod/\n"},
    "a test": {"hack/e2e.sh": "kubectl apply -f examples/web.yaml\n"},
    "a script of examples": {"examples/run.sh": "kubectl apply -f web.yaml\n"},
    "a linter": {"Makefile": "lint:\n\tyamllint examples/web.yaml\n"},
    "another file": {"deploy.sh": "kubectl apply -f examples/db.yaml\n", "examples/db.yaml": "a: 1\n"},
    "an overlay beside it": {"examples/kustomization.yaml": KUSTOMIZATION % "web.yaml"},
}


@pytest.mark.parametrize("how", NO_DEPLOYERS)
def test_what_is_only_spoken_of_folds(tmp_path: Path, how: str) -> None:
    assert folded(tmp_path, {"examples/web.yaml": POD, **BESIDE, **NO_DEPLOYERS[how]}) == {"examples/web.yaml": True}


def test_an_overlay_that_a_script_deploys_brings_what_it_takes(tmp_path: Path) -> None:
    files = {
        "examples/a/kustomization.yaml": KUSTOMIZATION % "../../test/web.yaml",
        "test/web.yaml": POD,
        "deploy.sh": "kubectl apply -k examples/a\n",
    }
    assert folded(tmp_path, files | BESIDE) == {"test/web.yaml": False}


def test_a_chart_that_is_installed(tmp_path: Path) -> None:
    chart = {
        "examples/shop/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
        "examples/shop/templates/web.yaml": POD,
    }
    assert folded(tmp_path, chart | BESIDE) == {"examples/shop/templates/web.yaml": True}
    ship = {"deploy.sh": "helm upgrade --install shop ./examples/shop -n shop\n"}
    assert folded(tmp_path, chart | BESIDE | ship) == {"examples/shop/templates/web.yaml": False}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, True),
        ({"compose.yaml": "include: [examples/compose.yaml]\n"}, False),
        ({"compose.yaml": "services: {a: {extends: {file: examples/compose.yaml, service: web}}}\n"}, False),
        ({"Makefile": "up:\n\tdocker compose -f examples/compose.yaml up -d\n"}, False),
        ({"deploy.sh": "docker stack deploy -c examples/compose.yaml shop\n"}, False),
    ],
)
def test_compose(tmp_path: Path, files: dict[str, str], expected: bool) -> None:
    assert folded(tmp_path, {"examples/compose.yaml": COMPOSE, **BESIDE, **files})["examples/compose.yaml"] is expected


BUILDERS = {
    "Compose": {"compose.yaml": "services: {a: {build: {context: ., dockerfile: docs/Dockerfile}}}\n"},
    "a pipeline": {".github/workflows/ci.yml": "jobs: {a: {steps: [{run: 'docker build -f docs/Dockerfile .'}]}}\n"},
    "skaffold": {
        "skaffold.yaml": "apiVersion: skaffold/v4beta1\nkind: Config\nbuild: {artifacts: [{image: a, docker: {dockerfile: docs/Dockerfile}}]}\n"
    },
    "bake": {"docker-bake.hcl": 'target "a" {\n  dockerfile = "docs/Dockerfile"\n}\n'},
    "a file of Compose that is deployed": {
        "examples/compose.yaml": "services: {a: {build: {context: .., dockerfile: docs/Dockerfile}}}\n",
        "deploy.sh": "docker compose -f examples/compose.yaml up -d\n",
    },
}


@pytest.mark.parametrize("how", BUILDERS)
def test_what_is_built_counts(tmp_path: Path, how: str) -> None:
    found = judge(tmp_path, {"docs/Dockerfile": ROOT, **BESIDE, **BUILDERS[how]})
    assert {f.folded for f in found.findings if f.location.path == "docs/Dockerfile"} == {False}


def test_what_only_an_example_builds_folds(tmp_path: Path) -> None:
    files = {"examples/Dockerfile": ROOT, "examples/compose.yaml": "services: {a: {build: .}}\n"}
    assert all(f.folded for f in judge(tmp_path, files | BESIDE).findings if f.location.path.startswith("examples/"))


GO = {
    "pkg/load.go": "package pkg\n",
    "pkg/load_test.go": 'package pkg\n// x\nvar a = read("web.yaml")\n',
    "pkg/web.yaml": POD,
}


@pytest.mark.parametrize(
    ("files", "expected"),
    [({}, True), ({"pkg/load.go": 'package pkg\n// read("web.yaml")\n'}, False), ({"pkg/load_test.go": "package pkg\n"}, False),
     ({"pkg/load.go": "package pkg\n//go:embed *.yaml\n"}, False), ({"deploy.sh": "kubectl apply -f pkg/web.yaml\n"}, False)],
)  # fmt: skip
def test_a_file_that_only_a_go_test_reads(tmp_path: Path, files: dict[str, str], expected: bool) -> None:
    assert folded(tmp_path, {**GO, **BESIDE, **files}) == {"pkg/web.yaml": expected}


@pytest.mark.parametrize(("link", "to"), [("deploy/web.yaml", "../examples/web.yaml"), ("deploy/app", "../examples")])
def test_what_a_link_of_production_leads_to_counts(tmp_path: Path, link: str, to: str) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / link).symlink_to(to)
    assert folded(tmp_path, {"examples/web.yaml": POD, **BESIDE}) == {"examples/web.yaml": False}


def test_a_link_among_examples_leads_to_production(tmp_path: Path) -> None:
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples/web.yaml").symlink_to("../deploy/web.yaml")
    assert folded(tmp_path, {"deploy/web.yaml": POD, **BESIDE}) == {"deploy/web.yaml": False}


def test_a_secret_that_looks_real_counts(tmp_path: Path) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {token: %s}\n"
    real = "gho_" + "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0" + "3YYqQF"
    files = {
        "testdata/a.yaml": secret % "changeme",
        "testdata/b.yaml": "x: " + "AKIA" + "2E0A8F3B244C9986\n" + secret % "s3cr3t-word",
    }
    result = judge(tmp_path, {**files, "testdata/c.yaml": f"# {real}\n" + POD, **BESIDE})
    assert all(f.folded for f in result.findings if f.location.path == "testdata/a.yaml")
    assert [f.folded for f in result.findings if f.name == "secret-value" and f.severity >= 3] in (
        [],
        [False],
        [False, False],
    )


def test_what_is_broken_in_a_test_does_not_end_the_run_and_is_told(tmp_path: Path) -> None:
    result = judge(tmp_path, {"pkg/testdata/bad.yaml": "apiVersion: v1\nkind: Pod\n a: [\n", **BESIDE})
    assert result.exit_code == 0
    assert any(f.name == "parse-error" for f in result.folded)
    assert judge(tmp_path, {"deploy/bad.yaml": "apiVersion: v1\nkind: Pod\n a: [\n"}).exit_code == 4


def test_a_repository_of_nothing_else_counts(tmp_path: Path) -> None:
    files = {"examples/a/web.yaml": POD, "examples/b/Dockerfile": ROOT, "mkdocs.yml": "site_name: a\n", "README.md": "",
             ".github/workflows/ci.yml": "jobs: {}\n"}  # fmt: skip
    assert not any(f.folded for f in judge(tmp_path, files).findings)
    assert all(f.folded for f in judge(tmp_path, files | BESIDE).findings if f.location.path.startswith("examples/"))


def test_everything_is_counted_where_that_is_asked_for(tmp_path: Path) -> None:
    files = {"examples/web.yaml": POD, **BESIDE}
    assert folded(tmp_path, files, "context: all\n") == {"examples/web.yaml": False}
    assert folded(tmp_path, files, "contexts: {production: [examples/]}\n") == {"examples/web.yaml": False}


# Commands


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    made = Repo(tmp_path / "repo")
    made.commit({"deploy/web.yaml": POD.replace("true", "false"), "examples/a/web.yaml": POD, **BESIDE})
    return made


def by_path(outcome: Outcome) -> dict[str, bool]:
    return {f["path"]: f["folded"] for f in outcome.report["findings"] if f["name"] == "privileged"}


def test_who_names_a_folder_of_examples_wants_its_findings(
    repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = repo.run(capsys, monkeypatch, ".")
    assert (outcome.code, by_path(outcome)) == (0, {"examples/a/web.yaml": True})
    assert outcome.report["summary"]["folded"]["example"] >= 1
    for paths in (
        ["examples"],
        ["examples/a"],
        ["examples/a/web.yaml"],
        ["deploy", "examples/a"],
        [".", "--context", "all"],
    ):
        outcome = repo.run(capsys, monkeypatch, *paths)
        assert (outcome.code, by_path(outcome)) == (1, {"examples/a/web.yaml": False}), paths
    repo.folder = repo.folder / "examples"
    assert by_path(repo.run(capsys, monkeypatch)) == {"examples/a/web.yaml": False}


def test_a_folder_that_holds_nothing_else_is_what_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo(tmp_path / "repo")
    repo.commit({"a/test/web.yaml": POD, "b/test/web.yaml": POD.replace("web", "b"), "b/Dockerfile": FINE})
    assert by_path(repo.run(capsys, monkeypatch, "a")) == {"a/test/web.yaml": False}
    assert by_path(repo.run(capsys, monkeypatch, "b")) == {"b/test/web.yaml": True}


def test_no_report_is_silent(tmp_path: Path) -> None:
    result = judge(tmp_path, {"examples/web.yaml": POD, **BESIDE})
    run = result.report(CHECKS, color=False, category="")
    full = report.render("full", run)
    assert "examples (example): 1 `privileged`" in full
    assert "don't count outside production" in full
    assert f"{len(result.folded)} not counted" in full
    sarif = json.loads(report.render("sarif", run))["runs"][0]
    assert not any(r["ruleId"] == "privileged" for r in sarif["results"])
    told = [n["message"]["text"] for n in sarif["invocations"][0]["toolExecutionNotifications"]]
    assert any("outside production" in text for text in told)
    (marked,) = [
        r for r in json.loads(report.render("sarif-full", run))["runs"][0]["results"] if r["ruleId"] == "privileged"
    ]
    assert (marked["properties"]["context"], marked["properties"]["folded"]) == ("example", True)
    assert "<skipped" in report.render("junit", run)
    assert "Outside production" in report.render("markdown", run)
    assert "Not counted" in report.render("html", run)
    assert "privileged" not in report.render("gitlab", run)


def test_a_supplier_s_file_is_told_in_a_line_and_fails(tmp_path: Path) -> None:
    result = judge(tmp_path, {"upstream/web.yaml": POD, **BESIDE})
    text = report.render("full", result.report(CHECKS, color=False, category=""))
    assert result.exit_code == 1
    assert "upstream/web.yaml (a supplier's): " in text
    assert "--> upstream/web.yaml" not in text
    everything = judge(tmp_path, {}, "context: all\n")
    assert "--> upstream/web.yaml" in report.render("full", everything.report(CHECKS, color=False, category=""))


def test_what_files_are_for_is_listed(
    repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from hullcheck.cli import main

    monkeypatch.chdir(repo.folder)
    main(["files", "--no-cache"])
    assert "kubernetes   examples/a/web.yaml (example)" in capsys.readouterr().out
    main(["config", "show", "examples/a/web.yaml"])
    assert "examples/a/web.yaml is for example" in capsys.readouterr().out


# What texts deploy


@pytest.mark.parametrize("name", ["hack/e2e.sh", "run-tests.sh", ".github/workflows/kind.yml", "scripts/test_all.sh"])
def test_scripts_about_tests(name: str) -> None:
    assert is_about_tests(name)


@pytest.mark.parametrize(
    "name", ["deploy.sh", "latest.sh", "contest.sh", "test-and-deploy.yml", "cd-tests.yml", "mankind.sh"]
)
def test_scripts_about_more_than_tests(name: str) -> None:
    assert not is_about_tests(name)


def test_long_and_hostile_texts_are_read_in_time() -> None:
    for text in (
        "kubectl apply " + "-f a/b " * 50_000,
        "$(" * 50_000 + " helm install",
        "for a in " * 20_000 + "; kubectl apply",
        "A=" * 60_000,
    ):
        assert len(said(text.encode())) <= 6_000


# Runs that read a part, and sessions

MANY = {f"app{number}/Dockerfile": FINE for number in range(45)}


def below(text: str) -> str:
    """A text about `examples` or `docs`, about those in `lib`."""
    return text.replace("examples", "lib/examples").replace("docs/", "lib/docs/")


def written(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


PARTS = {
    **{how: {"examples/web.yaml": POD, **files} for how, files in {**DEPLOYERS, **NO_DEPLOYERS}.items()},
    **{f"built by {how}": {"docs/Dockerfile": ROOT, **files} for how, files in BUILDERS.items()},
    "nothing": {"examples/web.yaml": POD, "docs/Dockerfile": ROOT, "examples/compose.yaml": COMPOSE},
}


@pytest.mark.parametrize("how", PARTS)
def test_a_run_about_a_part_folds_what_one_about_all_does(tmp_path: Path, how: str) -> None:
    from hullcheck import engine
    from hullcheck.policy.config import Config
    from hullcheck.request import Policy, Request, Subject

    files = {
        below(path): below(text) if "cd examples" not in text else text.replace("examples", "lib/examples")
        for path, text in PARTS[how].items()
    }
    written(tmp_path, {**MANY, **files, "lib/Dockerfile": FINE})
    (tmp_path / ".git").mkdir()

    def run(path: Path) -> list[tuple[object, ...]]:
        request = Request(Subject((str(path),), jobs=1), Policy(Config()))
        found = engine.lint(request, CHECKS, lambda what, done, total: None).findings
        return sorted((f.location.path, f.name, f.owner, f.folded) for f in found if f.location.path.startswith("lib/"))

    assert run(tmp_path / "lib") == run(tmp_path)


@pytest.mark.parametrize("how", PARTS)
def test_a_session_folds_what_a_run_does(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import cached
    from hullcheck import engine, session, snapshot
    from hullcheck.policy.config import Config
    from hullcheck.request import Policy, Request, Subject
    from hullcheck.result import Result

    monkeypatch.setattr(session, "MOST", 1.0)
    monkeypatch.setattr(snapshot, "MARGIN", cached.MARGIN)
    files = PARTS[how]
    written(tmp_path, {**MANY, **files})
    request = Request(Subject((str(tmp_path),), jobs=1), Policy(Config()))
    open_ = session.Session(request.subject, request.policy, CHECKS)

    def told(result: Result) -> list[tuple[object, ...]]:
        return sorted((f.location.path, f.name, f.owner, f.folded) for f in result.findings)

    open_.update()
    for path in files:
        text = (tmp_path / path).read_text()
        for now in (text + "\n", "", text):
            (tmp_path / path).write_text(now)
            fresh = engine.lint(request, CHECKS, lambda what, done, total: None)
            assert told(open_.update()) == told(fresh), (path, now[:20])
