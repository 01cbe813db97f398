"""Many runs in one process, each on other names: `python many_runs.py FOLDER RUNS LEAKING` prints what memory it holds.

A JSON list of KiB: after three tenths of the runs, after all, and after some that leak two KiB each.
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
    image = (
        Path("Dockerfile"),
        (
            f"FROM registry{number % 7}.example/image{number}:1.{number}\nENV T{number}_TOKEN=ab{number}cd\n"
            f"RUN tool{number} --url http://host{number}.example/{number}\nUSER root\n"
        ),
    )
    service = (
        Path("compose.yaml"),
        (
            f"services:\n  s{number}:\n    image: image{number}:1\n    environment: {{V{number}: v{number}}}\n"
            f"    privileged: true\n    ports: ['{number + 1}:{number + 1}']\n    volumes: ['./d{number}:/d{number}']\n"
        ),
    )
    (path, text), (other, _) = (image, service) if number % 2 else (service, image)
    path.write_text(text)
    other.unlink(missing_ok=True)
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["check", "--output-format", "concise", "--quiet", "."]) == 1


def measured(runs: int, leaking: int) -> list[int]:
    """What is held once the caches are warm, at the end of the runs, and after some more that leak."""
    for number in range(runs * 3 // 10):
        run(number)
    found = [held()]
    for number in range(runs * 3 // 10, runs):
        run(number)
    found.append(held())
    kept = []
    for number in range(runs, runs + leaking):
        run(number)
        kept.append(bytearray(2_048))
    return [*found, held()]


if __name__ == "__main__":
    os.chdir(sys.argv[1])
    print(json.dumps(measured(int(sys.argv[2]), int(sys.argv[3]))))
