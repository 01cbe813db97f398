"""A development container that runs a command on its host.

`initializeCommand` is run where the editor runs, before there is any container, whenever the container is made or
started. It is part of the branch that is opened: whoever opens a pull request's branch to look at it runs that command,
or the script that it calls, with the rights of their own account, with their keys and sessions.

To fix: do it in the container, with `onCreateCommand` or `postCreateCommand`, and write down what the host needs:

    {
      "image": "mcr.microsoft.com/devcontainers/base:2.1.7-debian-12",
      "postCreateCommand": "./scripts/set-up.sh"
    }

It is low where the command does no more than make folders, empty files, or Docker's networks and volumes.

See https://containers.dev/implementors/json_reference/#lifecycle-scripts
See https://code.visualstudio.com/docs/editor/workspace-trust
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.masking import merged, spans
from hullcheck.model.node import Scalar, items
from hullcheck.patterns import pattern
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.devcontainer import DevContainer, Hook

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("devcontainer",),
    aliases=("owasp-cicd:CICD-SEC-4",),
    cwe=(829, 250),
)

_SHOWN = 60
_HARMLESS = pattern(
    r"(?:mkdir|touch|echo|true|:|test|\[|cd|exit|printf|docker(?:\.exe)?\s+(?:network|volume)\s+(?:create|inspect|ls))(?:\s|$)"
)
_MORE = pattern(r"[`]|\$\(|<\(|>>?\s*(?!&|/dev/null)")
_APART = pattern(r"&&|\|\||[;|&\n]")


@check.on("DevContainer")
def on_host(container: DevContainer) -> Iterator[Finding]:
    for hook in container.hooks:
        if not hook.on_host:
            continue
        text = _text(hook)
        if not text.strip():
            continue
        masked = _masked(text)
        shown = masked if len(masked) <= _SHOWN else f"{masked[:_SHOWN]}..."
        yield check.finding(
            container,
            f"{container.described} runs `{shown}` on the host of whoever opens it",
            at=hook.node.location,
            severity=Severity.LOW if _harmless(text) else None,
            evidence=(masked[:1_000],),
        )


def _text(hook: Hook) -> str:
    """The command in one line."""
    words = [hook.node] if isinstance(hook.node, Scalar) else items(hook.node)
    return " ".join(" ".join(word.text.split()) for word in words[:100] if isinstance(word, Scalar))[:2_000]


def _masked(text: str) -> str:
    """The command without its credentials: of one that is cut off, nobody could tell any more what it is."""
    found, at = [], 0
    for start, end in merged(spans(text)):
        found += [text[at:start], "*****"]
        at = end
    return "".join([*found, text[at:]])


def _harmless(text: str) -> bool:
    if _MORE.search(text) is not None:
        return False
    steps = [step.strip().strip("(){}") for step in _APART.split(re.sub(r"\d?>&\d|\d?>\s*/dev/null", " ", text))]
    return all(not step.strip() or _HARMLESS.match(step.strip()) for step in steps)
