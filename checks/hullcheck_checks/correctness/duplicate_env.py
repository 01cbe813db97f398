"""A container with the same environment variable twice.

The later one counts, whatever the earlier says. Where they differ, somebody sets a value and wonders why nothing
changes; with a credential or a switch for security that is worse than a surprise.

To fix: keep the one that is meant:

    env:
    - {name: LOG_LEVEL, value: info}

A variable that comes by `envFrom` as well is no finding: `env` is made to override it.

See https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.edit import delete_item, fix
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.container import Container, Variable

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("kubernetes",),
    aliases=(
        "kube-linter:duplicate-env-var",
        "kube-score:environment-variable-key-duplication",
        "kubescape:C-0295",
    ),
    cwe=(710,),
    fixable="safe",
)


@check.on("Container")
def twice(container: Container) -> Iterator[Finding]:
    if container.dialect != "kubernetes":
        return
    first: dict[str, Variable] = {}
    for variable in container.environment:
        if not variable.name or variable.source == "ConfigMap":
            continue
        before = first.setdefault(variable.name, variable)
        if before is variable or before.key == variable.key:
            continue
        same = before.value.value is not None and before.value.value == variable.value.value
        yield check.finding(
            container,
            f"{container.described} sets `{variable.name}` twice{', both times the same' if same else ''}: this one counts",
            at=variable.key,
            evidence=(variable.name,),
            related=(Related(before.key, "this one is overridden"),),
            fix=fix("take it out", delete_item(variable.key), safe=True) if same else None,
        )
        first[variable.name] = variable
