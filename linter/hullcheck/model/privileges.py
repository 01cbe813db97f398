"""Who a stage runs as, and whether its entry point gives root up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hullcheck.model.container import Root, User
from hullcheck.patterns import stands_in
from hullcheck.source import Field, Location, Related
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.instruction import Instruction
    from hullcheck.model.state import Said

# Patterns are compiled where they are used: most files need none of them.
_DROPS = (
    r"(?<![\w.-])(?P<program>gosu|su-exec|setpriv|s6-setuidgid|setuidgid|chpst|runuser|start-stop-daemon|capsh)"
    r"(?![\w.-])"
)
_INSTALLED = r"(?i)(?<![\w.-])(?P<program>gosu|su-exec|s6-overlay)(?![\w]*=)"
_MAX_COMMAND = 10_000
_SCRIPT = r"(?i)(?:\.sh$|entry-?point|docker-cmd|^/init$|^/?start|^/run$|/run\.sh$)"


def dropper(stage: "Stage") -> str:
    """The program that the entry point leaves root with; empty if it isn't known to."""
    state = stage.state
    programs = [p.instruction for p in (state.entrypoint, state.command) if p is not None]
    text = " ".join(word.text for instruction in programs for word in instruction.words)
    return _named(text) or _by_script(stage, programs)


def _named(text: str) -> str:
    """The program by which a command leaves root, as far as it says so itself."""
    match = re.search(_DROPS, text)
    if match:
        return match["program"]
    if "sudo" in text and _sudo_user(text):
        return "sudo"
    return "su" if "su " in text and _switches(text) else ""


def dropper_of(words: Iterable[Field[str]], otherwise: str) -> str:
    """The program that a command leaves root with, which is run instead of an entry point that would by `otherwise`.

    A script may be that entry point, and what isn't known may start it.
    """
    known = list(words)
    text = " ".join(word.value or "" for word in known)[:_MAX_COMMAND]
    unsure = any(word.value is None for word in known) or "$" in text
    if unsure or any(re.search(_SCRIPT, word) for word in re.split(r"[\s;&|'\"()]+", text)):
        return otherwise
    named = _named(text)
    return named or (otherwise if stands_in(otherwise, text) else "")


def _switches(text: str) -> bool:
    """Does `su` start something as another user? Each word is read once, however many `su` stand before it."""
    words = list(re.finditer(r"\S+", text))
    started = [n + 1 for n, word in enumerate(words) if re.search(r"(?<![\w.-])su\Z", word[0])]
    waiting, seen = started, set(started)
    while waiting:
        at = waiting.pop()
        if at >= len(words):
            continue
        word = words[at][0]
        if re.match(r"(?!root\b)[A-Za-z_0-9$]", word):
            return True
        following = []
        if re.fullmatch(r"-[-\w]*|-(?:s|g|-shell)=.+", word, re.DOTALL):
            following.append(at + 1)
        if word in ("-s", "-g", "--shell") and at + 1 < len(words) and words[at + 1].start() == words[at].end() + 1:
            following.append(at + 2)
        waiting += (each for each in following if each not in seen)
        seen.update(following)
    return False


_SUDO = r"(?<![\w.-])sudo(?=\s)|-(?=(?:u\s*+|-user[=\s])(?!root\b)\w)|\n"


def _sudo_user(text: str) -> bool:
    """Does `sudo` start something as another user: `-u app` in the same line?"""
    begun = allowed = -1  # where its arguments begin; where the line that they are in ends
    for match in re.finditer(_SUDO, text):
        at = match.start()
        if match[0] == "sudo":
            begun = match.end() + 1
        elif match[0] == "\n" and 0 <= begun <= at:
            begun, allowed = -1, at + 1
        elif match[0] == "-":
            within = 0 <= begun < at and text[at - 1].isspace()
            if within or at in (begun, allowed):
                return True
    return False


def _by_script(stage: "Stage", programs: list[Instruction]) -> str:
    """A script started where such a program is installed, and the base image's own script, are taken to drop."""
    first = programs[0].words[0].text.split()[:1] if programs and programs[0].words else []
    starts_script = bool(first and re.search(_SCRIPT, first[0]))
    if starts_script:
        for text in _installing(stage):
            match = re.search(_INSTALLED, text)
            if match:
                return match["program"].lower()
    known = stage.known_base
    if known is None or not known.drops:
        return ""
    replaced = stage.state.entrypoint is not None and not starts_script
    return "" if replaced else known.drops


