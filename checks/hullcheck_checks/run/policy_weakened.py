"""A change that relaxes the rules it is judged by.

It was judged by the base branch's configuration all the same. Once merged, the new one would let through what this
finding names: checks that no longer run, paths that are no longer looked at, findings that are accepted or count less. A file that moves among tests, examples or documentation, or
that nothing deploys or builds any more, relaxes them, too: what is found in it would not count from then on.

To fix: leave the configuration as it is, or let the owners of the policy review this change by itself. Name them, so
that nobody else can merge it:

    # .github/CODEOWNERS
    /.hullcheck.yaml  @acme/security

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
