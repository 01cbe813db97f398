"""A file that was checked before this change and is not any more.

It still exists, but under a name or in a folder that is not looked at, as a link, as a template, or as something that
can't be read. Whatever is written there from now on, nobody sees it.

To fix: keep the file where it is found, or include its new place. If it isn't used any more, delete it:

    git rm old/Dockerfile

See https://git-scm.com/docs/gitignore
"""

from hullcheck.check import Check
from hullcheck.finding import Severity

check = Check(
    __name__,
    __doc__,
    severity=Severity.CRITICAL,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
)
