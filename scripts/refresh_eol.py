"""Derive `checks/hullcheck_checks/data/eol.json` from a checkout of endoflife-date/endoflife.date.

    python scripts/refresh_eol.py ../endoflife.date

Only facts are taken: each product's title, and for each release line its date and the date of its last fix. A line
without a known end has an empty date; one that ended on an unknown day ends with the next newer one.
"""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from hullcheck_checks.data.lifecycle import ALSO_READ, IMAGES

TARGET = Path(__file__).parent.parent / "checks" / "hullcheck_checks" / "data" / "eol.json"

FREE_LONG_TERM = frozenset(("debian",))
"""Products whose extended support is for everybody, through the same archive; elsewhere it must be bought."""


def main(folder: Path) -> None:
    commit, day = _commit(folder)
    products = {slug: _product(folder, slug) for slug in sorted({*IMAGES.values(), *ALSO_READ})}
    table = {
        "source": f"https://github.com/endoflife-date/endoflife.date, commit {commit}",
        "date": day,
        "products": products,
    }
    rows = ",\n".join(f"    {json.dumps(slug)}: {json.dumps(value)}" for slug, value in products.items())
    head = json.dumps({key: table[key] for key in ("source", "date")}, indent=2)[:-2]
    TARGET.write_text(f'{head},\n  "products": {{\n{rows}\n  }}\n}}\n', encoding="utf-8")


def _commit(folder: Path) -> tuple[str, str]:
    command = ["git", "-C", str(folder), "log", "-1", "--format=%H %cs"]
    commit, day = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return commit, day


def _product(folder: Path, slug: str) -> list[Any]:
    text = (folder / "products" / f"{slug}.md").read_text(encoding="utf-8")
    facts = YAML(typ="safe", pure=True).load(text.removeprefix("---\n").partition("\n---")[0])
    title = {"alpine-linux": "Alpine", "apache-http-server": "Apache httpd", "dotnet": ".NET", "vinyl-cache": "Varnish"}
    lines: dict[str, list[str]] = {}
    newer = ""
    for release in facts["releases"]:
        end = release.get("eoes") if slug in FREE_LONG_TERM and release.get("eoes") else release["eol"]
        ended = newer if end is True else str(end) if isinstance(end, date) else ""
        lines[str(release["releaseCycle"])] = [str(release.get("releaseDate") or ""), ended]
        newer = str(release.get("releaseDate") or "")
    return [title.get(slug, facts["title"].removeprefix("Microsoft ")), lines]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
