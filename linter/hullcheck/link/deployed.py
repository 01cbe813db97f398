"""What pipelines and scripts deploy: the files and folders that they name where they start kubectl, Helm, Compose and the like.

A path counts for as much as it may mean: whoever deploys one of a folder's files by a word that isn't known deploys the
folder. What a README tells is for whoever tries something out, and deploys nothing.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache

from hullcheck.budget import tick
from hullcheck.discover import Tree, like, seen
from hullcheck.model.lazy import Lazy
from hullcheck.tuples import NamedTuple

MOST_TEXTS = 2_000
MOST_BYTES = 256 * 1024
"""Texts that are read, and bytes of each. Where there are more, everything may be deployed."""

MOST_LINE = 4_000
MOST_WORDS = 5_000
MOST_VARIABLES = 200

_TOOLS = Lazy(
    r"(?<![\w-])(?:kubectl|k3s|oc|kustomize|helm|helmfile|kapp|kluctl|timoni|argocd|flux|skaffold|werf|ansible[\w-]{0,20}"
    r"|docker|docker-compose|podman|podman-compose|docker_compose)(?![\w-])|\$[({]?+(?:KUBECTL|HELM|KUSTOMIZE|OC|COMPOSE|DOCKER_COMPOSE)\b",
    re.IGNORECASE,
)
_VERBS = Lazy(
    r"(?<![\w-])(?:apply|create|replace|build|install|upgrade|template|sync|deploy|run|up|start|-f|--file|-c|--compose-file|compose)(?![\w-])"
)
"""What makes of a tool's name a command that starts something; what is built by it is known by other means."""

_PLATFORMS = Lazy(
    r"k8s-deploy|kubernetes-deploy|helm-deploy|gke-deploy|kubectl-action|KubernetesManifest|HelmDeploy|kubectl_manifest"
    r"|kubectl_path_documents|kubectl_file_documents|kubernetes_manifest|helm_release|kustomization_build"
)
"""Steps of pipelines and resources that deploy what another line names."""

_TAKES = frozenset(("-f", "-k", "-c", "--filename", "--kustomize", "--path", "--file", "--chart", "build", "apply"))
"""What stands before a folder that is named by a single word."""

_LOOP = Lazy(r".*?(?<![\w-])for\s+([A-Za-z_]\w{0,59})\s+in\s+([^;]{1,1000})")
_SET = Lazy(
    r"\s*+(?:- )?(?:export |local |readonly |declare |set )?([A-Za-z_]\w{0,59})\s?[:?+]?[=:]\s?(\S.{0,500})", re.DOTALL
)
_VARIABLE = Lazy(
    r"\$?\{\{-?[ ]*+(?:\.|env\.|vars\.|inputs\.)?(\w++)[^{}\n]*+\}\}|\$?\{\{[^{}\n]*+\}\}|\$\{(\w++)[^{}\n]*+\}|\$\((\w++)\)"
    r"|\$\(([^()\n]*+)\)|\$(\w++)"
)
_APART = Lazy(r"[\s\"'`,;|&=(){}<>\[\]]+")
_COMMENT = ("#", "//")

_PROSE = (".md", ".mdx", ".rst", ".adoc", ".txt")
_PIPELINES = (
    ".github/",
    ".gitea/",
    ".forgejo/",
    ".gitlab/",
    ".circleci/",
    ".woodpecker/",
    ".buildkite/",
    ".azure-pipelines/",
)
_TERRAFORM = (".tf", ".tofu")
_TRIES = Lazy(
    r"(?:^|[-_./])(?:e2e|tests?|testing|kind|integration|smoke|lint|conformance|chainsaw|kuttl)(?:[-_.]|$)",
    re.IGNORECASE,
)
_RELEASES = Lazy(r"(?:^|[-_./])(?:deploy|release|publish|prod|cd(?:[-_.]|$)|ship|rollout)", re.IGNORECASE)


Names = tuple[tuple[str, bool], ...]
"""The paths that a text names, each with whether it stands where something is deployed."""


class Named(NamedTuple):
    """Files and folders that something deploys; `all` if it can't be told what is."""

    files: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    all: bool = False

    def has(self, path: str) -> bool:
        """Is the file deployed?"""
        if self.all or path in self.files:
            return True
        while path := path.rpartition("/")[0]:
            if path in self.folders:
                return True
        return False


def is_about_tests(path: str) -> bool:
    """Is a script or pipeline for tests alone, by its name?"""
    name = posixpath.basename(path)
    return _TRIES.search(name) is not None and _RELEASES.search(name) is None


