"""What a helmfile installs of this repository is judged with its values; what a template decides, or isn't here, is told."""

from pathlib import Path

import pytest

from hullcheck.result import Result
from judge import judge, named
from test_gitops import CHART_FILES, DENY, scopes

HELMFILE = """\
environments:
  prod: {values: [prod.yaml]}
releases:
- name: web
  namespace: shop
  chart: ../charts/app
  values:
  - values/web.yaml
  - privileged: true
- name: policies
  namespace: shop
  chart: ../charts/policies
- name: off
  installed: false
  chart: ../charts/app
  values: [{image: "mysql:latest"}]
- name: set
  namespace: other
  chart: ../charts/app
  set:
  - {name: image, value: "postgres:latest"}
"""
FILES = {
    **CHART_FILES,
    "charts/policies/Chart.yaml": CHART_FILES["charts/app/Chart.yaml"],
    "charts/policies/templates/deny.yaml": DENY,
    "deploy/helmfile.yaml": HELMFILE,
    "deploy/values/web.yaml": "image: redis:latest\n",
}


def found(result: Result, *names: str) -> set[tuple[str, str, int]]:
    return {(f.owner, f.location.path, f.location.line) for f in named(result, *names)}


def test_releases_of_charts_that_are_here_are_judged_where_their_values_are_written(tmp_path: Path) -> None:
    result = judge(tmp_path, FILES)
    assert found(result, "privileged") == {("Deployment/shop/web/web", "deploy/helmfile.yaml", 9)}
    assert found(result, "latest-tag") == {
        ("Deployment/shop/web/web", "deploy/values/web.yaml", 1),
        ("Deployment/other/web/web", "deploy/helmfile.yaml", 21),
    }
    assert scopes(result, "privileged") == {"deploy/helmfile.yaml (helmfile)"}
    assert result.coverage.unjudged == ()


def test_what_one_helmfile_installs_is_judged_together(tmp_path: Path) -> None:
    assert "deploy/helmfile.yaml (helmfile)" not in scopes(judge(tmp_path, FILES), "dangling-network-policy")


def test_what_is_there_twice_goes_apart(tmp_path: Path) -> None:
    twice = HELMFILE.replace("namespace: other", "namespace: shop")
    result = judge(tmp_path, {**FILES, "deploy/helmfile.yaml": twice})
    assert len({scope for scope in scopes(result, "latest-tag") if "helmfile" in scope}) == 2


ELSEWHERE = """\
releases:
- name: db
  namespace: shop
  chart: example/postgres
  values:
  - primary: {image: {repository: postgres, tag: latest}, securityContext: {privileged: true}}
  - more.yaml
"""


def test_a_chart_that_is_elsewhere_is_told_and_its_values_are_looked_through(tmp_path: Path) -> None:
    files = {"helmfile.d/db.yaml": ELSEWHERE, "helmfile.d/more.yaml": "other: {securityContext: {privileged: true}}\n"}
    result = judge(tmp_path, files)
    assert found(result, "privileged") == {
        ("HelmRelease/shop/db/primary", "helmfile.d/db.yaml", 6),
        ("HelmRelease/shop/db/other", "helmfile.d/more.yaml", 1),
    }
    assert named(result, "latest-tag")
    assert [item.cause for item in result.coverage.unjudged] == ["elsewhere"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("- values/web.yaml", "- values/{{ .Environment.Name }}.yaml"),
        ("- values/web.yaml", "- values/web.yaml.gotmpl"),
        ("- values/web.yaml", "- values/none.yaml"),
        ("- values/web.yaml", "- image: '{{ .Values.image }}'"),
    ],
)
def test_values_that_arent_known_make_nothing_up_and_lose_nothing(old: str, new: str, tmp_path: Path) -> None:
    files = {
        **FILES,
        "deploy/helmfile.yaml": HELMFILE.replace(old, new),
        "deploy/values/web.yaml.gotmpl": "image: {{ .Values.repository }}:latest\n",
    }
    result = judge(tmp_path, files)
    assert named(result, "privileged")
    assert {owner for owner, _, _ in found(result, "latest-tag")} == {"Deployment/other/web/web"}


@pytest.mark.parametrize(
    "text",
    [
        "{{ range .Values.all }}\n- name: x\n{{ end }}\n",
        "releases: [\n",
        "releases:\n{{ if .x }}\n- name: a\n  chart: ./charts/app\n{{ end }}\n",
    ],
)
def test_what_a_template_decides_is_told(text: str, tmp_path: Path) -> None:
    assert judge(tmp_path, {**CHART_FILES, "helmfile.yaml": text}).coverage.unjudged
    assert judge(tmp_path / "b", {**CHART_FILES, "helmfile.yaml.gotmpl": text}).coverage.unjudged


@pytest.mark.parametrize(
    "text", ["releases: 3\n", "releases: [3, {}, {chart: .}, {chart: ../.., values: 3, set: [1]}]\n", ""]
)
def test_nothing_ends_a_run(text: str, tmp_path: Path) -> None:
    assert not named(judge(tmp_path, {**CHART_FILES, "helmfile.yaml": text}), "check-failed")


