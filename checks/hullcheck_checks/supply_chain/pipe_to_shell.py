"""A script from the network that is run unseen.

`curl https://example.com/install.sh | sh` runs whatever the server sends at that moment, as root, in the build. A
hijacked domain, a changed script or a download that breaks off halfway becomes part of the image; nothing is left that
could be compared or read afterwards, and the server can send other things to a pipe than to a browser.

To fix: install a package, or download a version, verify it and only then run it:

    RUN curl -fsSLo install.sh https://example.com/v1.2.3/install.sh \\
     && echo "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  install.sh" | sha256sum -c - \\
     && sh install.sh

What counts is that output of a download reaches an interpreter: through a pipe, `sh -c "$(...)"`, `bash <(...)`,
`eval`, `source`, a variable, or `iex` in PowerShell; or that an interpreter does both, as `python -c
"exec(urlopen(...).read())"` and `deno run https://...` do. A download that is only unpacked or read is another matter.

See https://github.com/ossf/scorecard/blob/main/docs/checks.md#pinned-dependencies
See https://docs.docker.com/build/building/best-practices/#run
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.extent import sources
from hullcheck.patterns import pattern
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Script
    from hullcheck.model.dockerfile import Stage
    from hullcheck.source import Location

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("dockerfile", "devcontainer"),
    aliases=("scorecard:Pinned-Dependencies", "cis-docker:4.11"),
    cwe=(494, 829),
)

_VARIABLE = pattern(r"\$\{?(\w+)")
_PASSING = frozenset(("cat", "echo", "printf", "tee", "base64", "gunzip", "zcat", "sed", "tr"))
MAX_STEPS = 20


@check.on("Stage")
def piped(stage: Stage) -> Iterator[Finding]:
    for script in stage.scripts:
        uses = _Uses(script)
        from hullcheck.model.downloads import PRINTED, downloads, without_secrets

        for download in downloads(stage, script):
            if download.path != PRINTED:
                continue
            reader = _reader(script, download.command, uses, MAX_STEPS)
            if reader is not None:
                what = f"`{download.command.name or 'PowerShell'}` downloads from `{without_secrets(download.url)}`"
                yield check.finding(
                    stage,
                    f"{f'`{reader.name}`' if reader.name else 'the shell'} runs what {what}, unseen",
                    at=_place(download.command, reader),
                    severity=None if stage.needed else Severity.LOW,
                    evidence=(without_secrets(download.url), reader.name),
                    extent=sources(without_secrets(download.url)),
                )


@check.on("Stage")
def by_itself(stage: Stage) -> Iterator[Finding]:
    """What an interpreter fetches and executes by itself."""
    for script in stage.scripts:
        for command in script.commands:
            found = _fetched_code(command)
            if found is not None:
                url, place = found
                from hullcheck.model.downloads import without_secrets

                yield check.finding(
                    stage,
                    f"`{command.name}` fetches code from `{without_secrets(url)}` and runs it, unseen",
                    at=place,
                    severity=None if stage.needed else Severity.LOW,
                    evidence=(without_secrets(url), command.name),
                    extent=sources(without_secrets(url)),
                )


_URL = pattern(r"https?://[^\s'\"\\)<>]+")
_RUNS = pattern(
    r"\b(?:exec|eval|compile|instance_eval|class_eval|run_path|runInThisContext|Function|system|create_function)\s*\(?\W"
)
_FETCHES = pattern(
    r"urlopen|requests\.get|httpx\.get|urllib|fetch\s*\(|file_get_contents|open-uri|URI\.|Net::HTTP|LWP|https?\.get|include\s"
)


def _fetched_code(command: Command) -> tuple[str, Location] | None:
    """The address that an interpreter runs code from: `python -c "exec(urlopen('...').read())"`, `deno run https://...`."""
    texts = [word.text for word in command.arguments]
    if command.name == "deno" and texts[:1] and texts[0] in ("run", "install", "eval", "serve", "test"):
        for word in command.arguments[1:]:
            if word.text.startswith(("http://", "https://")):
                return None if re.search(r"@v?[0-9]", word.text) else (word.text, command.place(word))
        return None
    from hullcheck.model.downloads import INTERPRETERS

    if not INTERPRETERS.fullmatch(command.name):
        return None
    codes = [
        command.arguments[n + 1].plain for n, text in enumerate(texts[:-1]) if re.fullmatch(r"-\w*[cer]|--eval", text)
    ]
    codes += [redirection.body for redirection in command.redirections if redirection.body is not None]
    for code in codes:
        url = _URL.search(code.text)
        if url is not None and _RUNS.search(code.text) and _FETCHES.search(code.text):
            return url[0], code.at(*url.span())
    return None


def _place(command: Command, reader: Command) -> Location:
    one, other = command.place(), reader.location
    return one._replace(start=min(one.start, other.start), end=max(one.end, other.end))


class _Uses:
    """Where the variables of a script are executed."""

    def __init__(self, script: Script) -> None:
        self.script = script

    def after(self, number: int, name: str) -> Command | None:
        """The first command behind that number that leads to the execution of a variable, or what executes it then."""
        return next((reader for at, reader in self._executed.get(name, ()) if at > number), None)

    @cached_property
    def _executed(self) -> dict[str, list[tuple[int, Command]]]:
        found: dict[str, list[tuple[int, Command]]] = {}
        for command in self.script.commands:
            names = {name for word in command.words for name in _VARIABLE.findall(word.text)}
            reader = self._reader(command) if names else None
            if reader is not None:
                for name in names:
                    found.setdefault(name, []).append((command.number, reader))
        return found

    def _reader(self, command: Command) -> Command | None:
        from hullcheck.model.command import SHELLS

        shell = command.name in SHELLS and any(re.fullmatch(r"-\w*c", word.text) for word in command.arguments)
        if shell or command.name == "eval":
            return command
        if command.name in _PASSING:
            return next((other for other in self.script.after_in_pipe(command) if _executes_input(other)), None)
        return None


def _reader(script: Script, command: Command, uses: _Uses, steps: int) -> Command | None:
    """The command that executes what the command prints, if one does."""
    if not steps:
        return None
    for other in script.after_in_pipe(command):
        if _executes_input(other) or _executes_what_it_reads(script, other):
            return other
    if command.shell == "powershell" and command.assignments:
        return _through_powershell(script, command)
    parent = script.by_number(command.inside)
    if parent is None:
        return None
    if command.how in ("$(", "<(", "(", "{") and _executes(parent, command):
        return parent
    if parent.shell == "powershell" and parent.assignments:
        return _through_powershell(script, parent)
    if not parent.words and command.how == "$(":
        return _through_variable(uses, parent, command)
    if command.how in ("-c", "eval", "(", "{", "<<") or parent.name in _PASSING:
        return _reader(script, parent, uses, steps - 1)
    return None


def _executes_what_it_reads(script: Script, command: Command) -> bool:
    """`... | bash -c "$(cat)"`, `... | xargs -0 sh -c`."""
    texts = [word.text for word in command.arguments]
    from hullcheck.model.command import SHELLS

    if command.name not in SHELLS and command.name != "eval":
        return False
    if any(wrapper.text == "xargs" for wrapper in command.wrappers):
        return bool(texts) and re.fullmatch(r"-\w*c", texts[-1]) is not None
    return any(
        inner.how == "$(" and inner.name == "cat" and all(word.text in ("-", "/dev/stdin") for word in inner.arguments)
        for inner in script.inner(command)
    )


def _executes_input(command: Command) -> bool:
    """Does it take its program from what it reads?"""
    texts = [word.text for word in command.arguments]
    if command.name in ("invoke-expression", "source", "."):
        return command.name == "invoke-expression" or texts[:1] == ["/dev/stdin"]
    from hullcheck.model.command import POWERSHELLS, SHELLS, has_letter, shell_operands

    if command.name in SHELLS or command.name == "fish":
        operands = shell_operands(texts)
        options = texts[: len(texts) - len(operands)]
        if any(has_letter(text, "c") for text in options):
            return False
        return any(has_letter(text, "s") for text in options) or not operands or operands[0] in ("-", "/dev/stdin")
    if command.name.lower() in POWERSHELLS:
        return not texts or texts[-1] == "-"
    from hullcheck.model.downloads import INTERPRETERS

    if INTERPRETERS.fullmatch(command.name):
        if any(re.match(r"-\w*[cemnpE]", text) for text in texts if not text.startswith("--")):
            return False
        operands = _operands(texts, ("-W", "-X", "-d", "-r", "-I"))
        return not operands or operands[0] in ("-", "/dev/stdin") or ("--" in texts and texts.index("--") == 0)
    return False


def _operands(texts: list[str], valued: tuple[str, ...]) -> list[str]:
    found = []
    at = 0
    while at < len(texts):
        if texts[at] in valued:
            at += 1
        elif texts[at] == "-" or not texts[at].startswith(("-", "+")):
            found.append(texts[at])
        at += 1
    return found


def _executes(parent: Command, inner: Command) -> bool:
    """Does the parent execute what a command within one of its words prints?"""
    inside = [n for n, word in enumerate(parent.words) if _within(word.location, inner.location)]
    if not inside:
        redirected = [r for r in parent.redirections if r.target and _within(r.target.location, inner.location)]
        return any(r.operator in ("<<<", "<") for r in redirected) and _executes_input(parent)
    at, texts = inside[0], [word.text for word in parent.words]
    if at == 0:
        return inner.how == "$("
    if parent.name in ("eval", "invoke-expression"):
        return True
    if parent.name in ("source", "."):
        return inner.how == "<("
    from hullcheck.model.command import SHELLS, shell_operands
    from hullcheck.model.downloads import INTERPRETERS

    if parent.name in SHELLS or INTERPRETERS.fullmatch(parent.name):
        given = any(re.fullmatch(r"-\w*[ce]", text) for text in texts[1:at])
        if inner.how == "$(":
            return given
        shell = parent.name in SHELLS
        return not given and not (shell_operands(texts[1:at]) if shell else _operands(texts[1:at], ("-o", "-O")))
    return "scriptblock]::create" in " ".join(texts).lower()


def _within(outer: Location, inner: Location) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _through_powershell(script: Script, assigning: Command) -> Command | None:
    """`$s = (iwr ...).Content; iex $s`."""
    used = re.compile(rf"{re.escape(assigning.assignments[0].text.lower())}(?![\w])")
    for later in script.commands:
        if later.number <= assigning.number or not any(used.search(word.text.lower()) for word in later.words):
            continue
        if later.name == "invoke-expression" or "scriptblock]::create" in " ".join(w.text.lower() for w in later.words):
            return later
        for other in script.after_in_pipe(later):
            if _executes_input(other):
                return other
    return None


def _through_variable(uses: _Uses, assigning: Command, inner: Command) -> Command | None:
    """`X=$(curl ...); eval "$X"`, `sh -c "$X"`, `echo "$X" | sh`."""
    names = [w.text.partition("=")[0] for w in assigning.assignments if _within(w.location, inner.location)]
    return uses.after(assigning.number, names[0]) if names else None
