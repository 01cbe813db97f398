"""What variables are as a project is shipped: in the example of a `.env` that lies beside it, where there is none yet.

Whoever follows the README copies the example and starts the project, so that what it sets is what runs first. A
credential in it is no secret, and something to be filled in is no value.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from functools import cached_property

from hullcheck.model.capabilities import GIVES, bare_name
from hullcheck.model.node import Node, Scalar
from hullcheck.model.placeholders import placeholder
from hullcheck.model.secrets import by_name
from hullcheck.render.compose.dotenv import variables as read_variables
from hullcheck.render.compose.interpolate import MAX_TEXT, BadTemplateError, Setting, Substitution, Variables
from hullcheck.render.compose.nodes import MARK
from hullcheck.source import Field, Related, Source

EXAMPLES = (".env.example", ".env.dist", ".env.sample", ".env.template", "env.example", "example.env", "sample.env")
"""Names of files that say what the variables beside a project are as it is shipped, to be copied to `.env`."""


class Shipped:
    """The example beside a project. `variables` are those that are known without it."""

    def __init__(self, folder: str, texts: Mapping[str, Source], variables: Variables) -> None:
        self.folder = folder
        self.texts = texts
        self.variables = variables

    @cached_property
    def settings(self) -> Variables:
        """What the first example sets, as far as it is a value; nothing beside a `.env`."""
        if posixpath.join(self.folder, ".env") in self.texts:
            return {}
        sources = (self.texts.get(posixpath.join(self.folder, name)) for name in EXAMPLES)
        source = next((source for source in sources if source is not None), None)
        found = read_variables(source, {}) if source is not None else {}
        return {name: said for name, said in found.items() if _is_value(name, said)}

    def known(self, node: Node | None, said: Field[str]) -> Field[str]:
        """What is said, with the example's values where only these are missing; the places in it are related."""
        written = node.before if node is not None else None
        if not said.unknown or not isinstance(written, Scalar) or "$" not in written.text or not self.settings:
            return said
        try:
            text = Substitution(written.text[:MAX_TEXT], self.settings | self.variables)
        except BadTemplateError:
            return said
        if MARK in text.text:
            return said
        places = tuple(
            Related(setting.location, f"`{name}` as it is shipped")
            for name, setting in text.settings.items()
            if setting.location is not None and name not in self.variables
        )
        return Field(text.text, said.location, related=(*said.related, *places)) if places else said


def _is_value(name: str, said: Setting) -> bool:
    text = said.text.strip()
    return bool(text) and by_name(name) is None and (bare_name(text) in GIVES or not placeholder(text))
