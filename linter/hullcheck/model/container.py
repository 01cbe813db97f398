"""A container as it will run, whatever dialect describes it: what the checks look at.

A `Field` that is absent says that nothing was written, with the place where it would be; what the default then is
depends on the dialect, and is said at each field.
"""

from __future__ import annotations

from hullcheck.choices import Enum
from hullcheck.model.image import ImageUse
from hullcheck.source import Field, Location, Related
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any


class Root(Enum):
    """Does it run as root, and who says so?"""

    STATED = "stated"  # a line says root, or uid 0
    IMPLICIT = "implicit"  # nothing says a user, and the image is known to run as root
    NO = "no"
    UNKNOWN = "unknown"


class User(NamedTuple):
    """The effective user of a container, and what decides it.

    `location` is the deciding line, or where a user would be said. `text` is the user as written, if one is.
    `why` completes "runs as root: ..." or says why it is unknown. `related` are the other lines it rests on.
    """

    root: Root
    location: Location
    text: str = ""
    why: str = ""
    related: tuple[Related, ...] = ()
    drops_privileges: str = ""  # the program (gosu, su-exec, ...) that the entry point leaves root with
    unlisted: bool = False  # unknown only because nobody knows what the base image runs as
    unsaid: bool = False  # unknown because nothing is said where it is run: its image decides


class Profile(NamedTuple):
    """A confinement by the kernel: `kind` is "seccomp", "apparmor", "selinux" or "systempaths".

    `value` is normalised: "unconfined", "runtime/default", "localhost/NAME", a SELinux type, or "disable". `allows` says
    in words what a profile of this repository lets through, if that is all but what it lists.
    """

    kind: str
    value: Field[str]
    allows: str = ""


class Mount(NamedTuple):
    """Something mounted into a container.

    `kind` is "bind" (a path of the host), "volume" (named or claimed), "tmpfs", "npipe", "image", "secret", "config",
    or the name of a Kubernetes volume source. `source` is the host's path for "bind", normalised (no `..`, `//` or
    trailing slash, `subPath` joined); a path relative to the repository's folder starts with `./` or is `.`; one below
    the user's home starts with `~`. `options` are the rest as written ("exec", "Socket", "rshared").
    """

    kind: str
    source: Field[str]
    target: Field[str]
    read_only: Field[bool]
    location: Location
    propagation: Field[str] | None = None
    options: tuple[str, ...] = ()
    name: str = ""  # of the volume, where it has one


class Device(NamedTuple):
    """A device of the host; `rule` is true for a cgroup rule such as `b *:* rwm`."""

    source: Field[str]
    location: Location
    rule: bool = False


class Port(NamedTuple):
    """A port of the container. `number` and `published` are the first of a range, `last` its last; unknown is None.

    `public` is true if it is published on all interfaces of the host (Compose) or on the node (`hostPort`), None where
    that can't be known. `published` is the port of the host, 0 where the daemon chooses one, None where it isn't
    published. `host_ip` is as written. `until` is the last of the host's ports that are asked for, if it is known.
    """

    number: int | None
    last: int | None
    protocol: str
    location: Location
    published: int | None = None
    host_ip: Field[str] | None = None
    public: bool | None = False
    name: str = ""
    until: int | None = None

    @property
    def shown(self) -> str:
        """The port for messages, or the host's where the container's isn't known."""
        if self.number is None:
            return f"{self.published} of the host" if self.published else "that isn't known"
        return f"{self.number}-{self.last}" if self.last and self.last != self.number else f"{self.number}"


class Variable(NamedTuple):
    """An environment variable. `value` is unknown if it comes from elsewhere (`valueFrom`, the caller's environment).

    `key` is the name's place. `source` says which kind of place it is: "environment", "env_file", "build argument",
    "ENV", "ARG", "ConfigMap", "label", or "Secret", where an empty name stands for all that it holds. `defaulted` is
    true if the value is a default that the caller can replace.
    """

    name: str
    value: Field[str]
    key: Location
    source: str = "environment"
    defaulted: bool = False


class Limits(NamedTuple):
    """Resource limits and requests, as written; an absent field means none."""

    memory: Field[str]
    cpu: Field[str]
    memory_request: Field[str]
    cpu_request: Field[str]
    pids: Field[str] | None = None
    ephemeral_storage: Field[str] | None = None


class Probe(NamedTuple):
    """A health check or a hook.

    `kind` is "healthcheck", "liveness", "readiness", "startup", "postStart", "preStop", "post_start" or "pre_stop".

    `how` is "exec", "http", "tcp", "grpc", or "none" for one that is switched off. `command` is the program's words.
    `identity` is equal for probes that ask the same.
    """

    kind: str
    how: str
    location: Location
    command: tuple[Field[str], ...] = ()
    host: Field[str] | None = None
    port: Field[str] | None = None
    identity: str = ""


class Container(NamedTuple):
    """A stage that ships, a Compose service or a Kubernetes container.

    `dialect` is "dockerfile", "compose", "kubernetes" or "devcontainer"; `role` is "stage", "service", "container",
    "init", "sidecar", "ephemeral" or "development". `location` is the name's place: what is missing is reported there. `complete` is false for a
    fragment (an overlay, a patch), about which nothing can be called missing. `serves` is true if it declares a port
    or an entry point. `judged_elsewhere` is true where the image is built here and the finding belongs to its
    Dockerfile. `short_lived` is true for what runs to an end (jobs, init containers, one-off services).
    """

    dialect: str
    owner: str
    name: str
    location: Location
    image: ImageUse | None
    user: User
    role: str = "container"
    complete: bool = True
    serves: bool = False
    judged_elsewhere: bool = False
    short_lived: bool = False
    windows: bool = False
    profile: str = ""  # of Compose, that it needs to be started

    privileged: Field[bool] | None = None
    escalation: Field[bool] | None = None  # allowPrivilegeEscalation; Compose: no-new-privileges:false is True
    read_only_root: Field[bool] | None = None
    capabilities_added: tuple[Field[str], ...] = ()  # as written
    capabilities_dropped: tuple[Field[str], ...] = ()
    profiles: tuple[Profile, ...] = ()
    proc_mount: Field[str] | None = None
    groups: tuple[Field[str], ...] = ()  # additional and primary, as written
    mounts: tuple[Mount, ...] = ()
    devices: tuple[Device, ...] = ()
    ports: tuple[Port, ...] = ()
    environment: tuple[Variable, ...] = ()
    labels: tuple[Variable, ...] = ()
    command: tuple[Field[str], ...] = ()  # entry point and arguments, word by word
    instead: tuple[Field[str], ...] = ()  # what of `command` replaces the image's own entry point
    workdir: Field[str] | None = None  # where it starts, if that is said where it is run
    remapped: bool = False  # in a user namespace of its own, where root is nobody to the host
    probes: tuple[Probe, ...] = ()
    limits: Limits | None = None
    pull_policy: Field[str] | None = None  # `imagePullPolicy`
    built: Any = None  # the `Shipped` stage that its image is, where that is built here
    non_root: Field[bool] | None = None  # effective `runAsNonRoot`
    if_target: bool = False  # a stage that ships only if somebody names it as the target

    @property
    def described(self) -> str:
        """The container as a message's subject."""
        kinds = {"stage": "stage", "service": "service", "init": "init container", "ephemeral": "ephemeral container"}
        kinds |= {"development": "development container"}
        return f"{kinds.get(self.role, 'container')} `{self.name}`"
