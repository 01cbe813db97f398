"""Where what a Compose file names is written: services, networks, files, and the stages that images are built from."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from hullcheck.lsp.files import named, source_of
from hullcheck.lsp.folder import Folder
from hullcheck.lsp.yaml_at import Trail, find, roots
from hullcheck.source import Location, Source

_SERVICES = frozenset(("depends_on", "links", "volumes_from"))
_TOP = frozenset(("networks", "volumes", "secrets", "configs"))
_FILES = frozenset(("env_file", "include", "label_file", "file", "dockerfile", "path"))


def definitions(folder: Folder, path: str, source: Source, at: Trail) -> Iterator[Location]:
    names = tuple(key for key in at.keys if isinstance(key, str))
    text = at.node.text
    base = posixpath.dirname(path)
    if names[:1] == ("include",):
        yield from named(folder, base, text) if not at.is_key else ()
    if names[:1] in (("secrets",), ("configs",)) and names[-1] == "file":
        yield from named(folder, base, text)
    if names[:1] != ("services",) or len(names) < 3:
        return
    key, last = names[2], names[-1]
    if key in _SERVICES and len(names) == (4 if at.is_key else 3):
        yield from _service(folder, path, text.removeprefix("container:").partition(":")[0])
    elif key == "extends":
        yield from _extended(folder, path, names[1], at)
    elif key in ("network_mode", "ipc", "pid") and text.startswith("service:"):
        yield from _service(folder, path, text.partition(":")[2])
    elif key in _TOP and (at.is_key if len(names) == 4 else len(names) == 3 or last == "source"):
        if last == "source" or len(names) == 3 or at.is_key:
            yield from _declared(folder, path, key, text.partition(":")[0] if key == "volumes" else text)
    elif key == "build" and not at.is_key:
        yield from _built(folder, path, names[1])
    elif key in _FILES and not at.is_key:
        yield from named(folder, base, text)


def _together(folder: Folder, path: str) -> list[str]:
    """The file, and those that it is laid over, or taken into."""
    assert folder.session is not None
    found = [path]
    for project in folder.session.scopes[1]:
        files = (*project.paths, *sorted(project.taken))
        if path in files:
            found += [each for each in files if each not in found]
    return found


def _declared(folder: Folder, path: str, *keys: str) -> Iterator[Location]:
    """The keys at the top of the file and of those that go with it."""
    for each in _together(folder, path):
        source = source_of(folder, each)
        for root in roots(source.text) if source is not None else ():
            key = find(root, *keys)
            if key is not None and source is not None:
                yield Location(source, key.start, key.end)


def _service(folder: Folder, path: str, name: str) -> Iterator[Location]:
    yield from _declared(folder, path, "services", name)


def _extended(folder: Folder, path: str, service: str, at: Trail) -> Iterator[Location]:
    """The service that is extended, in its own file if one is named."""
    if at.is_key:
        return
    whole = find(at.root, "services", service, "extends")
    assert whole is not None
    file = find(at.root, "services", service, "extends", "file")
    value = _value_of(file)
    if at.keys[-1] == "file":
        yield from named(folder, posixpath.dirname(path), at.node.text)
    elif value is None:
        yield from _service(folder, path, at.node.text)
    else:
        other = posixpath.normpath(posixpath.join(posixpath.dirname(path), value))
        yield from _service(folder, other, at.node.text)


def _value_of(key: object) -> str | None:
    parent = getattr(key, "parent", None)
    for name, value in parent.pairs if parent is not None else ():
        if name is key:
            return str(value.text)
    return None


def _built(folder: Folder, path: str, service: str) -> Iterator[Location]:
    """The stage that a service's image is built from."""
    assert folder.session is not None
    for _, part in folder.session.parts(path):
        if getattr(part, "dialect", "") != "compose" or getattr(part, "name", "") != service:
            continue
        for container in getattr(part, "containers", ()):
            if container.built is not None and container.location.path in _together(folder, path):
                yield container.built.stage.location
