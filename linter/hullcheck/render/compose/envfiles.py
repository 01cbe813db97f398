"""What a service takes from files of variables: `env_file` and `label_file`, which Compose prints no more."""

from __future__ import annotations

from collections.abc import Mapping as Lookup

from hullcheck.model.node import Mapping, Node
from hullcheck.render.compose.dotenv import raw, variables
from hullcheck.render.compose.interpolate import Setting, Variables
from hullcheck.render.compose.nodes import Entries, derived, entries, get, items, mapping, text_of
from hullcheck.render.compose.paths import inside
from hullcheck.source import Source


def with_files(root: Mapping, folder: str, texts: Lookup[str, Source], known: Variables) -> Mapping:
    """The normalised tree with the contents of files that are in `texts`; others stay unknown, and are left out."""
    services = root.get("services")
    if not isinstance(services, Mapping):
        return root
    found: Entries = {}
    for name, (key, service) in services.entries().items():
        found[name] = (key, _service(service, folder, texts, known) if isinstance(service, Mapping) else service)
    key = root.entries()["services"][0]
    return mapping(root, root.entries() | {"services": (key, mapping(services, found))})


def _service(service: Mapping, folder: str, texts: Lookup[str, Source], known: Variables) -> Mapping:
    made = dict(service.entries())
    files = made.pop("env_file", None)
    if files is not None:
        own = entries(service.get("environment"))
        set_here = {name: Setting(text) for name, (_, node) in own.items() if (text := text_of(node)) is not None}
        _put(made, "environment", files[1], _settings(files[1], folder, texts, set_here | known), own)
    files = made.pop("label_file", None)
    if files is not None:
        _put(made, "labels", files[1], _settings(files[1], folder, texts, {}), entries(service.get("labels")))
    return mapping(service, made)


def _put(made: Entries, name: str, at: Node, settings: Variables, own: Entries) -> None:
    found: Entries = {}
    for variable, setting in settings.items():
        node = derived(at, setting.text)
        if setting.location is not None:
            node.source, node.start, node.end = setting.location
        node.because = "env_file" if name == "environment" else "label_file"
        found[variable] = (derived(node, variable), node)
    if found or own:
        key = made[name][0] if name in made else derived(at, name)
        made[name] = (key, mapping(at, found | own))


def _settings(files: Node, folder: str, texts: Lookup[str, Source], known: Variables) -> Variables:
    found: Variables = {}
    for item in items(files):
        path = text_of(get(item, "path") or item)
        source = texts.get(inside(folder, path) or "") if path else None
        if source is None:
            continue
        if text_of(get(item, "format")) == "raw":
            found |= raw(source, known)
        else:
            found |= variables(source, found | known, above=known)
    return found
