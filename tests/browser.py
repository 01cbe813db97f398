"""A real browser, for the tests of the pages: Chromium as the system has it, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

WATCH = """
window.violated = [];
addEventListener('securitypolicyviolation', event => window.violated.push(event.violatedDirective + ' ' + event.blockedURI));
"""


def program() -> str:
    """Where the browser is; skips the test if there is none."""
    found = os.environ.get("HULLCHECK_BROWSER") or next(filter(None, map(shutil.which, _NAMES)), None)
    if not found:
        pytest.skip("there is no Chromium to open the page with")
    return found


@contextmanager
def started() -> Iterator[Any]:
    """A running browser."""
    playwright = pytest.importorskip("playwright.sync_api", reason="there is no Playwright to drive a browser with")
    path = program()
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class Looked:
    """A page that is open, and all that went wrong in it."""

    def __init__(self, browser: Any, file: Path, **options: Any) -> None:
        self.file = file
        self.scripts = options.get("java_script_enabled", True)
        self.said: list[str] = []
        self.asked: list[str] = []
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.add_init_script(WATCH)
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: (self.said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(file.as_uri())

    def fine(self) -> None:
        """Nothing was loaded, refused, raised or said."""
        assert self.asked == [self.file.as_uri()]
        assert self.said == []
        if self.scripts:
            assert self.page.evaluate("window.violated") == []

    def close(self) -> None:
        self.context.close()
