"""Something takes too long to be judged.

A file, an overlay, a chart or a check of one object may take a minute, and a run ten. What isn't done by then isn't
judged: it may hold anything, so the run ends with exit code 4, and all that was found before is reported. Whatever
people write by hand takes a fraction of a second.

To fix: look at what the line says, and split it or leave it out; on a machine that is slow or very busy, give it more
time:

    hullcheck check --time-limit 1800 --file-time-limit 300

See https://cwe.mitre.org/data/definitions/400.html
"""

from hullcheck.check import Check
from hullcheck.finding import Severity

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
)
