"""What can be asked of the results: the worst, the images, what is exposed, and anything in SQL that reads them only."""

import csv
import io
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fleets import COMPOSE, GOOD, ROOT, Fleet, bare
from hullcheck.fleet.tables import TABLES

pytestmark = pytest.mark.skipif(os.name == "nt", reason="clones are kept on POSIX systems only")

WORKFLOW = """\
on: push
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - run: docker build -t {name}:1.0 . && docker push {name}:1.0
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: shop, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: shop}}}}
  template:
    metadata: {{labels: {{app: shop}}}}
    spec:
      containers:
        - name: shop
          image: {image}
{more}
---
apiVersion: v1
kind: Service
metadata: {{name: shop, namespace: shop}}
spec: {{type: LoadBalancer, selector: {{app: shop}}, ports: [{{port: 443, targetPort: 8443}}]}}
"""
NAME = "registry.example.org/shop/app"


@pytest.fixture
def fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    return Fleet(tmp_path, capsys)


def _builds(fleet: Fleet, dockerfile: str, name: str = NAME, repository: str = "builds.git") -> None:
    bare(fleet.folder / repository, {"Dockerfile": dockerfile, ".github/workflows/x.yml": WORKFLOW.format(name=name)})


def _runs(fleet: Fleet, image: str = f"{NAME}:1.0", more: str = "") -> None:
    bare(fleet.folder / "runs.git", {"deploy.yaml": DEPLOYMENT.format(image=image, more=more)})


def _judged(fleet: Fleet, *more: str) -> None:
    listed = "builds.git\t\tmakers\nruns.git\t\tusers\n" + "".join(f"{each}\n" for each in more)
    done = fleet.run("--repositories", fleet.listed(listed))
    assert {row["state"] for row in fleet.last().values()} <= {"judged", "unchanged"}, done.error


class TestJoined:
    """An image that is built in one repository and run in another gets its user from there."""

    def test_root_is_added(self, fleet: Fleet) -> None:
        _builds(fleet, ROOT)
        _runs(fleet)
        _judged(fleet)
        (joined,) = fleet.ask("report")["joined"]
        assert (joined["change"], joined["check"], joined["severity"]) == ("added", "root-user", "high")
        assert (joined["repository"], joined["built_in"]) == (
            str(fleet.folder / "runs.git"), str(fleet.folder / "builds.git"),
        )  # fmt: skip
        assert (joined["path"], joined["dockerfile"], joined["owner"]) == (
            "deploy.yaml", "Dockerfile", "Deployment/shop/shop/shop",
        )  # fmt: skip
        assert joined["message"].endswith(f"is built in {fleet.folder / 'builds.git'}, and Dockerfile:1 says `root`")
        by_name = {row["repository"]: row for row in fleet.ask("report")["repositories"]}
        assert by_name[str(fleet.folder / "runs.git")]["high"] == 1 + fleet.last()["runs.git"]["high"]

    def test_an_image_without_a_user_is_root_too(self, fleet: Fleet) -> None:
        _builds(fleet, "FROM debian:13.1\n")
        _runs(fleet)
        _judged(fleet)
        assert [row["check"] for row in fleet.ask("report")["joined"]] == ["root-user-implicit"]

    def test_what_is_known_of_a_public_image_gives_way(self, fleet: Fleet) -> None:
        _builds(fleet, GOOD, name="nginx")
        _runs(fleet, image="nginx:1.29")
        _judged(fleet)
        assert "root-user-implicit" in {row["check"] for row in fleet.rows("findings") if row["path"] == "deploy.yaml"}
        (joined,) = fleet.ask("report")["joined"]
        assert (joined["change"], joined["check"]) == ("removed", "root-user-implicit")
        assert not [
            row for row in fleet.ask("query", "select * from counted where path = 'deploy.yaml'")["query"]
            if row["check"] == "root-user-implicit"
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("dockerfile", "image", "more", "others"),
        [
            (GOOD, f"{NAME}:1.0", "", ()),
            (ROOT, f"{NAME}:1.0", "          securityContext: {runAsUser: 10001}", ()),
            (ROOT, f"{NAME}-other:1.0", "", ()),
            (ROOT, f"{NAME}:1.0", "", ("third.git",)),  # two build it, and nobody knows which one is meant
            ("FROM registry.example.org/unknown\n", f"{NAME}:1.0", "", ()),
        ],
    )
    def test_what_is_not_told(
        self, fleet: Fleet, dockerfile: str, image: str, more: str, others: tuple[str, ...]
    ) -> None:
        _builds(fleet, dockerfile)
        _builds(fleet, GOOD, repository="third.git")
        _runs(fleet, image, more)
        _judged(fleet, *others)
        assert fleet.ask("report")["joined"] == []

    def test_an_entry_point_that_leaves_root(self, fleet: Fleet) -> None:
        _builds(fleet, 'FROM debian:13.1\nENTRYPOINT ["gosu", "app", "run"]\n')
        for more, severity in (("", "info"), ('          command: ["/bin/run"]', "high")):
            _runs(fleet, more=more)
            _judged(fleet)
            assert [row["severity"] for row in fleet.ask("report")["joined"]] == [severity]


