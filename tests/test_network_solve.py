"""The solver against an evaluator that looks at one pair and one port at a time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hullcheck.model.network import solve as solver
from hullcheck.model.network.diff import difference
from hullcheck.model.network.endpoint import Assume, Endpoint, IpBlocksMatchPods
from hullcheck.model.network.join import join, outside
from hullcheck.model.network.labels import Labels, LabelSelector, bits_of, numbers_in
from hullcheck.model.network.network import Network, Scope
from hullcheck.model.network.pairing import Pair
from hullcheck.model.network.policy import Direction, Peer, Policy, PortRule, Rule
from hullcheck.model.network.solve import Compiler, Solution, answers, fold, solve
from hullcheck.model.network.universe import Universe
from naive_network import Facts, Outside, open_between
from random_networks import HERE, NAMESPACES, facts, made, own_policies

PROBES = [(protocol, port) for protocol in ("TCP", "UDP", "SCTP") for port in (1, 80, 81, 82, 443, 65535)]


def solutions(world: Facts, assume: Assume, declared: set[str]) -> tuple[Solution, Solution]:
    """The strict and the loose answer where only some namespaces are declared."""
    namespaces = {name: found for name, found in world.namespaces.items() if name in declared}
    universe = Universe(world.endpoints, world.policies, namespaces, assume)
    compiler = Compiler(universe, world.policies)
    return solve(compiler, strict=True), solve(compiler, strict=False)


def is_open(solution: Solution, source: int, target: int, protocol: str, port: int) -> bool:
    space = solution.universe.ports
    return any(
        found.protocol == protocol and found.first <= port <= found.last
        for found in space.ranges(solution.connections(source, target))
    )


CLOSED = Assume(IpBlocksMatchPods.NEVER, namespaces_closed=True)


@settings(max_examples=80, deadline=None)
@given(facts())
def test_where_all_is_known_both_answers_are_the_naive_one(world: Facts) -> None:
    for solution in solutions(world, CLOSED, set(NAMESPACES)):
        for s, source in enumerate(world.endpoints):
            for t, target in enumerate(world.endpoints):
                for protocol, port in PROBES:
                    expected = open_between(world, source, target, protocol, port)
                    assert is_open(solution, s, t, protocol, port) is expected, (source.id, target.id, protocol, port)


@settings(max_examples=80, deadline=None)
@given(facts(), st.sets(st.sampled_from(NAMESPACES)), st.data())
def test_whatever_the_unknowns_turn_out_to_be_the_truth_lies_between_the_answers(
    world: Facts, declared: set[str], data: st.DataObject
) -> None:
    addresses = {endpoint.id: data.draw(st.integers(0, 20)) for endpoint in world.endpoints}
    truth = world._replace(addresses=addresses)
    strict, loose = solutions(world, Assume(), declared)
    for s, source in enumerate(world.endpoints):
        for t, target in enumerate(world.endpoints):
            for protocol, port in PROBES:
                expected = open_between(truth, source, target, protocol, port)
                assert is_open(strict, s, t, protocol, port) <= expected <= is_open(loose, s, t, protocol, port)


@settings(max_examples=50, deadline=None)
@given(facts())
def test_what_reaches_outside_is_the_naive_answer(world: Facts) -> None:
    solution, _ = solutions(world, CLOSED, set(NAMESPACES))
    space = solution.universe.ports
    for s, pod in enumerate(world.endpoints):
        for direction in Direction:
            found = [o for o in outside(solution) if o.direction is direction and o.members >> s & 1]
            for number in (*range(20), 1 << 31):
                for protocol, port in PROBES:
                    ends = (pod, Outside(number)) if direction is Direction.EGRESS else (Outside(number), pod)
                    expected = open_between(world, *ends, protocol, port)
                    actual = any(
                        any(start <= number < end for start, end in solution.universe.ranges(o.ends))
                        and any(
                            r.protocol == protocol and r.first <= port <= r.last for r in space.ranges(o.connections)
                        )
                        for o in found
                    )
                    assert actual is expected


@settings(max_examples=50, deadline=None)
@given(facts())
def test_blocks_are_disjoint_and_hold_what_pairs_say(world: Facts) -> None:
    for solution in solutions(world, Assume(), {"a"}):
        seen: dict[tuple[int, int], int] = {}
        for block in join(solution).blocks:
            for pair in ((s, t) for s in numbers_in(block.sources) for t in numbers_in(block.targets)):
                assert not seen.get(pair, 0) & block.connections
                seen[pair] = seen.get(pair, 0) | block.connections
        for s in range(len(world.endpoints)):
            for t in range(len(world.endpoints)):
                assert seen.get((s, t), 0) == solution.connections(s, t)


@settings(max_examples=60, deadline=None)
@given(facts(), st.data())
def test_a_difference_is_what_single_pairs_say(world: Facts, data: st.DataObject) -> None:
    other = [data.draw(own_policies()) for _ in range(data.draw(st.integers(0, 2)))]
    before, after = (
        Network(Scope("s", "manifests", tuple(world.endpoints), tuple(policies)))
        for policies in (world.policies, [*world.policies[1:], *other])
    )
    found = difference(Pair(before, after))
    for paths, network, counterpart in (
        (found.opened, found.after, found.before),
        (found.closed, found.before, found.after),
    ):
        assert network is not None
        assert counterpart is not None
        told: dict[tuple[int, int], int] = {}
        for path in paths:
            for pair in ((s, t) for s in path.sources for t in path.targets):
                assert not told.get(pair, 0) & path.connections
                told[pair] = told.get(pair, 0) | path.connections
        for s in range(len(world.endpoints)):
            for t in range(len(world.endpoints)):
                ours = network.answers.strict.connections(s, t)
                theirs = counterpart.answers.loose.connections(s, t)
                assert told.get((s, t), 0) == (ours & ~theirs if s != t else 0)


cells = st.lists(st.tuples(st.integers(0, 15), st.sets(st.integers(0, 200), max_size=90).map(bits_of)), max_size=40)


@settings(max_examples=200, deadline=None)
@given(cells)
def test_folded_cells_are_disjoint_and_hold_what_was_put_in(drawn: list[tuple[int, int]]) -> None:
    expected: dict[int, int] = {}
    for connections, ends in drawn:
        for number in numbers_in(ends):
            expected[number] = expected.get(number, 0) | connections
    folded = fold(drawn)
    assert len({connections for connections, _ in folded}) == len(folded)
    found = [(number, connections) for connections, ends in folded for number in numbers_in(ends)]
    assert sorted(found) == sorted((number, connections) for number, connections in expected.items() if connections)


def test_what_would_be_too_much_work_is_unknown_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = LabelSelector()
    ends = [Endpoint(f"a/w{n}", "", "a", f"w{n}", "Pod", HERE, Labels({"app": str(n)})) for n in range(30)]
    rules = tuple(
        Rule(n, HERE, (Peer(HERE, LabelSelector.of({"app": str(n)})),), (PortRule(HERE, "TCP", n, n),))
        for n in range(1, 30)
    )
    policies = [Policy(made("NetworkPolicy", "p", "a"), "a", everybody, True, False, ingress_rules=rules)]
    strict, loose = answers(Compiler(Universe(ends, policies), policies))
    assert not strict.truncated
    assert strict is loose
    monkeypatch.setattr(solver.Work.__init__, "__defaults__", (20,))
    strict, loose = answers(Compiler(Universe(ends, policies), policies))
    assert strict.truncated
    assert strict.connections(1, 2) == 0
    assert loose.connections(1, 2) == loose.universe.ports.all
    assert strict.isolated[Direction.INGRESS] == (1 << 30) - 1


def test_joining_stops_at_the_limit_and_says_so() -> None:
    endpoints = [Endpoint(f"a/w{n}", "", "a", f"w{n}", "Pod", HERE, Labels({"app": str(n)})) for n in range(20)]
    policies = [
        Policy(
            made("NetworkPolicy", f"p{n}", "a"),
            "a",
            LabelSelector.of({"app": str(n)}),
            True,
            False,
            ingress_rules=(Rule(1, HERE, None, (PortRule(HERE, "TCP", n + 1, n + 1),)),),
        )
        for n in range(20)
    ]
    solution = solve(Compiler(Universe(endpoints, policies), policies), strict=True)
    assert len(join(solution).blocks) == 20
    assert not join(solution).truncated
    assert join(solution, limit=5).truncated
