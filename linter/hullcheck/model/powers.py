"""What a rule gives to whoever holds it, in the terms of an attacker. Each power is called like the check for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hullcheck.finding import Severity
from hullcheck.model.rbac import CHANGES, READS, WRITES, Bound, Granted, Rule, Word
from hullcheck.tuples import NamedTuple

AUTHENTICATION = "authentication.k8s.io"
RBAC = "rbac.authorization.k8s.io"
WHOLE = frozenset(("", "*", RBAC))
"""API groups of which everything is as good as the cluster."""

BUILT_IN_GROUPS = frozenset(("apps", "batch", "autoscaling", "extensions", "policy"))


class Power(NamedTuple):
    """A power: its check's name, the word that gives it, how bad it is cluster-wide, and what it allows.

    `full` is one over the whole cluster; `named` says that `what` names the objects that it is for.
    """

    name: str
    word: Word
    severity: Severity
    what: str
    full: bool = True
    named: bool = False


_last: tuple[Rule | None, tuple[Power, ...]] = (None, ())


def powers(rule: Rule) -> tuple[Power, ...]:
    """All powers that a rule gives.

    Of `*` only that itself is told, that Secrets are among it, and which power over the cluster a group's `*` is.
    """
    global _last  # every check asks the same of one rule, one after the other
    known, found = _last
    if known is not rule:
        found = tuple(_powers(rule))
        _last = rule, found
    return found


def _powers(rule: Rule) -> Iterator[Power]:
    total = rule.verb() is not None and any(word.text == "*" for word in rule.resources)
    if not total:
        for find in _ALL:
            yield from find(rule)
        return
    yield from _wildcard(rule)
    if not any(word.text in WHOLE for word in rule.groups):
        for find in (_webhooks, _impersonation):
            yield from find(rule)


def of(rule: Rule, name: str) -> Iterator[Power]:
    """The powers of that name that a rule gives."""
    return (power for power in powers(rule) if power.name == name)


def told(granted: Granted, power: Power) -> str:
    """What a finding says of a power."""
    named = granted.rule.names
    what, word = power.what, f"`{power.word.text}`"
    if named and power.word not in named and not power.named:
        alone = f"(only {_listed(named)})"
        what = what.replace(word, f"{word} {alone}", 1) if word in what else f"{what} {alone}"
    return f"{granted.role.described} allows {what}, {granted.reach}"


def evidence(granted: Granted, power: Power) -> tuple[str, ...]:
    """What tells a power of a role from its others."""
    return (power.word.text, *sorted(word.text for word in granted.rule.verbs))


def kinds(granted: Granted) -> tuple[str, ...]:
    """What other tools tell the rules of roles apart by: the role's kind, and what the rule names."""
    rule = granted.rule
    words = [granted.role.kind, *(["everything"] if rule.everything else [])]
    for kind, listed in (("group", rule.groups), ("resource", rule.resources), ("verb", rule.verbs)):
        if any(word.text == "*" for word in listed):
            words.append(f"every {kind}")
    words += (f"resource:{word.text}" for word in rule.resources if word.text != "*")
    return tuple(words)


def takes_cluster(rule: Rule) -> Power | None:
    """The power that is as good as the whole cluster, if it is held cluster-wide and not for named objects alone."""
    if rule.everything:
        return Power("cluster-admin-binding", rule.resources[0], Severity.CRITICAL, "everything")
    if rule.names and not any(word.text == MASTERS for word in rule.names):
        return None
    return next((power for power in powers(rule) if power.full and power.name in _TAKES), None)


MASTERS = "system:masters"
"""The group that the API server lets do everything."""

CERTIFICATES = "certificates.k8s.io"
_CLIENTS = ("kubernetes.io/kube-apiserver-client", "kubernetes.io/*", "*")


def approval(rules: Iterable[Rule]) -> Iterator[tuple[Rule, Power]]:
    """The rules that let certificates of the API server's clients be approved: both halves of it are needed.

    See https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#authorization
    """
    known = tuple(rules)
    halves = ("certificatesigningrequests/approval",)
    signers = [rule for rule in known if rule.verb("approve") and rule.group(CERTIFICATES) and not rule.confined]
    signers = [rule for rule in signers if not rule.names or any(word.text in _CLIENTS for word in rule.names)]
    if not signers or not any(rule.grants(CERTIFICATES, halves, ("update", "patch")) for rule in known):
        return
    for rule in signers:
        word = rule.resource("signers")
        total = word is not None and word.text == "*" and any(group.text in WHOLE for group in rule.groups)
        if word is not None and not total:
            what = "approving certificates of the API server's clients"
            yield rule, Power("rbac-csr-approval", word, Severity.HIGH, what)


