"""The values that a job of a workflow runs with: its matrix and its environment, those together that belong together.

See https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
"""

from collections.abc import Iterator
from itertools import islice, product
from typing import NamedTuple

from hullcheck.model.node import Mapping, Node, Scalar, Sequence, is_null

MAX_JOBS = 256
"""Jobs that a matrix makes at most, by the documentation."""

Choice = dict[str, str]


class Choices(NamedTuple):
    """Where a job stands in its file, and the values of variables in each of the jobs that it is run as."""

    path: str
    start: int
    end: int
    values: tuple[Choice, ...]


def choices(root: Mapping, job: Mapping) -> tuple[Choice, ...]:
    """The variables of a job, as `matrix.a`, `env.A`, `A` and `inputs.a`, for each entry of its matrix."""
    shared = {**_inputs(root), **_environment(root.get("env")), **_environment(job.get("env"))}
    strategy = job.get("strategy")
    matrix = strategy.get("matrix") if isinstance(strategy, Mapping) else None
    found = list(_matrix(matrix)) if isinstance(matrix, Mapping) else []
    return tuple({**_resolved(shared, each), **each} for each in found or [{}])


def _resolved(shared: Choice, chosen: Choice) -> Choice:
    """Variables that are what the matrix holds."""
    made = {}
    for name, text in shared.items():
        inner = text[3:-2].strip() if text.startswith("${{") and text.endswith("}}") else ""
        made[name] = chosen.get(inner, shared.get(inner, text)) if inner else text
    return {name: text for name, text in made.items() if "${{" not in text}


def _matrix(matrix: Mapping) -> Iterator[Choice]:
    axes = []
    for name, (_, values) in matrix.entries().items():
        if name not in ("include", "exclude") and isinstance(values, Sequence):
            axes.append([_entry(f"matrix.{name}", value) for value in values.items])
    made = [{k: v for part in parts for k, v in part.items()} for parts in islice(product(*axes), MAX_JOBS)]
    made = made if axes else []
    included = matrix.get("include")
    alone: list[Choice] = []
    for node in included.items[:MAX_JOBS] if isinstance(included, Sequence) else ():
        if isinstance(node, Mapping):
            extra = {
                k: v for name, (_, value) in node.entries().items() for k, v in _entry(f"matrix.{name}", value).items()
            }
            fitting = [each for each in made if all(each.get(k, v) == v for k, v in extra.items())]
            for each in fitting:
                each.update(extra)
            if not fitting:
                alone.append(extra)
    yield from [*made, *alone][:MAX_JOBS]


def _entry(name: str, node: Node) -> Choice:
    """One value of an axis: a scalar, or a mapping whose entries are used one by one."""
    if isinstance(node, Mapping):
        return {
            f"{name}.{key}": value.text
            for key, (_, value) in node.entries().items()
            if isinstance(value, Scalar) and not is_null(value)
        }
    return {name: node.text} if isinstance(node, Scalar) and not is_null(node) else {}


def _environment(node: Node | None) -> Choice:
    found: Choice = {}
    for key, (_, value) in node.entries().items() if isinstance(node, Mapping) else ():
        if isinstance(value, Scalar) and not is_null(value):
            found[key] = found[f"env.{key}"] = value.text
    return found


def _inputs(root: Mapping) -> Choice:
    """The defaults of what a reusable workflow, one that is started by hand or an action is given."""
    found: Choice = {}
    on = root.get("on")
    callers = (
        (root, *(on.get(word) for word in ("workflow_call", "workflow_dispatch")))
        if isinstance(on, Mapping)
        else (root,)
    )
    for holder in callers:
        declared = holder.get("inputs") if isinstance(holder, Mapping) else None
        for key, (_, said) in declared.entries().items() if isinstance(declared, Mapping) else ():
            default = said.get("default") if isinstance(said, Mapping) else None
            if isinstance(default, Scalar) and not is_null(default):
                found[f"inputs.{key}"] = default.text
    return found
