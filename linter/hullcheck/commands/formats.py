"""Commands that write what they have to say in several formats, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from io import StringIO

from hullcheck.commands.common import outputs
from hullcheck.typed import TYPE_CHECKING
from hullcheck.written import write

if TYPE_CHECKING:
    import argparse


def each_output(options: argparse.Namespace, formats: Sequence[str], run: Callable[[argparse.Namespace], int]) -> int:
    """Run a command for each output that is asked for, with that format in its options; the gravest exit code."""
    codes = []
    for name, file in outputs(options.output_format, formats):
        one = with_format(options, name)
        if file and hasattr(one, "output"):
            one.output = file
        if file is None or hasattr(one, "output"):
            codes.append(run(one))
            continue
        with redirect_stdout(StringIO()) as text:
            codes.append(run(one))
        write(file, text.getvalue())
    return max(codes)


def with_format(options: argparse.Namespace, name: str) -> argparse.Namespace:
    """The options with this one format."""
    made = type(options)(**vars(options))
    made.output_format = name
    return made
