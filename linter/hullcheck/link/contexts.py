"""What builds copy out of their contexts: which credential files, and whether the repository's history."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from hullcheck.discover import Tree, like, seen
from hullcheck.model.dockerfile import Dockerfile, Stage
from hullcheck.model.instruction import Instruction
from hullcheck.model.repository import Copied, is_credential_file, is_for_tests
from hullcheck.source import Source
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.parse import dockerignore

_FOLDERS = frozenset((".ssh", ".aws", ".gnupg", ".kube", ".docker", ".azure"))
"""Folders of a home that hold credentials, whatever their files are called."""


class Contexts:
    """The build contexts of a repository: their ignore files, and the credential files in them."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._files = [path for path in like(tree, is_credential_file) if not is_for_tests(path)]
        self._paths = seen(tree)
        self._holding: dict[str, bool] = {}
        self._ignores: dict[str, dockerignore.Ignore] = {}

    def copied(
        self, path: str, dockerfile: Dockerfile, folders: Mapping[str, Iterable[str | None]]
    ) -> Iterator[Copied]:
        """What the Dockerfile at `path` copies that it shouldn't; `folders` are its contexts with the targets built."""
        for folder, targets in folders.items():
            graph = dockerfile.graph(targets=tuple(targets) or (None,))
            ignore_path = self._ignore_path(path, folder)
            for stage in graph.stages:
                for step in stage.instructions if stage.start is not None else ():
                    if step.effective.keyword in ("COPY", "ADD") and step.effective.flag("from") is None:
                        yield from self._of_step(stage, step, folder, ignore_path)

    def _ignore_path(self, path: str, folder: str) -> str:
        candidates = (f"{path}.dockerignore", posixpath.join(folder, ".dockerignore"))
        return next((candidate for candidate in candidates if candidate in self._paths), "")

    def _of_step(self, stage: Stage, step: Instruction, folder: str, ignore_path: str) -> Iterator[Copied]:
        openers = {heredoc.opener for heredoc in step.effective.heredocs}
        excluded = [flag.value.text for flag in step.effective.flags_named("exclude") if flag.value]
        for word in step.effective.words[:-1]:
            text = stage.expand(word.text, step).text
            if text is None or word.location in openers or "://" in text or text.startswith("git@"):
                continue
            source = posixpath.normpath("/" + text).lstrip("/")
            found = Copied(word.location, stage.owner, text, folder, (), False, ignore_path, stage.ships)
            named = _names_credentials(source)
            files = tuple(self._taken(source, folder, ignore_path, excluded))
            if named and (files or not self._is_harmless(source, folder)):
                yield found._replace(files=files, named=True)
            elif not named:
                history = self._takes_history(source, folder, ignore_path, excluded) and stage.ships
                if files or history:
                    yield found._replace(files=files, history=history)

    def _taken(self, source: str, folder: str, ignore_path: str, excluded: list[str]) -> Iterator[str]:
        for path in self._files:
            inside = _below(path, folder)
            if inside is None or not _covers(source, inside) or not self._holds(path):
                continue
            if not self._left_out(inside, ignore_path) and not _excluded(source, inside, excluded):
                yield path

    def _takes_history(self, source: str, folder: str, ignore_path: str, excluded: list[str]) -> bool:
        here = self.tree.versioned and folder == "" and _covers(source, ".git")
        return here and not self._left_out(".git", ignore_path) and not _excluded(source, ".git", excluded)

    def _is_harmless(self, source: str, folder: str) -> bool:
        """Is what the word names in the repository, and without credentials? A pattern may name more files than one."""
        if any(char in source for char in "*?["):
            return any(
                (inside := _below(path, folder)) is not None and _covers(source, inside) and not self._holds(path)
                for path in self._files
            )
        path = posixpath.join(folder, source)
        return path in self._paths and not self._holds(path)

    def _holds(self, path: str) -> bool:
        if path not in self._holding:
            from hullcheck.model.secret_files import holds_credential

            try:
                self._holding[path] = holds_credential(path, self.tree.read(path))
            except OSError:
                self._holding[path] = False
        return self._holding[path]

    def _left_out(self, inside: str, ignore_path: str) -> bool:
        if not ignore_path:
            return False
        if ignore_path not in self._ignores:
            try:
                data = self.tree.read(ignore_path)
            except OSError:
                data = b""
            from hullcheck.parse import dockerignore

            self._ignores[ignore_path] = dockerignore.parse(Source(ignore_path, data))
        return self._ignores[ignore_path].ignores(inside)


def _below(path: str, folder: str) -> str | None:
    if not folder:
        return path
    return path[len(folder) + 1 :] if path.startswith(f"{folder}/") else None


def _names_credentials(source: str) -> bool:
    name = posixpath.basename(source)
    return name in _FOLDERS or is_credential_file(source.rstrip("*").rstrip(".") or source)


def _covers(source: str, path: str) -> bool:
    """Does a source of COPY take the file: itself, by a pattern, or in a folder?"""
    if not source:
        return True
    patterns = source.split("/")
    parts = path.split("/")
    if len(parts) < len(patterns):
        return False
    from fnmatch import fnmatchcase

    return all(
        fnmatchcase(part, re.sub(r"\[\^", "[!", pattern)) for part, pattern in zip(parts, patterns, strict=False)
    )


def _excluded(source: str, path: str, patterns: list[str]) -> bool:
    """Does `--exclude` leave the file out? Its patterns are those of ignore files, from the source on."""
    if not patterns:
        return False
    folder = source if not any(char in source for char in "*?[") else posixpath.dirname(source)
    from hullcheck.parse import dockerignore

    ignore = dockerignore.parse(Source("", "\n".join(patterns).encode()))
    return ignore.ignores(path) or ignore.ignores(_below(path, folder) or path)
