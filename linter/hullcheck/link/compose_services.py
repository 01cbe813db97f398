"""The tree of a Compose project as what the rest of the linter looks at: services, networks, volumes, file objects."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from collections.abc import Mapping as Lookup

from hullcheck.budget import tick
from hullcheck.link.compose_shipped import EXAMPLES, Shipped
from hullcheck.model.compose import Build, Dependency, FileObject, Join, Network, Service, Volume
from hullcheck.model.container import Mount, Port, Variable
from hullcheck.model.image import ImageUse
from hullcheck.model.node import Mapping, Node, Scalar
from hullcheck.patterns import pattern
from hullcheck.render.compose.interpolate import DEFAULT, MAX_NESTED, MAX_TEXT, Variables, is_set_elsewhere, settings_in
from hullcheck.render.compose.nodes import (
    MARK,
    PLACES,
    Text,
    entries,
    get,
    is_nothing,
    items,
    marked,
    part,
    parts,
    text_of,
)
from hullcheck.render.compose.paths import inside, is_absolute, is_remote_context
from hullcheck.render.compose.short import clean
from hullcheck.source import Field, Location, Related, Source
from hullcheck.tuples import NamedTuple

_BINDS = frozenset(("bind", "rbind"))
_IMAGE_CONTEXT = "docker-image://"
_OF_KERNEL = {
    "proc": "/proc", "sysfs": "/sys", "devtmpfs": "/dev", "debugfs": "/sys/kernel/debug", "tracefs": "/sys/kernel/tracing",
    "cgroup": "/sys/fs/cgroup", "cgroup2": "/sys/fs/cgroup", "securityfs": "/sys/kernel/security", "bpf": "/sys/fs/bpf",
    "efivarfs": "/sys/firmware/efi/efivars",
}  # fmt: skip
"""Types of file systems that the kernel makes, and where the host has them: the daemon mounts the host's own.

