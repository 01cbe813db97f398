"""What is used and what policies make of it: that written policies cut nothing, and how texts are read."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hullcheck.draw import policies as drawn
from hullcheck.finding import Finding, Severity
from hullcheck.link.denied import cuts
from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.network.blocked import blocked, is_denied, judged, translated
from hullcheck.model.network.diff import difference
from hullcheck.model.network.mentions import Host, Mention, hosts_in, spoken_of
from hullcheck.model.network.needs import Kind, needs
from hullcheck.model.network.network import Network, Scope
from hullcheck.model.network.pairing import pairs
from hullcheck.model.network.policy import Policy, Rule
from hullcheck.model.network.suggest import KUBERNETES, Dialect, suggestions
from hullcheck.model.network.suggest_cilium import CILIUM
from hullcheck.parse import kubernetes
from hullcheck.parse.network import policies
from hullcheck.source import Source
from random_networks import HERE, facts, own_policies
from test_checks import lint
from test_network_difference import services
from worlds import net

FIXTURES = Path(__file__).parent.parent / "fixtures" / "network"
TEXTS = (
    "http://s0:80",
    "s1:80",
    "https://api.example.com/x",
    "pg.example.com:5432",
    "http://s9.other.svc",
    "http://gone:81",
)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """A network whose workloads speak of Services and of hosts outside; some are on the host's network."""
    world = draw(facts())
    endpoints = tuple(e._replace(host_network=draw(st.integers(0, 5)) == 0) for e in world.endpoints)
    kept = tuple(p for p in world.policies if draw(st.integers(0, 3)) == 0)
    if draw(st.integers(0, 3)) == 0:
        kept = (*kept, draw(own_policies()))
    offered = tuple(draw(services(number)) for number in range(draw(st.integers(1, 2))))
    speaks = tuple(
        tuple(Mention(text, HERE, "A_URL") for text in draw(st.lists(st.sampled_from(TEXTS), max_size=3)))
        for _ in endpoints
    )
    return Network(Scope("s", "manifests", endpoints, kept, offered, (), world.namespaces, "", speaks))


def written(network: Network, dialect: Dialect) -> Iterator[Policy]:
    """The policies that are suggested, as they are read again."""
    text = "---\n".join(one.text for one in suggestions(network, dialect=dialect))
    for made in kubernetes.read(Source("policies.yaml", text.encode())).objects:
        yield from policies(made)


def cut(network: Network, more: list[Policy]) -> list[str]:
    """What is used, was open, and isn't any more with more policies."""
    after = Network(network.scope._replace(policies=(*network.scope.policies, *more)), network.assume)
    found = []
    for need in needs(network):
        now = translated(need, network, after)
        assert now is not None
        if judged(network, need) is None and judged(after, now) is not None:
            found.append(f"{need.kind.name} {need.source} {need.target} {need.ports} {need.host}")
    return found


@pytest.mark.parametrize("dialect", [KUBERNETES, CILIUM], ids=lambda one: one.kind)
@given(network=networks())
@settings(max_examples=80, deadline=None)
def test_policies_that_are_written_cut_nothing_that_is_used(dialect: Dialect, network: Network) -> None:
    made = list(written(network, dialect))
    assert not any(policy.refused for policy in made)
    assert not cut(network, made)
    names = [(policy.namespace, policy.object.name) for policy in made]
    others = {(policy.namespace, policy.object.name) for policy in network.scope.policies}
    assert len(set(names) - others) == len(made), "each has a name of its own"


APPS = {path.parent.name: path.read_text("utf-8") for path in sorted(FIXTURES.glob("used_but_blocked/*/app.yaml"))}


@pytest.mark.parametrize("dialect", [KUBERNETES, CILIUM], ids=lambda one: one.kind)
@pytest.mark.parametrize("name", APPS)
def test_written_policies_leave_an_application_whole(name: str, dialect: Dialect) -> None:
    network = net(APPS[name])
    network = Network(network.scope._replace(policies=()))
    made = list(written(network, dialect))
    assert made
    assert not any(policy.refused for policy in made)
    assert not cut(network, made)
    assert not list(blocked(Network(network.scope._replace(policies=tuple(made)))))


def said(rule: Rule) -> object:
    """What a rule says, wherever it stands; those to addresses outside stand in for each other."""
    if rule.peers and all(peer.blocks for peer in rule.peers):
        return "addresses"
    peers = None if rule.peers is None else [peer[1:] for peer in rule.peers]
    return peers, None if rule.ports is None else [port[1:] for port in rule.ports]


