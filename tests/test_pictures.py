"""The pictures of the pages are those that today's hullcheck makes of the demo."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

TOP = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pictures", TOP / "scripts" / "pictures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def drawn(script: ModuleType) -> dict[str, str]:
    made: dict[str, str] = script.pictures()
    return made


def test_the_committed_pictures_are_current(script: ModuleType, drawn: dict[str, str], update: bool) -> None:
    if update:
        script.main()
    committed = {path.name: path.read_text(encoding="utf-8") for path in script.PICTURES.glob("*.svg")}
    stale = [name for name in {*drawn, *committed} if drawn.get(name) != committed.get(name)]
    assert not stale, "run `python scripts/pictures.py`"


def test_pictures_load_nothing_and_say_what_they_are(drawn: dict[str, str]) -> None:
    for name, picture in drawn.items():
        root = ElementTree.fromstring(picture)
        assert root.find("{http://www.w3.org/2000/svg}title") is not None, name
        assert not re.findall(r"(?:href|src|url)\s*[=(]\s*[\"']?(?!#)", picture.replace("url(#", "")), name
        assert "<script" not in picture
        assert "\x1b" not in picture


def test_pictures_show_what_the_pages_say_of_them(drawn: dict[str, str]) -> None:
    words = {name: "".join(ElementTree.fromstring(picture).itertext()) for name, picture in drawn.items()}
    for word in ("root-user", "web/Dockerfile:4:6", "datastore-published", "3 findings (3 high)"):
        assert word in words["check.svg"]
    for word in ("isolation-lost", "k8s/policies.yaml"):
        assert word in words["gate.svg"]
    assert "open to outside" in words["map.svg"]
    assert "opens 1 path" in words["change.svg"]
    assert "service web builds and runs it" in words["join.svg"]


def test_long_lines_go_on_below_and_keep_their_words(script: ModuleType) -> None:
    said = "   \x1b[1;34m=\x1b[0m \x1b[1mwhy\x1b[0m: " + "word " * 60
    rows = list(script._folded(script._pieces(said)))
    texts = ["".join(words for words, _ in row) for row in rows]
    assert len(texts) > 3
    assert all(len(text) <= script.COLUMNS for text in texts)
    assert texts[0].startswith("   = why: word word")
    assert all(text.startswith("     word") for text in texts[1:])
    assert " ".join(" ".join(texts).split()) == "= why: " + " ".join(["word"] * 60)
    assert ("=", "1;34") in rows[0]
