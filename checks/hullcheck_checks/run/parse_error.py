"""A file, or a part of it, that can't be read.

What can't be read isn't checked: a root container may stand there unseen. So it is a finding, not a silent skip, and
the run ends with exit code 4. The rest of the file, and all other files, are checked as usual. A Dockerfile that is
empty, or holds only comments, or no `FROM`, is one that can't be built, and told as such: `docker build` refuses it,
too.

To fix: correct the syntax at the place shown. If the file isn't what its name says, exclude it in `.hullcheck.yaml`:

    exclude: ["docs/broken-examples/"]

See https://docs.docker.com/reference/dockerfile/
See https://yaml.org/spec/1.2.2/
"""

from hullcheck.check import Check
from hullcheck.finding import Severity

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
    aliases=("hadolint:DL1000", "hadolint:DL3061", "tally:tally/unknown-instruction"),
)
