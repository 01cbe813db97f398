"""Compose services as the containers that they are, in the words that every dialect shares."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.link.compose_services import Place, boolean, field, host_path
from hullcheck.link.seccomp import lets_through
from hullcheck.model.compose import ComposeProject, FileObject, Service
from hullcheck.model.container import Container, Device, Limits, Mount, Probe, Profile, Root, User
from hullcheck.model.coverage import Gap
from hullcheck.model.image import ImageUse
from hullcheck.model.node import Mapping, Node, Scalar, Sequence
from hullcheck.model.problem import Problem
from hullcheck.model.workload import Sysctl, Workload
from hullcheck.render.compose.nodes import entries, get, items, part, parts, text_of
from hullcheck.render.compose.paths import inside
from hullcheck.source import HOLE, Field, Location, Related

SOCKET = "/var/run/docker.sock"
"""What `use_api_socket` gives a service."""


MAX_LENT = 20_000
"""Steps in which the services of a project are followed to those whose volumes they take, and volumes that these have."""


class Lending:
    """Who takes volumes of whom, and how much of that is still followed; `problems` tell of the rest."""

    def __init__(self, project: ComposeProject) -> None:
        self.project = project
        self.left = MAX_LENT
        self.problems: list[Problem] = []
        self._known: dict[str, list[tuple[Node, str, bool]]] = {}

    def named(self, service: Service) -> list[tuple[Node, str, bool]]:
        """The services that one names in `volumes_from`, and whether to read only."""
        if service.name not in self._known:
            found = []
            for item in items(service.node.get("volumes_from")):
                name, _, mode = (text_of(item) or "").partition(":")
                if name in self.project.services:
                    found.append((item, name, mode == "ro"))
            self._known[service.name] = found
        return self._known[service.name]

    def afford(self, steps: int, service: Service, at: Node) -> bool:
        """May so many more steps be made?"""
        if self.left > 0:
            self.left -= steps
            return True
        why = f"`volumes_from` of the services of a project leads to more than {MAX_LENT:,} services and volumes"
        gap = Gap("limit", "service with `volumes_from`", why)
        message = f"the volumes of `{service.name}` aren't all judged: {why}"
        self.problems.append(Problem("not-analysed", message, at.location, service.owner, gap))
        return False


def workloads(project: ComposeProject, place: Place, lending: Lending) -> tuple[Workload, ...]:
    """A workload for each service that is a container; those of a `provider` are none."""
    ends = {
        dependency.service
        for service in project.services.values()
        for dependency in service.depends_on
        if dependency.condition.value == "service_completed_successfully"
    }
    built = frozenset(s.image.parts for s in project.services.values() if s.build is not None and s.image.parts)
    found = []
    for service in project.services.values():
        if not service.provider:
            builds = service.build is not None or service.image.parts in built
            found.append(_Reader(project, place, service, service.name in ends, builds, lending).workload())
    return tuple(found)


class _Reader:
    """Reads what one service's container may do."""

    def __init__(
        self, project: ComposeProject, place: Place, service: Service, ends: bool, built: bool, lending: Lending
    ) -> None:
        self.project = project
        self.built = built  # its image is, by it or, as far as what is known of its name goes, by another service
        self.lending = lending
        self.place = place
        self.service = service
        self.node = service.node
        self.at = service.location
        self.ends = ends or text_of(get(self.node, "deploy", "mode")) in ("replicated-job", "global-job")

    def workload(self) -> Workload:
        service = self.service
        return Workload(
            dialect="compose",
            owner=service.owner,
            kind="service",
            name=service.name,
            namespace="",
            location=service.location,
            containers=(self._container(),),
            scope=self.project.paths[0],
            complete=service.complete,
            labels={variable.name: variable.value.value or "" for variable in service.labels},
            windows=self._windows(),
            host_network=self._host_network(),
            host_pid=self._is("pid", "host"),
            host_ipc=self._is("ipc", "host"),
            host_uts=self._is("uts", "host"),
            host_users=self._is("userns_mode", "host"),
            host_cgroup=self._is("cgroup", "host"),
            sysctls=tuple(self._sysctls()),
            part=service,
        )

    def _container(self) -> Container:
        service = self.service
        use = None
        if not service.image.absent:
            use = ImageUse(
                service.image,
                f"service `{service.name}`: image",
                service.owner,
                self._written_image(),
                built_here=self.built,
                origin=next(iter(service.image.related), None) if self._written_image() else None,
            )
        command = started_by(service)
        return Container(
            dialect="compose",
            owner=service.owner,
            name=service.name,
            location=service.location,
            image=use,
            user=user_of(service),
            role="service",
            complete=service.complete,
            serves=bool(service.ports or service.expose or command),
            short_lived=self.ends,
            windows=self._windows(),
            profile=service.profile,
            privileged=self._flag("privileged"),
            escalation=self._escalation(),
            read_only_root=self._flag("read_only"),
            capabilities_added=self._texts("cap_add"),
            capabilities_dropped=self._texts("cap_drop"),
            profiles=tuple(self._profiles()),
            groups=(*self._texts("group_add"), *self._primary_group()),
            mounts=tuple(self._mounts()),
            devices=tuple(self._devices()),
            ports=service.ports,
            environment=service.environment,
            labels=service.labels,
            command=command,
            probes=(*self._probes(), *self._hooks()),
            limits=self._limits(),
            workdir=self._workdir(),
        )

    def _written_image(self) -> str:
        node = self.node.get("image")
        before = node.before if node is not None else None
        if isinstance(before, Scalar) and node is not None and before.location == node.location:
            return before.text
        return ""

    def _is(self, key: str, wanted: str) -> Field[bool]:
        """Is that said, by the service or by the one whose namespace it shares?"""
        said = self.place.shipped.known(self.node.get(key), field(self.node.get(key), self.at))
        if said.value is None:
            return Field(None, said.location, said.unknown)
        lender = self._shared(key, said.value)
        if lender is not None:
            lent = field(lender.get(key), said.location)
            why = Related(lent.location, "it shares what is the host's own")
            return Field(lent.value == wanted, said.location, related=(why,) if lent.value == wanted else ())
        return Field(said.value == wanted, said.location, related=self._related(said))

    def _shared(self, key: str, said: str) -> Mapping | None:
        """The service at the end of `service:` after `service:`."""
        seen, found = {self.service.name}, None
        while said.startswith("service:"):
            name = said.removeprefix("service:")
            if name in seen or name not in self.project.services:
                return None
            seen.add(name)
            found = self.project.services[name].node
            said = text_of(found.get(key)) or ""
        return found

    def _flag(self, key: str) -> Field[bool]:
        node = self.node.get(key)
        said = boolean(node, self.at)
        if said.unknown:
            shipped = self.place.shipped.known(node, field(node, self.at))
            on = (shipped.value or "").lower() in ("true", "y", "yes", "on")
            return said if shipped.value is None else Field(on, said.location, related=shipped.related)
        return said if said.value is None else said._replace(related=self._related(said))

    def _related(self, said: "Field[str] | Field[bool]") -> tuple[Related, ...]:
        """What the value replaced, and the service where it is written elsewhere, such as at an anchor."""
        at, own = said.location, self.node
        if at.source is self.at.source and self.at.start <= at.start < max(own.end, self.at.end):
            return said.related
        return (*said.related, Related(self.at, f"service `{self.service.name}` uses it"))

    def _host_network(self) -> Field[bool]:
        said = self._is("network_mode", "host")
        if said.value or said.unknown:
            return said
        for join in self.service.joins:
            network = self.project.networks.get(join.network)
            if network is not None and network.external.value and network.name.value == "host":
                related = Related(network.name.location, f"network `{network.key}` is the host's own")
                return Field(True, join.location, related=(related,))
        return said

    def _workdir(self) -> Field[str]:
        said = field(self.node.get("working_dir"), self.at)
        return said if said.value is None else said._replace(related=self._related(said))

    def _windows(self) -> bool:
        platform = text_of(self.node.get("platform")) or ""
        return platform.startswith("windows") or text_of(self.node.get("isolation")) in ("hyperv", "process")

    def _texts(self, key: str) -> tuple[Field[str], ...]:
        found = (self.place.shipped.known(item, field(item, self.at)) for item in items(self.node.get(key)))
        return tuple(said._replace(related=self._related(said)) for said in found if not said.absent)

    def _options(self) -> Iterator[tuple[str, str, Field[str]]]:
        """`security_opt` as names and values."""
        for said in self._texts("security_opt"):
            if said.value is not None:
                separator = "=" if "=" in said.value else ":"
                name, _, value = said.value.partition(separator)
                yield name.strip(), value.strip(), said

    def _escalation(self) -> Field[bool]:
        for name, value, said in self._options():
            if name == "no-new-privileges":
                denied = value.lower() in ("", "true", "1", "t")
                return Field(not denied, said.location, related=said.related)
        for said in self._texts("security_opt"):
            if said.unknown:
                return Field(None, said.location, said.unknown)
        return Field(None, self.at)

    def _profiles(self) -> Iterator[Profile]:
        for name, value, said in self._options():
            if name in ("seccomp", "apparmor", "systempaths"):
                normal = {"unconfined": "unconfined", "builtin": "runtime/default", "docker-default": "runtime/default"}
                allows = self._allows(value) if name == "seccomp" and value not in normal else ""
                yield Profile(name, said._replace(value=normal.get(value, f"localhost/{value}")), allows)
            elif name == "label":
                kind, _, label = value.replace("=", ":").partition(":")
                if kind == "disable" or (kind == "type" and label):
                    yield Profile("selinux", said._replace(value=label or "disable"))

    def _allows(self, path: str) -> str:
        """What a seccomp profile of this repository lets through, if that is everything but a list of calls."""
        where = inside(self.place.folder, path)
        source = self.place.texts.get(where) if where else None
        return lets_through(source.text) if source is not None else ""

    def _primary_group(self) -> tuple[Field[str], ...]:
        said = self.service.user
        group = (said.value or "").partition(":")[2]
        return (said._replace(value=group),) if group else ()

    def _mounts(self) -> Iterator[Mount]:
        yield from self.service.volumes
        yield from self._in_memory()
        yield from self._file_objects("secrets", self.project.secrets, "/run/secrets/")
        yield from self._file_objects("configs", self.project.configs, "/")
        yield from self._volumes_from()
        socket = self._flag("use_api_socket")
        if socket.value:
            path = Field(SOCKET, socket.location, related=socket.related)
            yield Mount("bind", path, path, Field(False, socket.location), socket.location, None, ("use_api_socket",))

    def _in_memory(self) -> Iterator[Mount]:
        written = self.node.get("tmpfs")
        for item in [written] if isinstance(written, Scalar) else items(written):
            said = field(item, self.at)
            if said.absent:
                continue
            target, _, text = (said.value or "").partition(":")
            options = tuple(filter(None, text.split(",")))
            where = said._replace(value=target) if said.value is not None else said
            read_only = Field("ro" in options, item.location)
            yield Mount("tmpfs", Field(None, item.location), where, read_only, item.location, None, options)

    def _file_objects(self, kind: str, objects: dict[str, FileObject], folder: str) -> Iterator[Mount]:
        for item in items(self.node.get(kind)):
            name = text_of(get(item, "source")) or ""
            known = objects.get(name)
            if known is None or known.file.absent:
                continue
            use = Related(item.location, f"service `{self.service.name}` takes it")
            source = known.file._replace(related=(*known.file.related, use))
            target = field(get(item, "target"), item.location)
            if target.absent:
                target = Field(folder + name, item.location)
            yield Mount(kind[:-1], source, target, Field(True, item.location), item.location, name=name)

    def _volumes_from(self) -> Iterator[Mount]:
        for item in items(self.node.get("volumes_from")):
            kind, _, name = (text_of(item) or "").partition(":")
            if kind == "container":
                unknown = f"which volumes container `{name.partition(':')[0]}` has isn't said here"
                source = Field[str](None, item.location, unknown)
                yield Mount("volume", source, Field(None, item.location), Field(None, item.location), item.location)
        for item, name, read_only in self._lenders(self.service):
            lender = self.project.services[name]
            if not self.lending.afford(1 + len(lender.volumes), self.service, item):
                return
            why = Related(item.location, f"service `{self.service.name}` takes the volumes of `{name}`")
            for mount in lender.volumes:
                source = mount.source._replace(related=(*mount.source.related, why))
                read = Field(True, item.location) if read_only else mount.read_only
                yield mount._replace(source=source, read_only=read)

    def _lenders(self, service: Service) -> Iterator[tuple[Node, str, bool]]:
        """The services whose volumes this one takes, and those whose volumes these take; each once."""
        seen = {service.name}
        pending: list[tuple[Service, Node | None, bool]] = [(service, None, False)]
        while pending:
            taker, first, read = pending.pop()
            for item, name, only in self.lending.named(taker):
                if name in seen:
                    continue
                seen.add(name)
                at, read_only = first or item, read or only
                yield at, name, read_only
                pending.append((self.project.services[name], at, read_only))

    def _devices(self) -> Iterator[Device]:
        for item in items(self.node.get("devices")):
            said = host_path(self.place, get(item, "source"), item.location)
            if not said.absent:
                yield Device(said._replace(related=self._related(said)), item.location)
        for said in self._texts("device_cgroup_rules"):
            yield Device(said, said.location, rule=True)

    def _sysctls(self) -> Iterator[Sysctl]:
        for name, (key, child) in entries(self.node.get("sysctls")).items():
            said = field(child, key.location)
            yield Sysctl(name, said._replace(related=self._related(said)), key.location)

    def _probes(self) -> Iterator[Probe]:
        health = self.node.get("healthcheck")
        if not isinstance(health, Mapping):
            return
        key = self.node.key("healthcheck")
        at = key.location if key is not None else self.at
        disabled = health.get("disable")
        if disabled is not None and boolean(disabled, at).value:
            yield Probe("healthcheck", "none", disabled.location)
            return
        test = health.get("test")
        command = tuple(field(item, at) for item in items(test))
        if isinstance(test, Scalar):
            command = tuple(split(test)) if text_of(test) else ()
        elif command and command[0].value in ("CMD", "CMD-SHELL"):
            shell = command[0].value == "CMD-SHELL" and isinstance(test, Sequence) and len(test.items) > 1
            last = test.items[1] if shell and isinstance(test, Sequence) else None
            command = tuple(split(last)) if isinstance(last, Scalar) else command[1:]
        if command and command[0].value == "NONE":
            yield Probe("healthcheck", "none", command[0].location)
        elif command:
            said = tuple(word.value or "" for word in command)
            yield Probe("healthcheck", "exec", at, command, identity=" ".join(said))

    def _hooks(self) -> Iterator[Probe]:
        """The commands that are run when it starts and stops."""
        for key in ("post_start", "pre_stop"):
            for item in items(self.node.get(key)):
                command = _words(get(item, "command"), self.at)
                if command:
                    identity = " ".join(word.value or "" for word in command)
                    yield Probe(key, "exec", item.location, command, identity=identity)

    def _limits(self) -> Limits:
        limits, wanted = ("deploy", "resources", "limits"), ("deploy", "resources", "reservations")
        return Limits(
            memory=self._amount(("mem_limit",), (*limits, "memory")),
            cpu=self._amount(("cpus",), (*limits, "cpus"), ("cpu_quota",)),
            memory_request=self._amount(("mem_reservation",), (*wanted, "memory")),
            cpu_request=self._amount((*wanted, "cpus")),
            pids=self._amount(("pids_limit",), (*limits, "pids"), below=True),
        )

    def _amount(self, *paths: tuple[str, ...], below: bool = False) -> Field[str]:
        """The first of these that is said and means a limit: zero doesn't, nor less, unless what is `below` counts."""
        absent: Field[str] = Field(None, self.at)
        for path in paths:
            said = field(get(self.node, *path), self.at)
            none = said.value is not None and (_is_zero(said.value) or (not below and said.value.lstrip()[:1] == "-"))
            if said.unknown or (said.value is not None and not none):
                return said
            if said.value is not None:
                absent = Field(None, said.location)
        return absent


