"""A second package index beside the public one.

With `--extra-index-url` pip asks both indexes and takes the higher version, whichever it comes from. Whoever registers
the name of an internal package in the public index, with a high number, gets his code into the build: dependency
confusion.

To fix: ask one index, that serves the public packages as well, or name the index of each package (`uv` and `poetry`
can):

    RUN pip install --index-url https://packages.example.com/simple -r requirements.txt

For npm, bind the registry to a scope: `npm config set @example:registry https://packages.example.com`.

See https://pip.pypa.io/en/stable/cli/pip_install/#cmdoption-extra-index-url
See https://docs.npmjs.com/cli/using-npm/scope#associating-a-scope-with-a-registry
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Fix, Severity
from hullcheck.model.edit import fix, replace_word
from hullcheck.model.extent import sources
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Word
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile",),
    aliases=("scorecard:Pinned-Dependencies",),
    cwe=(427,),
    fixable="unsafe",
)

PUBLIC = (
    "https://download.pytorch.org",
    "https://pypi.nvidia.com",
    "https://pypi.ngc.nvidia.com",
    "https://www.piwheels.org",
)
"""Public indexes that serve builds of public packages, whose names nobody else can take."""


@check.on("Stage")
def second(stage: Stage) -> Iterator[Finding]:
    for script in stage.scripts:
        for command in script.commands:
            found = _option(command)
            if found is not None:
                word, address = found
                message = f"`{command.name}` asks a second index beside the public one"
                yield _finding(stage, word, address, message, _only(command, word))
    from hullcheck.model.variables import settings

    for setting in settings(stage):
        if setting.name.upper() in ("PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL") and _private(setting.value):
            from hullcheck.model.downloads import without_secrets

            yield check.finding(
                stage,
                f"`{setting.name}` makes pip ask a second index beside the public one",
                at=setting.place,
                severity=None if stage.needed else Severity.LOW,
                evidence=(setting.name,),
                extent=sources(without_secrets(setting.value)),
            )


def _finding(stage: Stage, word: Word, address: str, message: str, remedy: Fix | None) -> Finding:
    severity = None if stage.needed else Severity.LOW
    from hullcheck.model.downloads import without_secrets

    extent = sources(without_secrets(address))
    return check.finding(
        stage, message, at=word.location, severity=severity, evidence=("option",), fix=remedy, extent=extent
    )


def _only(command: Command, word: Word) -> Fix | None:
    """The same as the only index, where no other is named."""
    place = word.location
    named = any(other.text.partition("=")[0] in ("-i", "--index-url", "--default-index") for other in command.words)
    if named or not place.text.startswith("--extra-index-url"):
        return None
    option = place._replace(end=place.start + len("--extra-index-url"))
    return fix("ask that index alone", replace_word(option, "--index-url"), safe=False)


def _private(address: str) -> bool:
    return bool(address) and not address.startswith(PUBLIC)


def _option(command: Command) -> tuple[Word, str] | None:
    """The option that names a second index, and the index."""
    if command.name.rstrip("0123456789.") not in ("pip", "python", "uv", "pipx"):
        return None
    words = command.arguments
    for at, word in enumerate(words):
        name, equals, value = word.text.partition("=")
        if name == "--extra-index-url" or name.endswith(".extra-index-url"):
            address = value if equals else words[at + 1].text if at + 1 < len(words) else ""
            if _private(address):
                return word, address
    return None
