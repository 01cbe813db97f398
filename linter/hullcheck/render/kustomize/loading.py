"""Files that a kustomization names: where they are, and what is done about those that aren't here."""

from __future__ import annotations

from hullcheck.model.coverage import Gap
from hullcheck.model.node import Scalar
from hullcheck.parse.kustomization import RefusedError
from hullcheck.render.kustomize.files import Files, is_below, is_remote, resolve
from hullcheck.render.kustomize.state import MISSING, OUTSIDE, REMOTE, State
from hullcheck.source import Location, Source


class MissingError(Exception):
    """A file isn't in the repository: it may be generated, ignored by git, or remote."""

    def __init__(self, message: str, location: Location, gap: Gap) -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.gap = gap


def file_path(name: Scalar, folder: str, files: Files) -> str:
    """The path of the file; raises MissingError if it isn't here, RefusedError if it may not be read."""
    if is_remote(name.text):
        raise MissingError(f"`{name.text}` is remote and isn't fetched", name.location, REMOTE)
    path = resolve(folder, name.text)
    if path is None:
        raise MissingError(f"`{name.text}` is outside of the repository", name.location, OUTSIDE)
    if not path or (files.manifest(path) is None and files.bytes(path) is None):
        raise MissingError(f"`{name.text}` isn't in the repository", name.location, MISSING)
    if not is_below(path, folder):
        raise RefusedError(f"`{name.text}` is not in or below the kustomization's folder", name.location)
    return path


class FileReader:
    """Reads the files that generators take in; one that isn't here is noted, and counts as empty."""

    def __init__(self, folder: str, files: Files, state: State) -> None:
        self.folder = folder
        self.files = files
        self.state = state

    def content(self, name: Scalar) -> tuple[Source, bytes]:
        try:
            path = file_path(name, self.folder, self.files)
        except MissingError as missing:
            self.state.unknown(missing.message, missing.location, missing.gap)
            return Source(name.source.path, b""), b""
        self.state.files.add(path)
        content = self.files.bytes(path)
        assert content is not None
        known = self.files.manifest(path)
        return known.source if known else Source(path, content), content
