"""The networks of Compose projects: who shares one, what is published, what gets out."""

from pathlib import Path

import pytest

from hullcheck.link.compose import projects
from hullcheck.link.compose_network import compose_parts
from hullcheck.model.network.compose import ComposeNetwork
from hullcheck.model.network.map import scope_map
from hullcheck.model.network.parts import ComposeUse
from hullcheck.parse import compose
from hullcheck.source import Source


def uses(**files: str) -> list[ComposeUse]:
    """The projects of files, by folder."""
    paths = {f"{folder}/compose.yaml": text for folder, text in files.items()}
    read = {path: compose.read(Source(path, text.encode())) for path, text in paths.items()}
    return list(compose_parts(projects(read, {})))


def network(text: str) -> ComposeNetwork:
    (use,) = uses(app=text)
    return use.network


def edges(found: ComposeNetwork, strict: bool = True) -> set[str]:
    answer = found.answers.strict if strict else found.answers.loose
    names = [endpoint.name for endpoint in found.endpoints]
    return {
        f"{names[s]}>{names[t]}"
        for s in range(len(names))
        for t in range(len(names))
        if s != t and answer.connections(s, t)
    }


def both(*pairs: str) -> set[str]:
    return {f"{p[0]}>{p[1]}" for p in pairs} | {f"{p[1]}>{p[0]}" for p in pairs}


def test_without_networks_all_share_the_default() -> None:
    found = network("services: {a: {image: i}, b: {image: i}, c: {image: i, network_mode: none}}")
    assert edges(found) == both("ab")


def test_services_reach_each_other_on_networks_that_they_share() -> None:
    text = """
services:
  a: {image: i, networks: [front]}
  b: {image: i, networks: [front, back]}
  c: {image: i, networks: {back: {aliases: [x]}}}
networks: {front: {}, back: {internal: true}}
"""
    found = network(text)
    assert edges(found) == both("ab", "bc")
    assert [found.gets_out(n) for n in range(3)] == [True, True, False]


def test_a_namespace_that_is_shared_has_its_owners_networks() -> None:
    text = """
services:
  a: {image: i, networks: [one]}
  b: {image: i, network_mode: "service:a"}
  c: {image: i, networks: [two]}
networks: {one: {}, two: {}}
"""
    assert edges(network(text)) == both("ab")


def test_what_is_in_a_container_elsewhere_may_reach_anything() -> None:
    found = network('services: {a: {image: i}, b: {image: i, network_mode: "container:x"}}')
    assert edges(found) == set()
    assert edges(found, strict=False) == {"b>a"}


def test_the_hosts_network_reaches_every_container() -> None:
    found = network("services: {a: {image: i, networks: [n]}, b: {image: i, network_mode: host}}\nnetworks: {n: {}}")
    assert edges(found) == {"b>a"}
    assert edges(found, strict=False) == both("ab")


def test_a_network_that_keeps_its_containers_apart() -> None:
    text = """
services: {a: {image: i, networks: [n]}, b: {image: i, networks: [n]}}
networks: {n: {driver_opts: {com.docker.network.bridge.enable_icc: "false"}}}
"""
    assert edges(network(text)) == set()


def test_a_port_of_the_host_leads_past_networks() -> None:
    text = """
services:
  a: {image: i, networks: [n]}
  b: {image: i, networks: [m], ports: ["8080:80"]}
  c: {image: i, networks: [m], ports: ["127.0.0.1:8081:81"]}
networks: {n: {}, m: {}}
"""
    found = network(text)
    assert edges(found) == both("bc")
    assert edges(found, strict=False) - edges(found) == {"a>b"}


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ('["8080:80"]', "TCP 80"),
        ('["8080-8082:80-82/udp"]', "UDP 80-82"),
        ('["3000"]', "TCP 3000"),
        ('["192.0.2.1:80:80"]', "TCP 80"),
        ('["127.0.0.1:80:80", "[::1]:81:81"]', ""),
        ('["${BIND:-127.0.0.1}:80:80"]', ""),
    ],
)
def test_what_is_published_is_open_to_the_outside(ports: str, expected: str) -> None:
    found = network(f"services: {{a: {{image: i, ports: {ports}}}}}")
    ways = {found.universe.ports.text(found.admitted(doorway)) for doorway in found.doorways}
    assert ways == ({expected} if expected else set())
    rows = [row for row in scope_map(found).external if row.direction == "in" and row.certain]
    assert [row.connections for row in rows] == ([expected] if expected else [])


def test_nothing_is_published_from_an_internal_network() -> None:
    text = (
        'services: {a: {image: i, networks: [n], ports: ["80:80", "192.0.2.1:81:81"]}}\nnetworks: {n: {internal: true}}'
    )
    assert network(text).doorways == ()


def test_an_external_network_joins_projects() -> None:
    text = "services: {%s: {image: i, networks: [p]}}\nnetworks: {p: {name: shared, external: true}}"
    first, second = uses(one=text % "a", two=text % "b")
    assert edges(first.network) == both("ab")
    assert [endpoint.id for endpoint in first.network.endpoints] == ["default/a[service]", "two/b[service]"]
    assert edges(second.network) == both("ab")


def test_networks_of_the_same_key_in_two_projects_are_two() -> None:
    text = "services: {%s: {image: i, networks: [p]}}\nnetworks: {p: {}}"
    first, _ = uses(one=text % "a", two=text % "b")
    assert edges(first.network) == set()


def test_who_is_meant_to_talk_to_whom() -> None:
    text = """
services:
  a: {image: i, depends_on: [b], environment: {DB: "postgres://u@c:5432/x", MODE: "b-side", NAME: d}}
  b: {image: i}
  c: {image: "postgres:16"}
  d: {image: i, command: run}
"""
    found = network(text)
    names = [endpoint.name for endpoint in found.endpoints]
    assert {(names[u.source], names[u.target], u.port) for u in found.uses} == {
        ("a", "b", None),
        ("a", "c", 5432),
        ("a", "d", None),
    }


def test_a_hundred_services_on_a_hundred_networks(tmp_path: Path) -> None:
    services = "".join(f"  s{n}: {{image: i, networks: [n{n}, n{(n + 1) % 100}]}}\n" for n in range(100))
    networks = "".join(f"  n{n}: {{}}\n" for n in range(100))
    found = network(f"services:\n{services}networks:\n{networks}")
    assert len(edges(found)) == 200
