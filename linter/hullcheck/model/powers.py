"""What a rule gives to whoever holds it, in the terms of an attacker. Each power is called like the check for it."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from hullcheck.finding import Severity
from hullcheck.model.rbac import CHANGES, READS, WRITES, Granted, Role, Rule, Word

RBAC = "rbac.authorization.k8s.io"
WHOLE = frozenset(("", "*", RBAC))
"""API groups of which everything is as good as the cluster."""

BUILT_IN_GROUPS = frozenset(("apps", "batch", "autoscaling", "extensions", "policy"))


class Power(NamedTuple):
    """A power: its check's name, the word that gives it, how bad it is cluster-wide, and what it allows."""

    name: str
    word: Word
    severity: Severity
    what: str
    full: bool = True


_last: tuple[Rule | None, tuple[Power, ...]] = (None, ())


def powers(rule: Rule) -> tuple[Power, ...]:
    """All powers that a rule gives. Of `*` only that itself is told, and that Secrets are among it."""
    global _last  # every check asks the same of one rule, one after the other
    known, found = _last
    if known is not rule:
        found = tuple(_powers(rule))
        _last = rule, found
    return found


def _powers(rule: Rule) -> Iterator[Power]:
    total = rule.verb() is not None and any(word.text == "*" for word in rule.resources)
    for find in (_wildcard,) if total else _ALL:
        yield from find(rule)


def of(rule: Rule, name: str) -> Iterator[Power]:
    """The powers of that name that a rule gives."""
    return (power for power in powers(rule) if power.name == name)


def told(granted: Granted, power: Power) -> str:
    """What a finding says of a power."""
    return f"{granted.role.described} allows {power.what}, {granted.reach}"


def evidence(granted: Granted, power: Power) -> tuple[str, ...]:
    """What tells a power of a role from its others."""
    return (power.word.text, *sorted(word.text for word in granted.rule.verbs))


def takes_cluster(rule: Rule) -> Power | None:
    """The power that is as good as the whole cluster, if it is held cluster-wide and not for named objects alone."""
    if rule.everything:
        return Power("cluster-admin-binding", rule.resources[0], Severity.CRITICAL, "everything")
    if rule.names:
        return None
    return next((power for power in powers(rule) if power.full and power.name in _TAKES), None)


def taking(role: Role) -> tuple[Power, ...]:
    """The powers of a role that are as good as the whole cluster, one for each rule that has one."""
    return role.remembered("taking", lambda: tuple(filter(None, map(takes_cluster, role.rules))))


def strongest(role: Role) -> Severity:
    """How bad the worst power of a role is."""
    found = (power.severity for rule in role.rules for power in powers(rule))
    return role.remembered("strongest", lambda: max(found, default=Severity.INFO))


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
    roles = rule.resource(*_ROLES) if rule.group(RBAC) else None
    verb = rule.verb("escalate", "bind")
    harmless = bool(rule.names) and all(word.text == "view" for word in rule.names)
    if roles and verb and not (harmless and rule.verb("escalate") is None):
        said = "escalate or bind" if verb.text == "*" else verb.text
        yield Power(name, verb, Severity.CRITICAL, f"`{said}` on `{roles.text}`: any right there is")
        return
    word = rule.grants(RBAC, _BINDINGS, CHANGES)
    if word and word.text != "*":
        yield Power(name, word, Severity.MEDIUM, f"writing `{word.text}`: handing on the rights it has", False)


def _impersonation(rule: Rule) -> Iterator[Power]:
    verb = rule.verb("impersonate")
    core = rule.resource("users", "groups", "serviceaccounts") if rule.group("") else None
    extra = next((w for w in rule.resources if w.text == "uids" or w.text.startswith("userextras")), None)
    word = core or (extra if rule.group("authentication.k8s.io") else None)
    if verb and word and word.text != "*":
        severity = Severity.HIGH if rule.names else Severity.CRITICAL
        yield Power("rbac-impersonation", word, severity, f"acting as any of `{word.text}`")


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


def _workloads(rule: Rule) -> Iterator[Power]:
    for group, resources in _WORKLOADS.items():
        word = rule.grants(group, resources, CHANGES)
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
        yield Power("rbac-token-create", word, Severity.HIGH, f"`{word.text}`: a token of any service account")


_WEBHOOKS = (
    "mutatingwebhookconfigurations", "validatingwebhookconfigurations", "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
)  # fmt: skip


def _webhooks(rule: Rule) -> Iterator[Power]:
    word = rule.grants("admissionregistration.k8s.io", _WEBHOOKS, WRITES)
    if word and word.text != "*":
        what = f"writing `{word.text}`: seeing and changing what is created"
        yield Power("rbac-webhook-control", word, Severity.HIGH, what)


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
    _wildcard, _escalation, _impersonation, _secrets, _workloads, _exec, _node_proxy, _tokens, _webhooks, _volumes, _network,
    _system_config, _evidence,
)  # fmt: skip
