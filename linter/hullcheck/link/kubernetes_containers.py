"""Pods to the united model: what the kubelet makes of a pod's and its containers' settings.

A container's own setting beats the pod's, an explicit null is none (k8s.io/api/core/v1, PodSecurityContext).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from hullcheck.model.container import Container, Limits, Mount, Port, Probe, Profile, Root, User, Variable
from hullcheck.model.image import ImageUse
from hullcheck.model.kubernetes import PodContainer, PodObject, is_template, template_parts
from hullcheck.model.node import Mapping, Node, Scalar, as_bool, as_int, as_str, at, is_null, items
from hullcheck.model.refused import PROFILE_TYPES
from hullcheck.model.unknowns import known_in_full, looked_up, parts
from hullcheck.model.workload import Sysctl, Workload
from hullcheck.parse.labels import text_map
from hullcheck.source import Field, Location, Related

LOOPBACK = ("127.", "::1")
MAX_PATH = 4096
"""Characters of a path that are worked out: the system takes no longer one."""

MAX_REPLACED = 3
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_IMAGE_DRIVERS = frozenset(("image.csi.k8s.io", "container-image.csi.k8s.io", "csi-image.warm-metal.tech"))
_INJECTED = ("sidecar.istio.io/inject", "inject.istio.io/templates", "istio.io/rev")
_PROFILES = {"Unconfined": "unconfined", "RuntimeDefault": "runtime/default"}
_PROBES = (
    (("livenessProbe",), "liveness"), (("readinessProbe",), "readiness"), (("startupProbe",), "startup"),
    (("lifecycle", "postStart"), "postStart"), (("lifecycle", "preStop"), "preStop"),
)  # fmt: skip
_ENDS = ("Job", "CronJob", "ScaledJob", "Workflow", "CronWorkflow", "WorkflowTemplate", "Task", "TaskRun", "Pipeline")


def workload(pod: PodObject, *, complete: bool) -> Workload:
    """The pod as the checks see it; `complete` says whether its world is known well enough to call anything missing."""
    return _Pod(pod, complete and pod.complete).workload()


class _Pod:
    def __init__(self, pod: PodObject, complete: bool) -> None:
        self.pod = pod
        self.spec: Node = pod.spec
        self.at = pod.object.location
        self.complete = complete
        self.security = at(self.spec, "securityContext")
        self.volumes = {as_str(at(volume, "name")): volume for volume in items(at(self.spec, "volumes"))}
        templates = items(at(pod.object.node, "spec", "volumeClaimTemplates")) if pod.context.claims else ()
        self.claimed = {as_str(at(template, "metadata", "name")) or "": template for template in templates}
        system = as_str(at(self.spec, "os", "name")) or as_str(at(self.spec, "nodeSelector", "kubernetes.io/os"))
        self.windows = system == "windows"
        shared = any(as_bool(at(self.spec, key)) for key in ("hostNetwork", "hostPID", "hostIPC"))
        # the API refuses a user namespace together with one of the host's (KEP-127)
        self.remapped = as_bool(at(self.spec, "hostUsers")) is False and not shared

    def workload(self) -> Workload:
        made = self.pod.object
        return Workload(
            dialect="kubernetes",
            owner=made.owner,
            kind=made.kind,
            name=made.name,
            namespace=made.namespace,
            location=made.location,
            containers=tuple(self._container(container) for container in self.pod.containers),
            scope=self.pod.context.world,
            complete=self.complete,
            labels=text_map(at(self.pod.metadata, "labels")),
            windows=self.windows,
            host_network=self._flag("hostNetwork"),
            host_pid=self._flag("hostPID"),
            host_ipc=self._flag("hostIPC"),
            host_users=self._flag("hostUsers"),
            host_process=self._host_process(),
            sysctls=tuple(self._sysctls()),
            service_account=self._account(),
            automount_token=self._token(),
            part=self.pod,
            images=tuple(self._mounted_images()),
        )

    def _mounted_images(self) -> Iterator[ImageUse]:
        for name, volume in self.volumes.items():
            node = at(volume, "image", "reference")
            if as_str(at(volume, "csi", "driver")) in _IMAGE_DRIVERS:
                node = at(volume, "csi", "volumeAttributes", "image")
            if node is not None and not is_null(node):
                yield ImageUse(image_text(node, self.at), f"volume `{name}`: image", self.pod.object.owner)

    def _flag(self, key: str) -> Field[bool]:
        return boolean(looked_up(self.spec, key), self.at)

    def _host_process(self) -> Field[bool]:
        """True if the pod, or else any of its containers, is a process of a Windows host."""
        contexts = [self.security, *(at(c.node, "securityContext") for c in self.pod.containers)]
        said = [boolean(at(context, "windowsOptions", "hostProcess"), self.at) for context in contexts]
        return next((field for field in said if field.value), said[0])

    def _sysctls(self) -> Iterator[Sysctl]:
        for item in items(at(self.security, "sysctls")):
            name = at(item, "name")
            if isinstance(name, Scalar) and not name.unknown:
                yield Sysctl(name.text.replace("/", "."), text(at(item, "value"), self.at), name.location)

    def _account(self) -> Field[str]:
        name = at(self.spec, "serviceAccountName")
        return text(looked_up(self.spec, "serviceAccount") if is_null(name) else name, self.at)

    def _token(self) -> Field[bool]:
        own = self._flag("automountServiceAccountToken")
        account = self.pod.context.account
        if not own.absent or account is None:
            return own
        said = boolean(at(account.node, "automountServiceAccountToken"), self.at)
        if said.absent:
            return own
        return said._replace(related=(Related(self.at, f"`{self.pod.object.name}` runs as this account"),))

    def _container(self, container: PodContainer) -> Container:
        return _Container(self, container).container()


class _Container:
    def __init__(self, pod: _Pod, container: PodContainer) -> None:
        self.pod = pod
        self.role = container.role
        self.name = container.name
        self.at = container.location.one_line()
        self.node: Node = container.node
        self.owner = f"{pod.pod.object.owner}/{self.name}"
        self.security = at(self.node, "securityContext")

    def container(self) -> Container:
        ports = tuple(self._ports())
        instead = tuple(texts(at(self.node, "command")))
        command = (*instead, *texts(at(self.node, "args")))
        capabilities = at(self.security, "capabilities")
        return Container(
            dialect="kubernetes",
            owner=self.owner,
            name=self.name,
            location=self.at,
            image=self._image(),
            user=self._user(),
            role=self.role,
            complete=self.pod.complete and self._known(),
            serves=bool(ports),
            short_lived=self.role == "init" or self.pod.pod.object.kind in _ENDS,
            windows=self.pod.windows,
            privileged=self._own_flag("privileged"),
            escalation=self._own_flag("allowPrivilegeEscalation"),
            read_only_root=self._own_flag("readOnlyRootFilesystem"),
            capabilities_added=tuple(texts(at(capabilities, "add"))),
            capabilities_dropped=tuple(texts(at(capabilities, "drop"))),
            profiles=tuple(self._profiles()),
            proc_mount=text(at(self.security, "procMount"), self.at),
            groups=tuple(self._groups()),
            mounts=tuple(self._mounts()),
            ports=ports,
            environment=tuple(self._environment()),
            command=command,
            instead=instead,
            workdir=text(at(self.node, "workingDir"), self.at),
            remapped=self.pod.remapped,
            probes=tuple(self._probes()),
            limits=self._limits(),
            pull_policy=text(at(self.node, "imagePullPolicy"), self.at),
            non_root=boolean(self._effective("runAsNonRoot"), self.at),
        )

    def _known(self) -> bool:
        """Can something be called missing in the container: is all that decides about it known?"""
        below = ("capabilities", "seccompProfile", "windowsOptions", "seLinuxOptions")
        parts = [self.node, self.security, at(self.node, "resources"), *(at(self.security, key) for key in below)]
        return all(map(known_in_full, parts))

    def _own_flag(self, key: str) -> Field[bool]:
        said = boolean(looked_up(self.security, key), self.at)
        if not said.absent:
            return said
        return said._replace(related=removed(self.security, key) or removed(self.node, "securityContext"))

    def _effective(self, key: str) -> Node | None:
        own = at(self.security, key)
        return at(self.pod.security, key) if is_null(own) else own

    def _image(self) -> ImageUse | None:
        node = at(self.node, "image")
        if node is None or is_null(node):
            return None
        said = image_text(node, self.at)
        if said.value == "auto" and self._injected():
            said = Field(None, said.location, "Istio puts its own proxy in its place")
        described = {"init": "init container", "ephemeral": "ephemeral container"}.get(self.role, "container")
        origin = next(iter(replaced(node)), None)
        return ImageUse(said, f"{described} `{self.name}`: image", self.owner, origin=origin)

    def _injected(self) -> bool:
        """Is it a container that Istio fills in: a gateway's proxy?

        See https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/#controlling-the-injection-policy
        """
        said = {k: v for key in ("annotations", "labels") for k, v in text_map(at(self.pod.pod.metadata, key)).items()}
        if said.get("sidecar.istio.io/inject") == "false":
            return False
        return self.name == "istio-proxy" or any(key in said for key in _INJECTED)

    def _user(self) -> User:
        """As the kubelet decides: `runAsUser`, else `runAsNonRoot`, else the image."""
        user, non_root = self._effective("runAsUser"), self._effective("runAsNonRoot")
        if self.pod.windows:
            return self._windows_user()
        for node in (user, non_root, *self._doubtful(user, non_root)):
            if node is not None and node.unknown:
                return User(Root.UNKNOWN, self.at, why=node.unknown)
        refused = as_bool(non_root) is True
        if user is not None and not is_null(user):
            number = as_int(user)
            if number is None:
                return User(Root.UNKNOWN, user.location.one_line(), why="`runAsUser` isn't a number")
            root = Root.STATED if number == 0 and not refused else Root.NO
            related = (*self._inheriting(user), *replaced(user))
            return User(root, user.location.one_line(), str(number), f"`runAsUser` is {number}", related)
        if refused and non_root is not None:
            return User(Root.NO, non_root.location.one_line(), why="`runAsNonRoot` is true")
        contexts = (self.security, self.pod.security)
        related = tuple(r for context in contexts for r in removed(context, "runAsUser", "runAsNonRoot"))
        return User(Root.UNKNOWN, self.at, why="the image decides", unsaid=True, related=related)

    def _doubtful(self, user: Node | None, non_root: Node | None) -> tuple[Node | None, ...]:
        """Mappings of which not all is known, where they say nothing: it may be said in the part that isn't known."""
        if not is_null(user) or not is_null(non_root):
            return ()
        return (self.security, self.pod.security, self.node, self.pod.spec)

    def _windows_user(self) -> User:
        """Windows' options are taken one by one: the container's own, else the pod's."""
        own = at(self.security, "windowsOptions", "runAsUserName")
        said = at(self.pod.security, "windowsOptions", "runAsUserName") if is_null(own) else own
        if not isinstance(said, Scalar) or is_null(said) or said.unknown:
            return User(Root.UNKNOWN, self.at, why="it runs on Windows")
        place = said.location.one_line()
        return User(Root.UNKNOWN, place, said.text, f"`runAsUserName` is `{said.text}`", replaced(said))

    def _inheriting(self, node: Node) -> tuple[Related, ...]:
        """The container, where the pod decides for it."""
        if node is at(self.security, "runAsUser"):
            return ()
        return (Related(self.at, f"container `{self.name}` inherits it"),)

    def _groups(self) -> Iterator[Field[str]]:
        nodes = [self._effective("runAsGroup"), at(self.pod.security, "fsGroup")]
        nodes += items(at(self.pod.security, "supplementalGroups"))
        yield from (text(node, self.at) for node in nodes if not is_null(node))

    def _profiles(self) -> Iterator[Profile]:
        seccomp, apparmor = self._effective("seccompProfile"), self._effective("appArmorProfile")
        if _is_profile(seccomp):
            yield Profile("seccomp", _profile(seccomp, self.at))
        if _is_profile(apparmor):
            yield Profile("apparmor", _profile(apparmor, self.at))
        elif (noted := at(self.pod.pod.metadata, "annotations", _APPARMOR + self.name)) is not None:
            yield Profile("apparmor", text(noted, self.at))
        options = self._effective("seLinuxOptions")
        for key, name in (("type", "selinux"), ("user", "selinux-user"), ("role", "selinux-role")):
            node = at(options, key)
            if not is_null(node):
                yield Profile(name, text(node, self.at))

    def _mounts(self) -> Iterator[Mount]:
        for item in items(at(self.node, "volumeMounts")):
            name = as_str(at(item, "name")) or ""
            volume = self.pod.volumes.get(name)
            if isinstance(volume, Mapping):
                template = at(volume, "ephemeral", "volumeClaimTemplate")
                claim = as_str(at(volume, "persistentVolumeClaim", "claimName"))
                claim = claim if template is None else f"{self.pod.pod.object.name}-{name}"
                mount = self._of_node(item, claim, template)
                if mount is not None and as_bool(at(volume, "persistentVolumeClaim", "readOnly")):
                    # the kubelet lets nobody write then, whatever the mount says
                    mount = mount._replace(read_only=boolean(at(volume, "persistentVolumeClaim", "readOnly"), self.at))
                yield mount or self._mount(item, volume)
            elif (made := self.pod.claimed.get(name)) is not None:
                mount = self._of_node(item, f"{name}-{self.pod.pod.object.name}-0", made)
                if mount is not None:
                    yield mount

    def _of_node(self, item: Node, claim: str | None, template: Node | None) -> Mount | None:
        """The mount of a claim whose volume is a folder of a node."""
        claims = self.pod.pod.context.claims
        volume = claims.volume(self.pod.pod.object.namespace, claim, template) if claims and claim else None
        if volume is None:
            return None
        place = (at(item, "mountPath") or item).location.one_line()
        said = text(volume.path, place)
        if said.value is not None:
            joined = self._joined(said.value, item)
            related = (Related(place, f"{self.described} mounts it, as claim `{claim}`"),)
            if joined is None:
                said = Field(None, said.location, "a part of it is decided elsewhere")
            else:
                said = said._replace(value="/" + posixpath.normpath(joined).lstrip("/"), related=related)
        target, read_only = text(at(item, "mountPath"), place), boolean(at(item, "readOnly"), place)
        options = ("local",) if volume.source == "local" else ()
        return Mount("bind", said, target, read_only, said.location, None, options, as_str(at(item, "name")) or "")

    def _mount(self, item: Node, volume: Mapping) -> Mount:
        name = as_str(volume.get("name")) or ""
        kind = next((k for k, (_, v) in volume.entries().items() if k != "name" and not is_null(v)), "emptyDir")
        place = (at(item, "mountPath") or item).location.one_line()
        target, read_only = text(at(item, "mountPath"), place), boolean(at(item, "readOnly"), place)
        said = at(item, "mountPropagation")
        propagation = None if is_null(said) else text(said, place)
        if kind == "hostPath":
            source, options = self._host_path(volume, item)
            related = (Related(place, f"{self.described} mounts it"),)
            return Mount(
                "bind", source._replace(related=related), target, read_only, source.location, propagation, options, name
            )
        if kind == "persistentVolumeClaim":
            return Mount(
                "volume", text(at(volume, kind, "claimName"), place), target, read_only, place, propagation, (), name
            )
        return Mount(kind, Field(None, place), target, read_only, place, propagation, (), name)

    @property
    def described(self) -> str:
        return f"container `{self.name}`"

    def _host_path(self, volume: Mapping, item: Node) -> tuple[Field[str], tuple[str, ...]]:
        """The host's path with the mount's `subPath`, and the type that is asked for."""
        path, kind = at(volume, "hostPath", "path"), as_str(at(volume, "hostPath", "type"))
        said = text(path, volume.location.one_line())
        if said.value is not None:
            joined = self._joined(said.value, item)
            if joined is None:
                said = Field(None, said.location, "a part of it is decided elsewhere")
            else:
                normal = posixpath.normpath(joined)
                said = said._replace(value=normal[1:] if normal.startswith("//") else normal)
        return said, (kind,) if kind else ()

    def _joined(self, path: str, item: Node) -> str | None:
        """The host's path with what is mounted of it, in which a variable that isn't known stays; None if it is open.

        See https://kubernetes.io/docs/concepts/storage/volumes/#using-subpath-expanded-environment
        """
        below, expression = at(item, "subPath"), at(item, "subPathExpr")
        if (
            is_template(path)
            or (below is not None and below.unknown)
            or (expression is not None and expression.unknown)
        ):
            return None
        if is_null(expression):
            joined = posixpath.join(path, (as_str(below) or "").lstrip("/"))
            return None if is_template(joined) else joined
        said = as_str(expression) or ""
        if "{{" in said or "${" in said or len(said) > MAX_PATH:
            return None
        for each in items(at(self.node, "env")) if "$(" in said else ():
            name, value = as_str(at(each, "name")), as_str(at(each, "value"))
            if name and value and not is_template(value) and len(value) * len(said) <= MAX_PATH**2:
                said = said.replace(f"$({name})", value)[:MAX_PATH]
        return posixpath.join(path, said.lstrip("/"))

    def _ports(self) -> Iterator[Port]:
        for item in items(at(self.node, "ports")):
            number = at(item, "containerPort")
            host, address = at(item, "hostPort"), at(item, "hostIP")
            published = as_int(host) or None
            place = (host if published and host is not None else number or item).location.one_line()
            yield Port(
                number=as_int(number),
                last=as_int(number),
                protocol=(as_str(at(item, "protocol")) or "TCP").lower(),
                location=place,
                published=published,
                host_ip=None if is_null(address) else text(address, place),
                public=published is not None and not (as_str(address) or "").startswith(LOOPBACK),
                name=as_str(at(item, "name")) or "",
            )

    def _environment(self) -> Iterator[Variable]:
        for item in items(at(self.node, "env")):
            name = at(item, "name")
            if not isinstance(name, Scalar):
                continue
            given, secret = at(item, "value"), at(item, "valueFrom", "secretKeyRef")
            if is_null(given) and isinstance(secret, Mapping):
                place = (at(secret, "name") or secret).location.one_line()
                value = Field[str](None, place, "it comes from a Secret")
                yield Variable(name.text, value, name.location.one_line(), "Secret")
                continue
            if is_null(given) and not is_null(at(item, "valueFrom")):
                value = Field[str](None, name.location.one_line(), "it comes from elsewhere")
            elif given is None:
                value = Field("", name.location.one_line())
            else:
                value = text(given, name.location.one_line())
            yield Variable(name.text, value, name.location.one_line())
        for item in items(at(self.node, "envFrom")):
            secret = at(item, "secretRef")
            if isinstance(secret, Mapping):
                place = (at(secret, "name") or secret).location.one_line()
                yield Variable("", Field(None, place, "they come from a Secret"), place, "Secret")

    def _probes(self) -> Iterator[Probe]:
        for path, kind in _PROBES:
            probe = at(self.node, *path)
            if isinstance(probe, Mapping):
                yield self._probe(probe, kind)

    def _probe(self, probe: Mapping, kind: str) -> Probe:
        handlers = (("exec", "exec"), ("httpGet", "http"), ("tcpSocket", "tcp"), ("grpc", "grpc"), ("sleep", "none"))
        key, how = next(((k, h) for k, h in handlers if not is_null(probe.get(k))), ("", "none"))
        handler = probe.get(key) if key else None
        place = (probe.key(key) or probe).location.one_line() if key else probe.location.one_line()
        host, port = at(handler, "host"), at(handler, "port")
        return Probe(
            kind,
            how,
            place,
            tuple(texts(at(handler, "command"))),
            None if is_null(host) else text(host, place),
            None if is_null(port) else text(port, place),
            _identity(probe),
        )

    def _limits(self) -> Limits:
        resources = looked_up(self.node, "resources")
        shared = at(self.pod.spec, "resources")  # of the pod as a whole, since Kubernetes 1.34
        if resources is None and shared is None and not self.pod.pod.context.limit_ranges:
            none = Field[str](None, self.at)
            return Limits(none, none, none, none, ephemeral_storage=none)

        def amount(kind: str, name: str) -> Field[str]:
            own = looked_up(resources, kind, name)
            own = at(shared, kind, name) if is_null(own) else own
            return self._filled_in(kind, name) if is_null(own) else text(own, self.at)

        return Limits(
            amount("limits", "memory"),
            amount("limits", "cpu"),
            amount("requests", "memory"),
            amount("requests", "cpu"),
            ephemeral_storage=amount("limits", "ephemeral-storage"),
        )

    def _filled_in(self, kind: str, name: str) -> Field[str]:
        """What a LimitRange of the namespace fills in where the container says nothing.

        One without a default has its maximum as that, and requests are as limits, else the minimum
        (SetDefaults_LimitRangeItem in kubernetes/pkg/apis/core/v1/defaults.go).
        """
        keys = ("default", "max") if kind == "limits" else ("defaultRequest", "default", "max", "min")
        for ranges in self.pod.pod.context.limit_ranges:
            for limit in items(at(ranges.node, "spec", "limits")):
                given = next((node for key in keys if not is_null(node := at(limit, key, name))), None)
                if as_str(at(limit, "type")) == "Container" and given is not None:
                    return text(given, self.at)
        return Field(None, self.at)


