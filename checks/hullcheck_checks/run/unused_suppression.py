"""A suppression that suppresses nothing.

The fault it was written for is gone, or it stands at the wrong line. Left in place it will hide the next fault of that
kind.

To fix: remove it, or move it to the end of the line that the finding names, or to the line above:

    # hullcheck: ignore[root-user] reason="builds the image only"

See https://docs.docker.com/reference/dockerfile/#format
"""

from hullcheck.check import Check
from hullcheck.finding import Severity

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
)
