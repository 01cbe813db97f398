"""Random edits of policies, roles and ports, through the command: what reaches further is new, what doesn't isn't."""

from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from gitrepo import Outcome, Repo

CHECKS = frozenset(
    ("path-opened", "isolation-lost", "exposed-datastore", "allow-all-ingress", "datastore-open", "datastore-published",
     "rbac-secrets-access", "rbac-exec", "wildcard-rbac")
)  # fmt: skip
"""The checks whose findings these edits widen."""

WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers: [{{name: {name}, image: "{image}", ports: [{{containerPort: 5432}}]}}]
---
"""
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress]
  ingress:
"""
SERVICE = """\
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {type: LoadBalancer, selector: {app: db}, ports: [{port: 5432}]}
"""
PEERS = {
    "{podSelector: {matchLabels: {app: web}}}": {"web"},
    "{podSelector: {}}": {"web", "tool", "unknown pod"},
    "{namespaceSelector: {}}": {"web", "tool", "unknown pod", "foreign pod"},
    "{ipBlock: {cidr: 10.0.0.0/24}}": {"10.0.0.9"},
    "{ipBlock: {cidr: 10.0.0.0/8}}": {"10.0.0.9", "10.3.0.1"},
    "{ipBlock: {cidr: 0.0.0.0/1}}": {"10.0.0.9", "10.3.0.1", "8.8.8.8"},
    "{ipBlock: {cidr: 0.0.0.0/0}}": {"10.0.0.9", "10.3.0.1", "8.8.8.8", "200.0.0.1"},
}
"""Peers, and whom of a few each admits."""

Rule = tuple[tuple[str, ...], tuple[int, ...]]
Grant = tuple[tuple[str, ...], tuple[str, ...]]


def admitted(rules: Iterable[Rule]) -> set[tuple[str, int]]:
    return {(who, port) for peers, ports in rules for peer in peers for who in PEERS[peer] for port in ports}


def policy(rules: Iterable[Rule]) -> str:
    lines = [
        f"    - {{from: [{', '.join(peers)}], ports: [{', '.join(f'{{port: {port}}}' for port in ports)}]}}\n"
        for peers, ports in rules
    ]
    workloads = "".join(
        WORKLOAD.format(name=name, image=image)
        for name, image in (("db", "postgres:17.2"), ("web", "example.org/web:1"), ("tool", "example.org/tool:1"))
    )
    return workloads + POLICY + "".join(lines) + SERVICE


def rearranged(random: Random, rules: list[Rule]) -> list[Rule]:
    """The same rules, cut up and shuffled."""
    found: list[Rule] = []
    for peers, ports in rules:
        if random.random() < 0.6:
            found += [((peer,), (port,)) for peer in peers for port in ports]
        else:
            found.append((tuple(reversed(peers)), tuple(reversed(ports))))
    random.shuffle(found)
    return found


def role(grants: Iterable[Grant]) -> str:
    rules = "".join(
        f'  - {{apiGroups: [""], resources: [{", ".join(resources)}], verbs: [{", ".join(verbs)}]}}\n'
        for resources, verbs in grants
    )
    return (
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: agent}\nrules:\n"
        + rules
        + "---\n"
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: agent}\n"
        "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: agent}\n"
        "subjects: [{kind: ServiceAccount, name: agent, namespace: shop}]\n"
    )


def compose(ports: Iterable[tuple[str, int]]) -> str:
    written = ", ".join(f'"{address}{":" if address else ""}{port}:{port}"' for address, port in ports)
    return f"services:\n  db:\n    image: postgres:17.2\n    ports: [{written}]\n"


class Changes:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.repo = Repo(folder)
        self.capsys = capsys
        self.monkeypatch = monkeypatch

    def new(self, path: str, before: str, after: str) -> list[str]:
        """What of these checks is new after the change."""
        base = self.repo.commit({".hullcheck.yaml": "min-severity: info\n", path: before})
        self.repo.commit({path: after})
        found: Outcome = self.repo.run(self.capsys, self.monkeypatch, ".", "--gate", "--diff-base", base)
        assert found.code in (0, 1, 3), found
        return [name for name in found.new if name.split()[0] in CHECKS]


