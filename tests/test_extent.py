"""How far faults reach: the laws of the order, and what is said of it; every check that has a reach says it."""

from functools import cache
from itertools import product
from random import Random
from typing import Any

import pytest

from hullcheck.model.extent import (
    EVERY_ADDRESS,
    NOWHERE,
    UNKNOWN,
    UNKNOWN_ADDRESS,
    Axis,
    Extent,
    addresses,
    extent,
    level,
    listeners,
    ports,
    selector,
    sources,
    union,
    wider,
    within,
    without,
    words,
)
from hullcheck.model.network.labels import LabelSelector, Operator, Requirement
from hullcheck.model.network.ports import PortRange
from hullcheck.model.versions import without_versions

LEVELS = ("restricted", "baseline", "privileged")
CIDRS = ("10.0.0.0/24", "10.0.0.0/8", "0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "192.168.1.4/32", "::/0", "fd00::/8")
VERBS = ("get", "list", "create", "*")
PATHS = ("/", "/etc", "/etc/ssh", "/var", "/var/log", "/etcetera")


def tcp(first: int, last: int = 0) -> PortRange:
    return PortRange("TCP", first, last or first)


def of(**axes: Axis) -> Extent:
    return extent(**axes)


def labels(**values: str) -> LabelSelector:
    return LabelSelector.of(values)


def random_extent(random: Random) -> Extent:
    """A few boxes of addresses, ports, words, paths and levels, some axes left out."""
    boxes = []
    for _ in range(random.randint(0, 3)):
        axes: dict[str, Axis] = {}
        if random.random() < 0.8:
            axes["addresses"] = addresses(random.sample(CIDRS, random.randint(1, 2)))
        if random.random() < 0.8:
            first = random.randint(1, 12)
            axes["ports"] = ports([PortRange(random.choice(("TCP", "UDP")), first, first + random.randint(0, 5))])
        if random.random() < 0.5:
            axes["verbs"] = words(random.sample(VERBS, random.randint(1, 2)))
        if random.random() < 0.4:
            axes["paths"] = words(random.sample(PATHS, random.randint(1, 2)), "path")
        if random.random() < 0.3:
            axes["level"] = level(random.choice(LEVELS), LEVELS)
        boxes.append(of(**axes))
    return union(boxes)


POINTS = [
    {"addresses": address, "ports": port, "verbs": verb, "paths": path, "level": name}
    for address, port, verb, path, name in product(
        ("10.0.0.7/32", "10.3.0.1/32", "192.168.1.4/32", "200.0.0.1/32", "fd00::1/128", "2001:db8::1/128"),
        (tcp(1), tcp(5), tcp(17), PortRange("UDP", 7, 7)),
        ("get", "create", "other"),
        ("/etc/ssh/key", "/etc/x", "/var/log/y", "/elsewhere"),
        LEVELS,
    )
]
"""Points of which each of the random extents either has all or nothing, near enough to all that there are."""


@cache
def axes_of(address: str, port: PortRange, verb: str, path: str, name: str) -> dict[str, Axis]:
    number = LEVELS.index(name)
    return {
        "addresses": addresses([address]),
        "ports": ports([port]),
        "verbs": words([verb]),
        "paths": words([path], "path"),
        "level": level(name, LEVELS)._replace(ranges=((number, number + 1),)),
    }


def holds(found: Extent, point: dict[str, Any]) -> bool:
    """Whether a point is in an extent, worked out the long way."""
    one = axes_of(*point.values())
    return any(all(one[name].minus(axis).empty for name, axis in box) for box in found.boxes)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(60))
def test_the_laws_of_the_order(seed: int) -> None:
    random = Random(seed)
    one, two, three = (random_extent(random) for _ in range(3))
    assert within(one, one)
    assert within(NOWHERE, one)
    assert within(one, one | two)
    assert within(one | two, two | one)
    assert within(one | one, one)
    if within(one, two) and within(two, three):
        assert within(one, three)
    if within(one, three) and within(two, three):
        assert within(one | two, three)
    assert within(one, two | Extent(without(one, two)))
    assert bool(wider(one, two)) != within(one, two)


@pytest.mark.parametrize("seed", range(30))
def test_the_order_is_that_of_sets_of_points(seed: int) -> None:
    random = Random(1000 + seed)
    one, two = random_extent(random), random_extent(random)
    rest, inside = Extent(without(one, two)), within(one, two)
    for point in random.sample(POINTS, 200):
        if holds(one, point) and not holds(two, point):
            assert not inside
            assert holds(rest, point)


