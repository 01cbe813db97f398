"""A run over many repositories: each judged once, what is unchanged not again, and what is broken a row of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fleets import COMPOSE, GOOD, LARGE, ROOT, Fleet, bare, git, many, states
from gitrepo import Repo
from hullcheck.cli import main
from hullcheck.fleet import pool, tables
from hullcheck.fleet.clones import Kept
from hullcheck.fleet.dataset import Dataset
from hullcheck.fleet.identity import identity
from hullcheck.fleet.judge import Options, Outcome, Task, failed, judge
from hullcheck.fleet.repositories import Repository, repositories

pytestmark = pytest.mark.skipif(os.name == "nt", reason="clones are kept on POSIX systems only")

TODAY = "2026-11-24"


@pytest.fixture
def fleet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Fleet:
    return Fleet(tmp_path, capsys)


def _environment() -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "GIT_CONFIG_GLOBAL": os.devnull,
    }


class TestJudging:
    def test_it_finds_what_check_finds(self, fleet: Fleet, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        files = {
            "Dockerfile": ROOT, "tests/Dockerfile": ROOT, "compose.yaml": COMPOSE.format(image="nginx:1.29") + "    privileged: true\n",
            "k8s/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: debian:10}]}\n",
            ".hullcheck.yaml": "ignore: [untagged-image]\nsuppress: [{checks: [privileged], reason: it is a test}]\n",
        }  # fmt: skip
        bare(tmp_path / "a.git", files)
        work = Repo(tmp_path / "work")
        work.commit(dict(files))
        done = fleet.run(tmp_path / "a.git", work.folder)
        assert done.code == 1, done.error
        capsys.readouterr()
        code = main(["check", "--no-cache", "--output-format", "json", "--today", TODAY, str(work.folder)])
        said = json.loads(capsys.readouterr().out)
        expected = sorted(
            (f["name"], f["path"], f["region"]["startLine"], f["message"], bool(f["suppressed"]))
            for f in said["findings"]
        )
        for name, row in fleet.last().items():
            rows = [each for each in fleet.rows("findings") if each["result"] == row["result"]]
            found = sorted((f["check"], f["path"], f["line"], f["message"], f["state"] == "suppressed") for f in rows)
            assert found == expected, name
            assert (row["exit_code"], row["files"]) == (code, said["summary"]["files"])
        assert any(suppressed for *_, suppressed in expected)

    def test_old_findings_of_its_own(self, fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        work = Repo(tmp_path / "work")
        work.commit({"Dockerfile": ROOT})
        monkeypatch.chdir(work.folder)
        assert main(["baseline", "create", "old.json", "--today", TODAY]) == 0
        work.commit({".hullcheck.yaml": "baseline: old.json\n"})
        listed = fleet.listed("work\nwork\tmain\n")
        assert fleet.run("--repositories", listed).code == 0
        assert {(row["high"], row["suppressed"] > 0) for row in fleet.last().values()} == {(0, True)}
        work.commit({"Dockerfile": f"{ROOT}RUN curl http://example.org/install | sh\n"})
        assert fleet.run("--repositories", listed).code == 1

    def test_a_branch_a_tag_and_a_commit(self, fleet: Fleet, tmp_path: Path) -> None:
        folder = bare(tmp_path / "a.git", {"Dockerfile": ROOT})
        git(folder, "tag", "v1")
        first = git(folder, "rev-parse", "HEAD")
        bare(folder, {"Dockerfile": GOOD})
        bare(folder, {"Dockerfile": ROOT}, branch="other")
        work = Repo(tmp_path / "w")
        old = work.commit({"Dockerfile": ROOT})
        work.commit({"Dockerfile": GOOD})
        done = fleet.run(
            "--repositories", fleet.listed(f"a.git\na.git\tv1\na.git\tother\na.git\t{first}\nw\t{old}\nw\n")
        )
        assert done.code == 1, done.error
        assert {name: row["high"] for name, row in fleet.last().items()} == {
            "a.git": 0, "a.git@v1": 1, "a.git@other": 1, f"a.git@{first}": 1, f"w@{old}": 1, "w": 0,
        }  # fmt: skip

    def test_the_policy_of_an_organisation(self, fleet: Fleet, tmp_path: Path) -> None:
        own = "ignore: [root-user]\nfail-on: none\n"
        bare(tmp_path / "a.git", {"Dockerfile": ROOT, ".hullcheck.yaml": own})
        policy = fleet.listed("fail-on: medium\n", "policy.yaml")
        assert fleet.run(tmp_path / "a.git").code == 0
        assert fleet.run(tmp_path / "a.git", "--policy", policy).code == 1
        result = fleet.last()["a.git"]["result"]
        rows = [row for row in fleet.rows("findings") if row["result"] == result]
        assert {row["check"] for row in rows} >= {"root-user", "policy-weakened"}
        told = {(row["path"], row["line"]) for row in rows if row["check"] == "policy-weakened"}
        assert told == {(".hullcheck.yaml", 1), (".hullcheck.yaml", 2)}
        wrong = fleet.listed("ignroe: []\n", "wrong.yaml")
        assert fleet.run(tmp_path / "a.git", "--policy", wrong).code == 2

    def test_sarif_of_each(self, fleet: Fleet, tmp_path: Path) -> None:
        bare(tmp_path / "a.git", {"Dockerfile": ROOT})
        bare(tmp_path / "b.git", {"Dockerfile": GOOD})
        listed = fleet.listed('{"path": "a.git", "name": "../../../x\\u202e y"}\nb.git\n')
        out = tmp_path / "sarif"
        for _ in range(2):  # an unchanged one whose file is gone is written again
            fleet.run("--repositories", listed, "--sarif-dir", out)
            names = sorted(path.name for path in out.iterdir())
            assert len(names) == 2
            assert all(re.fullmatch(r"[A-Za-z0-9._-]+-[0-9a-f]{8}\.sarif", name) for name in names)
            results = sorted(len(json.loads(path.read_text())["runs"][0]["results"]) for path in out.iterdir())
            assert results[0] < results[1]
            next(out.iterdir()).unlink()

    def test_a_folder_of_files(self, fleet: Fleet, tmp_path: Path) -> None:
        folder = tmp_path / "plain"
        folder.mkdir()
        (folder / "Dockerfile").write_text(ROOT)
        for path in (folder / "Dockerfile", folder):
            os.utime(path, (1, 1))
        fleet.run(folder)
        time.sleep(2.1)  # so that the times of its files tell that they are the same
        assert fleet.run(folder).code == 1
        fleet.run(folder)
        assert fleet.last()["plain"]["state"] == "unchanged"
        (folder / "Dockerfile").write_text(GOOD)
        assert fleet.run(folder).code == 0
        assert fleet.last()["plain"]["state"] == "judged"


class TestAgain:
    def test_what_is_unchanged_is_not_judged_again(self, fleet: Fleet, tmp_path: Path) -> None:
        many(tmp_path / "all", 3)
        fleet.run(tmp_path / "all")
        first = fleet.last()
        assert {row["state"] for row in first.values()} == {"judged"}
        bare(tmp_path / "all/r001.git", {"Dockerfile": GOOD})
        fleet.run(tmp_path / "all")
        second = fleet.last()
        assert {name: row["state"] for name, row in second.items()} == {
            "r000.git": "unchanged", "r001.git": "judged", "r002.git": "unchanged",
        }  # fmt: skip
        for name in ("r000.git", "r002.git"):
            same = ("result", "commit", "findings", "high", "exit_code", "files", "judged", "since", "until")
            assert [first[name][each] for each in same] == [second[name][each] for each in same]
        assert [first["r001.git"]["high"], second["r001.git"]["high"]] == [1, 0]
        assert len(fleet.rows("findings")) == len({tuple(map(str, row.values())) for row in fleet.rows("findings")})

    def test_what_else_has_all_judged_again(self, fleet: Fleet, tmp_path: Path) -> None:
        bare(tmp_path / "a.git", {"Dockerfile": ROOT})
        policy = fleet.listed("fail-on: low\n", "policy.yaml")
        for arguments in ((), ("--policy", policy), ("--no-inline",), ("--fail-on", "none"), ("--again",)):
            fleet.run(tmp_path / "a.git", *arguments)
            assert fleet.last()["a.git"]["state"] == "judged", arguments
        policy.write_text("fail-on: medium\n")
        fleet.run(tmp_path / "a.git", "--policy", policy)
        assert fleet.last()["a.git"]["state"] == "judged"

    def test_a_day_on_which_something_ends(self, fleet: Fleet, tmp_path: Path) -> None:
        bare(tmp_path / "a.git", {"Dockerfile": "FROM debian:12\nUSER 10001\n"})
        fleet.run(tmp_path / "a.git", today="2026-01-10")
        row = fleet.last()["a.git"]
        assert row["until"] is not None  # its end is near from then on
        fleet.run(tmp_path / "a.git", today=row["until"].isoformat())
        assert fleet.last()["a.git"]["state"] == "unchanged"
        day = row["until"].toordinal() + 1
        fleet.run(tmp_path / "a.git", today=type(row["until"]).fromordinal(day).isoformat())
        assert fleet.last()["a.git"]["state"] == "judged"
        assert fleet.last()["a.git"]["result"] != row["result"]

    def test_an_interrupted_run_goes_on(self, fleet: Fleet, tmp_path: Path) -> None:
        many(tmp_path / "all", 25)
        command = [
            sys.executable, "-m", "hullcheck", "fleet", "run", "--results", str(fleet.results), "--workers", "1",
            "--today", TODAY, str(tmp_path / "all"),
        ]  # fmt: skip
        started = subprocess.Popen(command, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        end = time.monotonic() + 30
        while time.monotonic() < end and len(list(fleet.results.glob("runs/2*/*.parquet"))) < 3:
            time.sleep(0.02)
        started.send_signal(signal.SIGINT)
        _, error = started.communicate(timeout=30)
        assert started.returncode == 130, error
        assert b"goes on where this one was" in error
        before = {path.name: path.stat().st_mtime_ns for path in fleet.results.glob("runs/2*/*.parquet")}
        assert 3 <= len(before) < 25
        assert not list(fleet.results.rglob("*.part"))
        done = fleet.run(tmp_path / "all")
        rows = fleet.rows("runs")
        assert done.code == 1
        assert len({row["run"] for row in rows}) == 1
        assert states(rows) == [(f"r{at:03}.git", "judged") for at in range(25)]
        assert "25 judged" in done.out
        assert len(fleet.rows("findings")) == len({(r["repository"], r["fingerprint"]) for r in fleet.rows("findings")})

    def test_another_request_is_another_run(self, fleet: Fleet, tmp_path: Path) -> None:
        many(tmp_path / "all", 2)
        dataset = Dataset(str(fleet.results), make=True)
        run, *_ = dataset.begin("another", datetime(2026, 1, 1, tzinfo=UTC))
        fleet.run(tmp_path / "all")
        assert dataset.runs() != [run]
        assert len(dataset.runs()) == 1  # the other one has no row


class TestBroken:
    def test_one_that_is_broken_is_a_row(self, fleet: Fleet, tmp_path: Path) -> None:
        bare(tmp_path / "good.git", {"Dockerfile": GOOD})
        git(tmp_path, "init", "-q", "--bare", "empty.git")
        bare(tmp_path / "unborn.git", {"Dockerfile": GOOD}, branch="other")
        git(tmp_path / "unborn.git", "symbolic-ref", "HEAD", "refs/heads/main")
        broken = bare(tmp_path / "broken.git", {"Dockerfile": ROOT})
        for path in broken.glob("objects/??/*"):
            path.chmod(0o600)
            path.write_bytes(path.read_bytes()[:-3])
        bare(tmp_path / "nothing.git", {"README": "nothing of interest\n"})
        bare(tmp_path / "policy.git", {"Dockerfile": GOOD, ".hullcheck.yaml": "nonsense: 1\n"})
        pipe = bare(tmp_path / "pipe.git", {"Dockerfile": GOOD})
        os.mkfifo(pipe / "packed-refs")
        listed = fleet.listed(
            "good.git\nempty.git\nunborn.git\nbroken.git\nnothing.git\npolicy.git\npipe.git\nnowhere.git\ngood.git\tnone\n"
            'good.git\t-x\nhttp://who:pa55@x/a\n{"path": "good.git", "name": "x\\u001b[31m\\n## y"}\n'
        )
        done = fleet.run("--repositories", listed)
        assert done.code == 4
        rows = fleet.rows("runs")
        assert len(rows) == 12
        by_name = {row["repository"].rpartition("/")[2]: row for row in rows}
        assert by_name["good.git"]["state"] == "judged"
        assert by_name["empty.git"]["state"] == by_name["nothing.git"]["state"] == "empty"
        errors = {
            "unborn.git": "HEAD names a branch that isn't here", "broken.git": "", "nowhere.git": "no such folder",
            "policy.git": "unknown key", "pipe.git": "no regular file", "good.git@none": "there is no `none`",
            "good.git@-x": "is not a revision", "a": "nothing is cloned over `http`",
        }  # fmt: skip
        for name, error in errors.items():
            row = by_name[name]
            assert (row["state"], row["exit_code"]) == ("failed", 2), name
            assert error in row["error"], row
            assert row["error"]
        assert "\x1b" not in done.out + done.error
        assert "pa55" not in done.out + done.error + repr(rows)
        assert "Traceback" not in done.error

    def test_nothing_to_check_is_3_and_nothing_named_2(self, fleet: Fleet, tmp_path: Path) -> None:
        bare(tmp_path / "nothing.git", {"README": "nothing of interest\n"})
        assert fleet.run(tmp_path / "nothing.git").code == 3
        assert fleet.run().code == 2
        assert fleet.run(tmp_path / "nowhere").code == 2
        assert fleet.run("--repositories", fleet.listed("# none\n")).code == 2
        assert fleet.run(tmp_path / "nothing.git", "--workers", "-1").code == 2

    def test_a_folder_of_something_else_is_left_alone(self, fleet: Fleet, tmp_path: Path) -> None:
        bare(tmp_path / "a.git", {"Dockerfile": GOOD})
        fleet.results.mkdir()
        (fleet.results / "mine").write_text("x")
        done = fleet.run(tmp_path / "a.git")
        assert (done.code, "holds something else" in done.error) == (2, True)
        assert os.listdir(fleet.results) == ["mine"]

    def test_a_process_that_dies_takes_only_its_repository(self, fleet: Fleet, tmp_path: Path) -> None:
        many(tmp_path / "all", 8)
        found = repositories([str(tmp_path / "all")], [])
        done = list(pool.outcomes(_tasks(found, tmp_path), 2, work="test_fleet_run:dies_at_the_third"))
        assert sorted(each.number for each in done) == list(range(8))
        failed_ = {each.number: each.row["error"] for each in done if each.row["state"] == "failed"}
        assert failed_.keys() == {3}
        assert "SIGKILL: there wasn't enough memory" in failed_[3]

    def test_where_no_process_can_be_started(self, tmp_path: Path) -> None:
        found = repositories([str(many(tmp_path / "all", 8))], [])
        done = list(pool.outcomes(_tasks(found, tmp_path), 2, work="test_fleet_run:never"))
        assert done[2].refused
        assert sorted(each.number for each in done) == list(range(8))

    def test_too_little_memory_is_that_repository_s_error(self, fleet: Fleet, tmp_path: Path) -> None:
        bare(tmp_path / "large.git", {"pod.yaml": LARGE})
        bare(tmp_path / "small.git", {"Dockerfile": ROOT})
        found = repositories([str(tmp_path / "large.git"), str(tmp_path / "small.git")], [])
        done = {each.number: each.row for each in pool.outcomes(_tasks(found, tmp_path), 1, memory=400_000_000)}
        assert "memory" in done[0]["error"]
        assert done[1]["state"] == "judged"

    def test_another_hullcheck_judges_nothing(self, tmp_path: Path) -> None:
        (one,) = repositories([str(bare(tmp_path / "a.git", {"Dockerfile": ROOT}))], [])
        (task,) = _tasks([one], tmp_path)
        assert "another hullcheck" in judge(task._replace(code="0" * 32)).refused

    def test_a_full_disk_ends_the_run_and_loses_nothing(self, fleet: Fleet, tmp_path: Path) -> None:
        many(tmp_path / "all", 3)
        bare(
            tmp_path / "all/r001.git",
            {
                "compose.yaml": "services:\n"
                + "".join(f"  s{n}: {{image: x{n}, privileged: true}}\n" for n in range(400))
            },
        )
        code = (
            "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (14_000, 14_000))\n"
            "from hullcheck.cli import main; sys.exit(main(sys.argv[1:]))"
        )
        command = [
            "fleet",
            "run",
            "--results",
            str(fleet.results),
            "--workers",
            "1",
            "--today",
            TODAY,
            str(tmp_path / "all"),
        ]
        done = subprocess.run(
            [sys.executable, "-c", code, *command], env=_environment(), capture_output=True, text=True, check=False
        )
        assert (done.returncode, "the results can't be written" in done.stderr) == (2, True), done.stderr
        assert "Traceback" not in done.stderr
        assert not list(fleet.results.rglob("*.part"))
        fleet.run(tmp_path / "all")
        assert states(fleet.rows("runs")) == [(f"r{at:03}.git", "judged") for at in range(3)]

    def test_two_runs_at_once(self, fleet: Fleet, tmp_path: Path) -> None:
        bare(tmp_path / "a.git", {"Dockerfile": GOOD})
        with Dataset(str(fleet.results), make=True).alone():
            done = fleet.run(tmp_path / "a.git")
        assert (done.code, "another run is writing" in done.error) == (2, True)
        assert fleet.run(tmp_path / "a.git").code == 0


class TestResults:
    def test_half_a_repository_does_not_count(
        self, fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        many(tmp_path / "all", 2)
        fleet.run(tmp_path / "all")
        put = Dataset._put

        def breaks(self: Dataset, path: str, data: bytes) -> None:
            if "/images/" in path:
                raise OSError(28, "No space left on device")
            put(self, path, data)

        monkeypatch.setattr(Dataset, "_put", breaks)
        bare(tmp_path / "all/r000.git", {"Dockerfile": ROOT})
        done = fleet.run(tmp_path / "all")
        assert (done.code, "No space left on device" in done.error) == (2, True)
        monkeypatch.undo()
        results = {row["result"] for row in fleet.rows("findings")}
        counted = {row["result"] for row in fleet.rows("runs")}
        assert results - counted  # its findings are there already
        fleet.run(tmp_path / "all")
        assert fleet.last()["r000.git"]["high"] == 1
        assert fleet.ask("query", "select count(*) n from findings where \"check\" = 'root-user'")["query"] == [
            {"n": 2}
        ]

    def test_columns_are_as_described(self, fleet: Fleet, tmp_path: Path) -> None:
        bare(tmp_path / "a.git", {"Dockerfile": ROOT, "compose.yaml": COMPOSE.format(image="nginx:1.29")})
        fleet.run(tmp_path / "a.git")
        from pyarrow import dataset

        kinds = tables.types()
        for name, columns in tables.TABLES.items():
            found = dataset.dataset(fleet.results / name, format="parquet").schema
            assert [(field.name, field.type) for field in found] == [(each.name, kinds[each.kind]) for each in columns]
        for name in ("findings", "images", "base_images", "workloads", "exposures", "runs"):
            assert fleet.rows(name), name

    def test_runs_are_in_order_whatever_the_clock_says(self, fleet: Fleet) -> None:
        dataset = Dataset(str(fleet.results), make=True)
        later = datetime(2026, 11, 24, 12, tzinfo=UTC)
        names = []
        for number, started in enumerate((later, later, later - timedelta(days=1))):
            run, *_ = dataset.begin(str(number), started)
            dataset.write(run, {"repository": "a", "run": run, "state": "judged", "result": "x"}, {})
            dataset.end(run)
            names.append(run)
        assert names == sorted(names) == dataset.runs()

    def test_a_name_of_a_repository_is_no_path(self, fleet: Fleet, tmp_path: Path) -> None:
        bare(tmp_path / "a.git", {"Dockerfile": ROOT})
        names = [
            "../../../evil",
            "/etc/passwd",
            "a'b\"; drop table runs; --",
            "*",
            "x" * 5_000,
            "é\ud7ff",
            "con",
            ".",
            "-rf",
        ]
        listed = fleet.listed("".join(json.dumps({"path": "a.git", "name": name}) + "\n" for name in names))
        before = {path for path in tmp_path.rglob("*") if "results" not in path.parts}
        fleet.run("--repositories", listed)
        assert {path for path in tmp_path.rglob("*") if not {"results", "cache"} & set(path.parts)} == before
        assert {row["state"] for row in fleet.rows("runs")} == {"judged"}
        for path in fleet.results.rglob("*.parquet"):
            assert re.fullmatch(r"0-columns|[0-9a-f]{24}-[0-9a-f]{32}-\d{8}|\d{8}T\d{12}Z-[0-9a-f]{4}", path.stem)
        assert fleet.main("report").code == 0


def test_progress_tells_rate_and_time_left() -> None:
    from hullcheck.commands.fleet import Progress

    progress = Progress(quiet=False)
    progress._first = (100.0, 200)
    assert progress.line(1_200, 10_200, 3, 140.0) == "1,200/10,200 repositories, 3 failed, 25.0/s, 0:06:00 left"
    assert progress.line(200, 10_200, 0, 100.0) == "200/10,200 repositories"


def _tasks(found: list[Repository], tmp_path: Path) -> list[Task]:
    return [Task(one, Options(TODAY), identity()[1], Kept(str(tmp_path / "clones"))) for one in found]


def dies_at_the_third(task: Task) -> Outcome:
    """What a worker does in a test: the kernel ends it over one repository."""
    if task.repository.number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return Outcome(task.repository.number, failed("") | {"state": "judged"})


def __getattr__(name: str) -> object:
    if name == "never":
        os._exit(7)
    raise AttributeError(name)
