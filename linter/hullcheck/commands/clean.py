"""`hullcheck clean`: remove what was kept of earlier runs."""

import argparse

from hullcheck.cache import folder
from hullcheck.errors import HullcheckError
from hullcheck.report.safe import clean


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cache-dir", metavar="DIR", default="", help="the folder to clean (default: the one that `check` uses)"
    )


def run(options: argparse.Namespace) -> int:
    if not folder.supported():
        print("nothing is kept on this system")
        return 0
    place, _ = folder.place(options.cache_dir)
    try:
        count, size = folder.clean(place)
    except (FileNotFoundError, NotADirectoryError):
        print(f"nothing is kept in {clean(place)}")
        return 0
    except OSError as error:
        raise HullcheckError(f"{place} is left alone: {error.strerror}") from None
    print(f"{count} run{'' if count == 1 else 's'} ({size / 1e6:.1f} MB) removed from {clean(place)}")
    return 0
