"""Messages as SARIF wants them: whole sentences, with the names in them as arguments of a template.

A check writes names in `backticks`. Plain text has them in single quotes, Markdown has them as code, and the template
has `'{0}'` in their place.
"""

from __future__ import annotations

from collections.abc import Iterable

from hullcheck.report.sarif.objects import om
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any


class Text(NamedTuple):
    """A message in the making: `template` and `markdown` have numbered places for the arguments."""

    template: str
    markdown: str
    arguments: tuple[str, ...]

    @property
    def plain(self) -> str:
        return _fill(self.template, self.arguments)

    def message(self, identifier: str) -> Any:
        """The message object, which names its template."""
        return om.Message(
            text=self.plain,
            markdown=_fill(self.markdown, self.arguments),
            id=identifier,
            arguments=list(self.arguments) or None,
        )


def sentences(messages: Iterable[str], links: Iterable[tuple[int, str]]) -> Text:
    """One text of several messages, each a sentence, and of what they rest on: a number to link to and a label."""
    templates, marked = [], []
    arguments: list[str] = []
    for message in messages:
        plain, code = _split(_sentence(message), arguments)
        templates.append(plain)
        marked.append(code)
    linked = [(number, _split(label, arguments)) for number, label in links]
    if linked:
        templates.append("See " + ", ".join(f"[{_label(plain)}]({number})" for number, (plain, _) in linked) + ".")
        marked.append("See " + ", ".join(f"[{_label(code)}]({number})" for number, (_, code) in linked) + ".")
    return Text(" ".join(templates), " ".join(marked), tuple(arguments))


def _sentence(message: str) -> str:
    """With a capital letter and a full stop."""
    message = message.strip()
    return f"{message[:1].upper()}{message[1:]}{'' if message.endswith(('.', '!', '?')) else '.'}"


def _split(message: str, arguments: list[str]) -> tuple[str, str]:
    """The template and its Markdown, with what stands in backticks moved to the arguments."""
    plain, code = [], []
    for number, part in enumerate(_unlinked(message).split("`")):
        if number % 2 == 0:
            plain.append(_braced(part))
            code.append(_braced(_escaped(part)))
        else:
            plain.append(f"'{{{len(arguments)}}}'")
            code.append(f"`{{{len(arguments)}}}`")
            arguments.append(part)
    return "".join(plain), "".join(code)


def _unlinked(text: str) -> str:
    """A name in the repository must not make a link of itself."""
    return text.replace("](", "] (")


def _label(text: str) -> str:
    return text.replace("[", "\\[").replace("]", "\\]")


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _escaped(text: str) -> str:
    for char in "\\*_[]<>":
        text = text.replace(char, f"\\{char}")
    return text


def _fill(template: str, arguments: tuple[str, ...]) -> str:
    return template.format(*arguments)
