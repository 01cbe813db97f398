"""`kustomize build`, without running or fetching anything: resources, generators, components, then transformers."""

from __future__ import annotations

from collections.abc import Callable

from hullcheck.model.node import Scalar
from hullcheck.model.problem import Problem
from hullcheck.parse.kustomization import Layer, RefusedError, UnknownError, layer, struct, texts
from hullcheck.render.kustomize import generate, plugins, transformers, variables
from hullcheck.render.kustomize.fieldspecs import configured
from hullcheck.render.kustomize.files import Files, is_below, is_remote, resolve
from hullcheck.render.kustomize.kinds import Types
from hullcheck.render.kustomize.loading import FileReader, MissingError, file_path
from hullcheck.render.kustomize.names import follow_names
from hullcheck.render.kustomize.openapi import types_of
from hullcheck.render.kustomize.order import in_order
from hullcheck.render.kustomize.origins import note, wanted
from hullcheck.render.kustomize.resources import Resource, Resources, Work, read
from hullcheck.render.kustomize.state import CONFIGURED, MISSING, OUTSIDE, REMOTE, State
from hullcheck.render.kustomize.transform import settled_annotations
from hullcheck.source import Location

MAX_DEPTH = 60

STEPS = 100
"""What a kustomization costs for itself."""

_LOCAL = "config.kubernetes.io/local-config"


