"""An install that doesn't keep to the lock file that lies beside it.

The lock file says exactly what was tested. `npm install`, a plain `yarn install` and their like may resolve again, take
newer versions than it says and go on in silence; the command meant for builds stops instead.

To fix: use it:

    COPY package.json package-lock.json ./
    RUN npm ci

For the others: `yarn install --immutable` (`--frozen-lockfile` before version 2), `pnpm install --frozen-lockfile`,
`bun ci`, `bundle config set frozen true`, `uv sync --locked`, `pipenv install --deploy`, `composer install` and `poetry
install` with their lock copied. A variable does it, too: `UV_LOCKED=1`, `YARN_ENABLE_IMMUTABLE_INSTALLS=true`, and
`CI=true` for pnpm and newer yarn. `pip install -r` has no lock file but hashes (`--require-hashes`): without them it is
a note.

See https://docs.npmjs.com/cli/commands/npm-ci
See https://github.com/ossf/scorecard/blob/main/docs/checks.md#pinned-dependencies
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.edit import fix, replace_word
from hullcheck.model.environment import in_force
from hullcheck.model.package_options import COMPOSER
from hullcheck.model.packages import npm_installs, pip_installs, verb_at
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Script
    from hullcheck.model.dockerfile import Stage

check = Check(
    __name__,
    __doc__,
    severity=Severity.LOW,
    dialects=("dockerfile",),
    aliases=("tally:tally/ruby/missing-bundle-deployment", "scorecard:Pinned-Dependencies"),
    cwe=(1357, 494),
    fixable="unsafe",
)

LOCKS = {
    "npm": ("package-lock.json", "npm-shrinkwrap.json", "package*.json", "package-lock*.json"),
    "yarn": ("yarn.lock", "yarn*.lock", "*.lock", "yarn.*"),
    "pnpm": ("pnpm-lock.yaml", "pnpm-*.yaml", "pnpm*.yaml"),
    "bundle": ("Gemfile.lock", "Gemfile*"),
    "uv": ("uv.lock", "*.lock"),
    "pipenv": ("Pipfile.lock", "Pipfile*"),
    "bun": ("bun.lock", "bun.lockb", "bun.lock*", "*.lock"),
    "composer": ("composer.lock", "composer.*", "composer*"),
    "poetry": ("poetry.lock", "poetry.lock*", "*.lock"),
}
ENOUGH = {
    "yarn": frozenset(("--frozen-lockfile", "--immutable", "--pure-lockfile", "--immutable-cache")),
    "pnpm": frozenset(("--frozen-lockfile", "--offline")),
    "bundle": frozenset(("--deployment", "--frozen", "--local")),
    "uv": frozenset(("--locked", "--frozen")),
    "pipenv": frozenset(("--deploy", "--ignore-pipfile", "sync")),
    "bun": frozenset(("--frozen-lockfile", "--production", "-p")),
}
VARIABLES = {
    "uv": ("UV_FROZEN", "UV_LOCKED"),
    "pnpm": ("CI", "NPM_CONFIG_FROZEN_LOCKFILE", "npm_config_frozen_lockfile", "PNPM_CONFIG_FROZEN_LOCKFILE"),
    "yarn": ("CI", "YARN_ENABLE_IMMUTABLE_INSTALLS"),
    "bundle": ("BUNDLE_DEPLOYMENT", "BUNDLE_FROZEN"),
    "pipenv": ("PIPENV_DEPLOY", "PIPENV_IGNORE_PIPFILE"),
}
"""What makes a tool keep to its lock; yarn before version 2 knows neither, and nobody writes them for it."""

_OFF = frozenset(("", "0", "false", "no", "off", "n"))


@check.on("Stage")
def loose(stage: Stage) -> Iterator[Finding]:
    copied: set[str] | None = None
    for script in stage.scripts:
        for command in _resolving(stage, script):
            name = command.name
            if copied is None:
                copied = _copied(stage)
            if not copied & set(LOCKS[name]) or _by_variable(stage, script, command):
                continue
            better = None
            verb = command.words[1] if len(command.words) > 1 else None
            if name == "npm" and verb is not None and verb.text in ("install", "i"):
                better = fix("use `npm ci`", replace_word(verb.location, "ci"), safe=False)
            yield check.finding(
                stage,
                f"`{name}` {'takes' if verb is not None and verb.text == 'update' else 'may install'} other versions than the lock file says",
                at=command.place(verb),
                evidence=(name,),
                fix=better,
            )
        for install in pip_installs(script):
            files = [o for o in install.options if o.name in ("-r", "--requirement", "--requirements")]
            if files and not install.has("--require-hashes"):
                yield check.finding(
                    stage,
                    f"`{install.command.name}` installs `{files[0].text}` without comparing hashes",
                    at=files[0].word.location,
                    severity=Severity.INFO,
                    evidence=("pip", files[0].text),
                )


def _by_variable(stage: Stage, script: Script, command: Command) -> bool:
    """Does a variable make the tool keep to its lock?"""
    said = (in_force(stage, script, command, name) for name in VARIABLES.get(command.name, ()))
    return any(value is not None and value.lower() not in _OFF for value in said)


def _copied(stage: Stage) -> set[str]:
    """The names of the files that are copied into the stage, or mounted, and the patterns."""
    found = set()
    for part in stage.chain:
        for step in part.instructions:
            instruction = step.effective
            if instruction.keyword in ("COPY", "ADD"):
                found |= {word.text.rpartition("/")[2] for word in instruction.words[:-1]}
            from hullcheck.model.dockerfile import mounts

            for mount in mounts(instruction):
                source = mount.option("source", "src")
                found |= {source.text.rpartition("/")[2]} if source else set()
    return found


def _resolving(stage: Stage, script: Script) -> Iterator[Command]:
    """The commands that may resolve again."""
    for install in npm_installs(script):
        name, texts = install.command.name, {word.text for word in install.command.words}
        if install.packages or install.has("-g", "--global", "--package-lock-only") or name not in LOCKS:
            continue
        if not texts & ENOUGH.get(name, frozenset()):
            yield install.command
    for command in script.commands:
        if command.name not in ("bundle", "uv", "pipenv", "composer", "poetry"):
            continue
        texts = {word.text.partition("=")[0] for word in command.arguments}
        verb = command.words[1].text if len(command.words) > 1 else ""
        if command.name == "bundle" and verb in ("install", "") and not texts & ENOUGH["bundle"]:
            if not _bundle_configured(stage):
                yield command
        elif (command.name, verb) in (("uv", "sync"), ("pipenv", "install")):
            named = [w for w in command.arguments[1:] if not w.text.startswith("-")]
            if not texts & ENOUGH[command.name] and not (command.name == "pipenv" and named):
                yield command
        elif (command.name == "composer" and _updates(command)) or (command.name, verb) == ("poetry", "update"):
            yield command


def _updates(command: Command) -> bool:
    """`composer update`, but for what only writes the lock anew for what it holds."""
    at = verb_at(command.arguments, COMPOSER)
    verb = command.arguments[at].text if at < len(command.arguments) else ""
    texts = {word.text for word in command.arguments}
    return verb in ("update", "u", "upgrade") and not texts & {"--lock", "--dry-run", "mirrors", "nothing"}


def _bundle_configured(stage: Stage) -> bool:
    """`bundle config set frozen true`, `BUNDLE_DEPLOYMENT=1`."""
    for command in stage.commands:
        texts = [word.text.strip("'\"") for word in command.words]
        if command.name == "bundle" and "config" in texts and {"frozen", "deployment"} & set(" ".join(texts).split()):
            return True
    return False
