"""Files that a Dockerfile holds itself, in heredocs of COPY and of what writes files."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.model.command import Script
from hullcheck.model.dockerfile import Stage
from hullcheck.model.text import Text
from hullcheck.tuples import NamedTuple


class Written(NamedTuple):
    """A file's text with its places, and the paths that it is written to."""

    paths: tuple[str, ...]
    text: Text


def copied(stage: Stage) -> Iterator[Written]:
    """The heredocs that COPY and ADD put into the image."""
    for step in stage.instructions:
        made = step.effective
        if made.keyword in ("COPY", "ADD") and made.heredocs and made.words:
            target = stage.expand(made.words[-1].text, step).text or made.words[-1].text
            for heredoc in made.heredocs:
                path = f"{target}{heredoc.name}" if target.endswith("/") else target
                yield Written((path,), heredoc.body)


def written(script: Script) -> Iterator[Written]:
    """The heredocs that `cat` and `tee` write into files."""
    for command in script.commands:
        if command.name in ("cat", "tee"):
            paths = tuple(script.written_to(command))
            if command.name == "tee":
                paths = (*(word.text for word in command.arguments if not word.text.startswith("-")), *paths)
            for redirection in command.redirections if paths else ():
                if redirection.body is not None:
                    yield Written(paths, redirection.body)
