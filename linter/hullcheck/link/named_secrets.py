"""What names an object of the cluster that holds a secret: a variable or an option with such a name holds none itself."""

from __future__ import annotations

from collections.abc import Iterable

from hullcheck.model.container import Container, Variable
from hullcheck.model.node import as_str, at, items
from hullcheck.model.secrets import by_name
from hullcheck.source import HOLE, Field
from hullcheck.typed import Any

_KINDS = frozenset(
    ("Secret", "SealedSecret", "ExternalSecret", "ConfigMap", "SopsSecret", "OnePasswordItem", "VaultStaticSecret")
)
_WHY = "it is the name of an object here"


def names(objects: Iterable[Any], workloads: Iterable[Any]) -> frozenset[str]:
    """The names of the Secrets and ConfigMaps of a world: of those that are in it, and of those that are asked for."""
    found = {made.name for made in objects if made.kind in _KINDS}
    for made in objects:
        if made.kind in ("Certificate", "Ingress"):
            found.add(as_str(at(made.node, "spec", "secretName")) or "")
            found |= {as_str(at(each, "secretName")) or "" for each in items(at(made.node, "spec", "tls"))}
    for workload in workloads:
        for volume in items(at(getattr(workload.part, "spec", None), "volumes")):
            found.add(as_str(at(volume, "secret", "secretName")) or "")
    return frozenset(found - {""})


def without_names(container: Container, known: frozenset[str]) -> Container:
    """The container; what is called a secret in it, and is an object's name, isn't known to be anything else."""
    if not known:
        return container
    environment = tuple(_variable(variable, known) for variable in container.environment)
    command = tuple(_word(word, known) for word in container.command)
    if environment == container.environment and command == container.command:
        return container
    return container._replace(environment=environment, command=command)


def _variable(variable: Variable, known: frozenset[str]) -> Variable:
    value = variable.value.value
    if value not in known or by_name(variable.name) is None:
        return variable
    return variable._replace(value=Field(None, variable.value.location, _WHY))


def _word(word: Field[str], known: frozenset[str]) -> Field[str]:
    option, equals, value = (word.value or "").partition("=")
    if not equals or value not in known:
        return word
    return Field(None, word.location, _WHY, word.related, f"{option}={HOLE}")
