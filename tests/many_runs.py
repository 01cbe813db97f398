"""Many runs in one process, each on other names: `python many_runs.py FOLDER RUNS [LEAK]` prints what memory it holds.

A JSON list of KiB, one number for each tenth of the runs. LEAK bytes are kept of each run: what must be noticed.
"""

import contextlib
import io
import json
import os
import sys
from pathlib import Path

from hullcheck.cli import main

PAGE = os.sysconf("SC_PAGE_SIZE") // 1024


def held() -> int:
    """The KiB that this process has in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def run(number: int) -> None:
    """Judge an image in one run and a service in the next."""
    image = Path("Dockerfile"), (
        f"FROM registry{number % 7}.example/image{number}:1.{number}\nENV T{number}_TOKEN=ab{number}cd\n"
        f"RUN tool{number} --url http://host{number}.example/{number}\nUSER root\n"
    )
    service = Path("compose.yaml"), (
        f"services:\n  s{number}:\n    image: image{number}:1\n    environment: {{V{number}: v{number}}}\n"
        f"    privileged: true\n    ports: ['{number + 1}:{number + 1}']\n    volumes: ['./d{number}:/d{number}']\n"
    )
    (path, text), (other, _) = (image, service) if number % 2 else (service, image)
    path.write_text(text)
    other.unlink(missing_ok=True)
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["check", "--output-format", "concise", "--quiet", "."]) == 1


def measured(runs: int, leak: int) -> list[int]:
    kept: list[object] = []
    found = []
    for number in range(runs):
        run(number)
        if leak:
            kept.append(bytearray(leak))
        if (number + 1) % (runs // 10) == 0:
            found.append(held())
    return found


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    print(json.dumps(measured(int(sys.argv[2]), int(sys.argv[3]) if sys.argv[3:] else 0)))