def taking(bound: Bound) -> tuple[Power, ...]:
    """What a binding grants that is as good as the whole cluster, one power for each rule that has one."""
    if bound.role is None:
        return ()
    own, rules = bound.role, bound.rules

    def found() -> tuple[Power, ...]:
        whole = filter(None, map(takes_cluster, rules))
        return (*whole, *(power for _, power in approval(rules)))

    return own.remembered(("taking", bound.binding.cluster), found)


def strongest(bound: Bound) -> Severity:
    """How bad the worst power is that a binding grants."""
    if bound.role is None:
        return Severity.INFO
    found = (power.severity for rule in bound.rules for power in powers(rule))
    return bound.role.remembered(("strongest", bound.binding.cluster), lambda: max(found, default=Severity.INFO))


_TAKES = frozenset(
    (
        "wildcard-rbac", "rbac-escalation", "rbac-impersonation", "rbac-secrets-access", "rbac-node-proxy", "rbac-token-create",
        "rbac-webhook-control",
    )
)  # fmt: skip


def _level(rule: Rule) -> Severity:
    """How bad it is to do everything in the rule's API groups."""
    groups = [word.text for word in rule.groups]
    if any(group in WHOLE for group in groups):
        return Severity.CRITICAL
    own = (group not in BUILT_IN_GROUPS and not _is_built_in(group) for group in groups)
    return Severity.LOW if all(own) else Severity.HIGH


def _is_built_in(group: str) -> bool:
    return group.endswith(".k8s.io") and not group.endswith("metrics.k8s.io")


def _wildcard(rule: Rule) -> Iterator[Power]:
    name = "wildcard-rbac"
    verbs, resources = rule.verb(), next((word for word in rule.resources if word.text == "*"), None)
    level = _level(rule) if rule.groups else Severity.LOW
    own = level is Severity.LOW
    if verbs and resources:
        whose = "" if level is Severity.CRITICAL else f" of {_listed(rule.groups)}"
        yield Power(name, resources, level, f"every verb on every resource{whose}", level is Severity.CRITICAL)
    elif resources:
        reads = all(word.text in READS for word in rule.verbs)
        severity = level if own else Severity.MEDIUM if reads else Severity.HIGH
        yield Power(name, resources, severity, f"{_listed(rule.verbs)} on every resource", False)
    elif verbs and rule.resources:
        severity = level if own else Severity.MEDIUM
        yield Power(name, verbs, severity, f"every verb on {_listed(rule.resources)}", False)
    elif (group := next((word for word in rule.groups if word.text == "*"), None)) and rule.resources:
        yield Power(name, group, Severity.LOW, "every API group", False)
    urls = next((word for word in rule.urls if word.text == "*"), None)
    if urls:
        yield Power(name, urls, Severity.MEDIUM, f"{_listed(rule.verbs)} on every URL", False)


def _listed(words: tuple[Word, ...]) -> str:
    shown = ", ".join(f"`{word.text}`" for word in words[:3])
    return f"{shown} and more" if len(words) > 3 else shown


_ROLES = ("roles", "clusterroles")
_BINDINGS = ("rolebindings", "clusterrolebindings")


def _escalation(rule: Rule) -> Iterator[Power]:
    name = "rbac-escalation"
    verb = rule.verb("escalate", "bind")
    # in a namespace alone, `escalate` is asked for on Roles, and `bind` on both
    asked = _ROLES if not rule.confined or rule.verb("bind") else _ROLES[:1]
    roles = rule.resource(*asked) if rule.group(RBAC) else None
    harmless = bool(rule.names) and all(word.text == "view" for word in rule.names)
    if roles and verb and not (harmless and rule.verb("escalate") is None):
        said = "escalate or bind" if verb.text == "*" else verb.text
        what = f"any right of {_listed(rule.names)}" if rule.names else "any right there is"
        yield Power(name, verb, Severity.CRITICAL, f"`{said}` on `{roles.text}`: {what}", named=True)
        return
    word = rule.grants(RBAC, _BINDINGS, CHANGES)
    if word and word.text != "*":
        yield Power(name, word, Severity.MEDIUM, f"writing `{word.text}`: handing on the rights it has", False)


