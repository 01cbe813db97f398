"""Why a template, or part of it, couldn't be rendered."""

from __future__ import annotations

from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.render.helm.origin import Origin


class TemplateError(Exception):
    """What Helm refuses, too; `where` is the action, once it is known."""

    def __init__(self, message: str, where: "Origin | None" = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where


class SyntaxProblem(TemplateError):  # noqa: N818
    """A template that can't be parsed, at an offset into its text."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class UndecidedError(TemplateError):
    """Which way the template goes depends on a value that can't be known."""


class FailError(TemplateError):
    """What a chart refuses itself, by `fail`."""


class LimitError(TemplateError):
    """More work, text or nesting than is allowed."""


class ItemsError(LimitError):
    """A list that was about to become too long, and wasn't made."""
