"""A port that can't be one.

Ports are numbers up to 65535. The builder refuses anything else, an address (`127.0.0.1:80`) or a mapping (`80:8080`)
is ignored or will be.

To fix: name the port, or a range, and the protocol if it isn't TCP:

    EXPOSE 8080 8125/udp 9000-9010

See https://docs.docker.com/reference/dockerfile/#expose
See https://docs.docker.com/reference/build-checks/expose-invalid-format/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=(
        "hadolint:DL3011",
        "buildkit:ExposeInvalidFormat",
        "trivy:DS-0008",
        "kics:71bf8cf8-f0a1-42fa-b9d2-d10525e0a38e",
        "tally:hadolint/DL3011",
        "tally:buildkit/ExposeInvalidFormat",
    ),
    cwe=(20,),
)


@check.on("Stage")
def invalid(stage: Stage) -> Iterator[Finding]:
    for step in stage.instructions:
        if step.effective.keyword != "EXPOSE":
            continue
        for word in step.effective.words:
            text = stage.expand(word.text, step).text
            for part in text.split() if text else ():
                wrong = _wrong(part)
                if wrong:
                    yield check.finding(stage, f"`{part}` {wrong}", at=word.location, evidence=(part,))


def _wrong(text: str) -> str:
    ports, _, protocol = text.partition("/")
    if ":" in ports:
        return "names an address or a mapping, and `EXPOSE` takes ports of the container only"
    match = re.fullmatch(r"([0-9]+)(?:-([0-9]+))?", ports)
    if match is None:
        return "is no port"
    first, last = int(match[1][:9]), int((match[2] or match[1])[:9])
    if max(first, last) > 65535:
        return "is above 65535"
    if last < first:
        return "is a range that ends before it starts"
    return "" if protocol.lower() in ("", "tcp", "udp", "sctp") else "names no protocol that there is"