@pytest.mark.parametrize(
    ("new", "old", "said"),
    [
        (of(addresses=addresses(["0.0.0.0/0"])), of(addresses=addresses(["10.0.0.0/24"])), "0.0.0.0/0 instead of 10.0.0.0/24"),
        (of(addresses=EVERY_ADDRESS), of(addresses=addresses(["10.0.0.5"])), "every address instead of 10.0.0.5/32"),
        (of(ports=ports([tcp(80), tcp(7070)])), of(ports=ports([tcp(80)])), "also TCP 7070"),
        (of(verbs=words(["get", "list"])), of(verbs=words(["get"])), "also verbs list"),
        (of(verbs=words(["*"])), of(verbs=words(["get"])), "verbs * instead of get"),
        (of(paths=words(["/"], "path")), of(paths=words(["/etc"], "path")), "/ instead of /etc"),
        (of(resources=words(["secrets"])), of(resources=words(["secrets"]), names=words(["a"], "name")), "any names instead of a"),
        (of(level=level("privileged", LEVELS)), of(level=level("restricted", LEVELS)), "level privileged instead of restricted"),
        (of(addresses=UNKNOWN_ADDRESS), of(addresses=addresses(["10.0.0.5"])), "an unknown value instead of 10.0.0.5/32"),
        (sources("https://6.6.6.6/a.sh"), sources("https://1.2.3.4/a.sh"), "https://6.6.6.6/a.sh instead of https://1.2.3.4/a.sh"),
        (
            of(addresses=addresses(["10.0.0.1"]), ports=ports([tcp(443)])),
            of(addresses=addresses(["10.0.0.1"]), ports=ports([tcp(80)])) | of(addresses=addresses(["10.0.0.2"]), ports=ports([tcp(443)])),
            "10.0.0.1/32, TCP 443 together",
        ),
    ],
)  # fmt: skip
def test_what_is_wider_is_said_in_words(new: Extent, old: Extent, said: str) -> None:
    assert wider(new, old) == (said,)
    assert not wider(new, new | old)


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (of(addresses=addresses(["0.0.0.0/0"])), of(addresses=addresses(["0.0.0.0/1", "128.0.0.0/1"]))),
        (of(addresses=addresses(["0.0.0.0/1", "128.0.0.0/1"])), of(addresses=addresses(["0.0.0.0/0"]))),
        (of(addresses=addresses(["10.0.0.5"])), of(addresses=UNKNOWN_ADDRESS)),
        (of(addresses=listeners(["0.0.0.0"])), of(addresses=addresses(["0.0.0.0"]))),
        (of(addresses=EVERY_ADDRESS), of(addresses=listeners(["0.0.0.0/0"]))),
        (of(resources=words(["pods/exec"])), of(resources=words(["*/exec"]))),
        (of(resources=words(["pods/exec"])), of()),
        (of(URLs=words(["/api/v1"])), of(URLs=words(["/api/*"]))),
        (of(paths=words(["/etc/ssh"], "path")), of(paths=words(["/etc"], "path"))),
        (of(paths=words([UNKNOWN], "path")), of(paths=words(["/"], "path"))),
        (of(pods=selector(labels(app="a", tier="b"))), of(pods=selector(labels(app="a")))),
        (of(pods=selector(labels(app="a"))), of(pods=selector(None))),
        (of(pods=selector(labels(app="a"))), of(pods=selector(LabelSelector((Requirement("app", Operator.EXISTS),))))),
        (of(subjects=words(["b"], "holder")), of(subjects=words(["a"], "holder"))),
        (sources("https://example.org/1.2.3/a"), sources("https://example.org/1.10.0/a")),
    ],
)
def test_what_is_no_wider(narrow: Extent, wide: Extent) -> None:
    assert within(narrow, wide)


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (of(paths=words(["/etcetera"], "path")), of(paths=words(["/etc"], "path"))),
        (of(resources=words(["pods"])), of(resources=words(["pods/*"]))),
        (of(pods=selector(None)), of(pods=selector(labels(app="a")))),
        (of(pods=selector(labels(app="b"))), of(pods=selector(labels(app="a")))),
        (of(subjects=words(["a", "b"], "holder")), of(subjects=words(["a"], "holder"))),
        (of(addresses=addresses(["::/0"])), of(addresses=addresses(["0.0.0.0/0"]))),
        (sources("https://example.org/evil"), sources("https://example.org/good")),
    ],
)
def test_what_is_wider(new: Extent, old: Extent) -> None:
    assert wider(new, old)


def test_many_boxes_are_compared_within_a_bound() -> None:
    many = union(
        of(addresses=addresses([f"10.{n >> 8}.{n & 255}.0/24"]), ports=ports([tcp(n + 1)])) for n in range(3000)
    )
    assert within(many, many | of(addresses=addresses(["1.1.1.1"])))
    assert within(of(addresses=addresses(["10.0.7.9"]), ports=ports([tcp(8)])), many)
    assert wider(of(addresses=addresses(["10.0.0.0/8"])), many)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://1.2.3.4/a.sh", "https://1.2.3.4/a.sh"),
        ("https://example.org/v1.2.3.4/a", "https://example.org/v#/a"),
        ("10.0.0.1:5000/app:1.2", "10.0.0.1:5000/app:#"),
        ("app:1.2.3.4", "app:#"),
        ("git@10.0.0.1:x/y", "git@10.0.0.1:x/y"),
        ("curl http://10.0.0.1/x-1.2.tgz", "curl http://10.0.0.1/x-#.tgz"),
        ("1.2.3", "1.2.3"),
    ],
)
def test_an_address_is_no_version(text: str, masked: str) -> None:
    assert without_versions(text) == masked
