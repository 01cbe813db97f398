"""Something that is fetched over plain `http`.

Anybody on the way, from the office's network to the data centre's, can read and replace what is fetched over `http://`:
a program, a package, a repository's list. The build then installs the attacker's.

To fix: use `https`:

    RUN curl -fsSLO https://example.com/tool.tar.gz

Packages of Debian, Ubuntu and Alpine are signed, so their mirrors over `http` are only a note, as is a download whose
checksum or signature is verified. Addresses of this machine
(`localhost`, `127.0.0.1`) are not reported, and neither is an address whose host isn't known.

See https://docs.docker.com/build/building/best-practices/#run
See https://cwe.mitre.org/data/definitions/319.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import fix, replace_word
from hullcheck.model.extent import sources
from hullcheck.model.written import Written, copied, written
from hullcheck.source import Location
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Script
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile",),
    aliases=("kics:d5b3c9a1-7e8f-4c2a-9d6e-3f1a8b4c7e9d", "scorecard:Pinned-Dependencies"),
    cwe=(319, 494),
    fixable="unsafe",
    covered_by=("add-remote-unverified", "download-then-run"),
)

FETCHING = frozenset(
    ("git", "pip", "pip2", "pip3", "pipx", "uv", "poetry", "npm", "npx", "yarn", "pnpm", "gem", "bundle", "go", "cargo",
     "rpm", "yum", "dnf", "microdnf", "tdnf", "zypper", "yum-config-manager", "helm", "composer", "svn", "hg", "conda",
     "mamba", "easy_install", "python", "python3", "add-apt-repository", "apt-key", "apk", "apt-get", "apt")
)  # fmt: skip
_SIGNED = "what it serves is signed"
SIGNED = frozenset(("apk", "add-apt-repository", "apt-get", "apt"))
VARIABLES = frozenset(
    ("pip_index_url", "pip_extra_index_url", "uv_index_url", "uv_default_index", "npm_config_registry", "yarn_registry",
     "goproxy", "gem_source", "poetry_repositories", "conda_channel")
)  # fmt: skip
Found = tuple[str, Location, str]


@check.on("Stage")
def plain(stage: Stage) -> Iterator[Finding]:
    seen = set()
    for url, place, harmless in _addresses(stage):
        from hullcheck.model.downloads import is_local, without_secrets

        if place in seen or is_local(url) or re.match(r"(?i)http://[^/:]*[$%*{]", url):
            continue
        seen.add(place)
        yield check.finding(
            stage,
            f"`{without_secrets(url)}` is fetched over plain http" + (f" ({harmless})" if harmless else ""),
            at=place,
            severity=Severity.INFO if harmless else None if stage.needed else Severity.LOW,
            evidence=(without_secrets(url),),
            extent=sources(without_secrets(url)),
            fix=None if harmless == _SIGNED else _encrypted(place),
        )


def _encrypted(place: Location) -> Fix | None:
    """`https` for `http`, where that stands there once."""
    if len(re.findall("(?i)http://", place.text)) != 1:
        return None
    start = place.start + place.text.lower().index("http://")
    return fix("use https", replace_word(place._replace(start=start, end=start + 4), "https"), safe=False)


def _addresses(stage: Stage) -> Iterator[Found]:
    """What is fetched over http, where, and why that may be harmless."""
    for script in stage.scripts:
        from hullcheck.model.downloads import NAMES, downloads, verifies

        unsafe = [download for download in downloads(stage, script) if _is_plain(download.url)]
        if unsafe:
            verified = max((command.number for command in script.commands if verifies(command)), default=-1)
            for download in unsafe:
                later = verified > download.command.number
                yield download.url, download.place, "it is verified then" if later else ""
        for command in script.commands:
            if command.name in FETCHING and command.name not in NAMES:
                yield from _in_words(stage, script, command)
            elif command.name in ("echo", "printf", "cat", "tee", "sed"):
                yield from _in_lists(stage, script, command)
        for file in written(script):
            yield from _in_file(file)
    for file in copied(stage):
        yield from _in_file(file)
    for step in stage.instructions:
        if step.effective.keyword == "ADD" and not step.effective.flag("checksum"):
            for word in step.effective.words[:-1]:
                url = stage.expand(word.text, step).text or word.text
                if _is_plain(url):
                    yield url, word.location, ""
    from hullcheck.model.variables import settings

    for setting in settings(stage):
        if setting.name.lower() in VARIABLES and _is_plain(setting.value):
            yield setting.value, setting.place, ""


def _is_plain(text: str) -> bool:
    return text[:7].lower() == "http://"


def _in_words(stage: Stage, script: Script, command: Command) -> Iterator[Found]:
    before = ""
    for word in command.arguments:
        from hullcheck.model.variables import expanded

        text = expanded(stage, script, command, word)
        key, _, value = text.rpartition("=")
        about = f"{before} {key}".lower()
        before = text
        if ("proxy" in about and "goproxy" not in about) or "http://" not in text.lower():
            continue
        for candidate in (
            text,
            value,
            text.partition("+")[2],
            text.rpartition(" ")[2],
            *re.findall(r"http://\S+", text),
        ):
            if _is_plain(candidate):
                yield candidate.split()[0], word.location, _SIGNED if command.name in SIGNED else ""
                break


_LISTS = r"/etc/apt/|/etc/apk/repositories|yum\.repos\.d|pip\.conf|npmrc|zypp/repos\.d"


def _in_file(file: Written) -> Iterator[Found]:
    """The addresses in a list of repositories that the Dockerfile itself holds."""
    if not any(re.search(_LISTS, path) for path in file.paths):
        return
    trusting = re.search(r"(?im)trusted\s*[:=]\s*yes", file.text.text) is not None
    signed = any("/etc/ap" in path for path in file.paths) and not trusting
    for match in re.finditer(r"http://[^\s\"'\]]+", file.text.text):
        line = file.text.text[file.text.text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if not line.lstrip().startswith("#") and "proxy" not in line.lower():
            yield match[0], file.text.at(*match.span()), _SIGNED if signed else ""


def _in_lists(stage: Stage, script: Script, command: Command) -> Iterator[Found]:
    """Lines that are written to the lists of apt and apk, which name signed mirrors, and of others."""
    lists = [f for f in script.written_to(command) if re.search(_LISTS, f)]
    if not lists:
        return
    signed = any("/etc/ap" in file for file in lists)
    for word in command.arguments:
        from hullcheck.model.variables import expanded

        text = expanded(stage, script, command, word)
        match = re.search(r"http://[^\s\"']+", text)
        if match:
            yield match[0], word.location, _SIGNED if signed and "trusted=yes" not in text else ""
