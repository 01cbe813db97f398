"""Where hullcheck is to be read about."""

from __future__ import annotations

REPOSITORY = "https://github.com/hullcheck/hullcheck"
"""The project's own repository."""

PAGES = f"{REPOSITORY}/blob/main/docs"
"""The documentation's pages lie below it."""


def page_of(check: str) -> str:
    """The address of a check's page, by the check's name."""
    return f"{PAGES}/checks/{check}.md"