def test_images(fleet: Fleet) -> None:
    _builds(fleet, "FROM debian:10 AS build\nFROM debian:13.1\nUSER 1\nCOPY --from=build /x /x\n")
    _runs(fleet)
    bare(fleet.folder / "old.git", {"compose.yaml": COMPOSE.format(image="debian:10")})
    _judged(fleet, "old.git")
    found = fleet.ask("images")
    images = {(row["image"], row["role"]): row for row in found["images"]}
    assert images[f"{NAME}:1.0", "run"]["built_in"] == str(fleet.folder / "builds.git")
    assert images["debian:10", "run"]["used_in"] == [str(fleet.folder / "old.git")]
    assert (images["debian:10", "base"]["ended"], images["debian:13.1", "base"]["ended"]) == (True, False)
    assert {(row["image"], row["role"]) for row in found["ended"]} == {("debian:10", "run"), ("debian:10", "base")}
    assert found["ended"][0]["ends"].startswith("Debian 10 since 2024")
    (shared,) = found["shared"]
    assert (shared["image"], shared["dockerfile"], shared["runs_as_root"], shared["used_as"], shared["path"]) == (
        NAME, "Dockerfile", "no", "run", "deploy.yaml",
    )  # fmt: skip
    bases = fleet.ask("query", "select image, stage, ships from base_images order by line")["query"]
    assert bases == [
        {"image": "debian:10", "stage": "build", "ships": False}, {"image": "debian:13.1", "stage": "1", "ships": True},
    ]  # fmt: skip


def test_what_is_exposed(fleet: Fleet) -> None:
    _builds(fleet, GOOD)
    _runs(fleet)
    bare(
        fleet.folder / "db.git",
        {"compose.yaml": "services:\n  db:\n    image: postgres:17\n    ports: ['5432:5432', '127.0.0.1:1:1']\n"},
    )
    _judged(fleet, "db.git")
    rows = fleet.ask("exposed")["exposed"]
    assert [(os.path.basename(row["repository"]), row["kind"], row["connections"], row["data"]) for row in rows] == [
        ("db.git", "published", "TCP 5432", "postgres"), ("runs.git", "LoadBalancer", "TCP 8443", ""),
    ]  # fmt: skip
    assert rows[1]["team"] == "users"


def test_from_run_to_run(fleet: Fleet, tmp_path: Path) -> None:
    _builds(fleet, GOOD)
    _runs(fleet)
    _judged(fleet)
    before = fleet.ask("report")["trend"][0]
    _builds(fleet, ROOT)
    _judged(fleet)
    _builds(fleet, GOOD)
    _judged(fleet)
    trend = fleet.ask("report")["trend"]
    assert [(row["new"], row["gone"]) for row in trend] == [(0, 1), (1, 0), (0, 0)]
    assert [row["high"] - before["high"] for row in trend] == [0, 1, 0]
    first = fleet.ask("report", "--run", trend[2]["run"])
    assert [row["run"] for row in first["trend"]] == [trend[2]["run"]]
    assert fleet.main("report", "--run", "x").code == 2


