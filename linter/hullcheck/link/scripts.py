"""One script or pipeline: the builds that its commands, and the words of its platform, ask for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from hullcheck.link.inputs import Inputs
from hullcheck.link.matrix import Choice, Choices
from hullcheck.link.platforms import said_in_text, said_in_yaml
from hullcheck.model.node import Mapping, Node, Scalar, items
from hullcheck.model.repository import BuildArgument
from hullcheck.parse import yaml
from hullcheck.parse.build_commands import BuildCommand, commands, handed
from hullcheck.parse.build_variables import Variables, assigned, of_yaml
from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple

_WINDOWS = (".ps1", ".psm1", ".bat", ".cmd")


class Part(NamedTuple):
    """A build that is asked for, where, in words, and the arguments that it is given as they are written."""

    said: Inputs | BuildCommand
    place: Location
    how: str
    handed: tuple[BuildArgument, ...] = ()


def read(source: Source, jobs: Sequence[Choices] = ()) -> Iterator[Part]:
    """What a file asks to be built; `jobs` are those of a workflow, with the values that they run with."""
    text = source.text
    roots: list[Node] = []
    if source.path.endswith((".yml", ".yaml")) or source.path.endswith("cloudbuild.json"):
        roots = [document.root for document in yaml.parsed(source).documents if document.root is not None]
    elif source.path.endswith(_WINDOWS):
        text = text.replace("^\r\n", "\\\r\n").replace("^\n", "\\\n")
        text = "\n".join(line[:-1].replace("\\", "/") + line[-1:] for line in text.split("\n"))
    given = assigned(text)
    if not jobs:
        for root in roots:
            for name, values in of_yaml(root).items():
                given.setdefault(name, []).extend(values)
    variables = Variables(given)
    folded = [node for root in roots for node in _folded(root)]
    hidden = sorted((node.start, node.end) for node in folded)
    at = _Jobs(jobs)
    for command in commands(text, variables, at):
        if not _within(hidden, command.start):
            place = source.at(command.start, command.end).one_line()
            yield Part(command, place, "a script builds it", _handed(source, command))
    for node in folded:
        own = at(node.start)
        for command in commands(node.text, variables, lambda _, own=own: own):  # type: ignore[misc]
            yield Part(command, node.location.one_line(), "a script builds it")
    for root in roots:
        for said in said_in_yaml(source.path, root, variables):
            yield Part(said, said.location, "a pipeline builds it")
    for said in said_in_text(source, variables):
        yield Part(said, said.location, "a pipeline builds it")


class _Jobs:
    """The values of the job at a place."""

    def __init__(self, jobs: Sequence[Choices]) -> None:
        self.jobs = sorted(jobs, key=lambda job: job.start)
        self.starts = [job.start for job in self.jobs]

    def __call__(self, at: int) -> tuple[Choice, ...]:
        number = bisect_right(self.starts, at) - 1
        return self.jobs[number].values if number >= 0 and at < self.jobs[number].end else ({},)


def _handed(source: Source, command: BuildCommand) -> tuple[BuildArgument, ...]:
    return tuple(
        BuildArgument(source.at(start, end), "", "--build-arg", name, value)
        for name, value, start, end in handed(source.text, command)
    )


def _within(spans: list[tuple[int, int]], at: int) -> bool:
    number = bisect_right(spans, (at, len(spans) and spans[-1][1] + 1)) - 1
    return number >= 0 and spans[number][0] <= at < spans[number][1]


def _folded(root: Node) -> Iterator[Scalar]:
    """Texts of several lines that become one: a command in them goes on where a line ends."""
    pending, seen = [root], set()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Mapping):
            pending += [value for _, value in node.items]
        elif isinstance(node, Scalar):
            if (node.style == ">" or (not node.style and " " in node.text)) and "\n" in node.location.text.rstrip():
                yield node
        else:
            pending += items(node)
