"""A Python package that is installed without a version.

Each build takes the newest release. Code that nobody looked at gets into the image, among it the release that an
attacker uploaded with a stolen token an hour ago, and a build of last week can't be repeated.

To fix: say the version, or install from a file that does, best with hashes:

    RUN pip install flask==3.0.3
    RUN pip install --require-hashes -r requirements.txt

A range such as `flask>=3` takes the newest release, too. Files (`-r`), constraints (`-c`), paths, archives and commits
are not reported, and neither is a variable that isn't known.

See https://pip.pypa.io/en/stable/topics/repeatable-installs/
See https://github.com/ossf/scorecard/blob/main/docs/checks.md#pinned-dependencies
"""

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.dockerfile import Stage
from hullcheck.model.packages import pip_installs
from hullcheck.model.variables import expanded

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=("hadolint:DL3013", "kics:02d9c71f-3ee8-4986-9c27-1a20d0d19bfc", "tally:hadolint/DL3013"),
    cwe=(1357, 494),
)


@check.on(Stage)
def unpinned(stage: Stage) -> Iterator[Finding]:
    for script in stage.scripts:
        for install in pip_installs(script):
            if install.has("-c", "--constraint", "--constraints", "--require-hashes"):
                continue
            said = [(word, expanded(stage, script, install.command, word)) for word in install.packages]
            loose = [(word, text) for word, text in said if _loose(text)]
            if loose:
                names = ", ".join(f"`{text[:60]}`" for _, text in loose[:5])
                yield check.finding(
                    stage,
                    f"`{install.command.name}` installs {names} without a version"
                    + (f" (and {len(loose) - 5} more)" if len(loose) > 5 else ""),
                    at=loose[0][0].location,
                    evidence=tuple(text[:60] for _, text in loose),
                )


def _loose(text: str) -> bool:
    """Is it a package's name without a version?"""
    if "$" in text or re.search(r"={2,3}[^=]| @ ", text):
        return False
    if text.startswith(("git+", "hg+", "svn+", "bzr+")):
        return "@" not in text.partition("://")[2].partition("/")[2]
    if re.search(r"^[./~\\]|[/\\]|\.(?:whl|zip|tar\.\w+|tgz)$|^\w+://", text) or "`" in text:
        return False
    return re.match(r"[A-Za-z0-9]", text) is not None