class Deployed:
    """What the texts of a tree deploy that `counts` says are for production, as far as it is `wanted`; worked out when it is
    asked for. `says` tells what a text says (`said`) where that is known; OSError if it can't be read.
    """

    def __init__(
        self,
        tree: Tree,
        counts: Callable[[str], bool],
        wanted: Callable[[str], bool],
        says: "Callable[[str], Names] | None" = None,
    ) -> None:
        self._tree = tree
        self._counts = counts
        self._wanted = wanted
        self._says = says
        self._holding: dict[str, bool] = {}

    def has(self, path: str) -> bool:
        """Is the file deployed?"""
        meant = self._meant
        if meant.all:
            return self._holds("")
        if path in meant.files and path in seen(self._tree) and self._wanted(path):
            return True
        return any(above in meant.folders and self._holds(above) for above in _above(path))

    def _holds(self, folder: str) -> bool:
        """Is anything below a folder wanted?"""
        if folder not in self._holding:
            start = f"{folder}/" if folder else ""
            self._holding[folder] = any(each.startswith(start) and self._wanted(each) for each in self._tree.paths)
        return self._holding[folder]

    @cached_property
    def _meant(self) -> Named:
        """All that is named, whether or not there is such a file or folder."""
        texts = [path for path in like(self._tree, may_deploy) if self._counts(path) and not self._tree.ignored(path)]
        if len(texts) > MOST_TEXTS:
            return Named(all=True)
        files: set[str] = set()
        folders: set[str] = set()
        for path in texts:
            tick()
            try:
                names = said(self._tree.read(path)[:MOST_BYTES]) if self._says is None else self._says(path)
            except OSError:
                continue
            bases = ["", posixpath.dirname(path), *_moves(names)] if names else []
            for word, deploys in names:
                meant = frozenset(_meant(word, bases))
                files |= meant
                if deploys:
                    folders |= meant
        return Named(frozenset(files), frozenset(folders))


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def may_deploy(path: str) -> bool:
    """Is it a script, a pipeline or the like, which may say what is deployed?"""
    from hullcheck.link.asked import is_script
    from hullcheck.link.compose_said import is_likely

    lower = path.lower()
    if lower.endswith(_PROSE) or posixpath.basename(lower).startswith("readme") or is_about_tests(path):
        return False
    if lower.endswith(_TERRAFORM) or (lower.startswith(_PIPELINES) and lower.endswith((".yml", ".yaml"))):
        return True
    return is_script(path) or is_likely(path)


@lru_cache(maxsize=256)
def said(data: bytes) -> Names:
    """The paths that a text names, if it starts a tool that deploys, each with whether it stands where that is done.

    What a variable holds that the same text sets is put in; what isn't known is `*`. A folder that is changed to begins
    with `cd `.
    """
    text = data.decode("utf-8", "replace")
    by_platform = _PLATFORMS.search(text) is not None
    if not by_platform and _TOOLS.search(text) is None:
        return ()
    found: dict[tuple[str, bool], None] = {}
    any_deploys = by_platform
    held: dict[str, str] = {}
    for line in _lines(text):
        if line.lstrip().startswith(_COMMENT):
            continue
        expanded = _expanded(line, held)
        for match in (_SET.match(expanded), _LOOP.match(expanded) if " in " in expanded else None):
            if match is not None and len(held) < MOST_VARIABLES:
                held[match[1]] = match[2].strip().strip("\"'")
        words = [word for word in _APART.compiled.split(expanded) if word]
        tool = _TOOLS.search(line)
        starts = tool is not None and _VERBS.compiled.search(line, tool.end()) is not None
        any_deploys = any_deploys or starts
        deploys = starts or by_platform
        for before, word in zip(["", *words], words, strict=False):
            if before in ("cd", "pushd", "working-directory:", "-C"):
                found[f"cd {word}", False] = None
            if ("/" in word or word.endswith((".yaml", ".yml", ".json"))) or (starts and before in _TAKES):
                found[word.removeprefix("file://").lstrip("@"), deploys] = None
            if len(found) >= MOST_WORDS:
                break
    return tuple(found) if any_deploys else ()


def _lines(text: str) -> Iterator[str]:
    pending = ""
    for line in text.splitlines():
        bare = line.rstrip()
        if bare.endswith("\\") and len(pending) < MOST_LINE:
            pending += bare[:-1] + " "
            continue
        yield (pending + bare)[:MOST_LINE]
        pending = ""
    if pending:
        yield pending[:MOST_LINE]


def _expanded(line: str, held: dict[str, str]) -> str:
    if "$" not in line and "{{" not in line:
        return line

    def value(match: "re.Match[str]") -> str:
        if match[4] is not None:  # what a command prints: rather what it is about than nothing
            return match[4].removeprefix("wildcard ") if " " in match[4] else "*"
        return held.get(match[1] or match[2] or match[3] or match[5] or "", "*")

    return _VARIABLE.compiled.sub(value, line)[:MOST_LINE]


def _moves(names: Iterable[tuple[str, bool]]) -> list[str]:
    found = (posixpath.normpath(word[3:].rpartition("*/")[2]) for word, _ in names if word.startswith("cd "))
    return [folder for folder in dict.fromkeys(found) if not folder.startswith(("..", "/"))][:20]


def _meant(word: str, bases: Iterable[str]) -> Iterator[str]:
    """The paths that a word may stand for; a pattern stands for its folder."""
    if word.startswith("cd "):
        return
    plain = word.rpartition("*/")[2] if word.startswith("*") else word
    cut = re.search(r"[*?]", plain)
    if cut is not None:
        plain = plain[: cut.start()].rpartition("/")[0]
    for base in bases if plain else ():
        path = posixpath.normpath(posixpath.join(base, plain.lstrip("/") if word.startswith("*") else plain))
        if path != "." and not path.startswith(("..", "/")):
            yield path
