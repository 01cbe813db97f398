"""How long it takes to work out who can talk to whom: `python benchmarks/network.py [workloads]`.

Each input has as many policies as workloads. Reading is not part of the times. The last input is made to be hard.
"""

import gc
import random
import resource
import sys
import time
from collections.abc import Callable

from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.network.endpoint import ContainerPort, Endpoint
from hullcheck.model.network.join import join
from hullcheck.model.network.labels import Labels, LabelSelector
from hullcheck.model.network.policy import Peer, Policy, PortRule, Rule
from hullcheck.model.network.solve import Compiler, answers
from hullcheck.model.network.universe import NAME_LABEL, Universe
from hullcheck.source import Location, Source

HERE = Location(Source("bench.yaml", b""), 0, 0)
Input = tuple[list[Endpoint], list[Policy]]


def endpoints(count: int, namespaces: int, port: Callable[[int], int] = lambda n: 8080) -> list[Endpoint]:
    return [
        Endpoint(
            f"ns{n % namespaces}/w{n}[Deployment]",
            f"Deployment/ns{n % namespaces}/w{n}",
            f"ns{n % namespaces}",
            f"w{n}",
            "Deployment",
            HERE,
            Labels({"app": f"w{n}", "tier": f"t{n % 7}"}),
            (ContainerPort("http", "TCP", port(n)),),
        )
        for n in range(count)
    ]


def policy(end: Endpoint, ingress: tuple[Rule, ...], egress: tuple[Rule, ...]) -> Policy:
    object_ = KubernetesObject("networking.k8s.io/v1", "NetworkPolicy", end.name, end.namespace, HERE, None)
    chosen = LabelSelector.of({"app": end.name})
    return Policy(object_, end.namespace, chosen, True, True, ingress_rules=ingress, egress_rules=egress)


def deny_all(namespace: str) -> Policy:
    object_ = KubernetesObject("networking.k8s.io/v1", "NetworkPolicy", "deny", namespace, HERE, None)
    return Policy(object_, namespace, LabelSelector(), True, True)


def peer(other: Endpoint) -> Peer:
    return Peer(HERE, LabelSelector.of({"app": other.name}), LabelSelector.of({NAME_LABEL: other.namespace}))


def mesh(count: int, namespaces: int, matching: bool) -> Input:
    """Each workload may talk to four others; where they match, the others accept it."""
    chance = random.Random(7)
    ends = endpoints(count, namespaces)
    targets = {end.id: chance.sample(ends, 4) for end in ends}
    sources: dict[str, list[Endpoint]] = {}
    for end in ends:
        for target in targets[end.id]:
            sources.setdefault(target.id, []).append(end)
    port = (PortRule(HERE, "TCP", 8080, 8080),)
    policies = [deny_all(f"ns{n}") for n in range(namespaces)]
    for end in ends:
        callers = sources.get(end.id, []) if matching else chance.sample(ends, 4)
        into = tuple(Rule(n, HERE, (peer(other),), port) for n, other in enumerate(callers, 1))
        out = tuple(Rule(n, HERE, (peer(other),), port) for n, other in enumerate(targets[end.id], 1))
        policies.append(policy(end, into, out))
    return ends, policies


def named(count: int, namespaces: int) -> Input:
    """Each policy is open to all namespaces on a named port."""
    ends = endpoints(count, namespaces, lambda n: 8080 + n % 7)
    rule = (Rule(1, HERE, (Peer(HERE, None, LabelSelector()),), (PortRule(HERE, "TCP", name="http"),)),)
    return ends, [policy(end, rule, rule) for end in ends]


def free(count: int, namespaces: int) -> Input:
    return endpoints(count, namespaces), []


def hard(count: int, namespaces: int) -> Input:
    """All open to all, each on ports of its own."""
    ends = endpoints(count // 5, namespaces)
    policies = []
    for n, end in enumerate(ends):
        rule = (Rule(1, HERE, None, (PortRule(HERE, "TCP", n + 1, n + 1 + count // 5),)),)
        policies.append(policy(end, rule, rule))
    return ends, policies


def measure(name: str, made: Input) -> None:
    ends, policies = made
    started = time.perf_counter()
    compiler = Compiler(Universe(ends, policies), policies)
    strict, loose = answers(compiler)
    solved = time.perf_counter()
    found = join(strict)
    both = found if loose is strict else join(loose)
    done = time.perf_counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{name:44} {len(ends):5} workloads {len(policies):5} policies: {done - started:6.2f} s"
        f" ({solved - started:.2f} solving, {done - solved:.2f} joining);"
        f" {len(compiler.rules)} rules, {len(strict.ingress.groups)} groups in,"
        f" {len(found.blocks)} and {len(both.blocks)} blocks, {memory} MB at most so far"
    )


def main() -> None:
    gc.disable()  # as the command does
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    measure("100 namespaces, random peers", mesh(count, 100, matching=False))
    measure("1 namespace, random peers", mesh(count, 1, matching=False))
    measure("100 namespaces, matching peers", mesh(count, 100, matching=True))
    measure("100 namespaces, all open on a named port", named(count, 100))
    measure("no policy", free(count, 100))
    measure("hard: all open, all on other ports (a fifth)", hard(count, 10))


if __name__ == "__main__":
    main()
