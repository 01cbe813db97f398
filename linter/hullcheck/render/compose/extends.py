"""`extends`: a service as what it says itself, over the services that it leads to."""

from __future__ import annotations

from hullcheck.budget import tick
from hullcheck.model.coverage import Gap
from hullcheck.model.node import Mapping, Node
from hullcheck.render.compose.interpolate import Variables
from hullcheck.render.compose.limits import MAX_SHARED
from hullcheck.render.compose.merge import Merge
from hullcheck.render.compose.nodes import Entries, is_nothing, mapping, text_of
from hullcheck.render.compose.without import without
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Protocol

MAX_SERVICES = 500
"""Services that lead to one another by `extends`."""

Resets = tuple[tuple[str, ...], ...]
Done = dict[tuple[str, str], tuple[Node, bool]]


class Scope(NamedTuple):
    """Where paths are seen from, what variables mean, and which files led here by `include`."""

    folder: str
    variables: Variables
    included: tuple[str, ...] = ()


class Loading(Protocol):
    """Who loads the files, as far as `extends` needs it; `lost` are services that something is missing of."""

    lost: set[str]
    done: dict[tuple[str, int], Done]

    def afford(self, base: Node | None) -> bool: ...

    def extended_file(self, folder: str, node: Node, owner: str) -> str | None: ...

    def services_of(self, path: str, scope: Scope) -> tuple[Entries, Resets]: ...

    def reach(self, path: str, service: str) -> None: ...

    def refuse(self, node: Node, message: str, owner: str = "") -> None: ...

    def unfollowed(self, node: Node, message: str, gap: Gap, owner: str = "") -> None: ...


class _Step(NamedTuple):
    """A service on the way, among the services of its file; `done` has those that are finished."""

    name: str
    path: str
    services: Entries
    resets: Resets
    done: Done

    @property
    def key(self) -> tuple[int, str, str]:
        return (id(self.done), self.path, self.name)

    @property
    def extends(self) -> Node | None:
        """What the service extends, if it does."""
        service = self.services[self.name][1]
        found = service.get("extends") if isinstance(service, Mapping) else None
        return None if is_nothing(found) else found


class Extends:
    """The services of one document, each with what it extends."""

    def __init__(self, loader: Loading, path: str, root: Mapping, resets: Resets, scope: Scope) -> None:
        self.loader = loader
        self.path = path
        self.root = root
        self.resets = resets
        self.scope = scope
        self.own: Done = {}

    def applied(self) -> Mapping:
        """The document, with nothing left to extend. Services whose way can't be followed are the loader's `lost`."""
        root = self.root
        services = root.get("services")
        if not isinstance(services, Mapping) or not any(
            isinstance(child, Mapping) and child.get("extends") is not None for _, child in services.entries().values()
        ):
            return root
        own = services.entries()
        found: Entries = {}
        for name, (key, _) in own.items():
            tick()
            node, lost = self._service(_Step(name, self.path, own, self.resets, self.own))
            found[name] = (key, node)
            if lost:
                self.loader.lost.add(name)
        key = root.entries()["services"][0]
        return mapping(root, root.entries() | {"services": (key, mapping(services, found))})

    def _service(self, at: _Step) -> tuple[Node, bool]:
        """The service with all that it extends, and whether something of that is missing."""
        way: list[_Step] = []
        passed: set[tuple[int, str, str]] = set()
        base: Node | None = None
        lost = True
        while True:
            known = at.done.get((at.path, at.name))
            extends = at.extends
            if known is not None or extends is None:
                base, lost = known or (at.services[at.name][1], False)
                break
            if at.key in passed or len(way) >= MAX_SERVICES:
                self._endless(extends, [*way, at], circle=at.key in passed)
                break
            passed.add(at.key)
            way.append(at)
            following = self._next(at, extends)
            if following is None:
                break
            at = following
        for step in reversed(way):
            if not lost and not self.loader.afford(base):
                lost, base = True, None
                self._too_much(step)
            base = self._merged(step, base)
            step.done[(step.path, step.name)] = (base, lost)
        assert base is not None
        return base, lost

    def _merged(self, at: _Step, base: Node | None) -> Mapping:
        service = at.services[at.name][1]
        assert isinstance(service, Mapping)
        own = mapping(service, {key: entry for key, entry in service.entries().items() if key != "extends"})
        if not isinstance(base, Mapping):
            return own
        below = tuple(reset[2:] for reset in at.resets if reset[:2] == ("services", at.name) and len(reset) > 2)
        merge = Merge("extends")
        merged = merge.services(without(base, below), own)
        for _, other in merge.conflicts:
            self.loader.refuse(other, "cannot override a value of another kind", f"services.{at.name}")
        return mapping(own, merged.entries())

    def _next(self, at: _Step, extends: Node) -> _Step | None:
        """The service that one extends; None, with a problem, if there is none."""
        owner = f"services.{at.name}"
        reference = extends.get("service") if isinstance(extends, Mapping) else extends
        file = extends.get("file") if isinstance(extends, Mapping) else None
        wanted = text_of(reference)
        if reference is not None and reference.unknown:
            message = "`extends` names a service by a variable that isn't set here"
            self.loader.unfollowed(reference, message, Gap("variable", "extended service", reference.unknown), owner)
            return None
        if reference is None or not wanted:
            self.loader.refuse(extends, "`extends` names no service", owner)
            return None
        if file is not None and not is_nothing(file):
            other = self._other(at, file, owner)
            if other is None:
                return None
            at = other
        if wanted not in at.services:
            message = f"`extends` names service `{wanted}`, which is not in `{at.path}`"
            self.loader.refuse(reference, message, owner)
            return None
        self.loader.reach(at.path, wanted)
        return at._replace(name=wanted)

    def _other(self, at: _Step, file: Node, owner: str) -> _Step | None:
        """The services of another file, with paths as they are seen from this project's folder."""
        path = self.loader.extended_file(self.scope.folder, file, owner)
        if path is None:
            return None
        services, resets = self.loader.services_of(path, self.scope)
        done = self.loader.done.setdefault((self.scope.folder, id(self.scope.variables)), {})
        return _Step(at.name, path, services, resets, done)

    def _too_much(self, at: _Step) -> None:
        extends = at.extends
        assert extends is not None
        why = f"what the services of a project share comes to more than {MAX_SHARED:,} values"
        self.loader.unfollowed(extends, why, Gap("limit", "extended service", why), f"services.{at.name}")

    def _endless(self, extends: Node, way: list[_Step], *, circle: bool) -> None:
        owner = f"services.{way[-1].name}"
        if not circle:
            why = f"`extends` leads through more than {MAX_SERVICES} services"
            self.loader.unfollowed(extends, why, Gap("limit", "extended service", why), owner)
            return
        names = ", ".join(f"`{step.name}`" for step in way)
        self.loader.refuse(extends, f"`extends` leads in a circle: {names}", owner)
