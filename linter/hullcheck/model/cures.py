"""What would harden a container, as changes: asked for by the single checks and by the one that tells them together."""

from __future__ import annotations

import re

from hullcheck.finding import Change, Edit, Fix
from hullcheck.model.edit import delete_word, fix, insert_instruction, put, replace, replace_word
from hullcheck.model.node import Mapping, at
from hullcheck.source import Location
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.command import Command, Word
    from hullcheck.model.container import Container, Mount
    from hullcheck.model.dockerfile import Stage
    from hullcheck.model.workload import Workload

NOBODY = "65532"
"""The user of images that are made to run as none in particular."""

_POD_SPECS = (("spec",), ("spec", "template", "spec"), ("spec", "jobTemplate", "spec", "template", "spec"))
_SETTINGS = frozenset(("CMD", "ENTRYPOINT", "HEALTHCHECK", "STOPSIGNAL", "EXPOSE", "LABEL"))


def pod_place(workload: Workload) -> Location | None:
    """The key that the pod's spec stands under; None where it isn't written in the object's own file."""
    from hullcheck.model.kubernetes import PodObject

    pod = workload.part
    if not isinstance(pod, PodObject):
        return None
    node = pod.object.node
    for path in _POD_SPECS:
        holder = at(node, *path[:-1])
        key = holder.key(path[-1]) if isinstance(holder, Mapping) else None
        spec = at(holder, path[-1])
        if key is not None and spec is not None and spec is pod.spec:
            sources = {id(source) for source in (key.source, pod.object.location.source, spec.source)}
            return key.location if len(sources) == 1 else None
    return None


def no_escalation(container: Container) -> Change | None:
    """Programs may not gain privileges; None where the API server or the engine would refuse that."""
    if container.dialect == "compose":
        return put(container.location, ("security_opt",), ("no-new-privileges:true",))
    privileged = container.privileged
    names = [name.value or "CAP_SYS_ADMIN" for name in container.capabilities_added]
    if (privileged is not None and not privileged.absent and privileged.value is not False) or "CAP_SYS_ADMIN" in names:
        return None
    return put(container.location, ("securityContext", "allowPrivilegeEscalation"), False)


def seccomp(workload: Workload, container: Container) -> Change:
    """The runtime's own profile, for the whole pod where that can be written."""
    place = pod_place(workload)
    path = ("securityContext", "seccompProfile")
    return put(place or container.location, path, {"type": "RuntimeDefault"})


def gains_privileges(container: Container) -> bool:
    """Is it known that its image has something which `no_new_privs` would break: setuid, `sudo`, file capabilities?"""
    built = container.built
    if any(variable.name.startswith("SUDO_") or variable.name == "GRANT_SUDO" for variable in container.environment):
        return True  # images that let their user become root by them: linuxserver.io's, Jupyter's
    if any((word.value or "").rpartition("/")[2] in ("sudo", "su", "newuidmap") for word in container.command):
        return True
    return built is not None and any(map(_gives_privileges, built.chain))


def _gives_privileges(stage: "Stage") -> bool:
    from hullcheck.model.users import modes

    if any(_is_setuid(mode.text) for mode in modes(stage)):
        return True
    for command in stage.commands:
        if command.name == "setcap" or any(word.text in ("sudo", "doas") for word in command.words):
            return True
    return False


def _is_setuid(mode: str) -> bool:
    from hullcheck.model.users import octal

    digits = octal(mode)
    if digits:
        return len(digits) == 4 and bool(int(digits[0]) & 6)
    return re.search(r"[+=][rwxXt]*s", mode) is not None


def run_as(stage: "Stage") -> str:
    """The user that the stage should end with: one that it makes, by number if that is said, or nobody."""
    if stage.windows:
        return "ContainerUser"
    from hullcheck.model.users import is_root_by, users

    made = [user for user in users(stage) if not is_root_by(stage, user.name) and "$" not in user.name]
    if not made:
        return NOBODY
    uid = made[-1].uid
    return uid if uid.isdecimal() and uid.strip("0") else made[-1].name


def end_with_user(stage: "Stage", said: Location) -> Fix | None:
    """Another user at the end of the stage: in the `USER` at `said` if nothing is built behind it, or in a new one."""
    user = run_as(stage)
    title = f"end it with the user {user}"
    for step in stage.instructions:
        if step.keyword == "USER" and step.location.start <= said.start <= step.location.end:
            place = step.text.location
            behind = (other for other in stage.instructions if other.location.start > said.start)
            if all(other.keyword in _SETTINGS for other in behind):
                return fix(title, replace_word(place, user), safe=False) if "\n" not in place.text else None
    if any(map(_builds, (other for other in stage.graph.stages if other.parent is stage))):
        return None  # a stage that is built on this one would run as the user, too
    edit = _last_line(stage, f"USER {user}")
    return fix(title, edit, safe=False) if edit is not None else None


def _builds(stage: "Stage") -> bool:
    """Does it run or copy anything before it says a user?"""
    first = next((step.keyword for step in stage.instructions if step.keyword in ("RUN", "COPY", "ADD", "USER")), "")
    return first in ("RUN", "COPY", "ADD")


def _last_line(stage: "Stage", text: str) -> Edit | None:
    """The instruction before those that only say how the image is run, or as the last one."""
    if stage.start is None:
        return None
    place = stage.start.location
    for step in stage.instructions:
        if step.keyword not in _SETTINGS:
            place = step.location
            for heredoc in step.effective.heredocs:
                place = place._replace(end=max(place.end, heredoc.body.location.end))
    return insert_instruction(place, text)


def read_only(container: Container, mount: Mount) -> Fix | None:
    """The mount, read-only, where it is written in the container itself."""
    title = "mount it read-only"
    if container.dialect == "kubernetes" or _is_long(mount):
        key = "readOnly" if container.dialect == "kubernetes" else "read_only"
        return fix(title, put(mount.target.location, (key,), True), safe=False)
    place, source = mount.location, mount.source.location
    text = place.text.strip("\"'")
    parts = text.split(":")
    if source.source is not place.source or not place.start <= source.start < place.end or "$" in text:
        return None
    if len(parts) == 2:
        return fix(title, replace(place, f"{text}:ro"), safe=False)
    options = [option for option in parts[-1].split(",") if option != "rw"]
    return fix(title, replace(place, ":".join([*parts[:-1], ",".join(["ro", *options])])), safe=False)


def _is_long(mount: Mount) -> bool:
    """Is it a mapping, not `SOURCE:TARGET`?"""
    return mount.location.text.startswith("{") or "\n" in mount.location.text


def without_option(command: "Command", word: "Word") -> Fix | None:
    """The command without an option that takes no other word; not in the JSON form."""
    place = word.location
    if command.shell == "exec" or not re.fullmatch(r"--?[A-Za-z][\w*.-]*(?:=[\w*.=-]*)?", place.text):
        return None
    return fix(f"leave `{word.text}` out", delete_word(place), safe=False)
