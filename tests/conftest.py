"""`--update` writes the index of checks, the expected reports of fixtures and the pages anew."""

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write the expected reports and what is generated anew")


def pytest_configure(config: pytest.Config) -> None:
    """Before any test loads the checks, so that a new one is among them."""
    if config.getoption("--update") and not hasattr(config, "workerinput"):
        import hullcheck_checks
        from hullcheck.check import index

        path = Path(hullcheck_checks.__file__).with_name("index.py")
        path.write_text(index("hullcheck_checks"), encoding="utf-8")


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))
