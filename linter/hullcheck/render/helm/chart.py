"""Charts as they lie in a repository: a folder, or an archive in another chart's `charts/`."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable

from hullcheck.model.coverage import Gap
from hullcheck.model.node import Mapping, Node, Scalar
from hullcheck.model.problem import Problem
from hullcheck.parse.yaml import parse
from hullcheck.render.helm.data import from_source, merged
from hullcheck.render.helm.errors import TemplateError
from hullcheck.render.helm.glob import Ignore
from hullcheck.render.helm.index import Index
from hullcheck.render.helm.scalars import resolve
from hullcheck.render.helm.semver import Version, satisfies
from hullcheck.render.helm.show import float_text
from hullcheck.render.helm.values import Map, StringMap, Value
from hullcheck.source import Location, Source

MAX_CHARTS = 200
MAX_NEIGHBOURS = 80
"""Charts of the repository that one chart takes in, each time that it does; a large umbrella has thirty."""

MAX_FILES = 20_000
MAX_NESTING = 12

_TEXTS = {
    "Name": "name",
    "Home": "home",
    "Version": "version",
    "Description": "description",
    "Icon": "icon",
    "APIVersion": "apiVersion",
    "Condition": "condition",
    "Tags": "tags",
    "AppVersion": "appVersion",
    "KubeVersion": "kubeVersion",
    "Type": "type",
}


class Folder:
    """Files below some place, by their names there."""

    def __init__(self, path: str, names: Iterable[str], read: Callable[[str], bytes | None]) -> None:
        self.path = path
        self.names = sorted(names)
        self._read = read

    def read(self, name: str) -> bytes:
        """The bytes of a file, empty if it can't be read; without a byte order mark."""
        data = self._read(name) or b""
        return data.removeprefix(b"\xef\xbb\xbf")

    def holds(self, name: str) -> bool:
        """Can the file be read?"""
        return self._read(name) is not None

    def source(self, name: str) -> Source:
        return Source(f"{self.path}/{name}" if self.path else name, self._read(name) or b"")

    def below(self, name: str) -> "Folder":
        """The files below a folder in it."""
        prefix = name + "/"
        names = [each[len(prefix) :] for each in self.names if each.startswith(prefix)]
        path = f"{self.path}/{name}" if self.path else name
        return Folder(path, names, lambda each: self._read(prefix + each))

    def without_ignored(self) -> "Folder":
        """The same without what its .helmignore names."""
        rules = Ignore(self.source(".helmignore").text if ".helmignore" in self.names else "")
        return Folder(self.path, [name for name in self.names if not rules.ignores(name)], self._read)


class Dependency:
    """An entry of `dependencies`."""

    def __init__(self, node: Mapping) -> None:
        self.name = _text(node.get("name"))
        self.place = (node.get("name") or node).location
        self.version = _text(node.get("version"))
        self.alias = _text(node.get("alias"))
        self.condition = _text(node.get("condition"))
        self.repository = _text(node.get("repository"))
        tags, imports = node.get("tags"), node.get("import-values")
        self.tags = [_text(item) for item in getattr(tags, "items", ()) if isinstance(item, Scalar)]
        self.imports = [_import(item) for item in getattr(imports, "items", ()) if isinstance(item, Node)]
        self.enabled = True
        self.chart = self.name

    def fits(self, name: str, version: str) -> bool:
        """Is it this chart?"""
        if self.name != name:
            return False
        try:
            return satisfies(self.version, Version(version))
        except TemplateError:
            return False

    def as_map(self) -> Map:
        """As templates see it in `.Chart.Dependencies`."""
        return Map(
            Name=self.name,
            Version=self.version,
            Repository=self.repository,
            Condition=self.condition,
            Tags=list(self.tags),
            Enabled=self.enabled,
            ImportValues=[],
            Alias=self.alias,
        )


def _import(node: Node) -> str | tuple[str, str]:
    if isinstance(node, Mapping):
        return _text(node.get("child")), _text(node.get("parent"))
    return _text(node)