def _impersonation(rule: Rule) -> Iterator[Power]:
    name = "rbac-impersonation"
    verb = rule.verb("impersonate")
    whom = ("serviceaccounts",) if rule.confined else ("groups", "users", "serviceaccounts")
    core = rule.resource(*whom) if rule.group("") else None
    extra = next((w for w in rule.resources if w.text == "uids" or w.text.startswith("userextras")), None)
    word = core or (extra if rule.group(AUTHENTICATION) else None)
    if verb and word and word.text != "*":
        masters = word.text == "groups" and any(each.text == MASTERS for each in rule.names)
        severity = Severity.HIGH if rule.names and not masters else Severity.CRITICAL
        what = f"acting as {_whom(rule, word)}"
        yield Power(name, word, severity, what, masters or not rule.names, named=True)
        return
    yield from _constrained(rule)


def _whom(rule: Rule, word: Word) -> str:
    return f"{_listed(rule.names)} of `{word.text}`" if rule.names else f"any of `{word.text}`"


_CONSTRAINED = {
    "impersonate:user-info": ("users", "groups", "uids", "userextras"),
    "impersonate:serviceaccount": ("serviceaccounts",),
    "impersonate:arbitrary-node": ("nodes",),
}
"""Verbs of impersonation that is limited to some actions, with whom they are about: Kubernetes 1.35, KEP-5284."""


def _constrained(rule: Rule) -> Iterator[Power]:
    """Acting as others for what `impersonate-on:` rules allow: less than all of their rights."""
    for verb, whom in _CONSTRAINED.items():
        if rule.group(AUTHENTICATION) and any(word.text == verb for word in rule.verbs):
            word = rule.resource(*(w.text for w in rule.resources if w.text.partition("/")[0] in whom), *whom)
            if word is not None and not (rule.confined and whom != ("serviceaccounts",)):
                what = f"`{verb}`: acting as {_whom(rule, word)} where `impersonate-on` allows it"
                yield Power("rbac-impersonation", word, Severity.MEDIUM, what, False, named=True)
                return


def _secrets(rule: Rule) -> Iterator[Power]:
    if rule.names:
        return
    word = rule.grants("", ("secrets",), READS)
    if word:
        yield Power("rbac-secrets-access", word, Severity.HIGH, "reading every Secret")
        return
    word = rule.grants("", ("secrets",), CHANGES)
    if word:
        yield Power("rbac-secrets-access", word, Severity.LOW, "writing Secrets", False)


_WORKLOADS = {
    "": ("pods", "replicationcontrollers", "pods/ephemeralcontainers"),
    "apps": ("deployments", "daemonsets", "statefulsets", "replicasets"),
    "extensions": ("deployments", "daemonsets", "replicasets"),
    "batch": ("jobs", "cronjobs"),
}
_RUNS = {
    "argoproj.io": ("workflows", "cronworkflows", "rollouts"),
    "tekton.dev": ("taskruns", "pipelineruns"),
    "serving.knative.dev": ("services",),
}
"""What common operators make pods of, as the service account that it names. Their own controllers change them."""


def _workloads(rule: Rule) -> Iterator[Power]:
    own = [(group, resources, CHANGES) for group, resources in _WORKLOADS.items()]
    others = [(group, resources, ("create",)) for group, resources in _RUNS.items()]
    for group, resources, verbs in (*own, *others):
        word = rule.grants(group, resources, verbs)
        if word and word.text != "*":
            what = f"writing `{word.text}`: running code as any service account there"
            yield Power("rbac-create-workloads", word, Severity.HIGH, what)
            return


def _exec(rule: Rule) -> Iterator[Power]:
    word = rule.grants("", ("pods/exec", "pods/attach"), ("create", "get"))
    if word and word.text != "*":
        yield Power("rbac-exec", word, Severity.HIGH, f"`{word.text}`: running commands in every pod")
        return
    word = rule.grants("", ("pods/portforward",), ("create", "get"))
    if word and word.text != "*":
        yield Power("rbac-exec", word, Severity.LOW, f"`{word.text}`: reaching every port of every pod", False)


def _node_proxy(rule: Rule) -> Iterator[Power]:
    word = rule.grants("", ("nodes/proxy",), ("get", "create"))
    if word and word.text != "*":
        yield Power(
            "rbac-node-proxy", word, Severity.HIGH, f"`{word.text}`: commands through every kubelet, past the audit"
        )