def _is_profile(node: Node | None) -> bool:
    """Does it say a profile that the API takes? `runtimeDefault` and `{}` are refused, and set nothing."""
    if is_null(node):
        return False
    kind = at(node, "type")
    return not isinstance(node, Mapping) or (kind is None and node.unknown != "") or _takes_profile(kind)


def _takes_profile(kind: Node | None) -> bool:
    return isinstance(kind, Scalar) and (kind.unknown != "" or kind.text in PROFILE_TYPES)


def _profile(node: Node | None, otherwise: Location) -> Field[str]:
    kind = at(node, "type")
    said = text(kind if kind is not None else node, otherwise)
    if said.value == "Localhost":
        return said._replace(value=f"localhost/{as_str(at(node, 'localhostProfile')) or ''}")
    return said if said.value is None else said._replace(value=_PROFILES.get(said.value, said.value))


def _identity(node: Node) -> str:
    """Equal for nodes that say the same, in whatever order."""
    if isinstance(node, Mapping):
        return "{" + ",".join(sorted(f"{key}:{_identity(value)}" for key, (_, value) in node.entries().items())) + "}"
    if isinstance(node, Scalar):
        return node.text
    return "[" + ",".join(map(_identity, items(node))) + "]"


def text(node: Node | None, otherwise: Location) -> Field[str]:
    """A scalar's text with its place; absent at `otherwise`, unknown if that can't be known."""
    if node is None or is_null(node):
        return Field(None, otherwise)
    if not isinstance(node, Scalar):
        return Field(None, node.location.one_line(), node.unknown or "it isn't a single value")
    if node.unknown:
        return Field(None, node.location.one_line(), node.unknown, parts=parts(node))
    return Field(node.text, node.location.one_line(), "", replaced(node))


