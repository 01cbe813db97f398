"""What the repository around the files says: their texts, what builds copy out of it, what keeps images current."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from collections.abc import Callable

from hullcheck.model.lazy import Lazy
from hullcheck.source import Location, Related, Source
from hullcheck.tuples import NamedTuple


class Place(NamedTuple):
    """A place and the object it belongs to, for findings about a part of something larger."""

    location: Location
    owner: str


class FileText(NamedTuple):
    """A file's whole text. `spans` gives the starts and ends of the objects in it with their owners, in order."""

    source: Source
    spans: Callable[[], tuple[tuple[int, int, str], ...]] = tuple

    @property
    def location(self) -> Location:
        return self.source.at(0)

    @property
    def owner(self) -> str:
        return ""

    def place(self, start: int, end: int) -> Place:
        """The place of a part of the text, with the object that it stands in."""
        spans = self.spans()
        number = bisect_right(spans, (start, len(self.source.text) + 1, "")) - 1
        owner = spans[number][2] if number >= 0 and start < spans[number][1] else ""
        return Place(self.source.at(start, end), owner)


class Copied(NamedTuple):
    """A source of COPY or ADD, and what it takes out of the build context that nobody should have.

    `location` is the source's word, `text` what it comes to. `context` is the context's folder, empty for the root;
    `history` is true if it takes `.git`; `files` are paths of credential files that it takes, from the root. `ignore`
    is the path of the ignore file that is in force, or empty. `named` is true if the word itself names the file.
    `ships` is false in a stage whose files aren't in the image.
    """

    location: Location
    owner: str
    text: str
    context: str
    files: tuple[str, ...]
    history: bool
    ignore: str
    ships: bool
    named: bool = False


class Committed(NamedTuple):
    """A file with credentials that is kept in the repository, and the place that names it.

    `path` is from the root; `how` says who takes it ("secret `db`", "`env_file`"). `key` is the first credential's
    name in it, where the file has names. `weak` is true if the values are defaults that everybody tries first.
    """

    location: Location
    owner: str
    path: str
    how: str
    key: str = ""
    weak: bool = False
    related: tuple[Related, ...] = ()


class Updates(NamedTuple):
    """Where images are named, and whether a bot moves them on.

    `location` is the first image that nothing covers; `folders` are the folders of all such, `files` how many files.
    `by` is the configuration that covers others, or empty where there is none at all.
    """

    location: Location
    owner: str
    folders: tuple[str, ...]
    by: str


class Pipeline(NamedTuple):
    """A step that builds an image in CI, in a repository where no pipeline scans any."""

    location: Location
    owner: str
    tool: str


class BuildArgument(NamedTuple):
    """An argument that something hands to a build: by what, its name, and the value as written, empty if none is."""

    location: Location
    owner: str
    how: str
    name: str
    value: str


_MAX_NAME = 255
"""No file system takes a longer name."""

_KEY_FILE = Lazy(
    r"id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?|.+\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ovpn|ppk)|\.env(?:\..+|rc)?|.+\.env"
    r"|\.(?:npmrc|netrc|pypirc|pgpass|git-credentials|dockercfg|htpasswd|my\.cnf|yarnrc\.yml|s3cfg|boto|vault[-_]token)"
    r"|_netrc|service[-_]?account[\w.-]*\.json|[\w.-]*credentials[\w.-]*\.json|application_default_credentials\.json"
    r"|.+\.tfstate(?:\.backup)?|.+\.(?:tfvars|agekey)|kubeconfig(?:\.ya?ml)?|credentials|secrets?\.(?:ya?ml|json|toml|properties|env)"
    r"|master\.key|\.htpasswd|terraform\.rc",
    re.IGNORECASE,
    most=_MAX_NAME,
)
_PUBLIC = Lazy(
    r".+\.(?:pub|crt|cer|example|sample|template|tmpl|tpl|dist|defaults?|schema|md|txt|enc|encrypted|age|gpg|sops|j2|erb)"
    r"|(?:.*[-_.])?(?:ca|cert|certs|certificate|chain|fullchain|public|pub|bundle|root|roots|intermediate|cacert|csr|dh"
    r"|dhparams?|isrgrootx1|rds-combined-ca)(?:[-_.].*)?\.pem|.*(?:public|pub)\.key|.*(?:example|sample|template).*",
    re.IGNORECASE,
    most=_MAX_NAME,
)
_SUFFIXES = frozenset(
    (
        "pem", "key", "p12", "pfx", "jks", "keystore", "kdbx", "ovpn", "ppk", "env", "tfstate", "backup", "tfvars", "agekey",
        "rc", "cnf",
    )
)  # fmt: skip
_BEGINNINGS = (".", "_", "id_", "service", "application_default", "kubeconfig", "credentials", "secret", "terraform.rc")
_HOMES = (".aws", ".docker", ".kube", ".ssh")


def _may_hold(name: str) -> bool:
    """Is it worth a closer look? Nearly no file of a repository is."""
    return name.startswith(_BEGINNINGS) or name.rpartition(".")[2] in _SUFFIXES or "credentials" in name


_IN_FOLDER = {".aws": ("credentials", "config"), ".docker": ("config.json",), ".kube": ("config",)}


def is_credential_file(path: str) -> bool:
    """Is it, by its name, a file that holds a private key or a password? Examples, templates and public keys are not."""
    folder, _, name = path.rstrip("/").rpartition("/")
    if not (folder.endswith(_HOMES) or _may_hold(name.lower())):
        return False
    parent = posixpath.basename(folder)
    if name in _IN_FOLDER.get(parent, ()):
        return True
    if parent == ".ssh" and name not in ("known_hosts", "config", "authorized_keys") and not name.endswith(".pub"):
        return "*" not in name
    return _KEY_FILE.fullmatch(name) is not None and _PUBLIC.fullmatch(name) is None


def is_public(path: str) -> bool:
    """Is it, by its name, something that everyone may read: a certificate, a public key, an example?"""
    return _PUBLIC.fullmatch(posixpath.basename(path)) is not None and not path.endswith(
        (".txt", ".enc", ".age", ".gpg")
    )


_TESTS = frozenset(
    (
        "test", "tests", "testing", "testdata", "_testdata", "test-data", "fixtures", "__fixtures__", "__tests__", "spec", "e2e",
        "mocks", "mock", "docs", "doc", "examples", "example", "samples", "sample", "snippets",
    )
)  # fmt: skip


def is_for_tests(path: str) -> bool:
    """Is it below a folder of tests or documentation, or the values with which a chart is tested in its `ci` folder?"""
    *folders, name = path.lower().split("/")
    if folders and folders[-1] == "ci" and name.endswith(("values.yaml", "values.yml")):
        return True
    return not _TESTS.isdisjoint(folders)
