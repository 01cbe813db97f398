"""The values that a job of a workflow runs with: its matrix and its environment, those together that belong together.

See https://docs.github.com/en/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Sequence_
from itertools import islice, product

from hullcheck.budget import tick
from hullcheck.model.lazy import Lazy
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, is_null
from hullcheck.tuples import NamedTuple

MAX_JOBS = 256
"""Jobs that a matrix makes at most, by the documentation."""

Choice = dict[str, str]


class Choices(NamedTuple):
    """Where a job stands in its file, and the values of variables in each of the jobs that it is run as."""

    path: str
    start: int
    end: int
    values: tuple[Choice, ...]


def choices(root: Mapping, job: Mapping, given: Sequence_[Choice] = ()) -> tuple[Choice, ...]:
    """The variables of a job, as `matrix.a`, `env.A`, `A` and `inputs.a`, for each entry of its matrix.

    `given` are the inputs that callers hand to the workflow or the action.
    """
    shared = {**_inputs(root), **_environment(root.get("env")), **_environment(job.get("env"))}
    strategy = job.get("strategy")
    matrix = strategy.get("matrix") if isinstance(strategy, Mapping) else None
    found = list(_matrix(matrix)) if isinstance(matrix, Mapping) else []
    pairs = islice(product(found or [{}], given or [{}]), MAX_JOBS)
    return tuple({**_resolved(shared, {**each, **handed}), **each, **handed} for each, handed in pairs)


def calls(root: Mapping, given: Sequence_[Choice]) -> Iterator[tuple[str, Choice]]:
    """The workflows and actions of the repository that a file uses, and the inputs that it hands to them."""
    jobs = root.get("jobs")
    runs = root.get("runs")
    for holder in (*(job for _, job in (jobs.items if isinstance(jobs, Mapping) else ())), runs):
        if not isinstance(holder, Mapping):
            continue
        steps = holder.get("steps")
        callers = [
            each
            for each in (holder, *(steps.items if isinstance(steps, Sequence) else ()))
            if isinstance(each, Mapping)
        ]
        used = [(caller, named) for caller in callers if (named := _of_repository(caller.get("uses")))]
        tick()
        values = choices(root, holder, given) if used else ()
        for caller, named in used:
            said = caller.get("with")
            for each in values:
                handed = {
                    f"inputs.{key}": text
                    for key, (_, value) in (said.entries().items() if isinstance(said, Mapping) else ())
                    if isinstance(value, Scalar) and "${{" not in (text := filled(value.text, each))
                }
                yield named, handed


def _of_repository(node: Node | None) -> str:
    """The path of what `uses: ./a/b` means; empty if that is elsewhere."""
    text = node.text if isinstance(node, Scalar) else ""
    return text[2:].rstrip("/") if text.startswith("./") else ""


_EXPRESSION = Lazy(r"\$\{\{[ \t]*+([\w.-]++)[ \t]*+\}\}")


def filled(text: str, values: Choice) -> str:
    """A text with the variables that are known."""
    return _EXPRESSION.sub(lambda match: values.get(match[1], match[0]), text) if "${{" in text else text


def _resolved(shared: Choice, chosen: Choice) -> Choice:
    """Variables, with what the matrix and the inputs put into them."""
    made = {name: filled(filled(text, chosen), shared) for name, text in shared.items()}
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
