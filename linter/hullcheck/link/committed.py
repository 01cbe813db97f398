"""Credential files that are kept in the repository, found by the places that name them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from hullcheck.discover import Tree
from hullcheck.model.compose import ComposeProject, FileObject, Service
from hullcheck.model.node import Mapping, Node, Scalar, Sequence, as_str
from hullcheck.model.repository import Committed
from hullcheck.parse import yaml
from hullcheck.read import File
from hullcheck.source import Location, Source


def committed(files: Iterable[File], tree: Tree, compose: Iterable[ComposeProject]) -> Iterator[Committed]:
    """What Compose's secrets, configs and `env_file` name, and the generators of kustomizations."""
    reader = _Reader(tree)
    for project in compose:
        yield from reader.of_project(project)
    for file in (reading for each in files for reading in each.readings):
        if file.kind == "env":
            yield from reader.dotenv(file.source)
        elif file.kind == "kustomization" and "secretGenerator" in file.source.text:
            for document in yaml.parse(file.source).documents:
                yield from reader.generated(document.root, posixpath.dirname(file.source.path))


class _Reader:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.paths = frozenset(tree.paths)
        self.told: set[str] = set()

    def of_project(self, project: ComposeProject) -> Iterator[Committed]:
        for made in (*project.secrets.values(), *project.configs.values()):
            yield from self._file_object(made)
        for service in project.services.values():
            yield from self._env_files(project, service)

    def dotenv(self, source: Source) -> Iterator[Committed]:
        """A `.env`, whose values Compose puts into its files; a service that takes it all has been told of."""
        from hullcheck.model.secret_files import in_assignments

        found = in_assignments(source.text) if not self.tree.ignored(source.path) else None
        if found is not None and source.path not in self.told:
            place = source.at(found.start, found.start + len(found.key))
            yield Committed(place, "", source.path, "`.env`", found.key, found.weak)

    def _file_object(self, made: FileObject) -> Iterator[Committed]:
        data = self._kept(made.path) if made.path is not None and made.file.value is not None else None
        from hullcheck.model.secret_files import held

        found = held(made.path or "", data, made.kind == "secrets") if data else None
        if found is not None:
            word = "secret" if made.kind == "secrets" else "config"
            yield Committed(
                made.file.location, made.owner, made.path or "", f"{word} `{made.key}`", found.key, found.weak,
                made.file.related,
            )  # fmt: skip

    def _env_files(self, project: ComposeProject, service: Service) -> Iterator[Committed]:
        listed = service.node.get("env_file")
        for item in listed.items if isinstance(listed, Sequence) else ():
            node = item.get("path") if isinstance(item, Mapping) else item
            if isinstance(node, Scalar):
                path = posixpath.normpath(posixpath.join(project.folder, node.text))
                yield from self._variables(path, node.location.one_line(), service.owner, "`env_file`")

    def _variables(self, path: str, location: Location, owner: str, how: str) -> Iterator[Committed]:
        data = self._kept(path)
        from hullcheck.model.secret_files import in_assignments

        found = in_assignments(data.decode("utf-8", "replace")) if data else None
        if found is not None and path not in self.told:
            self.told.add(path)
            yield Committed(location, owner, path, how, found.key, found.weak)

    def generated(self, root: Node | None, folder: str) -> Iterator[Committed]:
        listed = root.get("secretGenerator") if isinstance(root, Mapping) else None
        for item in listed.items if isinstance(listed, Sequence) else ():
            if not isinstance(item, Mapping):
                continue
            name = as_str(item.get("name")) or ""
            for key in ("files", "envs", "env"):
                node = item.get(key)
                for entry in node.items if isinstance(node, Sequence) else (node,):
                    if isinstance(entry, Scalar):
                        path = posixpath.normpath(posixpath.join(folder, entry.text.rpartition("=")[2]))
                        yield from self._generator_file(path, entry, f"Secret/default/{name}", name, key)

    def _generator_file(self, path: str, node: Scalar, owner: str, name: str, key: str) -> Iterator[Committed]:
        data = self._kept(path)
        text = data.decode("utf-8", "replace") if data else ""
        from hullcheck.model.secret_files import held, in_assignments

        found = (held(path, data, False) if key == "files" else in_assignments(text)) if data else None
        if found is not None:
            yield Committed(node.location.one_line(), owner, path, f"Secret `{name}`", found.key, found.weak)

    def _kept(self, path: str) -> bytes | None:
        """The content of a file that is in the repository, or would be added to it; else None."""
        if path not in self.paths or self.tree.ignored(path):
            return None
        try:
            return self.tree.read(path)
        except OSError:
            return None