def _installing(stage: "Stage") -> Iterator[str]:
    for each in stage.chain:
        for step in each.steps:
            instruction = step.effective
            if instruction.keyword in ("RUN", "COPY", "ADD"):
                yield " ".join(flag.location.text for flag in instruction.flags)
                yield instruction.text.text
                for heredoc in instruction.heredocs:
                    yield heredoc.body.text


def effective_user(stage: "Stage", drops: str) -> User:
    """The user that the stage runs as, and what decides it."""
    said = stage.state.user
    if said is not None:
        return _stated(stage, said)._replace(drops_privileges=drops)
    first = stage.chain[-1]
    if first.base.text == "scratch":
        return User(Root.IMPLICIT, stage.location, why="`scratch` has no user but root", drops_privileges=drops)
    image = first.image
    if image is None:
        why = first.base.why or f"`{first.base.text}` is no image reference"
        return User(Root.UNKNOWN, stage.location, why=why, drops_privileges=drops)
    known = stage.known_base
    if known is None:
        why = f"what `{image.familiar}` runs as isn't known"
        return User(Root.UNKNOWN, stage.location, why=why, drops_privileges=drops, unlisted=True)
    if known.user:
        root = Root.STATED if known.user in ("root", "0") else Root.NO
        why = f"the base image `{image.familiar}` runs as `{known.user}`"
        return User(root, stage.location, known.user, why, drops_privileges=drops)
    return User(
        Root.IMPLICIT, stage.location, why=f"the base image `{image.familiar}` runs as root", drops_privileges=drops
    )


def inherited_user(stage: "Stage", base: "Stage") -> User | None:
    """The user that a stage gets from the stage of another file that its image is built by; None if that isn't known.

    The triggers of `ONBUILD` run at the start of its build, so that a `USER` among them decides.
    """
    triggers = [step.trigger for step in base.instructions if step.keyword == "ONBUILD" and step.trigger is not None]
    named = next((trigger for trigger in reversed(triggers) if trigger.keyword == "USER"), None)
    if named is None:
        user = effective_user(base, "")
        if user.root is Root.UNKNOWN:
            return None
        related = Related(user.location, f"its base image's user: {user.why}")
        why = f"its base image is built here, {user.why}"
        return user._replace(location=stage.location, related=(related, *user.related), why=why)
    said = base.expand(named.text.text, named).text
    if said is None:
        return None
    related = Related(named.location, "the base image's trigger sets it")
    root = _is_root(said.partition(":")[0], base.windows)
    return User(
        root,
        stage.location,
        said,
        f"`ONBUILD USER {named.text.text}` of its base image, which is built here",
        (related,),
    )


def _stated(stage: "Stage", said: Said) -> User:
    value = said.value
    if value.text is None:
        return User(Root.UNKNOWN, said.location, said.written, value.why, value.related)
    if not value.text and value.missing:
        why = f"nothing sets `{value.missing[0]}`, and an empty `USER` is root"
        return User(Root.STATED, said.location, "", why, value.related)
    if not value.text:
        return User(Root.STATED, said.location, "", f"`USER {said.written}` is empty, and that is root", value.related)
    name = value.text.partition(":")[0]
    shown = f"`USER {said.written}`" + ("" if said.written == value.text else f" is `{value.text}`")
    root = _is_root(name, stage.windows)
    if root is Root.NO and not name.isdecimal():
        place = _made_root(stage, name)
        if place is not None:
            shown, related = f"{shown}, whose uid is 0", (*value.related, Related(place, "it gets the uid 0 here"))
            return User(Root.STATED, said.location, value.text, shown, related)
    return User(root, said.location, value.text, shown, value.related)


def _made_root(stage: "Stage", name: str) -> Location | None:
    """The line that makes a user of that name another name for root: `useradd -o -u 0`, `usermod -u 0`, `/etc/passwd`."""
    from hullcheck.model.users import uid_of

    said = uid_of(stage, name)
    return said[1] if said is not None and re.fullmatch(r"[+-]?0+", said[0]) else None


def _is_root(name: str, windows: bool) -> Root:
    if windows:
        return Root.UNKNOWN
    if name == "root" or re.fullmatch(r"[+-]?0+", name):  # the engine reads the number with its sign
        return Root.STATED
    if not name or re.fullmatch(r"[+-][0-9]+|0[xX][0-9A-Fa-f]+", name):
        return Root.UNKNOWN
    return Root.NO
