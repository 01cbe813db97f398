"""Draw the pictures of the pages: what hullcheck prints and draws of the small shop in `docs/demo`, and what it is made of.

    python scripts/pictures.py

Everything in them comes from runs on a copy of that folder, so that they are current as long as `tests/test_pictures.py`
finds nothing to change. They are SVGs that load nothing, and can be read on light and dark ground.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hullcheck.check import load
from hullcheck.draw.layout import Spot
from hullcheck.draw.shapes import BACK, BLUE, GREY, INK, ORANGE, PAPER, RED, dark, escaped, rect, text, tinted

DOCS = Path(__file__).parent.parent / "docs"
PICTURES = DOCS / "pictures"
TODAY = "2026-11-01"
"""Dates are judged as on that day: pictures must not change by themselves."""

COLUMNS = 100
_CHARACTER, _LINE, _MARGIN, _BAR = 7.8, 19, 16, 32
_GROUND, _TEXT, _PROMPT = "#161b22", "#e6edf3", "#8b949e"
_SHADES = {"31": "#ff7b72", "32": "#3fb950", "33": "#d29922", "34": "#58a6ff", "35": "#d2a8ff", "36": "#56d4dd"}
_SGR = re.compile(r"\x1b\[([0-9;]*)m")
_MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_SANS = "ui-sans-serif, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"


class Shop:
    """A copy of the demo, committed, in which commands are run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "shop"
        shutil.copytree(DOCS / "demo", self.folder)
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        self.env = {
            **kept,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "COLUMNS": str(COLUMNS),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "HULLCHECK_CACHE_DIR": str(folder / "cache"),
        }
        self.git("init", "-q", "-b", "main", ".")
        self.git("add", "-A")
        who = ("-c", "user.name=someone", "-c", "user.email=someone@example.com")
        self.git(*who, "commit", "-q", "-m", "Sell things")

    def git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self.folder, env=self.env, check=True, timeout=60)

    def run(self, *words: str) -> str:
        """What hullcheck prints."""
        done = subprocess.run(
            [sys.executable, "-m", "hullcheck", *words],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        if done.returncode not in (0, 1):
            raise RuntimeError(f"hullcheck {' '.join(words)}: {done.returncode}: {done.stderr}")
        return done.stdout


def pictures() -> dict[str, str]:
    """All pictures by their names."""
    with tempfile.TemporaryDirectory() as made:
        shop = Shop(Path(made))
        check = shop.run("check", "--color", "always", "--min-severity", "high", "--today", TODAY)
        drawn = shop.run("map", "--format", "svg")
        found = json.loads(shop.run("check", "--output-format", "json", "--select", "root-user", "--today", TODAY))
        shop.git("rm", "-q", "k8s/policies.yaml")
        gate = shop.run("check", "--gate", "--color", "always", "--min-severity", "high", "--today", TODAY)
        change = shop.run("map", "--diff-base", "HEAD", "--format", "svg")
    return {
        "check.svg": terminal([("hullcheck --min-severity high", check)]),
        "map.svg": drawn,
        "gate.svg": terminal([("git rm -q k8s/policies.yaml", ""), ("hullcheck --gate --min-severity high", gate)]),
        "change.svg": change,
        "model.svg": model(),
        "join.svg": join(found["findings"]),
        **badges(),
    }


def terminal(session: list[tuple[str, str]]) -> str:
    """Commands and what they print, as a terminal shows it: on dark ground wherever it stands."""
    rows: list[list[tuple[str, str]]] = []
    for command, printed in session:
        rows.append([("$ ", _PROMPT), (command, "bold")])
        rows += (row for line in printed.rstrip("\n").split("\n") if printed for row in _folded(_pieces(line)))
    width = COLUMNS * _CHARACTER + 2 * _MARGIN
    height = len(rows) * _LINE + 2 * _MARGIN + _BAR
    plain = "".join(words for row in rows for words, _ in row)
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:.0f}" height="{height}" '
            f'viewBox="0 0 {width:.0f} {height}" font-family="{_MONO}" font-size="13">'
        ),
        f"<title>{escaped(session[-1][0])}</title>",
        f'<rect width="{width:.0f}" height="{height}" rx="9" fill="{_GROUND}" stroke="#30363d"/>',
    ]
    lines += (
        f'<circle cx="{_MARGIN + 6 + 20 * at}" cy="20" r="6" fill="{colour}"/>'
        for at, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    assert "\x1b" not in plain
    for number, row in enumerate(rows):
        pieces = "".join(_piece(words, look) for words, look in row)
        y = _BAR + _MARGIN + number * _LINE + 10
        lines.append(f'<text x="{_MARGIN}" y="{y}" fill="{_TEXT}" xml:space="preserve">{pieces}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def _piece(words: str, look: str) -> str:
    codes = look.split(";")
    colour = next((_SHADES[code] for code in codes if code in _SHADES), look if look.startswith("#") else "")
    said = f' fill="{colour}"' if colour else ""
    said += ' font-weight="700"' if "1" in codes or look == "bold" else ""
    return f"<tspan{said}>{escaped(words)}</tspan>" if said else escaped(words)


def _pieces(line: str) -> list[tuple[str, str]]:
    """A line's words with the look that the codes before them ask for."""
    found, look, at = [], "", 0
    for code in _SGR.finditer(line):
        if line[at : code.start()]:
            found.append((line[at : code.start()], look))
        look, at = ("" if code[1] in ("", "0") else code[1]), code.end()
    return [*found, (line[at:], look)] if line[at:] else found


def _folded(row: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """A row in rows that fit; what is too long goes on below where its text began."""
    if sum(len(words) for words, _ in row) <= COLUMNS:
        yield row
        return
    *head, (last, look) = row
    plain = "".join(words for words, _ in row)
    before = len(plain) - len(last)
    indent = len(plain) - len(plain.lstrip(" =")) if head else 0
    first, *rest = textwrap.wrap(last, COLUMNS, initial_indent="\0" * before, subsequent_indent=" " * indent)
    yield [*head, (first[before:], look)]
    for line in rest:
        yield [(line, look)]


def _svg(title: str, width: int, height: int, body: list[str]) -> str:
    return "\n".join(
        [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" class="hullcheck-map" role="img" width="{width}" '
                f'height="{height}" viewBox="0 0 {width} {height}" font-family="{_SANS}" font-size="12">'
            ),
            f"<title>{escaped(title)}</title>",
            f"<style>{dark()}</style>",
            f'<rect class="paper" width="100%" height="100%" fill="{PAPER}"/>',
            (
                '<defs><marker id="point" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" '
                f'orient="auto"><path d="M0,0.5 L8,4 L0,7.5 z" fill="{GREY}"/></marker></defs>'
            ),
            *body,
            "</svg>\n",
        ]
    )


def _box(spot: Spot, head: str, *rest: str, colour: str = GREY, fill: str = PAPER) -> list[str]:
    """A box with a bold first line and the others below it."""
    middle = spot.x + spot.width / 2
    y = spot.y + spot.height / 2 + 4 - 8 * len(rest)
    lines = [text(middle, y, head, size=13, weight=600, anchor="middle")]
    lines += (text(middle, y + 16 * n, words, size=11, colour=GREY, anchor="middle") for n, words in enumerate(rest, 1))
    return [rect(spot, fill=fill, stroke=colour, radius=6), *lines]


def _arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    half = (x + to_x) / 2
    return (
        f'<path d="M{x:.0f},{y:.0f} C{half:.0f},{y:.0f} {half:.0f},{to_y:.0f} {to_x:.0f},{to_y:.0f}" fill="none" '
        f'stroke="{GREY}" stroke-width="1.4" marker-end="url(#point)"/>'
    )


def model() -> str:
    """From the four dialects over what is made of them to the one model, and who looks at it."""
    registry = load("hullcheck_checks")
    dialects = [
        ("Dockerfile", "stages, ARG, FROM", "USER root", "dockerfile"),
        ("Compose", "merges, extends, profiles", 'user: "0:0"', "compose"),
        ("Kubernetes", "overlays, charts, GitOps", "runAsUser: 0", "kubernetes"),
        ("Dev Container", "features, runArgs", '"remoteUser": "root"', "devcontainer"),
    ]
    body: list[str] = []
    for number, (name, made, said, key) in enumerate(dialects):
        y = 20 + 84 * number
        count = sum(key in check.dialects for check in registry)
        head = f"{name}: {count} checks"
        body += _box(Spot(20, y, 190, 70), head, made, said, colour=BLUE, fill=tinted(BLUE))
        body.append(_arrow(210, y + 35, 318, 185))
    body += [rect(Spot(320, 60, 200, 250), fill=BACK, stroke=INK, radius=8)]
    body += [text(420, 88, "What really runs", size=14, weight=700, anchor="middle")]
    facts = ("who it runs as", "what it may do", "what it mounts and shares", "which image, built where", "who can reach it",
             "which secrets it holds", "by which line of which file")  # fmt: skip
    body += (text(420, 118 + 24 * n, words, size=12, anchor="middle") for n, words in enumerate(facts))
    views = [
        ("check", "findings, fixes, the gate"),
        ("show", "each value with its line"),
        ("map", "who can talk to whom"),
    ]
    for number, (name, what) in enumerate(views):
        y = 62 + 90 * number
        body += _box(Spot(630, y, 190, 62), name, what, colour=ORANGE, fill=tinted(ORANGE))
        body.append(_arrow(520, 185, 628, y + 31))
    return _svg("Four dialects, one model", 840, 370, body)


def join(findings: list[Any]) -> str:
    """How one line makes two findings: the Dockerfile's user, and everybody who runs what it builds."""
    said = next(found for found in findings if found["path"].endswith("Dockerfile"))
    runs = [(said["related"][0], said["related"][0]["message"])]
    runs += ((found, found["message"].partition(":")[0]) for found in findings if found is not said)
    line = (DOCS / "demo" / said["path"]).read_text(encoding="utf-8").splitlines()[said["region"]["startLine"] - 1]
    where = f"{said['path']}:{said['region']['startLine']}"
    body = _box(Spot(20, 56, 190, 62), line, where, colour=RED, fill=tinted(RED))
    body += [*_box(Spot(270, 56, 180, 62), "one image", "by its name and its build"), _arrow(210, 87, 268, 87)]
    for number, (place, words) in enumerate(runs):
        y = 20 + 76 * number
        words = words.replace("`", "")
        body += _box(Spot(520, y, 300, 58), words, f"{place['path']}:{place['region']['startLine']}", colour=RED)
        body.append(_arrow(450, 87, 518, y + 29))
    return _svg("One line, and everybody who runs what it builds", 840, 176, body)


def badges() -> dict[str, str]:
    """What the package says of itself, as badges."""
    project = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        "badge-licence.svg": _badge("licence", project["license"]),
        "badge-python.svg": _badge("Python", project["requires-python"]),
    }


def _badge(name: str, value: str) -> str:
    left, right = (round(7 * len(words) + 14) for words in (name, value))
    look = f'font-family="{_SANS}" font-size="11" text-anchor="middle" fill="#ffffff"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{left + right}" height="20">',
            f"<title>{escaped(f'{name}: {value}')}</title>",
            f'<rect width="{left + right}" height="20" rx="4" fill="#0757a8"/>',
            f'<path d="M4,0 H{left} V20 H4 A4,4 0 0 1 0,16 V4 A4,4 0 0 1 4,0 z" fill="#4d545c"/>',
            f'<text x="{left / 2}" y="14" {look}>{escaped(name)}</text>',
            f'<text x="{left + right / 2}" y="14" {look}>{escaped(value)}</text>',
            "</svg>\n",
        ]
    )


def main() -> None:
    """Write all pictures, and take away those that are none any more."""
    PICTURES.mkdir(exist_ok=True)
    made = pictures()
    for old in PICTURES.glob("*.svg"):
        if old.name not in made:
            old.unlink()
    for name, drawn in made.items():
        (PICTURES / name).write_text(drawn, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
