"""Prints what CHANGELOG.md says of a version: `python scripts/changes.py 0.1.0`; exit code 1 if it says nothing."""

import re
import sys
from pathlib import Path

CHANGELOG = Path(__file__).parent.parent / "CHANGELOG.md"


def changes(text: str, version: str) -> str | None:
    """The section below `## VERSION` (a date may follow), without its heading; None if there is none."""
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        if heading.split()[0] == version and body.strip():
            return body.strip()
    return None


if __name__ == "__main__":
    found = changes(CHANGELOG.read_text(encoding="utf-8"), sys.argv[1])
    if found is None:
        sys.exit(f"CHANGELOG.md has no section for {sys.argv[1]}")
    print(found)