@pytest.fixture
def changes(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Changes:
    return Changes(tmp_path, capsys, monkeypatch)


@pytest.mark.parametrize("seed", range(12))
def test_policies(changes: Changes, seed: int) -> None:
    random = Random(seed)
    rules: list[Rule] = [
        (
            tuple(random.sample(list(PEERS), random.randint(1, 2))),
            tuple(random.sample((5432, 9187), random.randint(1, 2))),
        )
        for _ in range(random.randint(1, 2))
    ]
    assert changes.new("k.yaml", policy(rules), policy(rearranged(random, rules))) == []
    narrower = [(peers[:1], ports[:1]) for peers, ports in rules]
    assert changes.new("k.yaml", policy(rules), policy(rearranged(random, narrower))) == []
    more: list[Rule] = [((peer,), (port,)) for peer in PEERS for port in (5432, 9187)]
    wider = next(one for one in random.sample(more, len(more)) if not admitted([one]) <= admitted(rules))
    assert changes.new("k.yaml", policy(rules), policy(rearranged(random, [*rules, wider])))


@pytest.mark.parametrize("seed", range(8))
def test_roles(changes: Changes, seed: int) -> None:
    random = Random(seed)
    verbs = ["get", *random.sample(("list", "create", "delete", "update"), random.randint(1, 2))]
    resources = random.choice((["secrets"], ["secrets", "pods/exec"]))
    grants: list[Grant] = [(tuple(resources), tuple(verbs))]
    apart: list[Grant] = [((resource,), (verb,)) for resource in resources for verb in verbs]
    random.shuffle(apart)
    assert changes.new("k.yaml", role(grants), role(apart)) == []
    assert changes.new("k.yaml", role(apart), role(grants)) == []
    assert changes.new("k.yaml", role(grants), role([(tuple(resources[:1]), tuple(reversed(verbs[:-1])))])) == []
    another = next(verb for verb in ("list", "create", "delete", "update") if verb not in verbs)
    assert changes.new("k.yaml", role(grants), role([(tuple(resources), (another, *verbs))]))
    assert changes.new("k.yaml", role(grants), role([(('"*"',), tuple(verbs))]))


@pytest.mark.parametrize("seed", range(8))
def test_ports(changes: Changes, seed: int) -> None:
    random = Random(seed)
    every = [(address, port) for address in ("10.0.0.5", "10.0.0.6", "192.168.7.7") for port in (5432, 9187)]
    ports = random.sample(every, random.randint(2, 4))
    shuffled = random.sample(ports, len(ports))
    assert changes.new("compose.yaml", compose(ports), compose(shuffled)) == []
    assert changes.new("compose.yaml", compose(ports), compose(shuffled[1:])) == []
    another = next(one for one in every if one not in ports)
    assert changes.new("compose.yaml", compose(ports), compose([*shuffled, another]))
    assert changes.new("compose.yaml", compose(ports), compose([*shuffled[1:], ("", ports[0][1])]))
    assert changes.new("compose.yaml", compose([("", 5432)]), compose([("127.0.0.1", 5432)])) == []


NETWORKS = ("front", "middle", "back")
ORDER = ("", "info", "low", "medium", "high", "critical")


def project(joins: dict[str, set[str]]) -> str:
    services = "".join(
        f'  {name}: {{image: "{"postgres:17.2" if name == "db" else f"example.org/{name}:1"}", '
        f"networks: [{', '.join(sorted(networks))}]}}\n"
        for name, networks in joins.items()
    )
    return f"services:\n{services}networks: {{front: {{}}, middle: {{}}, back: {{}}}}\n"


@pytest.mark.parametrize("seed", range(8))
def test_opening_more_is_told_no_quieter(changes: Changes, seed: int) -> None:
    """Services join one network after the other: what the first steps are told as, the later ones are, too."""
    random = Random(seed)
    base = {"web": {"front"}, "other": {"front"}, "third": {random.choice(NETWORKS[:2])}, "db": {"back"}}
    steps = random.sample([(name, network) for name in ("web", "other", "third") for network in NETWORKS], 5)
    worst, after = 0, {name: set(networks) for name, networks in base.items()}
    for name, network in steps:
        after[name].add(network)
        start = changes.repo.commit({".hullcheck.yaml": "min-severity: info\n", "compose.yaml": project(base)})
        changes.repo.commit({"compose.yaml": project(after)})
        found = changes.repo.run(changes.capsys, changes.monkeypatch, ".", "--gate", "--diff-base", start)
        told = [f["severity"] for f in found.report["findings"] if f["name"] == "path-opened" and f["state"] == "new"]
        now = max((ORDER.index(severity) for severity in told), default=0)
        assert now >= worst, (after, told)
        worst = now