def test_forms_of_an_answer(fleet: Fleet) -> None:
    _builds(fleet, ROOT)
    listed = fleet.listed(
        '{"path": "builds.git", "name": "=cmd()", "team": "+1"}\n{"path": "gone", "name": "a\\u202e\\u001b[2J"}\n'
    )
    fleet.run("--repositories", listed)
    text = fleet.main("report").out
    assert "Worst repositories" in text
    assert "Not judged" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    rows = list(csv.reader(io.StringIO(fleet.main("report", "--output-format", "csv").out)))
    assert rows[0][:3] == ["repository", "team", "critical"]
    assert rows[1][:2] == ["'=cmd()", "'+1"]
    out = fleet.folder / "x.json"
    assert fleet.main("report", "--output-format", f"json:{out}").out == ""
    assert json.loads(out.read_text())["version"] == 1
    assert fleet.main("images", "--output-format", "html").code == 2


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_is_one_file_in_which_nothing_acts(fleet: Fleet) -> None:
    _builds(fleet, ROOT)
    hostile = '<script>alert(1)</script><img src=x onerror=alert(1)>" onload="x'
    listed = fleet.listed(json.dumps({"path": "builds.git", "name": hostile, "team": hostile}) + "\nnowhere\n")
    fleet.run("--repositories", listed)
    fleet.run("--repositories", listed)
    text = fleet.main("report", "--output-format", "html").out
    page = _Page(text)
    assert sum(tag == "script" for tag, _ in page.tags) == 1
    assert not {"img", "link", "iframe", "form"} & {tag for tag, _ in page.tags}
    assert not [
        name for _, attributes in page.tags for name in attributes if name.startswith("on") or name in ("style", "src")
    ]
    assert not re.search(r'(?:src|href)="(?!#)', text)
    assert "default-src 'none'" in text
    assert any(hostile in each for each in page.text)
    assert sum(tag == "polyline" for tag, _ in page.tags) == 4  # a history of each severity
    assert {"repositories", "failed", "checks", "teams", "trend"} <= {a.get("id") for _, a in page.tags}


class TestQuery:
    @pytest.fixture(autouse=True)
    def _results(self, fleet: Fleet) -> None:
        _builds(fleet, ROOT)
        fleet.run(fleet.folder / "builds.git")

    def test_all_tables_are_there(self, fleet: Fleet) -> None:
        for table in (
            *TABLES,
            *(f"all_{name}" for name in TABLES if name != "runs"),
            "current",
            "makers",
            "joined",
            "counted",
        ):
            assert fleet.ask("query", f"select * from {table}")["query"] is not None, table

    def test_an_answer(self, fleet: Fleet) -> None:
        sql = "select \"check\", level from findings where severity = 'high'"
        assert fleet.ask("query", sql)["query"] == [{"check": "root-user", "level": 3}]
        assert fleet.main("query", sql, "--output-format", "csv").out == "check,level\nroot-user,3\n"

    @pytest.mark.parametrize(
        "sql",
        [
            "copy (select 1) to '{0}/out.csv'", "create table x as select 1", "drop view findings", "delete from chosen",
            "install httpfs", "load httpfs", "attach '{0}/x.db'", "set enable_external_access = true", "pragma version",
            "select 1; select 2", "", "selec 1", "select * from nothing", "export database '{0}/out'",
            "select * from read_text('{0}/secret.txt')", "select * from '{0}/secret.csv'",
            "select * from read_csv('{0}/secret.csv')", "select * from glob('{0}/*')",
            "select * from read_parquet('https://127.0.0.1:9/x.parquet')", "select * from sniff_csv('{0}/secret.csv')",
            "select * from read_blob('/etc/hostname')", "select getenv('HOME')", "call force_checkpoint()",
        ],
    )  # fmt: skip
    def test_nothing_is_changed_loaded_or_read_elsewhere(self, fleet: Fleet, sql: str) -> None:
        for name in ("secret.txt", "secret.csv"):
            (fleet.folder / name).write_text("s3cr3t\n")
        before = {path: path.stat().st_mtime_ns for path in fleet.folder.rglob("*")}
        done = fleet.main("query", sql.format(fleet.folder))
        assert "s3cr3t" not in done.out
        assert (done.code, done.error[:17]) == (2, "hullcheck: query:"), done.out
        assert done.error.count("\n") == 1
        assert {path: path.stat().st_mtime_ns for path in fleet.folder.rglob("*")} == before

    def test_a_folder_of_any_name(self, fleet: Fleet) -> None:
        named = fleet.folder / "it's [all] *"
        fleet.results.rename(named)
        fleet.results = named
        assert fleet.ask("query", "select count(*) n from findings")["query"][0]["n"] > 0
        assert fleet.main("report").code == 0


def test_no_results_yet(fleet: Fleet) -> None:
    done = fleet.main("report")
    assert (done.code, "there are no results" in done.error) == (2, True)
