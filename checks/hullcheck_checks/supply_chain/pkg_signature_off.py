"""A package that is installed without its signature being checked.

Signatures are what makes a mirror, a proxy or a plain `http` connection harmless: only the distribution can sign. With
the check off, whoever controls any of them decides which code is installed, as root.

To fix: leave the check on, and import the key of the repository that needs one:

    RUN curl -fsSLo /usr/share/keyrings/example.gpg https://example.com/key.gpg \\
     && echo "deb [signed-by=/usr/share/keyrings/example.gpg] https://example.com/apt stable main" \\
        > /etc/apt/sources.list.d/example.list

A package that was built in the image itself has no signature: sign it, or ignore the finding with that reason.

See https://manpages.debian.org/stable/apt/apt-secure.8.en.html
See https://wiki.alpinelinux.org/wiki/Alpine_Package_Keeper
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.written import copied
from hullcheck.patterns import compile_now
from hullcheck.terms import Alias
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Script, Word
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile",),
    aliases=(
        Alias("checkov:CKV2_DOCKER_7", "apk", "--allow-untrusted"),
        Alias("checkov:CKV2_DOCKER_8", "apt-get", "--allow-unauthenticated"),
        Alias("checkov:CKV2_DOCKER_9", ("dnf", "tdnf", "yum", "microdnf", "dnf5"), "--nogpgcheck"),
        Alias("checkov:CKV2_DOCKER_10", "rpm"),
        Alias("checkov:CKV2_DOCKER_11", "apt-get", "--force-yes"),
        "cis-docker:4.11",
    ),
    cwe=(347,),
    fixable="unsafe",
)

_APT = r"--allow-unauthenticated|--force-yes|--allow-insecure-repositories|(?is:.*allowunauthenticated=[\"']?(?:true|1|yes).*)"
_APT += r"|(?is:.*allowinsecurerepositories=[\"']?(?:true|1|yes).*)"
_YUM = r"--nogpgcheck|--no-gpg-checks?|(?:--setopt=)?(?:[\w*-]+\.)?(?:repo_|localpkg_)?gpgcheck=(?:0|false|no|off)"
_RPM = r"--nosignature|--nodigest|--noverify|--nofiledigest"
OPTIONS = {
    **dict.fromkeys(("apt", "apt-get", "aptitude"), _APT),
    "apk": r"--allow-untrusted",
    **dict.fromkeys(("yum", "dnf", "microdnf", "tdnf", "yum-config-manager", "dnf5"), _YUM),
    "zypper": r"--no-gpg-checks|--allow-unsigned-rpm|--no-gpgcheck|-G",
    "rpm": _RPM,
    "dpkg": r"(?s:--force-(?:.*,)?bad-verify.*)",
    "pacman": r"--sigLevel=?[Nn]ever",
    "debootstrap": r"--no-check-gpg",
    "choco": r"(?i)--?(?:ignore-?(?:package)?-?checksums?(?:-?from-?packages?)?|allow-?empty-?checksums?(?:-?secure)?)(?:=true)?",
    "cinst": r"(?i)--?(?:ignore-?(?:package)?-?checksums?|allow-?empty-?checksums?(?:-?secure)?)",
    "winget": r"(?i)--ignore-security-hash",
    **dict.fromkeys(
        ("install-module", "update-module", "install-script", "install-package"), r"(?i)-SkipPublisherCheck(?::\$true)?"
    ),
}
LINES = (
    r"(?im)apt::get::allowunauthenticated\s+\"?(?:true|1)|acquire::allowinsecurerepositories\s+\"?(?:true|1)"
    r"|^[^\S\n]*+(?:(?:repo_|localpkg_)?gpgcheck\s*=\s*(?:0|false|no)\b|siglevel\s*=\s*(?:never|optional trustall)"
    r"|trusted[^\S\n]*+:[^\S\n]*+yes)"
)


@check.on("Stage")
def unsigned(stage: Stage) -> Iterator[Finding]:
    for script in stage.scripts:
        for command in script.commands:
            word = _off(script, command)
            if word is not None:
                written = command.name in ("echo", "printf", "cat", "sed", "add-apt-repository")
                subject = "what is written here" if written else f"`{command.name}`"
                message = f"{subject} switches signatures off: `{word.text[:80]}`"
                from hullcheck.model.cures import without_option

                yield _finding(stage, word, message, command.name, without_option(command, word))
    for file in copied(stage):
        span = _switched_off(file.text.text)
        if span and _line(file.text.text):
            said = file.text.slice(*span).strip()
            message = f"what is written here switches signatures off: `{said.text[:80]}`"
            from hullcheck.model.command import Word

            yield _finding(stage, Word(said.text, said), message, "COPY", None)
    from hullcheck.model.variables import settings

    for setting in settings(stage):
        if (setting.name == "GOSUMDB" and setting.value == "off") or (
            setting.name in ("GONOSUMDB", "GONOSUMCHECK", "GOFLAGS") and _go_off(setting.name, setting.value)
        ):
            yield check.finding(
                stage,
                f"`{setting.name}` switches the verification of Go modules off",
                at=setting.place,
                severity=None if stage.needed else Severity.LOW,
                evidence=(setting.name,),
            )


def _go_off(name: str, value: str) -> bool:
    return "-insecure" in value.split() if name == "GOFLAGS" else value.strip() in ("*", "1")


def _finding(stage: Stage, word: Word, message: str, name: str, remedy: Fix | None) -> Finding:
    severity = None if stage.needed else Severity.LOW
    return check.finding(
        stage, message, at=word.location, severity=severity, evidence=(name, word.text[:80]), fix=remedy
    )


def _off(script: Script, command: Command) -> Word | None:
    """The word that switches signatures off, in an option or in a line that is written to a file."""
    pattern = OPTIONS.get(command.name)
    if command.name == "apk" and any(word.text in ("index", "verify", "manifest") for word in command.arguments):
        return None
    if pattern is not None:
        return next((word for word in command.arguments if compile_now(pattern).fullmatch(word.text)), None)
    if command.name in ("echo", "printf") and any(script.written_to(command)):
        return next((word for word in command.arguments if _line(word.text)), None)
    if command.name == "add-apt-repository":
        return next((word for word in command.arguments if "trusted=yes" in word.text), None)
    if command.name == "sed":
        return next((word for word in command.arguments if _replaces(word.text)), None)
    return _in_heredoc(script, command)


def _line(text: str) -> bool:
    """Is it a line that switches signatures off? A repository of files in the image itself is its own source."""
    text = text.replace("\\n", "\n")
    return _switched_off(text) is not None and re.search(r"(?i)(?:\]|uris:)\s+(?:file|copy):", text) is None


def _switched_off(text: str) -> tuple[int, int] | None:
    """Where such a line stands first."""
    match = re.search(LINES, text)
    spans = [match.span()] if match else []
    start = 0
    for option in text.split("]")[:-1] if "trusted=" in text.lower() else ():
        opening, end = option.find("["), start + len(option) + 1
        if opening >= 0 and "trusted=yes" in option[opening:].lower():
            spans.append((start + opening, end))
            break
        start = end
    return min(spans, default=None)


def _replaces(text: str) -> bool:
    """Does a command of sed write such a line?"""
    match = re.search(r"s([/|#,:@])(?:(?!\1).)*\1(?P<new>(?:(?!\1).)*)\1", text)
    return match is not None and re.search(r"(?i)gpgcheck\s*=\s*0|siglevel\s*=\s*never", match["new"]) is not None


def _in_heredoc(script: Script, command: Command) -> Word | None:
    if command.name not in ("cat", "tee"):
        return None
    for redirection in command.redirections:
        if redirection.body is None:
            continue
        span = _switched_off(redirection.body.text)
        if span and _line(redirection.body.text) and (command.name == "tee" or any(script.written_to(command))):
            from hullcheck.model.command import Word

            return Word(redirection.body.text[slice(*span)].strip(), redirection.body.slice(*span).strip())
    return None
