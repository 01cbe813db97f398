"""A life cycle hook that has more rights than its service.

Compose runs hooks such as `post_start` with a user and privileges of their own. A privileged one can do to a host what
a privileged service can, however carefully the service itself is confined.

To fix: run the hook as the service's own user:

    services:
      web:
        user: "10001"
        post_start:
          - command: ./warm-up.sh

A hook of root is a finding only where the service has another user: else it is no more than the service.

See https://docs.docker.com/reference/compose-file/services/#post_start
"""

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.compose import Service
from hullcheck.model.edit import delete, fix
from hullcheck.model.node import Mapping, Node, Sequence, as_str

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("compose",),
    aliases=("cis-docker:5.5",),
    cwe=(250,),
    fixable="unsafe",
)


@check.on(Service)
def hooks(service: Service) -> Iterator[Finding]:
    for key in ("pre_start", "post_start", "pre_stop"):
        hooks = service.node.get(key)
        for hook in hooks.items if isinstance(hooks, Sequence) else ():
            if isinstance(hook, Mapping):
                yield from _hook(service, key, hook)


def _hook(service: Service, key: str, hook: Mapping) -> Iterator[Finding]:
    privileged, user = hook.get("privileged"), hook.get("user")
    if privileged is not None and (as_str(privileged) or "").lower() in ("true", "yes", "on", "y"):
        yield _finding(service, key, privileged, "runs privileged", "privileged")
    elif user is not None and _is_root(as_str(user)) and service.user.value and not _is_root(service.user.value):
        yield _finding(service, key, user, "runs as root", "root")


def _finding(service: Service, key: str, node: Node, what: str, evidence: str) -> Finding:
    message = f"a `{key}` hook of service `{service.name}` {what}"
    return check.finding(service, message, at=node.location, evidence=(key, evidence), fix=_without(node))


def _without(node: Node) -> Fix:
    return fix("take it out", delete(node.location), safe=False)


def _is_root(user: str | None) -> bool:
    name = (user or "").partition(":")[0].strip()
    return name == "root" or (name.isdecimal() and int(name[:20]) == 0)