def _tokens(rule: Rule) -> Iterator[Power]:
    word = rule.grants("", ("serviceaccounts/token",), ("create",))
    if word and word.text != "*":
        whose = f"a token of {_listed(rule.names)}" if rule.names else "a token of any service account"
        yield Power("rbac-token-create", word, Severity.HIGH, f"`{word.text}`: {whose}", named=bool(rule.names))


_WEBHOOKS = (
    "mutatingwebhookconfigurations", "validatingwebhookconfigurations", "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
)  # fmt: skip


_POLICIES = ("validatingadmissionpolicies", "validatingadmissionpolicybindings")


def _webhooks(rule: Rule) -> Iterator[Power]:
    """What decides about requests: webhooks and policies, and the servers of whole API groups.

    See https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/
    """
    name = "rbac-webhook-control"
    whole = any(group.text in WHOLE for group in rule.groups)
    word = rule.grants("admissionregistration.k8s.io", _WEBHOOKS, WRITES)
    if word and (word.text != "*" or not whole):
        what = f"writing {_all_of(word, 'admission webhooks')}: seeing and changing what is created"
        yield Power(name, word, Severity.HIGH, what)
        return
    word = rule.grants("apiregistration.k8s.io", ("apiservices",), CHANGES)
    if word and (word.text != "*" or not whole):
        what = f"writing {_all_of(word, 'API services')}: answering all requests for an API group"
        yield Power(name, word, Severity.HIGH, what)
        return
    word = rule.grants("admissionregistration.k8s.io", _POLICIES, WRITES)
    if word and word.text != "*":
        yield Power(name, word, Severity.MEDIUM, f"writing `{word.text}`: switching policies off", False)


def _all_of(word: Word, what: str) -> str:
    return what if word.text == "*" else f"`{word.text}`"


def _namespaces(rule: Rule) -> Iterator[Power]:
    """The labels of a namespace say how Pod Security and network policies see it.

    See https://kubernetes.io/docs/concepts/security/rbac-good-practices/#namespace-modification
    """
    word = rule.grants("", ("namespaces",), ("update", "patch"))
    if word and word.text != "*":
        what = f"changing `{word.text}`: taking off the labels of Pod Security"
        yield Power("rbac-namespace-control", word, Severity.MEDIUM, what, False)


def _volumes(rule: Rule) -> Iterator[Power]:
    word = rule.grants("", ("persistentvolumes",), ("create",))
    if word and word.text != "*":
        what = f"creating `{word.text}`: any folder of a node as a volume"
        yield Power("rbac-persistent-volumes", word, Severity.MEDIUM, what, False)


_NETWORK = (
    ("networking.k8s.io", ("networkpolicies", "ingresses"), WRITES),
    ("", ("services/status",), ("update", "patch")),
    ("", ("endpoints",), CHANGES),
    ("discovery.k8s.io", ("endpointslices",), CHANGES),
)


def _network(rule: Rule) -> Iterator[Power]:
    for group, resources, verbs in _NETWORK:
        word = rule.grants(group, resources, verbs)
        if word and word.text != "*":
            what = f"writing `{word.text}`: changing who reaches what"
            yield Power("rbac-network-control", word, Severity.LOW, what, False)
            return


_SYSTEM_CONFIG = {
    "aws-auth": Severity.HIGH,
    "coredns": Severity.LOW,
    "extension-apiserver-authentication": Severity.LOW,
}


def _system_config(rule: Rule) -> Iterator[Power]:
    word = rule.grants("", ("configmaps",), CHANGES)
    for name in rule.names if word else ():
        severity = _SYSTEM_CONFIG.get(name.text)
        if severity is not None:
            yield Power("rbac-system-config", name, severity, f"writing the ConfigMap `{name.text}`", False)
            return


def _evidence(rule: Rule) -> Iterator[Power]:
    for group in ("", "events.k8s.io"):
        word = rule.grants(group, ("events",), ("delete", "deletecollection"))
        if word and word.text != "*":
            yield Power("rbac-delete-evidence", word, Severity.LOW, "deleting events", False)
            return


_ALL: tuple[Callable[[Rule], Iterator[Power]], ...] = (
    _wildcard, _escalation, _impersonation, _secrets, _workloads, _exec, _node_proxy, _tokens, _webhooks, _namespaces, _volumes,
    _network,
    _system_config, _evidence,
)  # fmt: skip
