"""A file that can't be opened, or is over a limit.

It may hold anything, and it was not checked: the run ends with exit code 4. Limits on size and nesting keep a hostile
file from taking all time and memory; no file written by hand comes near them.

To fix: make the file readable, split it, or exclude it in `.hullcheck.yaml`:

    exclude: ["generated/huge.yaml"]

See https://kubernetes.io/docs/concepts/configuration/configmap/#motivation
"""

from hullcheck.check import Check
from hullcheck.finding import Severity

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
)
