"""`--update` writes the index of checks, the expected reports of fixtures and the pages anew."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write the expected reports and what is generated anew")


def pytest_configure(config: pytest.Config) -> None:
    """A cache of the tests' own; and the index before any test loads the checks, so that a new one is among them."""
    _keep_renderers()
    os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="hullcheck-tests-")
    os.environ.pop("HULLCHECK_CACHE_DIR", None)
    if config.getoption("--update") and not hasattr(config, "workerinput"):
        import hullcheck_checks
        from hullcheck.check import index

        path = Path(hullcheck_checks.__file__).with_name("index.py")
        path.write_text(index("hullcheck_checks"), encoding="utf-8")


def _keep_renderers() -> None:
    """The real renderers stay where the development cache has them, whatever is the cache from here on."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hullcheck-oracles"
    for name in ("docker-compose", "kubectl", "helm"):
        if (folder / name).exists():
            os.environ.setdefault(name.replace("-", "_").upper(), str(folder / name))


def pytest_unconfigure() -> None:
    shutil.rmtree(os.environ["XDG_CACHE_HOME"], ignore_errors=True)


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update"))