def test_without_one_of_their_rules_something_is_cut() -> None:
    """The test above can fail: each rule but those for DNS and for what is only perhaps used is for something."""
    network = net(APPS["bad"])
    made = list(written(network, KUBERNETES))
    rules = 0
    for number, policy in enumerate(made):
        for side in ("ingress_rules", "egress_rules"):
            kept = getattr(policy, side)
            for rule in kept:
                left = tuple(one for one in kept if said(one) != said(rule))
                ingress = side == "ingress_rules"
                spoiled = policy._replace(ingress_rules=left) if ingress else policy._replace(egress_rules=left)
                is_dns = all(port.first == 53 for port in rule.ports or ())
                if not is_dns:
                    rules += 1
                    assert cut(network, [*made[:number], spoiled, *made[number + 1 :]]), (
                        policy.name,
                        side,
                        rule.number,
                    )
    assert rules > 15


def test_every_kind_of_need_is_in_the_application() -> None:
    kinds = {need.kind for need in needs(net(APPS["bad"])) if need.sure}
    assert kinds == {kind for kind in Kind if kind is not Kind.STRANGER}


def test_each_rule_has_its_evidence() -> None:
    network = net(APPS["bad"])
    text = drawn.render([network])
    for line in (
        "# `PAYMENT_URL` (manifests.yaml:",
        "# api: `DATABASE_URL` (manifests.yaml:",
        "# ValidatingWebhookConfiguration `orders` (",
    ):
        assert line in text
    assert "stripe" in text
    assert "shop@" not in text, "a user's name is no host and nobody's business"


def test_evidence_is_a_comment_and_nothing_else() -> None:
    name = 'A_URL"\\n  - {}\\n#'
    text = APPS["good"].replace("DATABASE_URL", name) if "good" in APPS else ""
    network = net(text or APPS["bad"])
    assert all(isinstance(policy.object, KubernetesObject) for policy in written(network, KUBERNETES))


def test_a_name_that_a_policy_has_already_is_not_taken_again() -> None:
    taken = "\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: db, namespace: shop}\nspec: {podSelector: {matchLabels: {app: none}}}\n"
    names = [one.name for one in suggestions(net(APPS["bad"] + taken))]
    assert "db" not in names
    assert "db-statefulset" in names


def test_ports_beside_each_other_are_all_let_in() -> None:
    node_port = "spec: {type: NodePort, selector: {app: api}, ports: [{port: 4443}, {port: 4444}]}"
    network = net(
        f"{APPS['bad']}---\napiVersion: v1\nkind: Service\nmetadata: {{name: grid, namespace: shop}}\n{node_port}\n"
    )
    assert not cut(network, list(written(network, KUBERNETES)))
    assert not cut(network, list(written(network, CILIUM)))


NO_LABELS = """
apiVersion: batch/v1
kind: Job
metadata: {name: load, namespace: shop}
spec: {template: {spec: {containers: [{name: load, image: "example.com/load:1", args: ["--db-host=db"]}]}}}
"""


def test_where_a_workload_has_no_labels_not_all_is_denied() -> None:
    network = net(f"{APPS['bad']}---{NO_LABELS}")
    found = list(suggestions(network))
    assert "default-deny" not in {one.name for one in found}
    assert found[0].text.startswith("# no default-deny: no policy can select `load`")
    assert not cut(network, list(written(network, KUBERNETES)))


@pytest.mark.parametrize(
    ("mention", "hosts"),
    [
        (Mention("postgres://me:secret@db:5432/x", HERE, "DSN"), [Host("db", 5432, "postgres", True)]),
        (Mention("postgres://db@db/x", HERE, "DSN"), [Host("db", None, "postgres", True)]),
        (Mention("db", HERE, "DB_HOST", port=5433), [Host("db", 5433, "", True)]),
        (Mention("db", HERE, "DB_TYPE"), [Host("db", None, "", False)]),
        (Mention("http://web:80", HERE, "CORS_ORIGINS"), [Host("web", 80, "http", False)]),
        (Mention("db,cache:6379", HERE, "NO_PROXY"), []),
        (Mention("until nc -z db 5432; do sleep 1; done", HERE, kind="argument"), [Host("db", 5432, "", True)]),
        (Mention("until nslookup db.shop; do sleep 1; done", HERE, kind="argument"), []),
        (Mention("echo waiting for db:5432; true", HERE, kind="argument"), [Host("db", 5432, "", False)]),
        (Mention("db", HERE, "host", "argument"), [Host("db", None, "", True)]),
        (Mention("# upstream db:5432\nproxy_pass http://api:8080;", HERE, "nginx.conf", "file"), [Host("api", 8080, "http", False)]),
        (Mention("me@example.com", HERE, "CONTACT"), [Host("example.com", None, "", False)]),
    ],
)  # fmt: skip
def test_what_a_text_says_of_hosts(mention: Mention, hosts: list[Host]) -> None:
    assert list(spoken_of(mention)) == hosts