See https://docs.docker.com/reference/cli/docker/volume/create/#driver-specific-options
"""


class Place(NamedTuple):
    """Where a project is read from: its folder, its tree, its variables and files of variables.

    `skipped` are services of a fragment that are judged where another service extends them. `shipped` knows what
    variables are in the example beside the project.
    """

    folder: str
    root: Mapping
    variables: Variables
    texts: Lookup[str, Source]
    complete: bool
    skipped: set[str]
    shipped: Shipped


class Parts(NamedTuple):
    """What a project consists of, by key."""

    services: dict[str, Service]
    networks: dict[str, Network]
    volumes: dict[str, Volume]
    secrets: dict[str, FileObject]
    configs: dict[str, FileObject]


def project_parts(place: Place) -> Parts:
    root = place.root
    networks = {key: _network(at, node) for key, (at, node) in entries(root.get("networks")).items()}
    volumes = {key: _volume(at, node) for key, (at, node) in entries(root.get("volumes")).items()}
    secrets = _file_objects(place, "secrets")
    configs = _file_objects(place, "configs")
    services = {}
    for key, (at, node) in entries(root.get("services")).items():
        tick()
        if isinstance(node, Mapping) and key not in place.skipped:
            reader = _Reader(place, key, at, node)
            services[key] = reader.service(networks, volumes)
    return Parts(services, networks, volumes, secrets, configs)


def field(node: Node | None, otherwise: Location) -> Field[str]:
    """A scalar as a field: absent if it is null, with the place where it would be."""
    if node is None:
        return Field(None, otherwise)
    if node.unknown:
        return Field(None, node.location, node.unknown, parts=parts(node))
    text = text_of(node)
    return Field(text, node.location, related=replaced(node)) if text is not None else Field(None, node.location)


def boolean(node: Node | None, otherwise: Location) -> Field[bool]:
    """A boolean that was given its type, or a text that Compose takes as one."""
    said = field(node, otherwise)
    if said.value is None:
        return Field(None, said.location, said.unknown)
    return Field(said.value.lower() in ("true", "y", "yes", "on"), said.location, related=said.related)


def replaced(node: Node) -> tuple[Related, ...]:
    """What an override or an extending service put the node in the place of."""
    before = node.before
    while isinstance(node, Text) and isinstance(before, Scalar) and before.location == node.location:
        before = before.before
    if before is None or before.location == node.location or before.location.source.path == "":
        return ()
    return (Related(before.location, "this is overridden"),)


def _network(key: Scalar, node: Node) -> Network:
    at = key.location
    name = field(get(node, "name"), at)
    options = {option: field(child, at) for option, (_, child) in entries(get(node, "driver_opts")).items()}
    implicit = key.text == "default" and key.location.text.strip("\"'") != "default"
    return Network(
        key.text, name, boolean(get(node, "external"), at), boolean(get(node, "internal"), at),
        field(get(node, "driver"), at), options, at, declared=not implicit,
    )  # fmt: skip


def _volume(key: Scalar, node: Node) -> Volume:
    at = key.location
    options = {option: field(child, at) for option, (_, child) in entries(get(node, "driver_opts")).items()}
    return Volume(
        key.text, field(get(node, "name"), at), boolean(get(node, "external"), at), field(get(node, "driver"), at),
        options, at,
    )  # fmt: skip


def _file_objects(place: Place, kind: str) -> dict[str, FileObject]:
    found = {}
    for key, (at, node) in entries(place.root.get(kind)).items():
        written = get(node, "file")
        file = host_path(place, written, at.location)
        path = inside("", file.value) if file.value is not None else None
        found[key] = FileObject(
            kind, key, file, field(get(node, "environment"), at.location), field(get(node, "content"), at.location),
            boolean(get(node, "external"), at.location), at.location, path,
        )  # fmt: skip
    return found


def host_path(place: Place, node: Node | None, otherwise: Location) -> Field[str]:
    """A path of the host, normalised: from `/`, from the user's home `~`, or from the repository's root `./`."""
    if not isinstance(node, Scalar) or is_nothing(node):
        return field(node, otherwise)
    text = _known_places(marked(node), place.folder) if node.unknown else node.text
    if MARK in text:
        known = _partly_known(text)
        return Field(known or None, node.location, "" if known else node.unknown, replaced(node) if known else ())
    return Field(normal_path(text, place.folder), node.location, related=replaced(node))


def _partly_known(text: str) -> str:
    """A path of the host of which enough is known: `*` stands for the rest. Empty if it may be anything.

    It is known where its first folder is, and where it leads to a runtime's socket, whatever is before that.
    """
    path = normal_path(text.replace(MARK, "*"), "") if text.startswith(("/", "~")) else ""
    if path.startswith("~") or (path and "*" not in path.split("/")[1]):
        return path
    if text.startswith(f"{MARK}/"):
        path = normal_path(f"/*{text[1:]}".replace(MARK, "*"), "")
        from hullcheck.model.hostpaths import leads_to_runtime

        return path if leads_to_runtime(path) else ""
    return ""


def _known_places(text: str, folder: str) -> str:
    """The text with the folders that `$HOME` and the like name, where it starts with one."""
    for name, mark in PLACES.items():
        if text.startswith(MARK + mark):
            rest = text[len(MARK + mark) :]
            if _PLACE[name] == "~":  # one of `${HOME}${USERPROFILE}` is empty
                rest = rest.removeprefix(MARK + PLACES["USERPROFILE"]).removeprefix(MARK + PLACES["HOME"])
            return _PLACE[name] + rest
    return text


_PLACE = {"HOME": "~", "PWD": ".", "XDG_RUNTIME_DIR": "/run/user/1000", "USERPROFILE": "~"}


_ROOT = "/".join([".."] * 6)
"""From any folder that a repository is kept in, so many steps up are the host's root."""


