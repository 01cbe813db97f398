"""A build from elsewhere that may use the caller's SSH agent.

`ssh: default` lets every `RUN --mount=type=ssh` of the build sign with the caller's keys. With a context that is
fetched from elsewhere, somebody else decides what those commands do: they can clone private repositories, or log into
servers, in the name of whoever starts the build.

To fix: build from the repository itself, or pin the context to a commit that was read:

    build:
      context: https://github.com/example/app.git#9f3a7c1e5b8d2046f7a9c3e1b5d802649f3a7c1e
      ssh: [default]

A context in the repository is fine: what it does can be reviewed here.

See https://docs.docker.com/reference/compose-file/build/#ssh
See https://docs.docker.com/reference/dockerfile/#run---mounttypessh
"""

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Related, Severity
from hullcheck.model.compose import Service
from hullcheck.model.workload import Workload

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("compose",),
    aliases=("cis-docker:4.10",),
    cwe=(522, 829),
)

REMOTE = re.compile(r"[a-z+]+://.*|git@.*|github\.com/.*")
COMMIT = re.compile(r".*#[0-9a-f]{40}(?:[0-9a-f]{24})?(?::.*)?")


@check.on(Workload)
def lent(workload: Workload) -> Iterator[Finding]:
    service = workload.part
    if not isinstance(service, Service) or service.build is None:
        return
    agent = service.build.node.get("ssh")
    context = service.build.context
    text = context.value or ""
    if agent is None or not REMOTE.fullmatch(text) or COMMIT.fullmatch(text):
        return
    yield check.finding(
        workload,
        f"{workload.described} lends the caller's SSH agent to a build from `{text}`",
        at=agent.location,
        evidence=(text,),
        related=(Related(context.location, "what is built comes from there"),),
    )
