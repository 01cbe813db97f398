"""A container's whole story, joined from all files: what it is, runs as and may do, each fact with its places."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from hullcheck.model.container import Container, Root
from hullcheck.model.workload import Workload
from hullcheck.source import Field, Location, Related
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any


class Fact(NamedTuple):
    """Something that is so. `topic` groups what stands together, `value` says it; `unknown` if it can't be known.

    A topic with several values, such as mounts, has a fact for each.
    """

    topic: str
    value: str
    location: Location
    related: tuple[Related, ...] = ()
    unknown: bool = False


class Story(NamedTuple):
    """A container with its facts. `owner` identifies it; `title` names it for people."""

    owner: str
    title: str
    location: Location
    facts: tuple[Fact, ...]


def stories(parts: Iterable[Any]) -> Iterator[Story]:
    """Every container that runs: of Compose services and of Kubernetes workloads, and of images by themselves."""
    for part in parts:
        if isinstance(part, Workload):
            for container in part.containers:
                yield Story(
                    _owner(part, container), _title(part, container), container.location, _facts(part, container)
                )
        elif isinstance(part, Container) and part.role == "stage":
            facts = tuple(_own_facts(part))
            path = part.location.path
            yield Story(f"{path}#{part.owner}", f"image of {path}, stage {part.name}", part.location, facts)


def _owner(workload: Workload, container: Container) -> str:
    return f"{workload.scope}#{container.owner}"


def _title(workload: Workload, container: Container) -> str:
    if workload.dialect == "compose":
        return f"service {workload.name}" + (f" in {workload.scope}" if workload.scope else "")
    if workload.dialect == "devcontainer":
        return f"{workload.described} of {workload.scope}"
    namespace = f"{workload.namespace}/" if workload.namespace else ""
    return f"container {container.name} in {workload.kind} {namespace}{workload.name}"


def _facts(workload: Workload, container: Container) -> tuple[Fact, ...]:
    return (*_own_facts(container), *_shared_facts(workload))


def _own_facts(container: Container) -> Iterator[Fact]:
    yield from _image(container)
    yield _user(container)
    yield from _flag("privileged", container.privileged)
    yield from _flag("allows privilege escalation", container.escalation)
    yield from _flag("read-only root filesystem", container.read_only_root)
    for topic, fields in (
        ("capability added", container.capabilities_added),
        ("capability dropped", container.capabilities_dropped),
        ("group", container.groups),
    ):
        yield from (_text(topic, field) for field in fields)
    for profile in container.profiles:
        yield from _said(profile.kind, profile.value)
    for mount in container.mounts:
        yield Fact("mount", _mount(mount), mount.location, unknown=bool(mount.source.unknown))
    for device in container.devices:
        yield _text("device", device.source)
    for port in container.ports:
        yield Fact("port", _port(port), port.location, unknown=port.number is None)
    if container.limits is not None:
        yield from _said("memory limit", container.limits.memory)
        yield from _said("cpu limit", container.limits.cpu)


def _shared_facts(workload: Workload) -> Iterator[Fact]:
    for topic, field in (
        ("host network", workload.host_network),
        ("host PID namespace", workload.host_pid),
        ("host IPC namespace", workload.host_ipc),
        ("mounts its service account's token", workload.automount_token),
    ):
        yield from _flag(topic, field)
    if workload.service_account is not None:
        yield from _said("service account", workload.service_account)
    for join in getattr(workload.part, "joins", ()):
        yield Fact("network", join.network, join.location)


def _image(container: Container) -> Iterator[Fact]:
    if container.image is not None and not container.image.reference.absent:
        reference = container.image.reference
        yield Fact("image", reference.value or reference.unknown, reference.location, (), bool(reference.unknown))
    if container.built is not None and container.role != "stage":
        stage = container.built.stage
        yield Fact("built by", f"{stage.location.path}, stage {stage.owner}", stage.location)


def _user(container: Container) -> Fact:
    user = container.user
    if user.root is Root.UNKNOWN:
        return Fact("runs as", user.why or "unknown", user.location, user.related, unknown=True)
    value = user.text or ("root" if user.root in (Root.STATED, Root.IMPLICIT) else "a user that isn't root")
    return Fact("runs as", value, user.location, user.related)


def _flag(topic: str, field: Field[bool] | None) -> Iterator[Fact]:
    if field is not None and not field.absent:
        value = field.unknown or ("yes" if field.value else "no")
        yield Fact(topic, value, field.location, field.related, bool(field.unknown))


def _said(topic: str, field: Field[str]) -> Iterator[Fact]:
    if not field.absent:
        yield _text(topic, field)


def _text(topic: str, field: Field[str]) -> Fact:
    return Fact(topic, field.unknown or field.value or "", field.location, field.related, bool(field.unknown))


def _mount(mount: Any) -> str:
    source = mount.name or mount.source.value or mount.source.unknown or mount.kind
    if mount.kind == "bind":
        source = mount.source.value or mount.source.unknown
    mode = " (read-only)" if mount.read_only.value else ""
    return f"{mount.kind} {source} at {mount.target.value or mount.target.unknown}{mode}"


def _port(port: Any) -> str:
    number = "?" if port.number is None else str(port.number)
    if port.last and port.last != port.number:
        number += f"-{port.last}"
    if port.published is None:
        return f"{number}/{port.protocol}"
    where = (port.host_ip.value or "") if port.host_ip else ""
    host = f"{where}:" if where else ""
    return f"{number}/{port.protocol}, published at {host}{port.published or 'a port of its own'}"


class Change(NamedTuple):
    """What a change does to a container: `text` is a sentence's end, `location` the line that did it.

    `removed` is true if that line was there before and no longer is. `topic` is the fact's; empty where the container
    is new or gone. `owner` is the container's.
    """

    title: str
    text: str
    location: Location
    removed: bool
    topic: str = ""
    owner: str = ""

    @property
    def cause(self) -> str:
        """What did it, as the end of a sentence."""
        return self.because(str)

    def because(self, path: Callable[[str], str]) -> str:
        """The same, in which `path` makes what is printed of a path."""
        verb = "was removed" if self.removed else "says so"
        return f"because {path(self.location.path)}:{self.location.line} {verb}"

    def __str__(self) -> str:
        return f"{self.title}: {self.text}, {self.cause}"


Decide = Callable[[str, str], "tuple[Location, bool] | None"]
"""The line that decides a fact now, by the container's owner and the fact's topic, and whether it is gone."""


def changes(
    before: Iterable[Story],
    after: Iterable[Story],
    names: Mapping[str, str] | None = None,
    decide: Decide = lambda owner, topic: None,
) -> Iterator[Change]:
    """What is different now, container by container. `names` are the owners, of workloads too, that are
    called otherwise now."""
    old = {_renamed(story.owner, names or {}): story for story in before}
    for story in after:
        known = old.pop(story.owner, None)
        if known is None:
            text = ", ".join(("is new", *_notable(story)))
            yield Change(story.title, text, story.location, removed=False, owner=story.owner)
        else:
            yield from _differences(known, story, decide)
    for story in old.values():
        yield Change(story.title, "is gone", story.location, removed=True, owner=story.owner)


def _renamed(owner: str, names: Mapping[str, str]) -> str:
    """What a container is called now: by itself, or by the workload that it is in."""
    if owner in names:
        return names[owner]
    workload, _, container = owner.rpartition("/")
    return f"{names[workload]}/{container}" if workload in names else owner


_NOTABLE = {
    "privileged": "yes", "host network": "yes", "host PID namespace": "yes", "host IPC namespace": "yes",
    "allows privilege escalation": "yes", "capability added": "", "device": "",
}  # fmt: skip


def _notable(story: Story) -> Iterator[str]:
    """What a reviewer wants to know of a new container: that it has root, privileges, or a part of the host."""
    for fact in story.facts:
        if fact.topic == "runs as" and not fact.unknown and fact.value.partition(":")[0] in ("root", "0"):
            yield f"runs as {fact.value}"
        elif fact.topic in _NOTABLE and _NOTABLE[fact.topic] in ("", fact.value):
            yield fact.topic if fact.value == "yes" else f"{fact.topic} {fact.value}"
        elif fact.topic == "mount" and fact.value.startswith(("bind ", "hostPath ")):
            yield f"mounts {fact.value}"


def _differences(old: Story, new: Story, decide: Decide) -> Iterator[Change]:
    before, after = _by_topic(old), _by_topic(new)
    for topic in (*after, *(topic for topic in before if topic not in after)):
        was, now = before.get(topic, {}), after.get(topic, {})
        gone = [fact for value, fact in was.items() if value not in now]
        come = [fact for value, fact in now.items() if value not in was]
        if len(gone) == len(come) == 1:
            text = f"{topic} {come[0].value} instead of {gone[0].value}"
            place, removed = decide(new.owner, topic) or _turned(gone[0], come[0], old, new)
            yield Change(new.title, text, place, removed, topic, new.owner)
            continue
        for fact in come:
            text = f"{topic} {fact.value}, which is new"
            yield Change(new.title, text, fact.location, removed=False, topic=topic, owner=new.owner)
        for fact in gone:
            text = f"no longer {topic} {fact.value}"
            yield Change(new.title, text, fact.location, removed=True, topic=topic, owner=new.owner)


def _turned(gone: Fact, come: Fact, old: Story, new: Story) -> tuple[Location, bool]:
    """The line that made one fact another, and whether it is gone.

    A default that took over stands nowhere new: what did it is the line that is gone. What rests on other places and
    stands where it did is decided by the first of those that says something else now.
    """
    if come.location.text == new.location.text and gone.location.text != old.location.text:
        return gone.location, True
    if come.location.text == gone.location.text:
        known = {related.location.text for related in gone.related}
        for related in come.related:
            if related.location.text not in known:
                return related.location, False
    return come.location, False


def _by_topic(story: Story) -> dict[str, dict[str, Fact]]:
    found: dict[str, dict[str, Fact]] = {}
    for fact in story.facts:
        found.setdefault(fact.topic, {}).setdefault(fact.value, fact)
    return found
