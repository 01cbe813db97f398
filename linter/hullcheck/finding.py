"""What a check found: where, how bad, and what it rests on."""

from __future__ import annotations

from hullcheck.choices import IntEnum
from hullcheck.source import Location, Related
from hullcheck.tuples import NamedTuple
from hullcheck.typed import Any

try:
    from _json import encode_basestring_ascii  # without the rest of json
except ImportError:
    from json.encoder import encode_basestring_ascii

__all__ = [
    "Change", "Edit", "Finding", "Fix", "Part", "Related", "Severity", "Suppression", "encode_basestring_ascii", "told"
]  # fmt: skip


class Severity(IntEnum):
    """critical: takes the host or the cluster. high: takes neighbours, or leaks a live secret.
    medium: removes a layer of defence. low: hardening. info: on request."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def parse(cls, text: str) -> "Severity":
        """The severity of that name; ValueError if there is none."""
        try:
            return cls[text.upper()]
        except KeyError:
            raise ValueError(f"no such severity: {text}") from None


class Edit(NamedTuple):
    """Replace the text at `location` by `text`."""

    location: Location
    text: str


class Change(NamedTuple):
    """What is to become different in a YAML file; the edits for it are found where its structure is known.

    `kind` is "delete", "delete item", "replace" or "put"; see `model/edit.py`, which makes them. `value` is a scalar, or nested tuples
    and dictionaries of them.
    """

    kind: str
    place: Location
    path: tuple[str, ...] = ()
    value: Any = None


class Fix(NamedTuple):
    """Edits that cure a finding; `safe` ones keep the behaviour and may be applied unasked.

    A check may name the `changes` of a YAML file instead: the engine turns them into edits.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool
    changes: tuple[Change, ...] = ()


class Suppression(NamedTuple):
    """Why a finding doesn't count: who says so ("comment", "config", "baseline"), where, and the given reason.

    `under_review` is true for one that the change itself brings, and that nobody has agreed to yet. `through` is the check
    that it is about, where that tells the same fact.
    """

    kind: str
    reason: str = ""
    location: Location | None = None
    under_review: bool = False
    through: str = ""


class Part(NamedTuple):
    """One of several faults that a finding tells together, each of which may be accepted by itself.

    `key` is its place in the finding's evidence, `text` in its message; equal ones are told once. `words` are what other
    tools' rules tell it by. `check` is the check that tells it by itself, if another one does. `place` is where it is, and
    `changes` are what the finding's fix does about it.
    """

    key: str = ""
    text: str = ""
    words: tuple[str, ...] = ()
    check: str = ""
    place: Location | None = None
    changes: tuple[Change, ...] = ()


PRODUCTION, EXAMPLE, TEST, DOCUMENTATION, VENDORED = "production", "example", "test", "documentation", "vendored"
"""What a file is there for, as `context/places.py` tells it."""


class Finding(NamedTuple):
    """One fault of one owner. Made by `Check.finding`, which fills in `name`.

    `owner` is the object it is about: `services.web`, `Deployment/shop/api/web`, a stage's name or number. `scope` is
    where that runs: a Compose project, a world of manifests, a Dockerfile; both together say who it is, and a place
    never does: several owners may have the same fault at one place. An image's fault is also that of each `user`, scope
    and owner of what runs it: one who starts to is new.
    `evidence` says, without prose, what was found; with name and owner it is the finding's identity. `redact` are the
    places that hold a secret: every report masks them, in this finding's snippets and in all others. `properties` are
    further facts for the JSON report, by name. In a report, `also` are the findings of other owners that are told
    with this one. `extent` is how far the fault reaches, as `model/extent.py` has it, where that can be compared;
    `reached` is what it reaches further than it did at the base, in words.

    `dialect` is that of the owner, empty if it has none. `kinds` are words that other tools' rules tell findings of a
    check apart by, where the evidence doesn't have them. A finding that joins several faults has `parts`, and a message
    that is `lead` and the parts' texts with `joint` between them. `context` is what its file is there for, empty where that
    is production; a finding that doesn't count in full for that is `folded`. One about a right has the service `accounts`
    that hold it.
    """

    name: str
    severity: Severity
    message: str
    location: Location
    owner: str = ""
    evidence: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    suppression: Suppression | None = None
    state: str = ""  # "new" or "unchanged" where a base was compared with
    redact: tuple[Location, ...] = ()
    properties: tuple[tuple[str, str | tuple[str, ...]], ...] = ()
    scope: str = ""
    also: tuple["Finding", ...] = ()
    user: tuple[str, str] = ("", "")
    extent: Any = None
    reached: tuple[str, ...] = ()
    dialect: str = ""
    kinds: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    lead: str = ""
    joint: str = ""
    context: str = ""
    folded: bool = False
    accounts: tuple[str, ...] = ()

    @property
    def pieces(self) -> tuple[Part, ...]:
        """The faults that it tells: its parts, or itself."""
        return self.parts or (Part(words=self.evidence),)

    def with_parts(self, parts: tuple[Part, ...]) -> "Finding":
        """The finding about some of its parts only."""
        if parts == self.parts or not self.parts:
            return self
        keys = tuple(dict.fromkeys(part.key for part in parts if part.key))
        gone = {part.place for part in self.parts} - {part.place for part in parts}
        place = next((part.place for part in parts if part.place is not None), None)
        changes = tuple(change for part in parts for change in part.changes)
        return self._replace(
            parts=parts,
            message=told(self.lead, self.joint, parts),
            evidence=keys,
            location=self.location if place is None or self.location in {p.place for p in parts} else place,
            related=tuple(r for r in self.related if r.location not in gone and r.location != place),
            fix=self.fix._replace(changes=changes) if self.fix and changes else None,
            properties=tuple((key, keys if key == "items" else value) for key, value in self.properties),
        )

    @property
    def identity(self) -> tuple[str, ...]:
        """Who has the fault: the scope and the owner, and who runs it if it is an image's."""
        return self.scope, self.owner, *self.user

    @property
    def fingerprint(self) -> str:
        """The identity: equal wherever the same thing is found again, whatever moved or was reworded.

        It doesn't hold the path, so that a renamed file keeps its findings: compare it together with the path.
        """
        from hullcheck.hashes import sha256

        words = ", ".join(map(encode_basestring_ascii, ("hullcheck/v1", self.name, self.owner, *self.evidence)))
        return str(sha256(f"[{words}]".encode()).hexdigest()[:32])

    @property
    def sort_key(self) -> tuple[object, ...]:
        place = self.location.path, self.location.start
        return (*place, self.name, self.owner, self.evidence, self.message, self.scope, self.user)


def told(lead: str, joint: str, parts: tuple[Part, ...]) -> str:
    """The message of a finding with these parts."""
    texts = dict.fromkeys(part.text for part in parts if part.text)
    return f"{lead}{joint.join(texts)}"
