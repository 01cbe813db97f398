"""A short run of the fuzzer in `fuzz/`; and that it sees what it is for."""

import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fuzz import hashes, minimise, odd, properties, strategies
from fuzz.desk import Desk
from fuzz.mutate import TOKEN, mutated
from fuzz.properties import Case, Fault
from fuzz.trees import CONTROL, Tree, seeds, write
from hullcheck.check import Check

FEW = settings(
    max_examples=5, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),  # `fuzz/minimise.py` makes small what fails
)  # fmt: skip
RARE = settings(FEW, max_examples=1)

CLEAN: Tree = {"Dockerfile": b"FROM debian:13.1\nUSER root\n"}


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with Desk() as made:
        yield made


def holds(desk: Desk, what: properties.Property, case: Case, number: int = 0) -> None:
    """Does the property hold for the case? Else it is written down, and how to see it again is told."""
    faults = list(what(desk, case, random.Random(number)))
    if faults:
        folder = Path(tempfile.mkdtemp(prefix="hullcheck-fault-"))
        write(case.tree, folder / "tree")
        write(case.base, folder / "base")
        pytest.fail(f"python -m tests.fuzz --again {folder}: {faults}", pytrace=False)


def test_a_broken_repository_is_told_as_documented(desk: Desk) -> None:
    @FEW
    @given(strategies.cases(), st.integers(0, 2**16))
    def each(case: Case, number: int) -> None:
        holds(desk, properties.contract, case, number)

    each()


def test_a_grown_repository_is_told_as_documented(desk: Desk) -> None:
    @FEW
    @given(strategies.grown(), st.integers(0, 2**16))
    def each(case: Case, number: int) -> None:
        holds(desk, properties.contract, case, number)

    each()


def test_migrating_makes_a_configuration(desk: Desk) -> None:
    @FEW
    @given(strategies.cases(name="migrate"))
    def each(case: Case) -> None:
        holds(desk, properties.migrated, case)

    each()


@pytest.mark.parametrize("what", [properties.fixed, properties.accepted, properties.deterministic, properties.gated])
def test_the_other_properties_hold(what: properties.Property, desk: Desk) -> None:
    @RARE
    @given(strategies.cases(name="/bad"))
    def each(case: Case) -> None:
        holds(desk, what, case)

    each()


@pytest.mark.parametrize("name", ["docker", "compose", "k8s", "kustomize", "helm", "policy"])
def test_odd_values_end_no_command(name: str, desk: Desk) -> None:
    seed = next(seed for seed in seeds() if seed.name == f"seeds/{name}")
    holds(desk, properties.contract, Case(next(odd.rows(seed.tree, random.Random(len(name)))), seed.tree))


def test_no_report_depends_on_how_text_is_hashed() -> None:
    rng = random.Random(0)
    trees = [mutated(seed, seeds(), rng) for seed in seeds()[:2]]
    assert list(hashes.differing(trees)) == []


def _faults(desk: Desk, tree: Tree, holds: properties.Property) -> list[str]:
    return [fault.property for fault in holds(desk, Case(tree, tree), random.Random(0))]


def test_a_check_that_fails_is_seen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any, **__: Any) -> None:
        raise ValueError("x")

    monkeypatch.setattr(Check, "finding", failing)
    assert "failed" in _faults(desk, CLEAN, properties.contract)


def test_a_run_that_fails_is_seen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hullcheck.engine.lint", lambda *_: 1 / 0)
    assert _faults(desk, CLEAN, properties.contract)[:1] == ["failed"]


def test_a_lost_finding_is_seen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fuzz.properties.CONTROLLED", {("privileged", "control/Dockerfile")})
    assert _faults(desk, CLEAN, properties.contract) == ["control"]


def test_what_differs_from_run_to_run_is_seen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hullcheck.report.writer.count", lambda *_: str(random.random()))
    assert "deterministic" in _faults(desk, CLEAN, properties.deterministic)


def test_a_credential_that_is_shown_is_seen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = {"Dockerfile": f"FROM debian:13.1\nENV A={TOKEN}\n".encode()}
    assert _faults(desk, tree, properties.contract) == []
    monkeypatch.setattr("hullcheck.report.safe.Secrets.within", lambda *_: [])
    assert set(_faults(desk, tree, properties.contract)) == {"masked"}


def test_what_a_fix_brings_is_seen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    found = iter((0, 1, 1, 1))
    monkeypatch.setattr("fuzz.properties._found", lambda *_: properties.Counter({("parse-error", "a"): next(found)}))
    assert _faults(desk, CLEAN, properties.fixed) == ["fixed"]


def test_a_failing_repository_is_made_small() -> None:
    tree = {f"{number}/Dockerfile": b"FROM a\n" * 50 for number in range(5)} | {
        "a.yaml": b"x: 1\nbad: needle\ny: 2\n" * 20
    }
    small = minimise.smaller(Case(tree, tree), lambda case: any(b"needle" in data for data in case.tree.values()))
    assert small.tree == {"a.yaml": b"needle"}


def test_one_fault_has_one_signature() -> None:
    one = Fault("failed", "check --today 2026-11-24", "ValueError: 12345 in 'a/b.yaml' at x.py:12")
    assert (
        one.signature
        == one._replace(command="check --fix", seen=one.seen.replace("a/b", "c").replace("12345", "99999")).signature
    )


def test_a_tree_is_laid_in_the_place_of_another(desk: Desk) -> None:
    desk.put({"a/b": b"1", "a": b"2", "c": b"3"}, CONTROL)
    assert (desk.tree / "c").read_bytes() == b"3"
    desk.put(CLEAN)
    assert [path.name for path in desk.tree.iterdir()] == ["Dockerfile"]
    assert shutil.which("git") is None or len(desk.commit({"a": b"1"})) == 40
    desk.forget()
