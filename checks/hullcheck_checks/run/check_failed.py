"""A check that failed on this object.

The fault is hullcheck's own: a check broke off, or it couldn't be worked out what the object, overlay, chart or project
is. Nothing more is said about that, all others were judged, and the run ends with exit code 4 so that nothing is let
through unseen.

To fix: please report it, with the object if you can; until then ignore it for that file:

    # hullcheck: ignore[check-failed] reason="reported"

See https://docs.python.org/3/library/traceback.html
"""

from hullcheck.check import Check
from hullcheck.finding import Severity

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
)