def normal_path(text: str, folder: str) -> str:
    if text.startswith("~"):
        rest = posixpath.normpath(text[1:].lstrip("/"))
        if rest == ".." or rest.startswith("../"):  # homes are folders of `/home`
            return clean(f"/home/*/{rest}")
        return "~" if rest == "." else "~/" + rest
    if is_absolute(text):
        return text if not text.startswith("/") else clean(text)
    joined = posixpath.normpath(posixpath.join(folder, text))
    if joined.startswith(_ROOT):
        return clean("/" + joined)
    return joined if joined == "." or joined.startswith("..") else f"./{joined}"


class _Reader:
    """Reads one service's merged mapping."""

    def __init__(self, place: Place, name: str, key: Scalar, node: Mapping) -> None:
        self.place = place
        self.name = name
        self.key = key
        self.node = node
        self.at = key.location

    def service(self, networks: dict[str, Network], volumes: dict[str, Volume]) -> Service:
        node = self.node
        joins = tuple(self._joins())
        provider = not is_nothing(node.get("provider"))
        return Service(
            name=self.name,
            owner=f"services.{self.name}",
            location=self.at,
            image=self.field("image"),
            build=self._build(),
            user=self.field("user"),
            networks=tuple(join.network for join in joins),
            network_mode=self.field("network_mode"),
            ports=tuple(self._ports(networks, joins)),
            profiles=self._texts("profiles"),
            depends_on=tuple(self._dependencies()),
            environment=tuple(self._environment()),
            labels=tuple(self._labels()),
            volumes=tuple(self._volumes(volumes)),
            complete=self.place.complete and not provider and self._can_run(),
            node=node,
            joins=joins,
            links=self._texts("links"),
            expose=self._texts("expose"),
            provider=provider,
            images=tuple(self._images()),
        )

    def _images(self) -> Iterator[ImageUse]:
        for item in items(self.node.get("volumes")):
            if isinstance(item, Mapping) and text_of(item.get("type")) == "image":
                yield from self._image(item.get("source"), "image that is mounted")
        for item in items(self.node.get("pre_start")):
            yield from self._image(get(item, "image"), "image of a `pre_start` hook")
        for name, (_, child) in entries(get(self.node, "build", "additional_contexts")).items():
            reference = marked(child) if isinstance(child, Scalar) else ""
            if reference.startswith(_IMAGE_CONTEXT):
                text = reference.removeprefix(_IMAGE_CONTEXT)
                image = part(child, text, len(_IMAGE_CONTEXT)) if isinstance(child, Scalar) else child
                yield from self._image(image, f"image of build context `{name}`")

    def _image(self, node: Node | None, how: str) -> Iterator[ImageUse]:
        said = field(node, self.at)
        if not said.absent:
            yield ImageUse(said, f"service `{self.name}`: {how}", f"services.{self.name}")

    def _can_run(self) -> bool:
        return any(not is_nothing(self.node.get(maker)) for maker in ("image", "build"))

    def field(self, *keys: str) -> Field[str]:
        """The text at these keys. A value from elsewhere, such as an anchor, names the service that uses it."""
        node = get(self.node, *keys)
        said = self.place.shipped.known(node, field(node, self.at))
        return said if said.value is None else said._replace(related=(*said.related, *self.used_by(said.location)))

    def used_by(self, at: Location) -> tuple[Related, ...]:
        own = self.node
        if at.source is self.at.source and self.at.start <= at.start < max(own.end, self.at.end):
            return ()
        return (Related(self.at, f"service `{self.name}` uses it"),)

    def _texts(self, key: str) -> tuple[str, ...]:
        return tuple(text for item in items(self.node.get(key)) if (text := text_of(item)) and not item.unknown)

    def _build(self) -> Build | None:
        build = self.node.get("build")
        if not isinstance(build, Mapping):
            return None
        key = self.node.key("build")
        at = key.location if key is not None else self.at
        context = field(build.get("context"), at)
        folder, path = self._build_paths(build, context)
        if context.value is not None and not is_remote_context(context.value) and folder is not None:
            context = context._replace(
                value=posixpath.relpath(f"/{folder}", f"/{posixpath.dirname(context.location.path)}")
            )
        arguments = {name: field(child, key.location) for name, (key, child) in entries(build.get("args")).items()}
        contexts = {
            name: field(child, key.location) for name, (key, child) in entries(build.get("additional_contexts")).items()
        }
        return Build(
            context, field(build.get("dockerfile"), at), field(build.get("dockerfile_inline"), at),
            field(build.get("target"), at), arguments, contexts, at, build, folder, path,
        )  # fmt: skip

    def _build_paths(self, build: Mapping, context: Field[str]) -> tuple[str | None, str | None]:
        if context.value is None or is_remote_context(context.value):
            return None, None
        folder = inside(self.place.folder, context.value)
        dockerfile = build.get("dockerfile")
        text = text_of(dockerfile)
        if folder is None or text is None or (dockerfile is not None and dockerfile.unknown):
            return folder, None
        return folder, inside(folder, text)

    def _joins(self) -> "list[Join]":
        found = []
        written = self.node.get("networks")
        for name, (key, child) in entries(written).items():
            implicit = key.location.text.strip("\"'") != name and name == "default"
            aliases = tuple(text for item in items(get(child, "aliases")) if (text := text_of(item)))
            found.append(Join(name, self.at if implicit else key.location, aliases, implicit))
        return found

    def _dependencies(self) -> "list[Dependency]":
        return [
            Dependency(name, field(get(child, "condition"), key.location), key.location)
            for name, (key, child) in entries(self.node.get("depends_on")).items()
        ]

    def _ports(self, networks: dict[str, Network], joins: tuple[Join, ...]) -> "list[Port]":
        inner = _not_public([networks[join.network] for join in joins if join.network in networks])
        inner = inner or text_of(self.node.get("network_mode")) == "none"  # what is published goes nowhere
        found: list[Port] = []
        for item in items(self.node.get("ports")):
            if not isinstance(item, Mapping):
                continue
            port = _port(item, self.place)
            if inner and port.public:
                port = port._replace(public=False)
            last = found[-1] if found else None
            if (
                last is not None
                and last.location == port.location
                and port.number is not None
                and last.number is not None
            ):
                found[-1] = _joined(last, port)
            else:
                found.append(port)
        return found

    def _environment(self) -> "list[Variable]":
        found = [self._variable(key, child, "environment") for key, child in self._pairs("environment")]
        known = {variable.name for variable in found}
        found += [variable for variable in self._env_files() if variable.name not in known]
        found += [self._variable(key, child, "build argument") for key, child in self._pairs("build", "args")]
        return found

    def _pairs(self, *keys: str) -> "list[tuple[Scalar, Node]]":
        return list(entries(get(self.node, *keys)).values())

    def _variable(self, key: Scalar, child: Node, source: str) -> Variable:
        said = field(child, key.location)
        if said.value is not None and is_set_elsewhere(child):
            settings = tuple(settings_in(child, self.place.variables))
            said = Field(None, said.location, f"{child.because} in another file", settings)
        related = (*said.related, *self.used_by(said.location)) if said.value is not None else said.related
        defaulted = child.because == DEFAULT
        return Variable(key.text, said._replace(related=related), key.location, source, defaulted)

    def _env_files(self) -> "list[Variable]":
        found: dict[str, Variable] = {}
        for item in items(self.node.get("env_file")):
            path = text_of(get(item, "path"))
            where = inside(self.place.folder, path) if path else None
            source = self.place.texts.get(where) if where else None
            if source is None:
                continue
            use = Related(item.location, f"service `{self.name}` takes its environment from it")
            from hullcheck.render.compose.dotenv import variables as read_variables

            for name, setting in read_variables(source, self.place.variables).items():
                at = setting.location or source.at(0)
                said: Field[str] = Field(setting.text, at, related=(use,))
                key = Location(at.source, at.start, min(at.start + len(name), at.end))
                found[name] = Variable(name, said, key, "env_file")
        return list(found.values())

    def _labels(self) -> "list[Variable]":
        pairs = [*self._pairs("labels"), *self._pairs("deploy", "labels")]
        return [self._variable(key, child, "label") for key, child in pairs]

    def _volumes(self, volumes: dict[str, Volume]) -> "list[Mount]":
        return [
            mount
            for item in items(self.node.get("volumes"))
            if isinstance(item, Mapping)
            for mount in self._mounted(item, volumes)
        ]

    def _mounted(self, item: Mapping, volumes: dict[str, Volume]) -> "list[Mount]":
        mount = self._mount(item)
        volume = volumes.get(mount.name) if mount.name else None
        return self._bound(mount, volume) if volume is not None else [mount]

    def _mount(self, item: Mapping) -> Mount:
        at = item.location
        kind = field(item.get("type"), at)
        source = item.get("source")
        name = text_of(source) or "" if kind.value == "volume" else ""
        said = self._mount_source(kind, source, at)
        target = field(item.get("target"), at)
        read_only = boolean(item.get("read_only"), at)
        propagation = get(item, "bind", "propagation")
        options = tuple(
            text for key in ("selinux", "recursive") if (text := text_of(get(item, "bind", key))) is not None
        )
        return Mount(
            kind.value or "bind", said, target, read_only, at,
            field(propagation, at) if propagation is not None else None, options, name,
        )  # fmt: skip

    def _mount_source(self, kind: Field[str], source: Node | None, at: Location) -> Field[str]:
        if kind.unknown:
            return Field(None, at, kind.unknown)
        said = host_path(self.place, source, at) if kind.value == "bind" else field(source, at)
        return said if said.value is None else said._replace(related=(*said.related, *self.used_by(said.location)))

    def _bound(self, mount: Mount, volume: Volume) -> "list[Mount]":
        """A named volume as what its options make of it: the local driver hands them to mount(8)."""
        device, options = volume.driver_opts.get("device"), volume.driver_opts.get("o")
        if (volume.driver.value or "local") != "local" or device is None:
            return [mount]
        words = (options.value or "").split(",") if options is not None else []
        kind = volume.driver_opts.get("type")
        read_only = Field(True, options.location) if options is not None and "ro" in words else mount.read_only
        of_kernel = _OF_KERNEL.get(kind.value or "") if kind is not None and _BINDS.isdisjoint(words) else None
        if kind is not None and of_kernel is not None:
            return [self._of_volume(mount, kind, of_kernel, read_only)]
        if not _BINDS.isdisjoint(words) or posixpath.normpath(device.value or "").startswith("/dev/"):
            return [self._of_volume(mount, device, device.value, read_only)]
        if options is not None and kind is not None and kind.value == "overlay":
            return list(self._layers(mount, options, words)) or [mount]
        return [mount]

    def _layers(self, mount: Mount, options: Field[str], words: list[str]) -> "Iterator[Mount]":
        """The folders of the host that an overlay consists of; only the upper one is written to."""
        for word in words:
            name, _, paths = word.partition("=")
            for path in paths.split(":") if name == "lowerdir" else [paths] if name == "upperdir" else ():
                yield self._of_volume(mount, options, path, Field(name == "lowerdir", options.location))

    def _of_volume(self, mount: Mount, said: Field[str], path: str | None, read_only: Field[bool]) -> Mount:
        """What a named volume mounts, as said by its options."""
        use = Related(mount.location, f"service `{self.name}` mounts it")
        source = said._replace(related=(*said.related, use))
        if path is not None:
            source = source._replace(value=normal_path(path, self.place.folder))
        return mount._replace(kind="bind", source=source, read_only=read_only)