class Builder:
    """Builds kustomizations of one repository. Each base is built once, however many overlays use it."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.work = Work()
        self._bases: dict[tuple[str, str], State | RefusedError] = {}
        self._asked: dict[tuple[str, str], tuple[set[str], int]] = {}
        self._shared = 0
        self._schema = ""  # the path of the schema of the build that goes on
        self._types: dict[str, Types] = {}

    @property
    def cost(self) -> int:
        """What the builds so far would cost if each built its bases for itself."""
        return self._shared - self.work.left

    def before_more(self) -> Callable[[], None]:
        """What takes back what is built from here on, as if it had never been."""
        left, shared, schema = self.work.left, self._shared, self._schema
        known = dict(self._bases), dict(self._asked), dict(self._types)

        def back() -> None:
            self.work.left, self._shared, self._schema = left, shared, schema
            self._bases, self._asked, self._types = known

        return back

    def root(self, folder: str) -> tuple[list[Resource], State]:
        """The objects of a folder's kustomization as they are put out. Raises RefusedError."""
        found = self.files.kustomization(folder)
        own = layer(*found) if found else None
        self._schema = self._schema_of(own) if own else ""
        built = self.base(folder, (), None).copy()
        self.work.spend(STEPS + len(built.resources), self._start(folder))
        for resource in built.resources:
            if resource.hashed:
                generate.add_hash(resource)
        built.resources.renamed()
        follow_names(built.resources, built.config.name_reference)
        variables.resolve(built.resources, built.variables, built.config.var_reference)
        kept: list[Resource] = []
        local: list[Resource] = []
        for resource in built.resources:
            (kept if resource.annotations().get(_LOCAL, "false") == "false" else local).append(resource)
        built.local = [resource.root for resource in local]
        ordered = in_order(Resources(kept), own.node("sortOptions") if own else None)
        for resource in ordered:
            settled_annotations(resource)
        if own and own.node("buildMetadata") is not None:
            steps = sum(len(resource.through.all()) for resource in ordered if resource.through)
            self.work.spend(STEPS * steps // 20, self._start(folder))
            note(ordered, wanted(own), folder)
        return ordered, built

    def _schema_of(self, own: Layer) -> str:
        """The path of the schema that the kustomization brings along, empty if it brings none that is here."""
        path = struct(own.node("openapi"), "openapi", "path version").get("path")
        if not isinstance(path, Scalar) or not path.text:
            return ""
        try:
            found = file_path(path, own.folder, self.files)
        except MissingError:
            return ""
        if found not in self._types:
            content = self.files.content(found)
            self._types[found] = types_of(content.roots[0] if content and content.roots else None)
        return found

    def base(self, folder: str, stack: tuple[str, ...], place: Location | None) -> State:
        """What the kustomization of that folder gathers, without the last steps. Raises RefusedError."""
        for above in stack:
            if is_below(above, folder):
                message = f"`{folder or '.'}` is among the folders that lead to it: kustomizations go round in circles"
                raise RefusedError(message, place or self._start(folder))
        if len(stack) > MAX_DEPTH:
            raise UnknownError(f"kustomizations are nested more than {MAX_DEPTH} deep", place or self._start(folder))
        known = self._bases.get((self._schema, folder))
        if known is None:
            around, self.files.asked = self.files.asked, set()
            start = self.cost
            try:
                known = self._built(folder, stack, place)
            except RefusedError as error:
                known = error
            finally:
                own, self.files.asked = self.files.asked, around
                around |= own
            self._bases[self._schema, folder] = known
            self._asked[self._schema, folder] = own, self.cost - start
        else:
            asked, cost = self._asked[self._schema, folder]
            self.files.asked |= asked
            self._shared += cost
        if isinstance(known, RefusedError):
            raise known
        return known

    def _built(self, folder: str, stack: tuple[str, ...], place: Location | None) -> State:
        own = self._layer(folder, place)
        if own.component and stack:
            raise RefusedError(f"`{folder}` is a component, and is used as a base", place or own.place("kind"))
        state = State(self.work)
        state.types = self._types.get(self._schema)
        self.accumulate(own, state, (*stack, folder))
        return state

    def _start(self, folder: str) -> Location:
        found = self.files.kustomization(folder)
        assert found is not None
        return found[0].at(found[1].start)

    def _layer(self, folder: str, place: Location | None) -> Layer:
        found = self.files.kustomization(folder)
        if found is None:
            assert place is not None
            raise RefusedError(f"there is no kustomization in `{folder or '.'}`", place)
        return layer(*found)

    def accumulate(self, own: Layer, state: State, stack: tuple[str, ...]) -> None:
        """One layer's own steps, in kustomize's order, on what is there already."""
        state.files.add(own.path)
        for node in texts_of(own, "resources", "bases"):
            self._add_resource(node, own, state, stack)
        self._configure(own, state)
        self._generate(own, state, stack)
        for node in texts_of(own, "components"):
            self._add_component(node, own, state, stack)
        self.work.spend(STEPS + len(state.resources), own.source.at(own.root.start))
        transformers.run(own, state, self.files)
        plugins.transform(self._configured("transformers", own, state, stack), own, state, self.files)
        for entry in own.list("vars"):
            variable = variables.variable(entry)
            variables.mark(state.resources, variable)
            state.add_variable(variable.name, variable)

    def _add_resource(self, node: Scalar, own: Layer, state: State, stack: tuple[str, ...]) -> None:
        """A file of objects, or a folder with a kustomization."""
        if is_remote(node.text):
            state.unknown(f"`{node.text}` is remote and isn't fetched", node.location, REMOTE)
            return
        path = resolve(own.folder, node.text)
        if path is None:
            state.unknown(f"`{node.text}` is outside of the repository", node.location, OUTSIDE)
            return
        objects = self.files.objects(path) if path else None
        if objects is not None:
            if not is_below(path, own.folder):
                raise RefusedError(f"`{node.text}` is not in or below the kustomization's folder", node.location)
            state.files.add(path)
            state.sources.add(path)
            for root in objects:
                state.resources.append(read(root, path))
        elif self.files.kustomization(path) is not None:
            state.absorb(self.base(path, stack, node.location), node.location)
        else:
            state.unknown(f"`{node.text}` isn't in the repository", node.location, MISSING)

    def _add_component(self, node: Scalar, own: Layer, state: State, stack: tuple[str, ...]) -> None:
        if is_remote(node.text):
            state.unknown(f"`{node.text}` is remote and isn't fetched", node.location, REMOTE, changes=True)
            return
        path = resolve(own.folder, node.text)
        if path is None or self.files.kustomization(path) is None:
            state.unknown(f"`{node.text}` isn't in the repository", node.location, MISSING, changes=True)
            return
        if any(is_below(above, path) for above in stack) or len(stack) > MAX_DEPTH:
            raise RefusedError(f"`{node.text}` is among the folders that lead to it", node.location)
        component = self._layer(path, node.location)
        if not component.component:
            raise RefusedError(f"`{node.text}` is no component", node.location)
        self.accumulate(component, state, (*stack, path))

    def _configure(self, own: Layer, state: State) -> None:
        for node in texts_of(own, "configurations"):
            try:
                path = file_path(node, own.folder, self.files)
            except MissingError as missing:
                state.unknown(missing.message, missing.location, missing.gap, changes=True)
                continue
            content = self.files.content(path)
            assert content is not None
            state.files.add(path)
            for root in content.roots:
                state.config = configured(state.config, root)
        if own.node("crds") is not None:
            message = "what custom resources refer to is said by `crds`, which isn't read"
            state.problems.append(Problem("not-analysed", message, own.place("crds")))
        openapi = struct(own.node("openapi"), "openapi", "path version")
        if "path" in openapi and (not self._schema or self._schema_of(own) != self._schema):
            state.unknown(
                "how lists are merged is said by `openapi`, which isn't read",
                own.place("openapi"),
                CONFIGURED,
                changes=True,
            )

    def _generate(self, own: Layer, state: State, stack: tuple[str, ...]) -> None:
        shared = generate.options(own.node("generatorOptions"))
        reader = FileReader(own.folder, self.files, state)
        for field, kind in (("secretGenerator", "Secret"), ("configMapGenerator", "ConfigMap")):
            ordered = own.list(field)
            for number, node in enumerate(ordered):
                made = generate.generated(node, kind, shared, reader, f"{field}[{number}]")
                made.origin = (own.path, f"{kind}Generator")
                self._absorb(made, state)
        for field in ("helmCharts", "helmChartInflationGenerator"):
            for node in own.list(field):
                from hullcheck.render.kustomize.inflate import inflated

                for made in inflated(node, own, self.files, state):
                    state.resources.append(made)
        for made in plugins.generated(self._configured("generators", own, state, stack), state, reader):
            self._absorb(made, state)

    def _configured(self, field: str, own: Layer, state: State, stack: tuple[str, ...]) -> list[Resource]:
        """The objects that configure plugins: written in the kustomization, or in files and folders."""
        gathered = State(self.work)
        roots, paths = plugins.written(own, field)
        for root in roots:
            gathered.resources.append(Resource(root))
        for node in paths:
            self._add_resource(node, own, gathered, stack)
        state.files |= gathered.files
        state.sources |= gathered.sources
        state.problems += gathered.problems
        state.approximate = state.approximate or gathered.approximate
        if field == "transformers":
            state.uncertain = state.uncertain or gathered.approximate
        return list(gathered.resources)

    def _absorb(self, made: Resource, state: State) -> None:
        """Add a generated object, or put it in the place of the one that it replaces or is merged with."""
        found = state.resources.known_as(made.id)
        place = made.root.location.one_line()
        if not found:
            if made.behavior in ("merge", "replace"):
                if state.complete:
                    raise RefusedError(f"there is no {made.id} to merge with or replace", place)
                return
            state.resources.append(made)
            return
        if len(found) > 1:
            raise RefusedError(f"several objects are called {made.id}", place)
        if made.behavior not in ("merge", "replace"):
            raise RefusedError(f"{made.id} is there already, and `behavior` says neither merge nor replace", place)
        generate.absorbed(made, found[0])
        state.resources.replace(found[0], made)


def texts_of(own: Layer, *names: str) -> list[Scalar]:
    """The strings of these fields that aren't empty."""
    return [node for name in names for node in texts(own.node(name), name) if node.text]
