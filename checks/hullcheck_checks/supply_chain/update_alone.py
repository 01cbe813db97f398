"""An index of packages that is refreshed in a layer of its own.

The builder caches each instruction. A later build takes the old layer of `apt-get update` and installs from the index
of that day: security fixes since then are missing, or the versions that it names aren't there any more.

To fix: refresh and install in one instruction:

    RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*

With a cache mount on the index, or where a script is run in the same instruction, there is no finding.

See https://docs.docker.com/build/building/best-practices/#apt-get
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Script
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=(
        "trivy:DS-0017",
        "checkov:CKV_DOCKER_5",
        "kics:9bae49be-0aa3-4de5-bab2-4c3a069e40cd",
        "cis-docker:4.7",
    ),
    cwe=(1104,),
)

REFRESH = {
    "apt-get": "update",
    "apt": "update",
    "aptitude": "update",
    "apk": "update",
    "zypper": "refresh",
    "dnf": "makecache",
    "yum": "makecache",
}
_INSTALLING = frozenset(
    ("install", "upgrade", "dist-upgrade", "full-upgrade", "safe-upgrade", "build-dep", "satisfy", "add", "update",
     "in", "download", "source", "reinstall", "patch", "dup", "search", "policy", "fix")
)  # fmt: skip


@check.on("Stage")
def alone(stage: Stage) -> Iterator[Finding]:
    for script in stage.scripts:
        if script.unknown or script.instruction.keyword != "RUN":
            continue
        from hullcheck.model.dockerfile import mounts

        if any(mount.kind == "cache" for mount in mounts(script.instruction)):
            continue
        for command in script.commands:
            verb = next((w for w in command.arguments if w.text == REFRESH.get(command.name)), None)
            if verb is not None and not _installed(script, command):
                yield check.finding(
                    stage,
                    f"`{command.name} {verb.text}` stands alone: later layers install from an old index",
                    at=command.place(verb),
                    severity=None if stage.needed else Severity.INFO,
                    evidence=(command.name,),
                )


def _installed(script: Script, refresh: Command) -> bool:
    """Is something installed in the same instruction, or run that may install?"""
    for command in script.commands:
        if command.number == refresh.number or command.how == "$(":
            continue
        manager, later = command.name in REFRESH, command.number > refresh.number
        if manager and "function" in command.within:
            return True
        if manager and later:
            if {word.text for word in command.arguments} & _INSTALLING - {REFRESH[command.name]}:
                return True
        elif later and _may_install(command):
            return True
    return False


def _may_install(command: Command) -> bool:
    first = command.words[0].text if command.words else ""
    from hullcheck.model.command import SHELLS

    if command.name in SHELLS or command.name in ("source", ".", "eval"):
        return True
    if "/" in first or not command.name:
        return bool(command.words)
    if any(word.text in ("install", "add") for word in command.arguments):
        return True
    return command.name in (
        "apt-cache", "gdebi", "npx", "playwright", "add-apt-repository", "dpkg", "mk-build-deps", "pip", "pip3",
        "python", "python3", "ansible-playbook", "aptitude", "apt-mark", "xargs", "parallel", "install_packages",
        "rosdep", "curl", "wget", "tasksel", "make", "apt-fast", "cmake", "debootstrap", "nala", "patchright",
        "cypress",
    )  # fmt: skip
