"""A service that the kernel won't kill when memory runs out, or that may use up other resources.

With `oom_kill_disable` and no memory limit a leak takes the whole host along. An `oom_score_adj` far below zero makes
the kernel kill everything else first, the engine among it. A ulimit of -1 takes away what stops a runaway program.

To fix: limit the memory, and leave the choice to the kernel:

    services:
      db:
        mem_limit: 2g
        oom_score_adj: -200

See https://docs.docker.com/engine/containers/resource_constraints/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.node import Mapping, Node, as_bool, as_int
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import ComposeProject
    from hullcheck.model.container import Container

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("compose",),
    aliases=("cis-docker:5.19",),
    cwe=(400, 770),
)

_FAR_BELOW = -500


@check.on("ComposeProject")
def services(project: ComposeProject) -> Iterator[Finding]:
    for workload in project.workloads:
        service = project.services[workload.name]
        for container in workload.containers:
            yield from _killing(container, service.node)
            yield from _limits(container, service.node.get("ulimits"))


def _killing(container: Container, node: Mapping) -> Iterator[Finding]:
    disabled, score = node.get("oom_kill_disable"), node.get("oom_score_adj")
    unlimited = container.limits is None or container.limits.memory.absent
    if disabled is not None and as_bool(disabled) and unlimited and container.complete:
        message = f"{container.described} isn't killed when memory runs out, and has no memory limit"
        yield check.finding(container, message, at=disabled.location, evidence=("oom_kill_disable",))
    number = as_int(score)
    if score is not None and number is not None and number < _FAR_BELOW:
        message = f"{container.described} is spared when memory runs out: `oom_score_adj` is {number}"
        yield check.finding(container, message, at=score.location, evidence=("oom_score_adj",))


def _limits(container: Container, node: Node | None) -> Iterator[Finding]:
    for name, (_, child) in node.entries().items() if isinstance(node, Mapping) else ():
        value = child.get("hard") if isinstance(child, Mapping) else child
        if value is not None and as_int(value) == -1 and name != "memlock":
            message = f"{container.described} has no limit of `{name}`"
            yield check.finding(container, message, at=value.location, evidence=("ulimits", name))
