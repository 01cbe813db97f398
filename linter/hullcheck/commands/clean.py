"""`hullcheck clean`: remove what was kept of earlier runs."""

import argparse
import os

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
    if _clean_clones(options.cache_dir) and not os.path.lexists(os.path.join(place, folder.TAG)):
        return 0
    try:
        count, size = folder.clean(place)
    except (FileNotFoundError, NotADirectoryError):
        print(f"nothing is kept in {clean(place)}")
        return 0
    except OSError as error:
        raise HullcheckError(f"{place} is left alone: {error.strerror}") from None
    print(f"{count} run{'' if count == 1 else 's'} ({size / 1e6:.1f} MB) removed from {clean(place)}")
    return 0


def _clean_clones(said: str) -> bool:
    """Remove what `hullcheck fleet` has cloned, in a folder of its own beside the runs; was there anything?"""
    from hullcheck.fleet import clones

    place = clones.place(said)
    if not place or not os.path.isdir(place):
        return False
    count = clones.clean(place)
    print(f"{count} clone{'' if count == 1 else 's'} removed from {clean(place)}")
    return True
