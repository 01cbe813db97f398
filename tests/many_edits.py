"""Many edits in one session: `python many_edits.py FOLDER EDITS [freeze]` prints what is in use, and how long pauses are.

JSON: KiB in use after a third of the edits and after all, and the longest pause of `idle`, in seconds, behind the first.
With `freeze`, what each edit makes is hidden from the collector, so that its cycles stay.
"""

import gc
import json
import sys
import time
from datetime import date
from pathlib import Path

from hullcheck.commands.common import registry
from hullcheck.policy.config import Config
from hullcheck.request import Policy, Subject
from hullcheck.session import Session
from many_runs import held

APPS = 30


def write(root: Path) -> None:
    """A repository of images, projects and manifests."""
    (root / ".git").mkdir()
    for number in range(APPS):
        (root / f"a{number}").mkdir()
        (root / f"a{number}/Dockerfile").write_text(f"FROM debian:13.{number}\nRUN tool{number} | sh\nUSER root\n")
        (root / f"a{number}/compose.yaml").write_text(f"services:\n  s{number}:\n    build: .\n    privileged: true\n")
        (root / f"a{number}/pod.yaml").write_text(
            f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p{number}}}\nspec: {{containers: [{{name: c, image: 'i:{number}'}}]}}\n"
        )


def edit(session: Session, number: int) -> None:
    """Another file each time, with other names, unsaved."""
    app = number % APPS
    texts = {
        "Dockerfile": f"FROM debian:13.{number}\nRUN other{number} | sh\nENV T{number}_TOKEN=ab{number}cd\nUSER root\n",
        "compose.yaml": f"services:\n  t{number}:\n    build: .\n    environment: {{V{number}: v{number}}}\n",
        "pod.yaml": f"apiVersion: v1\nkind: Pod\nmetadata: {{name: q{number}}}\nspec: {{containers: [{{name: c, image: 'j:{number}'}}]}}\n",
    }
    name = ("Dockerfile", "compose.yaml", "pod.yaml")[number // APPS % 3]
    session.update({f"a{app}/{name}": texts[name].encode()})


def measured(root: Path, edits: int, freeze: bool) -> list[float]:
    write(root)
    session = Session(Subject((str(root),), jobs=1), Policy(Config(), today=date(2026, 1, 1)), registry())
    session.update()
    session.idle()
    found, longest = [], 0.0
    for number in range(edits):
        edit(session, number)
        start = time.process_time()
        session.idle()
        if freeze:
            gc.freeze()
        longest = max(longest, time.process_time() - start)
        if number in (edits // 3, edits - 1):
            edit(session, 0)
            found.append(held())
    return [*found, longest]


if __name__ == "__main__":
    print(json.dumps(measured(Path(sys.argv[1]), int(sys.argv[2]), "freeze" in sys.argv)))
