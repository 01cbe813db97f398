"""A suppression that doesn't say why.

A reviewer can't tell whether the risk was weighed or the linter was silenced, and nobody will know later whether the
reason still holds.

To fix: say why, and until when if it is meant to pass:

    # hullcheck: ignore[root-user] reason="needs port 53, capability follows" until=2027-01-31

See https://docs.docker.com/reference/dockerfile/#format
"""

from hullcheck.check import Check
from hullcheck.finding import Severity

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
    aliases=("hadolint:DL1001",),
)
