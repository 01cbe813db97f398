"""A Rust program that is installed without a version.

`cargo install` takes the newest release and compiles it, build scripts included. A release that an attacker uploaded is
in the image before anybody hears of it, and a build of last week can't be repeated.

To fix: say the version, and `--locked`, so that the versions of its dependencies are those that its author tested:

    RUN cargo install --locked ripgrep --version 14.1.0

`cargo install ripgrep@14.1.0` does it as well. What is built from a path or a commit is not reported.

See https://doc.rust-lang.org/cargo/commands/cargo-install.html
See https://github.com/ossf/scorecard/blob/main/docs/checks.md#pinned-dependencies
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.package_options import CARGO
from hullcheck.model.packages import apart
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=("scorecard:Pinned-Dependencies",),
    cwe=(1357, 494),
)

_ENOUGH = frozenset(("--version", "--vers", "--path", "--rev", "--list"))


@check.on("Stage")
def unpinned(stage: Stage) -> Iterator[Finding]:
    for command in stage.commands:
        words = [word for word in command.arguments if not word.text.startswith("+")]
        if command.name != "cargo" or not words or words[0].text not in ("install", "binstall"):
            continue
        options, packages = apart(tuple(words[1:]), CARGO)
        names = {option.name for option in options}
        loose = [word for word in packages if "@" not in word.text and "$" not in word.text]
        if names & _ENOUGH or not (loose or "--git" in names):
            continue
        named = ", ".join(f"`{word.text[:60]}`" for word in loose[:5]) or "a repository"
        yield check.finding(
            stage,
            f"`cargo` installs {named} without a version",
            at=loose[0].location if loose else command.place(),
            evidence=tuple(word.text[:60] for word in loose),
        )
