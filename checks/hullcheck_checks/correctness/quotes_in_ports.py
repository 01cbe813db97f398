"""A port mapping that older YAML readers take for a number.

YAML 1.1 reads `22:22` as minutes and seconds, 1342. Compose doesn't, but other tools do that read the same file:
they see another port, or none.

To fix: quote it:

    services:
      git:
        ports: ["22:22"]

Only mappings whose last part is below 60 are read like that.

See https://yaml.org/type/int.html
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.edit import fix, replace_word
from hullcheck.patterns import pattern
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.compose import Service

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("compose",),
    aliases=("dclint:require-quotes-in-ports",),
    cwe=(704,),
    fixable="safe",
)

_SEXAGESIMAL = pattern(r"[1-9][0-9]*(?::[0-5]?[0-9])+")


@check.on("Service")
def unquoted(service: Service) -> Iterator[Finding]:
    for port in service.ports:
        text = port.location.text
        if _SEXAGESIMAL.fullmatch(text):
            message = f"`{text}` of service `{service.name}` is a number to older YAML readers"
            quoted = fix("quote it", replace_word(port.location, f'"{text}"'), safe=True)
            yield check.finding(service, message, at=port.location, evidence=(text,), fix=quoted)