def texts(node: Node | None) -> Iterator[Field[str]]:
    """The scalars of a list."""
    for item in items(node):
        yield text(item, item.location)


def boolean(node: Node | None, otherwise: Location) -> Field[bool]:
    """A boolean with its place; absent at `otherwise`, unknown if that can't be known."""
    if node is None or is_null(node):
        return Field(None, otherwise)
    value = as_bool(node)
    if value is None and not node.unknown and not (isinstance(node, Scalar) and is_template(node.text)):
        return Field(None, otherwise)  # the API refuses it: `"true"` sets nothing
    return Field(
        value, node.location.one_line(), node.unknown or ("" if value is not None else "a template"), replaced(node)
    )


def replaced(node: Node) -> tuple[Related, ...]:
    """What the value was before an overlay changed it, where it was written, the nearest first."""
    if node.before is None:
        return ()
    found: list[Related] = []
    while node.before is not None and len(found) < MAX_REPLACED:
        before = node.before
        if isinstance(before, Scalar) and before.location != node.location:
            by = f"`{node.because}`" if node.because else "an overlay"
            found.append(Related(before.location.one_line(), f"{by} replaces this"))
        node = before
    return tuple(found)


def removed(mapping: Node | None, *keys: str) -> tuple[Related, ...]:
    """Where an overlay took one of these keys out of the mapping."""
    gone = mapping.gone if isinstance(mapping, Mapping) else None
    if not gone:
        return ()
    return tuple(Related(gone[key].location.one_line(), f"`{key}` is taken out here") for key in keys if key in gone)


def image_text(node: Node, place: Location) -> Field[str]:
    """The reference to an image, as far as no template decides it."""
    said = text(node, place)
    if said.value is None:
        return said
    if is_template(said.value):
        return Field(None, said.location, "a template decides it", parts=template_parts(said.value))
    return said._replace(value=said.value.strip())
