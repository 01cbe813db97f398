"""Small parts of the network model: addresses, ports, near misses, data stores, differences."""

import ipaddress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hullcheck.model.network.addresses import V6, AddressRange, AddressSpace, address, cidrs, parse
from hullcheck.model.network.datastores import data_store
from hullcheck.model.network.diff import Difference, difference
from hullcheck.model.network.labels import bits_of, numbers_in
from hullcheck.model.network.near import within_two
from hullcheck.model.network.network import Network
from hullcheck.model.network.pairing import pairs
from hullcheck.model.network.ports import PortRange, PortSpace
from worlds import net


@pytest.mark.parametrize("text", ["10.0.0.0/8", "0.0.0.0/0", "192.0.2.7/32", "2001:db8::/32", "::/0", "fe80::1/128"])
def test_a_cidr_is_its_own_range(text: str) -> None:
    span = parse(text)
    assert span is not None
    assert cidrs([span]) == [str(ipaddress.ip_network(text, strict=False))]


@pytest.mark.parametrize(
    "text", ["10.0.0.0", "10.0.0.0/33", "256.0.0.0/8", "10.0.0/8", "::/129", "a::g/8", "/8", "1.2.3.4/", ""]
)
def test_what_is_no_cidr(text: str) -> None:
    assert parse(text) is None


def test_a_sloppy_cidr_is_read_as_go_does() -> None:
    assert parse("010.001.2.3/8") == parse("10.0.0.0/8")
    assert address("::1") == AddressRange(V6 + 1, V6 + 2)


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(1, 2**20)), max_size=6))
@settings(max_examples=80)
def test_the_fewest_cidrs_hold_exactly_the_ranges(drawn: list[tuple[int, int]]) -> None:
    ranges = [AddressRange(start, min(start + size, V6)) for start, size in drawn]
    networks = [ipaddress.ip_network(text) for text in cidrs(ranges)]
    assert list(ipaddress.collapse_addresses(networks)) == networks  # type: ignore[type-var]
    assert sum(n.num_addresses for n in networks) == sum(
        end - start for start, end in AddressSpace(ranges).ranges(union(AddressSpace(ranges), ranges))
    )


def union(space: AddressSpace, ranges: list[AddressRange]) -> int:
    bits = 0
    for span in ranges:
        bits |= space.bits(span)
    return bits


@given(
    st.lists(st.tuples(st.sampled_from(("SCTP", "TCP", "UDP")), st.integers(1, 65535), st.integers(0, 99)), max_size=6)
)
@settings(max_examples=80)
def test_sets_of_ports_are_what_was_put_in(drawn: list[tuple[str, int, int]]) -> None:
    ranges = [PortRange(protocol, first, min(first + more, 65535)) for protocol, first, more in drawn]
    space = PortSpace(ranges)
    bits = 0
    for span in ranges:
        bits |= space.bits(*span)
    wanted = {(p, n) for p, first, last in ranges for n in range(first, last + 1)}
    assert {(p, n) for p, first, last in space.ranges(bits) for n in range(first, last + 1)} == wanted
    merged = space.ranges(bits)
    assert all(a.protocol != b.protocol or a.last + 1 < b.first for a, b in pairwise(merged))


def test_ports_in_words() -> None:
    space = PortSpace([PortRange("TCP", 80, 80), PortRange("TCP", 443, 444), PortRange("SCTP", 1, 65535)])
    bits = space.bits("TCP", 80, 80) | space.bits("TCP", 443, 444) | space.bits("SCTP")
    assert space.text(bits) == "SCTP 1-65535,TCP 80,443-444"
    assert space.text(space.all) == "All Connections"
    assert space.text(0) == "No Connections"


@given(st.sets(st.integers(0, 500)))
def test_numbers_as_bits_and_back(numbers: set[int]) -> None:
    assert list(numbers_in(bits_of(numbers))) == sorted(numbers)


@pytest.mark.parametrize(
    ("left", "right", "near"),
    [
        ("web", "webs", True),
        ("frontend", "frontned", True),
        ("payments", "payment", True),
        ("prometheus", "promethues", True),
        ("web1", "web2", False),
        ("web", "api", False),
        ("orders-v1", "orders-v2", False),
        ("db", "dbs", False),
        ("catalog", "catalog", False),
    ],
)
def test_what_is_a_slip(left: str, right: str, near: bool) -> None:
    assert within_two(left, right) is near
    assert within_two(right, left) is near


@pytest.mark.parametrize(
    ("image", "ports", "kind"),
    [
        ("library/postgres", (), "postgres"),
        ("bitnami/postgresql", (), "postgres"),
        ("mssql/server", (), "mssql"),
        ("prometheuscommunity/postgres-exporter", (9187,), ""),
        ("zalando/postgres-operator", (5432,), ""),
        ("team/database", (5432,), "postgres"),
        ("team/store", (5432,), ""),
        ("team/app", (8080, 5432), ""),
        ("team/ledger", (), "ledger"),
    ],
)
def test_what_holds_data(image: str, ports: tuple[int, ...], kind: str) -> None:
    assert data_store([image], ports, ["ledger"]) == kind


PODS = "\n---\n".join(
    f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p{n}, namespace: x, labels: {{app: p{n}}}}}\n"
    f"spec: {{containers: [{{name: c, image: i}}]}}"
    for n in range(4)
)


def with_policy(rules: str, pods: str = PODS) -> Network:
    policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: x}"
    return net(f"{pods}\n---\n{policy}\nspec: {{podSelector: {{matchLabels: {{app: p0}}}}, ingress: {rules}}}")


def compared(before: Network, after: Network) -> Difference:
    """The difference of the one scope that both are."""
    (pair,) = pairs([before], [after])
    return difference(pair)


def test_a_difference_has_what_opened_and_what_closed() -> None:
    before = with_policy("[{from: [{podSelector: {matchLabels: {app: p1}}}], ports: [{port: 80}]}]")
    after = with_policy("[{from: [{podSelector: {matchLabels: {app: p2}}}], ports: [{port: 81}]}]")
    found = compared(before, after)
    assert [(p.sources, p.targets, p.text) for p in found.opened] == [((2,), (0,), "TCP 81")]
    assert [(p.sources, p.targets, p.text) for p in found.closed] == [((1,), (0,), "TCP 80")]
    assert not found.lost
    assert compared(before, before).empty


def test_a_moved_or_renamed_policy_is_no_difference() -> None:
    rule = "[{from: [{podSelector: {}}]}]"
    assert compared(with_policy(rule), with_policy(rule)).empty


def test_what_is_all_opened_is_one_path() -> None:
    found = compared(with_policy("[]"), net(PODS))
    ((path,), (lost,)) = found.opened, found.lost
    assert (path.sources, path.targets, path.text) == ((1, 2, 3), (0,), "All Connections")
    assert [policy.object.name for policy in lost.gone] == ["p"]


def test_workloads_that_come_and_go_are_told_by_name() -> None:
    fewer = PODS.rpartition("\n---\n")[0]
    found = compared(net(PODS), net(fewer))
    assert (found.added, found.removed, found.opened, found.closed) == ((), ("x/p3[Pod]",), (), ())
