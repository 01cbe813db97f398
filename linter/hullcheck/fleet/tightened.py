"""An organisation's policy, which a repository's own configuration may only tighten.

Each key that the repository says is taken if the account that a gate keeps of policies says that nothing is let
through by it; else it is left, and told.
"""

from __future__ import annotations

from collections.abc import Callable

from hullcheck.change.gate.policy import Policies, weakened
from hullcheck.check import Registry
from hullcheck.engine import select
from hullcheck.finding import Finding
from hullcheck.policy.config import Config, Demands
from hullcheck.request import Policy
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

Taken = Callable[[Config, Config], Config]


class Merged(NamedTuple):
    """What holds, and what the repository's own configuration would let through and may not."""

    config: Config
    refused: tuple[Finding, ...]


def tightened(base: Config, own: Config, paths: tuple[str, ...], registry: Registry) -> Merged:
    """The base's configuration with all of `own` that makes it stricter; `paths` are the files of the repository."""
    check = registry["policy-weakened"]
    held, refused = base, list[Finding]()
    for key in dict.fromkeys(key.partition(".")[0] for key in own.said):
        for take in _TAKEN.get(key, ()):
            wanted = take(held, own)
            if wanted == held:
                continue
            placed = wanted._replace(said=own.said, source=own.source)
            sides = (_selected(held, registry), _selected(wanted, registry))
            weaker = list(weakened(Policies(held, placed, *sides, registry, (), paths), check))
            if weaker:
                refused += weaker
            else:
                held = wanted
    if own.baseline:
        message = "old findings of its own (`baseline`) would not count, and the policy doesn't have them"
        refused += [f._replace(message=message) for f in _about(own, "baseline", registry)]
    source = own.source if own.source is not None else base.source
    kept = own.compose_projects == held.compose_projects and own.helm == held.helm
    return Merged(held._replace(said=own.said if kept else base.said, source=source), tuple(refused))


def _about(own: Config, key: str, registry: Registry) -> list[Finding]:
    from hullcheck.model.problem import Problem
    from hullcheck.source import Source

    source = own.source or Source(own.path, b"")
    line = int(own.said.get(key, ":1").rpartition(":")[2])
    part = Problem("", "", source.at_line(min(line, source.line_count)))
    return [registry["policy-weakened"].finding(part, "", evidence=(key,))]


def _selected(config: Config, registry: Registry) -> frozenset[str]:
    settings = select(registry, Policy(config))
    return settings.selected | settings.grouped


def _plain(field: str) -> tuple[Taken, ...]:
    """The repository's own value instead."""
    return (lambda held, own: held._replace(**{field: getattr(own, field)}),)


def _added(field: str) -> tuple[Taken, ...]:
    """What the repository says, after what the policy says."""

    def take(held: Config, own: Config) -> Config:
        before = getattr(held, field)
        values: dict[str, Any] = {field: (*before, *(each for each in getattr(own, field) if each not in before))}
        return held._replace(**values)

    return (take,)


def _severity(held: Config, own: Config) -> Config:
    return held._replace(severity={**held.severity, **own.severity})


def _demands(held: Config, own: Config) -> Config:
    said = {key.partition(".")[2] for key in own.said if key.startswith("suppressions.")}
    names = {
        "require-reason": "reason",
        "require-until": "until",
        "max-days": "max_days",
        "max": "max",
        "foreign": "foreign",
    }
    fields = {names[key]: getattr(own.demands, names[key]) for key in said if key in names}
    return held._replace(demands=Demands(**{**held.demands._asdict(), **fields}))


def _together(*fields: str) -> tuple[Taken, ...]:
    return tuple(_plain(field)[0] for field in fields)


_TAKEN: dict[str, tuple[Taken, ...]] = {
    "select": _plain("select"),
    "extend-select": _added("extend_select"),
    "ignore": _plain("ignore"),
    "profile": _plain("profile"),
    "policies-elsewhere": _plain("policies_elsewhere"),
    "validate": _plain("validate"),
    "kubernetes-version": _plain("kubernetes_version"),
    "exclude": _plain("exclude"),
    "include-vendored": _plain("include_vendored"),
    "severity": (_severity,),
    "min-severity": _plain("min_severity"),
    "fail-on": _plain("fail_on"),
    "gate": _together("gate_fail_on", "new_suppressions"),
    "overrides": _added("overrides"),
    "suppress": _added("suppress"),
    "suppressions": (_demands,),
    "network": (*_added("network_deny"), *_added("network_allow")),
    "pod-security": _together("pod_security", "pod_security_version"),
    "trusted-registries": _plain("trusted_registries"),
    "trusted-images": _plain("trusted_images"),
    "datastores": _added("datastores"),
    "context": _plain("context"),
    "contexts": _plain("contexts"),
    "compose-projects": _plain("compose_projects"),
    "helm": _plain("helm"),
    "fail-on-unjudged": _plain("fail_on_unjudged"),
    "allow-unjudged": _plain("allow_unjudged"),
}
"""For each key of the configuration, how what a repository says is laid over the policy; `baseline` is never taken."""