@pytest.mark.parametrize(
    ("files", "place"),
    [
        (
            {
                "helmfile.yaml": "bases: [common/all.yaml]\nreleases:\n- {name: web, chart: ./charts/app, inherit: [{template: t}]}\n",
                "common/all.yaml": "templates:\n  t:\n    values:\n    - privileged: true\n",
            },
            ("common/all.yaml", 4),
        ),
        (
            {
                "helmfile.yaml": "helmfiles:\n- path: sub/web.yaml\n  values: [{a: b}]\n",
                "sub/web.yaml": "releases:\n- name: web\n  chart: ../charts/app\n  values:\n  - privileged: true\n",
            },
            ("sub/web.yaml", 5),
        ),
        (
            {
                "helmfile.yaml": "helmfiles: [sub/*.yaml]\n",
                "sub/web.yaml": "releases:\n- name: web\n  chart: ../charts/app\n  values:\n  - privileged: true\n",
            },
            ("sub/web.yaml", 5),
        ),
        (
            {
                "helmfile.yaml": "releases:\n- {name: web, chart: ./charts/app, values: [v.yaml.gotmpl]}\n",
                "v.yaml.gotmpl": "other: {{ .Values.other }}\nprivileged: true\n",
            },
            ("v.yaml.gotmpl", 2),
        ),
        (
            {
                "helmfile.yaml": "releases:\n- name: web\n  chart: ./charts/app\n  valuesTemplate:\n  - privileged: true\n"
            },
            ("helmfile.yaml", 5),
        ),
        (
            {
                "helmfile.yaml": "releases:\n- name: web\n  chart: ./charts/app\n  setTemplate:\n  - {name: privileged, value: true}\n"
            },
            ("helmfile.yaml", 5),
        ),
    ],
    ids=["bases", "helmfiles", "pattern", "template of values", "valuesTemplate", "setTemplate"],
)
def test_what_other_files_and_keys_say_is_followed(
    files: dict[str, str], place: tuple[str, int], tmp_path: Path
) -> None:
    result = judge(tmp_path, {**CHART_FILES, **files})
    assert found(result, "privileged") == {("Deployment/default/web/web", *place)}
    assert result.coverage.unjudged == ()


@pytest.mark.parametrize(
    ("files", "cause"),
    [
        ({"helmfile.yaml": "helmfiles: [none.yaml]\n"}, "missing"),
        ({"helmfile.yaml": "bases: [none.yaml]\n"}, "missing"),
        ({"helmfile.yaml": "helmfiles: ['git::https://git.example.org/a.git@helmfile.yaml']\n"}, "elsewhere"),
        ({"helmfile.yaml": "releases:\n- {name: web, chart: '{{ .Values.dir }}/app'}\n"}, "template"),
        ({"helmfile.yaml": "releases:\n- {name: web, chart: ./raw}\n", "raw/a.yaml": DENY}, "chart"),
        (
            {
                "helmfile.yaml": "releases:\n- {name: web, chart: ./charts/app, values: [v.yaml.gotmpl]}\n",
                "v.yaml.gotmpl": "{{ if .Values.x }}\nprivileged: true\n{{ end }}\n",
            },
            "template",
        ),
    ],
)
def test_what_isnt_followed_is_told(files: dict[str, str], cause: str, tmp_path: Path) -> None:
    result = judge(tmp_path, {**CHART_FILES, **files})
    assert [item.cause for item in result.coverage.unjudged] == [cause]


def test_helmfiles_that_name_each_other_end(tmp_path: Path) -> None:
    loop = "bases: [b.yaml, helmfile.yaml]\nhelmfiles: [helmfile.yaml, b.yaml]\nreleases: [{name: a, chart: ./charts/app}]\n"
    files = {"helmfile.yaml": loop, "b.yaml": loop.replace("b.yaml", "c.yaml"), "c.yaml": loop}
    assert not named(judge(tmp_path, {**CHART_FILES, **files}), "check-failed", "time-limit")


def test_bases_that_all_name_each_other_are_read_in_time(tmp_path: Path) -> None:
    every = "bases: [" + ", ".join(f"b{n}.yaml" for n in range(30)) + "]\n"
    release = "releases: [{name: a, chart: ./charts/app, values: [{privileged: true}]}]\n"
    files = {f"b{n}.yaml": every for n in range(30)} | {"helmfile.yaml": every + release}
    result = judge(tmp_path, {**CHART_FILES, **files})
    assert named(result, "privileged")
    assert not named(result, "check-failed", "time-limit")


def test_a_folder_of_helmfiles_is_followed(tmp_path: Path) -> None:
    release = "releases: [{name: a, chart: %s/charts/app, values: [{privileged: true}]}]\n"
    files = {"sub/helmfile.yaml": release % "..", "other.yaml": release % "."}
    result = judge(tmp_path, {**CHART_FILES, **files, "helmfile.yaml": "helmfiles: [sub]\n"})
    assert {path for _, path, _ in found(result, "privileged")} == {"sub/helmfile.yaml"}
    assert result.coverage.unjudged == ()
