"""A suppression whose time is up.

It was meant to pass: its last day is over, or it holds for longer than the configuration allows. What it hid counts
again.

To fix: cure what it hides. If that still has to wait, weigh the risk again and set another day:

    # hullcheck: ignore[root-user] reason="the vendor's image needs root until 4.2" until=2027-06-30

See https://cheatsheetseries.owasp.org/cheatsheets/Vulnerable_Dependency_Management_Cheat_Sheet.html
"""

from hullcheck.check import Check
from hullcheck.finding import Severity

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
)
