"""A kustomization file, in every spelling that kustomize has had."""

from collections.abc import Iterator

from hullcheck.model.kubernetes import ImageRule, Kustomization, LabelRule, Patch, Reference
from hullcheck.model.problem import Problem
from hullcheck.parse.network import at, items, text_map
from hullcheck.model.node import Mapping, Node, Scalar, as_bool, as_str
from hullcheck.source import Source

_OPAQUE = ("generators", "transformers", "replacements", "helmCharts", "helmChartInflationGenerator")


class _Fields:
    """The top-level fields: kustomize ignores their case, and the last of two wins."""

    def __init__(self, root: Mapping) -> None:
        self._by_name = {name.lower(): value for name, (_, value) in root.entries().items()}

    def __getitem__(self, name: str) -> Node | None:
        return self._by_name.get(name.lower())

    def list(self, *names: str) -> list[Node]:
        return [item for name in names for item in items(self[name])]


def kustomization(source: Source, root: Mapping) -> tuple[Kustomization, list[Problem]]:
    """The kustomization, and a problem for each directive that can't be followed."""
    fields = _Fields(root)
    made = Kustomization(
        path=source.path,
        location=source.at(root.start),
        component=as_str(fields["kind"]) == "Component",
        resources=tuple(_references(fields.list("resources", "bases"))),
        components=tuple(_references(fields.list("components"))),
        patches=tuple(_patches(fields)),
        namespace=as_str(fields["namespace"]) or "",
        labels=tuple(_labels(fields)),
        images=tuple(_images(fields)),
        opaque=tuple(name for name in _OPAQUE if items(fields[name])),
    )
    return made, list(_problems(made, fields))


def _references(nodes: list[Node]) -> Iterator[Reference]:
    yield from (Reference(node.text, node.location) for node in nodes if isinstance(node, Scalar) and node.text)


def _patches(fields: _Fields) -> Iterator[Patch]:
    for node in fields.list("patches", "patchesStrategicMerge", "patchesJson6902"):
        if isinstance(node, Scalar):
            inline = "\n" in node.text or ": " in node.text
            yield Patch(node.location, "" if inline else node.text, node.text if inline else "", "", "")
        elif isinstance(node, Mapping):
            target = node.get("target")
            yield Patch(
                node.location.one_line(),
                as_str(node.get("path")) or "",
                as_str(node.get("patch")) or "",
                as_str(at(target, "kind")) or "",
                as_str(at(target, "name")) or "",
            )


def _labels(fields: _Fields) -> Iterator[LabelRule]:
    for node in fields.list("labels"):
        selectors = as_bool(at(node, "includeSelectors")) is True
        templates = selectors or as_bool(at(node, "includeTemplates")) is True
        yield LabelRule(text_map(at(node, "pairs")), selectors, templates)
    common = text_map(fields["commonLabels"])
    if common:
        yield LabelRule(common, selectors=True, templates=True)


def _images(fields: _Fields) -> Iterator[ImageRule]:
    for node in fields.list("images", "imageTags"):
        name, new_name, new_tag, digest = (
            as_str(at(node, key)) or "" for key in ("name", "newName", "newTag", "digest")
        )
        if name:
            yield ImageRule(name, new_name, new_tag, digest, node.location.one_line())


def _problems(made: Kustomization, fields: _Fields) -> Iterator[Problem]:
    for reference in (*made.resources, *made.components):
        if reference.remote:
            yield Problem("not-analysed", f"`{reference.text}` is remote and isn't fetched", reference.location)
    for name in made.opaque:
        node = fields[name]
        assert node is not None
        yield Problem("not-analysed", f"what `{name}` adds or changes isn't known", node.location.one_line())
