"""A check's docstring, taken apart: the summary, why it matters, how to cure it, and where to read more."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.tuples import NamedTuple


class Page(NamedTuple):
    """`blocks` are paragraphs and indented examples between the summary and the references, as written.

    `why` is the paragraph after the summary, `cure` what "To fix:" says first; both on one line.
    """

    summary: str
    blocks: tuple[str, ...]
    why: str
    cure: str
    references: tuple[str, ...]


def page(check: Check) -> Page:
    """The parts of a check's docstring."""
    blocks = [block.strip("\n") for block in check.doc.split("\n\n") if block.strip()]
    references = tuple(line[4:].strip() for block in blocks for line in block.splitlines() if line.startswith("See "))
    rest = [text for block in blocks[1:] if (text := _without_references(block))]
    why = next((block for block in rest if not block.startswith(("To fix:", " "))), "")
    cure = next((block for block in rest if block.startswith("To fix:")), "")
    return Page(
        summary=check.summary,
        blocks=tuple(rest),
        why=" ".join(why.split()),
        cure=_first_sentence(" ".join(cure.removeprefix("To fix:").split())),
        references=references,
    )


def _without_references(block: str) -> str:
    return "\n".join(line for line in block.splitlines() if not line.startswith("See "))


def _first_sentence(text: str) -> str:
    sentence, dot, _ = text.partition(". ")
    return sentence if dot else text.rstrip(":.")


def markdown(page: Page) -> Iterator[str]:
    """The blocks of a page as Markdown: an example, with four blanks before it, is fenced."""
    example: list[str] = []
    for block in (*page.blocks, ""):
        if block.startswith("    "):
            example.append("\n".join(line[4:] for line in block.splitlines()))
            continue
        if example:
            text = "\n\n".join(example)
            yield f"```{_language(text)}\n{text}\n```"
            example = []
        if block:
            yield block


def _language(example: str) -> str:
    words = example.split(None, 1)
    if words and words[0] in _INSTRUCTIONS:
        return "dockerfile"
    first = example.splitlines()[0].partition("#")[0].rstrip()
    return "yaml" if first.endswith(":") or ": " in first or first.startswith("- ") else "text"


_INSTRUCTIONS = frozenset(
    ("FROM", "RUN", "CMD", "LABEL", "EXPOSE", "ENV", "ADD", "COPY", "ENTRYPOINT", "VOLUME", "USER", "WORKDIR", "ARG")
)
