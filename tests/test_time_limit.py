"""A run ends in time: what eats it is told, what was found before is kept, and nothing that wasn't judged passes for it."""

import itertools
import random
import re
from pathlib import Path

import pytest

from hullcheck import budget
from hullcheck.cli import main
from hullcheck.model.coverage import JUDGED
from hullcheck.result import Result
from judge import judge, named
from test_coverage import POD, random_tree

POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec: {podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}
"""
TREE = {
    "Dockerfile": "FROM debian:13.1\nRUN curl -k https://example.org/x | sh\n",
    "compose.yaml": "services: {a: {image: 'r.example.org/x:1.2.3', privileged: true}}\n",
    "plain/pod.yaml": POD.format(name="a"),
    "k/kustomization.yaml": "resources: [pod.yaml, policy.yaml]\nnamePrefix: x-\n",
    "k/pod.yaml": POD.format(name="b"),
    "k/policy.yaml": POLICY,
    "chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n",
    "chart/templates/pod.yaml": POD.format(name="c") + "{{ range until 500 }}{{ end }}\n",
}


class Ticks:
    """A clock that goes on a second each time it is looked at."""

    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def judged_within(run: float, thing: float, folder: Path, files: dict[str, str]) -> tuple[Result, int]:
    """What is found, and how often the time was asked for."""
    ticks = Ticks()
    with budget.limited(run, thing, ticks):
        return judge(folder, files), ticks.now


def things(result: Result) -> set[tuple[str, str, str]]:
    return {(finding.name, finding.owner, finding.location.path) for finding in result.findings}


def test_a_generous_limit_changes_nothing(tmp_path: Path) -> None:
    limited, ticks = judged_within(1e9, 1e9, tmp_path, TREE)
    free = judge(tmp_path, TREE)
    assert repr((limited.findings, limited.coverage)) == repr((free.findings, free.coverage))
    assert limited.exit_code == free.exit_code == 1
    assert ticks > 100


def test_wherever_the_runs_time_ends_it_is_told_once(tmp_path: Path) -> None:
    whole, ticks = judged_within(1e9, 0, tmp_path, TREE)
    eaters = set()
    for seconds in range(1, ticks - 1):
        result, _ = judged_within(seconds, 0, tmp_path, TREE)
        found = named(result, "time-limit")
        assert len(found) == 1, (seconds, [(f.message, f.location.path) for f in found])
        eater = found[0]
        eaters.add(eater.location.path)
        assert result.exit_code == 4
        assert result.coverage.unjudged
        assert not named(result, "check-failed", "parse-error")
    assert eaters == TREE.keys()
    assert len(named(whole, "time-limit")) == 0


def test_what_was_found_before_is_kept(tmp_path: Path) -> None:
    """Only the chart is slow: everything else is judged as if it weren't there."""
    slow = {**TREE, "chart/templates/pod.yaml": POD.format(name="c") + "{{ range until 90000 }}{{ end }}\n"}
    result, _ = judged_within(0, 200, tmp_path, slow)
    (eater,) = named(result, "time-limit")
    assert (eater.location.path, eater.owner, result.exit_code) == ("chart/Chart.yaml", "chart", 4)
    others = {path: text for path, text in TREE.items() if not path.startswith("chart/")}
    alone = judge(tmp_path / "alone", others)
    assert things(alone) <= things(result)


@pytest.mark.parametrize("seed", range(6))
def test_the_ledger_adds_up_wherever_it_ends(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    files, put = random_tree(chance)
    _, ticks = judged_within(1e9, 0, tmp_path, files)
    for seconds in sorted(chance.sample(range(1, ticks), min(8, ticks - 1))):
        items = judged_within(seconds, 0, tmp_path, files)[0].coverage.items
        for text, path in put.items():
            if text in files[path]:
                (name,) = re.findall("thing[0-9]+", text)[:1]
                own = [item for item in items if item.path == path or path.startswith(f"{item.path}/")]
                states = {item.state for item in own if item.state != JUDGED or name in item.object}
                assert states, (name, path, seconds)


def test_the_command_ends_with_exit_code_4(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Dockerfile").write_text(TREE["Dockerfile"])
    arguments = ["check", str(tmp_path), "--output-format", "concise"]
    assert main([*arguments, "--time-limit", "0.000001"]) == 4
    assert "time-limit" in capsys.readouterr().out
    assert main([*arguments, "--time-limit", "0", "--file-time-limit", "0"]) == 1
    assert "time-limit" not in capsys.readouterr().out


@pytest.mark.parametrize("command", ["map", "show"])
def test_a_command_without_findings_says_it_in_a_line(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "compose.yaml").write_text(TREE["compose.yaml"])
    assert main([command, str(tmp_path), "--time-limit", "0.000001"]) == 4
    assert "time limit" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["-1", "inf", "nan", "soon"])
def test_a_limit_is_a_number_of_seconds(word: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path), f"--time-limit={word}"]) == 2
    assert "no number of seconds" in capsys.readouterr().err


def go_on() -> None:
    for _ in itertools.count():
        budget.tick()


def test_limits_may_lie_in_one_another() -> None:
    ticks = Ticks()
    with budget.limited(1000, 10, ticks):
        for _ in range(3):
            with pytest.raises(budget.OutOfTimeError, match="for one file of 10 s"), budget.Thing():
                go_on()
        with budget.limited(5, 0, Ticks()), pytest.raises(budget.OutOfTimeError, match="run's time limit of 5 s"):
            go_on()
        budget.tick()