def test_a_long_text_is_read_in_linear_time() -> None:
    assert list(hosts_in("a." * 500_000 + "://" * 100_000)) is not None
    assert list(spoken_of(Mention("nc " * 300_000, HERE, kind="argument"))) is not None


DENY = """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""


def judge(tmp_path: Path, files: dict[str, str]) -> list[Finding]:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return list(lint(tmp_path, "used-but-blocked", tmp_path).findings)


def test_where_a_base_is_remote_it_is_told_on_request(tmp_path: Path) -> None:
    remote = 'resources: [app.yaml, deny.yaml, "https://example.com/policies?ref=v1"]\n'
    files = {"app.yaml": APPS["bad"], "deny.yaml": DENY, "kustomization.yaml": remote}
    found = [finding for finding in judge(tmp_path, files) if finding.name == "used-but-blocked"]
    assert found
    assert {finding.severity for finding in found} == {Severity.INFO}
    assert all(finding.message.endswith("(as far as is known)") for finding in found)


OPEN = """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: open, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}], egress: [{}]}
"""


def cuts_of(before: str, after: str) -> dict[str, tuple[str, list[str]]]:
    """What a change cuts, by its kind: what let it through, and what is said of the policies that are new."""
    (pair,) = pairs([net(before)], [net(after)])
    found = cuts(difference(pair))
    return {one.blocked.need.kind.name: (one.before, [words for _, words in one.by]) for one in found}


def test_a_change_cuts_what_was_open_of_every_kind() -> None:
    app = APPS["bad"]
    assert set(cuts_of(app + OPEN, app + OPEN + DENY)) == set(), "what is open is open whatever else denies"
    cut_off = cuts_of(app + OPEN, app + DENY)
    assert set(cut_off) == {kind.name for kind in Kind if kind is not Kind.STRANGER}
    before, new = cut_off["USE"]
    assert re.fullmatch(r"rule 1 of `open` \(manifests.yaml:[0-9]+\) let it through before", before)
    assert new == ["`default-deny` is new"]
    assert cut_off["ENTRANCE"][1] == ["`default-deny` is new"]
    assert cuts_of(app, app + DENY)["WEBHOOK"] == ("", ["`default-deny` is new"])
    assert cuts_of(app + DENY, app + OPEN) == {}
    assert cuts_of(app + DENY, app + DENY + "\n") == {}, "what was cut before isn't cut by the change"


def test_a_new_use_of_what_was_open_is_cut_too() -> None:
    app = APPS["bad"]
    silent = app.replace("DATABASE_URL", "DATABASE_NOTE").replace("postgres://shop@db:5432/shop", "none")
    assert "USE" in cuts_of(silent, app + DENY)


GOOD = FIXTURES / "used_but_blocked/good"


@pytest.mark.parametrize(
    ("old", "new", "cuts"),
    [
        ("{port: sql}", "{port: http}", "`api` from `db`"),
        ("nslookup legacy.shop", "nc -z legacy.shop 8080", "`api` from `legacy`"),
        ("CORS_ORIGINS", "ORDERS_URL", "`api` from `legacy`"),
        ("CACHE_TYPE", "CACHE_HOST", "`api` from `legacy`"),
        ("{name: HTTPS_PROXY", "{name: HTTPS_WHAT", "`api` from `api.stripe.com`"),
        ("hostNetwork: true", "hostNetwork: false", "`agent` from `legacy`"),
        ("policyTypes: [Egress]", "policyTypes: [Ingress]", "`viewer` from `report`"),
        ("[{namespaceSelector: {matchLabels: {name: edge}}}]", "[{podSelector: {matchLabels: {app: db}}}]", "`api` from the outside"),
        ("[{port: 9100}]", "[{port: 9101}]", "Prometheus from `api`"),
        ("{ipBlock: {cidr: 10.0.0.0/8}}", "{podSelector: {}}", "`api` from the API server"),
    ],
)  # fmt: skip
def test_what_looks_bad_and_is_fine_is_bad_once_it_is_spoiled(tmp_path: Path, old: str, new: str, cuts: str) -> None:
    texts = {name: (GOOD / name).read_text("utf-8") for name in ("app.yaml", "policies.yaml")}
    assert sum(old in text for text in texts.values()) == 1
    found = judge(tmp_path, {name: text.replace(old, new) for name, text in texts.items()})
    assert any(cuts in finding.message for finding in found), [finding.message for finding in found]


def test_a_use_is_denied_open_or_not_known() -> None:
    network = net(APPS["bad"] + "---\n" + (FIXTURES / "used_but_blocked/bad/policies.yaml").read_text("utf-8"))
    states = {
        (network.endpoints[u.source].name, network.endpoints[u.target].name): is_denied(network, u)
        for u in network.uses
    }
    assert states["api", "db"] is True
    assert is_denied(net(APPS["bad"]), net(APPS["bad"]).uses[0]) is False
