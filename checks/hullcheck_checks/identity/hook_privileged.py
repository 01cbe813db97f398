"""A life cycle hook that has more rights than its service.

Compose runs hooks such as `post_start`, and what `develop.watch` has run when a file changes, with a user and
privileges of their own. A privileged one can do to a host what a privileged service can, however carefully the
service itself is confined.

To fix: run the hook as the service's own user:

    services:
      web:
        user: "10001"
        post_start:
          - command: ./warm-up.sh

A hook of root is a finding only where the service has another user: else it is no more than the service.

See https://docs.docker.com/reference/compose-file/services/#post_start
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import delete, fix
from hullcheck.model.node import Mapping, Node, Sequence, as_str, at, items
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import Service

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("compose",),
    aliases=("cis-docker:5.5",),
    cwe=(250,),
    fixable="unsafe",
)


@check.on("Service", needs="node.pre_start node.post_start node.pre_stop node.develop")
def hooks(service: Service) -> Iterator[Finding]:
    for key in ("pre_start", "post_start", "pre_stop"):
        hooks = service.node.get(key)
        for hook in hooks.items if isinstance(hooks, Sequence) else ():
            if isinstance(hook, Mapping):
                yield from _hook(service, f"a `{key}` hook", key, hook)
    for rule in items(at(service.node, "develop", "watch")):
        run = at(rule, "exec")
        if isinstance(run, Mapping):
            yield from _hook(service, "what `develop.watch` runs", "watch", run)


def _hook(service: Service, what: str, key: str, hook: Mapping) -> Iterator[Finding]:
    privileged, user = hook.get("privileged"), hook.get("user")
    if privileged is not None and (as_str(privileged) or "").lower() in ("true", "yes", "on", "y"):
        yield _finding(service, f"{what} of service `{service.name}` runs privileged", privileged, (key, "privileged"))
    elif user is not None and _is_root(as_str(user)) and service.user.value and not _is_root(service.user.value):
        yield _finding(service, f"{what} of service `{service.name}` runs as root", user, (key, "root"))


def _finding(service: Service, message: str, node: Node, evidence: tuple[str, str]) -> Finding:
    return check.finding(service, message, at=node.location, evidence=evidence, fix=_without(node))


def _without(node: Node) -> Fix:
    return fix("take it out", delete(node.location), safe=False)


def _is_root(user: str | None) -> bool:
    name = (user or "").partition(":")[0].strip()
    return name == "root" or (name.isdecimal() and int(name[:20]) == 0)
