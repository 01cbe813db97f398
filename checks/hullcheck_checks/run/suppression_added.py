"""A change that asks to ignore something.

The findings that it hides are real, and nobody who guards this repository has agreed to hide them yet. So the request
counts as much as the worst of them, until the change is merged in spite of it. The finding lists what is hidden, and
stands where the suppression is written: an ignore comment, an annotation, whichever tool's it is.

To fix: cure the finding, or let a reviewer decide. Whoever owns the policy can say in the base branch's
configuration how much a new suppression counts:

    gate:
      new-suppressions: warn

See https://docs.github.com/articles/about-code-owners
"""

from hullcheck.check import Check
from hullcheck.finding import Severity

check = Check(
    __name__,
    __doc__,
    severity=Severity.CRITICAL,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
)
