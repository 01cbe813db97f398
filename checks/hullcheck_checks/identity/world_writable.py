"""A file or folder of the image that everybody may write.

Whoever runs code in the container, under whatever user, can replace a program, a library or a setting that others use,
root among them. It is the usual way round a missing `chown`, and undoes what a user of its own was for.

To fix: give it to the user that writes it:

    RUN install -d -o 10001 -g 10001 -m 755 /data
    COPY --chown=10001:10001 --chmod=755 app /app

A folder with the sticky bit (`1777`, as `/tmp` has) is no finding.

See https://docs.docker.com/reference/dockerfile/#copy---chown---chmod
See https://cwe.mitre.org/data/definitions/732.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import fix, replace_word
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.users import Mode

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile",),
    aliases=(
        "kics:3be406ec-eb81-f09e-05d4-dc6a41683b4c",
        "tally:tally/world-writable-state-path-workaround",
    ),
    cwe=(732,),
    fixable="unsafe",
)


@check.on("Stage")
def writable(stage: Stage) -> Iterator[Finding]:
    from hullcheck.model.users import modes

    for mode in modes(stage):
        if _for_others(mode.text):
            yield check.finding(
                stage,
                f"`{mode.by}` lets everybody write: `{mode.text}`",
                at=mode.place,
                severity=None if stage.ships else Severity.LOW,
                evidence=(mode.by, mode.text),
                fix=_narrower(mode),
            )


def _for_others(text: str) -> bool:
    from hullcheck.model.users import octal

    digits = octal(text)
    if digits:
        sticky = len(digits) == 4 and int(digits[0]) & 1
        return bool(int(digits[-1]) & 2) and not sticky
    sticky = any(re.fullmatch(r"[ugoa]*[+=][rwxXs]*t[rwxXst]*", clause) for clause in text.split(","))
    return not sticky and any(_clause(clause) for clause in text.split(","))


def _clause(clause: str) -> bool:
    """Does a symbolic clause give the write bit to others? Without a `who` the umask keeps it from them."""
    match = re.fullmatch(r"([ugoa]+)((?:[-+=][rwxXstugo]*)+)", clause)
    if match is None or not set(match[1]) & {"o", "a"}:
        return False
    return any(sign in "+=" and "w" in bits for sign, bits in re.findall(r"([-+=])([rwxXstugo]*)", match[2]))


def _narrower(mode: Mode) -> Fix | None:
    """The same mode without the write bit of group and others, where it stands as digits."""
    written = mode.place.text
    if not re.fullmatch(r"[0-7]{3,4}", written):
        return None
    narrowed = written[:-2] + "".join(str(int(digit) & 5) for digit in written[-2:])
    return fix(f"use the mode {narrowed}", replace_word(mode.place, narrowed), safe=False)