class Chart:
    """A chart with the charts it depends on; `values` and `charts` change while dependencies are worked out.

    `unknown` says why its values can't be known, `unread` are templates that can't be read.
    """

    def __init__(self, name: str, source: Source) -> None:
        self.name = name
        self.source = source
        self.metadata = Map()
        self.dependencies: list[Dependency] | None = None
        self.values = Map()
        self.templates: list[tuple[str, Source]] = []
        self.files: dict[str, Callable[[], bytes]] = {}
        self.charts: list[Chart] = []
        self.is_root = True
        self.is_library = False
        self.unknown = ""
        self.unread: list[str] = []
        self.schema: Source | None = None

    def copy(self, name: str) -> "Chart":
        """The same chart under another name; what hangs below is copied, too, one level deep."""
        made = Chart(name, self.source)
        made.metadata = Map(self.metadata)
        made.metadata["Name"] = name
        made.dependencies = self.dependencies and list(self.dependencies)
        made.values, made.templates, made.files = self.values, self.templates, self.files
        made.charts = [chart.copy(chart.name) for chart in self.charts]
        made.is_root, made.is_library = self.is_root, self.is_library
        made.unknown, made.unread, made.schema = self.unknown, self.unread, self.schema
        return made


class Loader:
    """Reads charts, and collects what is wrong with them; `outside` gives other folders of the repository.

    `index` finds dependencies there by their names. `lenient`: values that can't be read are unknown.
    """

    def __init__(
        self, outside: Callable[[str], Folder | None], index: Index | None = None, lenient: bool = False
    ) -> None:
        self.problems: list[Problem] = []
        self.count = 0
        self.length = 0  # of all templates and values
        self.outside = outside
        self.index = index
        self.lenient = lenient
        self.open: list[str] = []
        self.neighbours = 0

    def load(self, folder: Folder, depth: int = 0) -> Chart | None:
        """A chart with all below it; None, and a problem, if its Chart.yaml can't be read."""
        self.count += 1
        source = folder.source("Chart.yaml")
        if self.count > MAX_CHARTS or depth > MAX_NESTING or len(folder.names) > MAX_FILES:
            self._refuse("too many charts or files", source.at(0), "limit")
            return None
        if depth == 0:
            folder = folder.without_ignored()
        found = parse(source)
        root = found.documents[0].root if found.documents else None
        if not isinstance(root, Mapping) or not _text(root.get("name")):
            self._refuse(found.problems[0].message if found.problems else "no chart", source.at(0))
            return None
        chart = Chart(_text(root.get("name")), source)
        chart.is_root = depth == 0
        self._describe(chart, root, folder)
        if not self._read_values(chart, folder):
            return None
        self._take_files(chart, folder)
        self.open.append(folder.path)
        self._take_charts(chart, folder, depth)
        self.open.pop()
        return chart

    def _refuse(self, message: str, place: Location, cause: str = "chart") -> None:
        gap = Gap(cause, "chart", message)
        self.problems.append(Problem("not-analysed", f"the chart can't be rendered: {message}", place, gap=gap))

    def _describe(self, chart: Chart, root: Mapping, folder: Folder) -> None:
        for field, key in _TEXTS.items():
            chart.metadata[field] = _text(root.get(key))
        chart.metadata["APIVersion"] = chart.metadata["APIVersion"] or "v1"
        chart.metadata["Deprecated"] = _text(root.get("deprecated")) == "true"
        annotations = root.get("annotations")
        entries = annotations.entries() if isinstance(annotations, Mapping) else {}
        chart.metadata["Annotations"] = StringMap((key, _text(value)) for key, (_, value) in entries.items())
        for field, key in (("Keywords", "keywords"), ("Sources", "sources")):
            items = getattr(root.get(key), "items", ())
            chart.metadata[field] = [_text(item) for item in items if isinstance(item, Scalar)]
        chart.metadata["Maintainers"] = [
            Map(Name=_text(item.get("name")), Email=_text(item.get("email")), URL=_text(item.get("url")))
            for item in getattr(root.get("maintainers"), "items", ())
            if isinstance(item, Mapping)
        ]
        chart.is_library = chart.metadata["Type"] == "library"
        self._read_dependencies(chart, root, folder)

    def _read_dependencies(self, chart: Chart, root: Mapping, folder: Folder) -> None:
        listed = root.get("dependencies")
        if "requirements.yaml" in folder.names:
            found = parse(folder.source("requirements.yaml"))
            other = found.documents[0].root if found.documents else None
            listed = (other.get("dependencies") if isinstance(other, Mapping) else None) or listed
        items = getattr(listed, "items", None)
        if items:
            chart.dependencies = [Dependency(item) for item in items if isinstance(item, Mapping)]
        chart.metadata["Dependencies"] = [each.as_map() for each in chart.dependencies or ()]

    def _read_values(self, chart: Chart, folder: Folder) -> bool:
        if "values.yaml" not in folder.names:
            return True
        source = folder.source("values.yaml")
        self.length += len(source.text)
        if self.lenient and not source.text and not folder.holds("values.yaml"):
            chart.unknown = "`values.yaml` can't be read"
            gap = Gap("unreadable", f"values file of chart `{chart.name}`", "it can't be read, or is too large")
            self.problems.append(Problem("not-analysed", "it can't be read, or is too large", source.at(0), gap=gap))
        try:
            chart.values = merged(Map(), from_source(source))
        except TemplateError as error:
            if self.lenient:
                chart.unknown = "`values.yaml` can't be read"
                self._note_values(chart, source, error)
                return True
            self._refuse(f"values.yaml: {error.message}", source.at(0))
            return False
        return True

    def _note_values(self, chart: Chart, source: Source, error: TemplateError) -> None:
        """A values file that is broken: nothing that the chart takes from it is known."""
        found = parse(source).problems
        place = found[0].location if found else source.at(0)
        gap = Gap("parse-error", f"values file of chart `{chart.name}`", error.message)
        self.problems.append(Problem("parse-error", error.message, place, gap=gap))

    def _take_files(self, chart: Chart, folder: Folder) -> None:
        known = {"Chart.yaml", "Chart.lock", "values.yaml", "values.schema.json"}
        if chart.metadata["APIVersion"] != "v1":
            known |= {"requirements.yaml", "requirements.lock"}
        if "values.schema.json" in folder.names:
            chart.schema = folder.source("values.schema.json")
        for name in folder.names:
            if name.startswith("templates/"):
                source = folder.source(name)
                chart.templates.append((name, source))
                self.length += len(source.text)
                if self.lenient and not source.text and not folder.holds(name):
                    self._note_unread(chart, source)
            elif name not in known and (not name.startswith("charts/") or name.endswith(".prov")):
                chart.files[name] = lambda name=name: folder.read(name)  # type: ignore[misc]

    def _note_unread(self, chart: Chart, source: Source) -> None:
        chart.unread.append(source.path)
        gap = Gap("unreadable", f"template of chart `{chart.name}`", "it can't be read, or is too large")
        self.problems.append(Problem("not-analysed", "it can't be read, or is too large", source.at(0), gap=gap))

    def _take_charts(self, chart: Chart, folder: Folder, depth: int) -> None:
        inner = folder.below("charts")
        tops = dict.fromkeys(name.partition("/")[0] for name in inner.names)
        for top in tops:
            if top[0] in "_." or top.endswith(".prov"):
                continue
            found: Chart | None = None
            if top.endswith(".tgz"):
                archive = self._archive(inner, top)
                found = self.load(archive, depth + 1) if archive else None
            elif f"{top}/Chart.yaml" in inner.names:
                found = self.load(inner.below(top), depth + 1)
            if found:
                chart.charts.append(found)
        self._take_neighbours(chart, folder, depth)

    def _take_neighbours(self, chart: Chart, folder: Folder, depth: int) -> None:
        """Dependencies that aren't in `charts/`, where building the chart would put them, and are charts here."""
        names = {child.name for child in chart.charts}
        for dependency in chart.dependencies or ():
            known = dependency.name in names or self.neighbours > MAX_NEIGHBOURS
            path = None if known else self._neighbour(dependency, folder)
            neighbour = self.outside(path) if path is not None and path not in self.open else None
            self.neighbours += neighbour is not None
            found = self.load(neighbour, depth + 1) if neighbour else None
            if found:
                chart.charts.append(found)
                names.add(found.name)

    def _neighbour(self, dependency: Dependency, folder: Folder) -> str | None:
        """The folder of a dependency in the same repository: at its `file://..`, else by name and version."""
        if dependency.repository.startswith("file://"):
            path = posixpath.normpath(posixpath.join(folder.path, dependency.repository[len("file://") :]))
            if not path.startswith(("/", "../")) and path not in ("..", folder.path):
                return path
        if self.index is None or not dependency.name:
            return None
        return self.index.folder(dependency.name, dependency.version, folder.path)

    def _archive(self, folder: Folder, name: str) -> Folder | None:
        from hullcheck.render.helm.archive import unpack

        path = f"{folder.path}/{name}"
        try:
            files = unpack(folder.read(name))
        except TemplateError as error:
            self._refuse(error.message, Source(path, b"").at(0))
            return None
        return Folder(path, files, files.get)


def _text(node: Node | None) -> str:
    """A scalar as the text that it becomes where a string is wanted: `1.10` is `1.1`."""
    if not isinstance(node, Scalar):
        return ""
    value: Value = node.text if node.style or node.tag else resolve(node.text)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float_text(value, upper=21)
    return "" if value is None else str(value)