def user_of(service: Service) -> User:
    """The user that the service itself says; without one, its image decides."""
    said = service.user
    text = said.value if said.value is not None else said.parts
    name = text.partition(":")[0].strip()
    if said.unknown and (not name or HOLE in name):
        return User(Root.UNKNOWN, said.location, why=said.unknown)
    if said.absent:
        return User(Root.UNKNOWN, service.location, why="the image decides", unsaid=True)
    root = name == "root" or (name.isdecimal() and int(name[:20]) == 0)
    shown = text.replace(HOLE, "*")
    return User(Root.STATED if root else Root.NO, said.location, shown, f"`user` is `{shown}`", said.related)


def started_by(service: Service) -> tuple[Field[str], ...]:
    """The words that start a service: its entry point's, then its command's."""
    return tuple(word for key in ("entrypoint", "command") for word in _words(service.node.get(key), service.location))


def _words(node: Node | None, at: Location) -> tuple[Field[str], ...]:
    """The words of a command line, which is a list or one text."""
    return tuple(split(node)) if isinstance(node, Scalar) else tuple(field(item, at) for item in items(node))


def split(node: Scalar) -> Iterator[Field[str]]:
    """The words of a command line, each with its own place where it stands there as it is."""
    text = parts(node) if node.unknown else node.text
    if not text:
        yield Field(None, node.location, node.unknown)
        return
    from hullcheck.render.compose.units import words

    try:
        found = words(text)
    except ValueError:
        found = text.split()
    at = 0
    for word in found:
        if HOLE in word:
            yield Field(None, node.location, node.unknown, parts=word)
            continue
        offset = text.find(word, at) if word else -1
        if offset < 0:
            yield Field(word, node.location)
            continue
        at = offset + len(word)
        yield Field(word, part(node, word, offset).location)


def _is_zero(text: str) -> bool:
    from hullcheck.render.compose.units import size

    try:
        return size(text) == 0 and float(text.rstrip("bBkKmMgGiI ") or 0) == 0
    except ValueError:
        return False
