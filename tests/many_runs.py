"""Many runs in one process, each on other names: `python many_runs.py FOLDER RUNS LEAKING` prints what memory it holds.

A JSON list of KiB in use: after three tenths of the runs, after all, and after some that leak two KiB each.
"""

import contextlib
import ctypes
import gc
import io
import json
import os
import sys
from pathlib import Path

from hullcheck.cli import main


class _Info(ctypes.Structure):
    """What glibc's `mallinfo2` says: the fifth number is what lies in mappings of its own, the eighth all else in use."""

    _fields_ = tuple((f"n{number}", ctypes.c_size_t) for number in range(10))


_INFO = ctypes.CDLL(None).mallinfo2
_INFO.restype = _Info


def held() -> float:
    """The KiB that are in use now. It isn't what the process has in memory: there, what leaks fills holes at first.

    With `PYTHONMALLOC=malloc`, every object is counted.
    """
    gc.collect()
    info = _INFO()
    return (info.n4 + info.n7) / 1024


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


def measured(runs: int, leaking: int) -> list[float]:
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