def _port(item: Mapping, place: Place) -> Port:
    number, published = item.get("target"), item.get("published")
    address = item.get("host_ip")
    host = field(address, item.location) if address is not None else None
    port = _number(number)
    text = text_of(published)
    hidden = published is not None and bool(published.unknown)
    if hidden and published is not None and host is None:
        shipped = as_shipped(published, place)
        _, colon, last = shipped.rpartition(":")
        if colon:
            host = Field(shipped.rpartition(":")[0], published.location)
        # No address can stand in the long form, and none is where a port is shipped or named.
        text = last if last.isdecimal() else None
        short = published.location == item.location and not _has_address(published)
        may_be_address = short and not last.isdecimal() and not _names_port(published)
        if text is not None or not may_be_address:
            text, hidden = text or "0", False
    protocol = text_of(item.get("protocol")) or "tcp"
    count = getattr(item, "count", 1)
    return Port(
        port, None if port is None else port + count - 1, protocol, item.location,
        0 if text is None or hidden else _first_number(text),
        host, _public(host, hidden), text_of(item.get("name")) or "", _last_number(text),
    )  # fmt: skip


_NAME = pattern(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")
_BRACED = pattern(r"\$\{[^{}]*+\}")


def _variables_of(node: Node) -> list[str]:
    """The variables that the node's text was made with."""
    before = node.before
    return _NAME.findall(before.text[:MAX_TEXT]) if isinstance(before, Scalar) else []


def _names_port(node: Node) -> bool:
    """Is it a variable for a port that isn't known?"""
    names = _variables_of(node)
    return bool(names) and not {"PORT", "PORTS"}.isdisjoint(names[0].upper().split("_"))


def _has_address(node: Node) -> bool:
    """Does the short form that it stands in have a place of its own for an address, though an empty one?"""
    before = node.before
    text = before.text[:MAX_TEXT] if isinstance(before, Scalar) else ""
    for _ in range(MAX_NESTED if "${" in text else 0):
        inner, text = text, _BRACED.sub("", text)
        if text == inner:
            break
    return text.count(":") > 1


def as_shipped(node: Node, place: Place) -> str:
    """What the first variable of a text is in the example that lies beside the project; empty if there is none."""
    for name in _variables_of(node)[:1]:
        for example in EXAMPLES:
            source = place.texts.get(posixpath.join(place.folder, example))
            from hullcheck.render.compose.dotenv import variables as read_variables

            setting = read_variables(source, {}).get(name) if source is not None else None
            if setting is not None:
                return setting.text
    return ""


def _number(node: Node | None) -> int | None:
    text = text_of(node)
    return None if node is None or node.unknown or text is None or not text.isdecimal() else int(text[:9])


def _first_number(text: str) -> int | None:
    digits = text.partition("-")[0]
    return int(digits[:9]) if digits.isdecimal() else None


def _last_number(text: str | None) -> int | None:
    digits = (text or "").rpartition("-")[2]
    return int(digits[:9]) if digits.isdecimal() else None


def _public(host: Field[str] | None, hidden: bool) -> bool | None:
    """Is it open on all of the host's interfaces? What hides in an unknown part may be an address."""
    if host is None or host.absent:
        return None if hidden else True
    if host.value is None:
        return None
    return host.value in ("", "0.0.0.0", "::", "*") or host.value.lower().rpartition(":")[2] == "0.0.0.0"


def _not_public(networks: list[Network]) -> bool:
    """Do the networks' own settings keep published ports from the outside?"""
    if not networks:
        return False
    return all(network.internal.value or _bound_to_loopback(network) for network in networks)


def _bound_to_loopback(network: Network) -> bool:
    option = network.driver_opts.get("com.docker.network.bridge.host_binding_ipv4")
    return option is not None and option.value is not None and option.value.startswith("127.")


def _joined(first: Port, other: Port) -> Port:
    """Entries of one line are one range."""
    lower = min(first, other, key=lambda port: port.number or 0)
    return lower._replace(last=max(first.last or 0, other.last or 0))
