"""A program with a capability that leads to root.

A capability on a file is given to whoever runs it, even as an unprivileged user. With `cap_setuid` a program is root
with one call, with `cap_dac_override` it writes any file, with `cap_sys_admin` or `cap_sys_ptrace` it can leave the
container where the runtime allows it.

To fix: give the one capability that is needed, and no more:

    RUN setcap cap_net_bind_service=+ep /usr/local/bin/server

`cap_net_bind_service` alone is no finding. A port above 1024 needs no capability at all.

See https://man7.org/linux/man-pages/man7/capabilities.7.html
See https://docs.docker.com/engine/security/#linux-kernel-capabilities
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.extent import extent, words
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile",),
    aliases=("cis-docker:4.8",),
    cwe=(250, 269),
)

WORST = frozenset(
    ("sys_admin", "sys_ptrace", "sys_module", "sys_rawio", "sys_boot", "dac_override", "dac_read_search", "all", "bpf")
)
HARMLESS = frozenset(("net_bind_service", "ipc_lock", "sys_nice", "wake_alarm", "audit_write"))
SMALL = frozenset(("net_raw", "net_broadcast", "kill", "sys_chroot"))


@check.on("Stage")
def given(stage: Stage) -> Iterator[Finding]:
    for command in stage.commands:
        if command.name != "setcap" or any(word.text in ("-v", "-r") for word in command.arguments):
            continue
        for word in command.arguments:
            names = _names(stage.expand(word.text, command.instruction).text or word.text)
            risky = [name for name in names if name not in HARMLESS]
            if not risky:
                continue
            yield check.finding(
                stage,
                f"`setcap` gives {', '.join(f'`cap_{name}`' for name in risky)}",
                at=word.location,
                severity=_severity(risky) if stage.ships else Severity.LOW,
                evidence=tuple(sorted(risky)),
                extent=extent(capabilities=words("*" if name == "all" else name for name in risky)),
            )


def _names(text: str) -> list[str]:
    """The capabilities that a clause gives, if it gives any."""
    match = re.fullmatch(r"((?:\w++(?:,\w++)*+,?)?)[+=]+([eip]+)", text.replace(" ", ""), re.IGNORECASE)
    if match is None:
        return []
    names = [name.lower().removeprefix("cap_") for name in match[1].split(",") if name]
    return names or ["all"]


def _severity(names: list[str]) -> Severity:
    if any(name in WORST for name in names):
        return Severity.HIGH
    return Severity.LOW if all(name in SMALL for name in names) else Severity.MEDIUM
