"""Bring the tables of facts up to date, and write down of which day they are.

    python scripts/refresh_data.py ../endoflife.date ../official-images ../docs

The folders are checkouts of endoflife-date/endoflife.date, docker-library/official-images and docker-library/docs.

- `eol.json`: each product's title, and for each release line its date and the date of its last fix. A line without a
  known end has an empty date; one that ended on an unknown day ends with the next newer one.
- `official_images.txt`: the names of Docker's official images.
- What the official images' pages call deprecated and `deprecated_images.py` doesn't know is printed: somebody has to read
  it. So are images that the table of base images lacks. Both tables have their days in `facts.json`, to be changed with
  `--checked-retired DAY` and `--checked-base-images DAY` by whoever has gone through them.
"""

import argparse
import json
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from hullcheck.model.base_images import lookup
from hullcheck.model.image import ImageRef
from hullcheck_checks.data.deprecated_images import EXACT
from hullcheck_checks.data.lifecycle import ALSO_READ, IMAGES

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "checks" / "hullcheck_checks" / "data" / "eol.json"
OFFICIAL = ROOT / "linter" / "hullcheck" / "data" / "official_images.txt"
FACTS = ROOT / "linter" / "hullcheck" / "data" / "facts.json"

FREE_LONG_TERM = frozenset(("debian",))
"""Products whose extended support is for everybody, through the same archive; elsewhere it must be bought."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Bring the tables of facts up to date.")
    parser.add_argument("endoflife", type=Path)
    parser.add_argument("official", type=Path)
    parser.add_argument("docs", type=Path)
    parser.add_argument("--checked-retired", type=date.fromisoformat, metavar="DAY")
    parser.add_argument("--checked-base-images", type=date.fromisoformat, metavar="DAY")
    options = parser.parse_args()
    facts = json.loads(FACTS.read_text(encoding="utf-8"))
    facts["end of life"] = _end_of_life(options.endoflife)
    facts["official images"] = _official_images(options.official, options.docs)
    for key, day in (("retired images", options.checked_retired), ("base images", options.checked_base_images)):
        if day is not None:
            facts[key]["date"] = day.isoformat()
    FACTS.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    _tell(options.official, options.docs)


def _official_images(official: Path, docs: Path) -> dict[str, str]:
    """Write the names of the official images, those that are given up too."""
    (commit, day), (other, other_day) = _commit(official), _commit(docs)
    names = {path.name for path in (official / "library").iterdir()}
    names |= {path.name for path in docs.iterdir() if path.is_dir() and (path / "README-short.txt").exists()}
    names |= {name for name in EXACT if "/" not in name}
    head = (
        "# Names of Docker's official images, those that are given up too: all that a name without a slash can mean there.\n"
        f"# Derived by scripts/refresh_data.py from docker-library/official-images {commit} and\n"
        f"# docker-library/docs {other}, {min(day, other_day)}.\n"
    )
    OFFICIAL.write_text(head + "".join(f"{name}\n" for name in sorted(names - {"scratch"})), encoding="utf-8")
    return {
        "date": min(day, other_day),
        "source": f"https://github.com/docker-library/official-images, commit {commit}",
    }


def _tell(official: Path, docs: Path) -> None:
    """Print what only somebody who reads it can decide."""
    for path in sorted(docs.glob("*/deprecated.md")):
        if path.parent.name not in EXACT:
            print(f"{path.parent.name} is called deprecated: {path.read_text(encoding='utf-8').strip()[:300]}")
    for path in sorted((official / "library").iterdir()):
        image = ImageRef.parse(path.name)
        if image is not None and lookup(image) is None:
            print(f"{path.name} isn't in the table of base images")


def _end_of_life(folder: Path) -> dict[str, str]:
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
    return {"date": day, "source": table["source"]}


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
    main()
