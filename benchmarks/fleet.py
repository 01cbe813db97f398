"""`hullcheck fleet run` on many generated bare repositories: time and memory by their number and by the processes.

python benchmarks/fleet.py                      # 300 and 1,000 repositories, 1 and 2 processes
python benchmarks/fleet.py --numbers 10000      # takes minutes

Each repository has a Dockerfile, a Compose file, a manifest and a pipeline that builds its image, all unlike any other's.
What one costs is compared with the same judgement in one process without anything around it (`bare`), and with a run of
`hullcheck check` of its own on a work tree (`check`). The second run finds all unchanged.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "linter"), str(ROOT / "checks"), str(ROOT / "benchmarks")]

from trees import COMPOSE, DOCKERFILE, MANIFEST

WORKFLOW = """\
on: push
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - run: docker build -t registry.example.org/team{m}/app{n}:1.0 . && docker push registry.example.org/team{m}/app{n}:1.0
"""
SAMPLE = 60
"""Repositories of which the bare costs are measured."""

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "PYTHONPATH": os.pathsep.join((str(ROOT / "linter"), str(ROOT / "checks"))),
}
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)


def files(number: int) -> dict[str, str]:
    """The files of a repository."""
    values = {"n": number, "m": number % 17, "p": number % 90 + 10, "ns": number % 50}
    manifest = MANIFEST.format_map(values)
    return {
        "Dockerfile": DOCKERFILE.format_map(values),
        "compose.yaml": COMPOSE.format_map(values),
        "k8s/app.yaml": manifest,
        ".github/workflows/image.yml": WORKFLOW.format_map(values),
        "README.md": f"# {number}\n" * 20,
    }


def generate(folder: Path, count: int) -> float:
    """Make bare repositories by git itself; the seconds that it takes."""
    began = time.monotonic()
    template = folder / "template.git"
    subprocess.run(
        ["git", "init", "-q", "--bare", "-b", "main", "--template=", str(template)], check=True, env=ENVIRONMENT
    )
    for number in range(count):
        made = folder / "all" / f"{number % 100:02}" / f"r{number:05}.git"
        shutil.copytree(template, made)
        parts = [b"commit refs/heads/main\ncommitter A <a@example.org> 1700000000 +0000\ndata 1\nx\n"]
        for path, text in files(number).items():
            data = text.encode()
            parts.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data))
        subprocess.run(["git", "fast-import", "--quiet"], cwd=made, input=b"".join(parts), check=True, env=ENVIRONMENT)
    return time.monotonic() - began


def run(folder: Path, results: Path, workers: int) -> dict[str, float]:
    """One run: its seconds, and the most memory of its own process and of a worker, in MB."""
    code = (
        "import json, resource, sys, time; from hullcheck.cli import main; began = time.monotonic()\n"
        "main(sys.argv[1:])\n"
        "own, others = (resource.getrusage(each) for each in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))\n"
        "print(json.dumps({'seconds': time.monotonic() - began, 'own': own.ru_maxrss / 1024,\n"
        "  'worker': others.ru_maxrss / 1024, 'cpu': own.ru_utime + own.ru_stime, 'cpu of workers': others.ru_utime + others.ru_stime}))"
    )
    command = ["fleet", "run", "-q", "--results", str(results), "--workers", str(workers), str(folder / "all")]
    done = subprocess.run(
        [sys.executable, "-c", code, *command], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def ask(results: Path, *words: str) -> float:
    """The seconds of a question."""
    began = time.monotonic()
    command = [sys.executable, "-m", "hullcheck", "fleet", *words, "--results", str(results), "--output-format", "json"]
    subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=True)
    return time.monotonic() - began


def bare(folder: Path) -> tuple[float, float]:
    """Seconds a repository, the first of the processor alone: judged in one process without anything around it, and by `hullcheck check` on a work tree."""
    trees = folder / "trees"
    for number in range(SAMPLE):
        for path, text in files(number).items():
            target = trees / str(number) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
    code = (
        "import gc, sys, time\nfrom hullcheck import engine\nfrom hullcheck.check import load\n"
        "from hullcheck.policy.config import Config\nfrom hullcheck.request import Policy, Request, Subject\n"
        "from datetime import date\nchecks = load('hullcheck_checks')\n"
        "def lint(folder):\n"
        "    engine.lint(Request(Subject((folder,), isolated=True, jobs=1), Policy(Config(), today=date(2026, 11, 24))), checks, lambda *_: None)\n"
        "lint(sys.argv[1])\ngc.disable(); gc.collect(); gc.freeze()\nbegan = time.process_time()\n"
        "for folder in sys.argv[1:]:\n    lint(folder); gc.collect()\n"
        "print((time.process_time() - began) / len(sys.argv[1:]))"
    )
    places = [str(trees / str(number)) for number in range(SAMPLE)]
    done = subprocess.run(
        [sys.executable, "-c", code, *places], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    began = time.monotonic()
    for place in places[:10]:
        command = [sys.executable, "-m", "hullcheck", "check", "--no-cache", "--output-format", "json", place]
        subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=False)
    return float(done.stdout), (time.monotonic() - began) / 10


def size(folder: Path) -> tuple[int, float]:
    """The number of files below a folder, and their size in MB."""
    found = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return len(found), sum(found) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--numbers", type=int, nargs="+", default=[300, 1_000])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    for number in options.numbers:
        with tempfile.TemporaryDirectory(prefix="hullcheck-fleet-") as name:
            folder = Path(name)
            made = generate(folder, number)
            alone, checked = bare(folder)
            print(
                f"{number:,} repositories, made in {made:.0f} s; bare {alone * 1e3:.1f} ms, check {checked * 1e3:.0f} ms each"
            )
            for workers in options.workers:
                results = folder / f"results{workers}"
                first, second = run(folder, results, workers), run(folder, results, workers)
                count, megabytes = size(results)
                for what, found in (("first", first), ("again", second)):
                    each = found["seconds"] / number * 1e3
                    cpu = (found["cpu"] + found["cpu of workers"]) / number * 1e3
                    print(
                        f"  {workers} processes, {what}: {found['seconds']:.1f} s, {each:.1f} ms each "
                        f"cpu {cpu:.1f} ms each ({cpu / alone / 1e3:.2f} x bare), {found['cpu'] / number * 1e3:.1f} of it not in workers; "
                        f"memory {found['own']:.0f} MB, and {found['worker']:.0f} MB a process"
                    )
                asked = {words: ask(results, words) for words in ("report", "images", "exposed")}
                told = ", ".join(f"{words} {seconds:.1f} s" for words, seconds in asked.items())
                print(f"  results: {count:,} files, {megabytes:.1f} MB; {told}", flush=True)


if __name__ == "__main__":
    main()
