"""What a check found: where, how bad, and what it rests on."""

import json
from enum import IntEnum
from typing import Any, NamedTuple

from hullcheck.source import Location, Related

__all__ = ["Change", "Edit", "Finding", "Fix", "Related", "Severity", "Suppression"]


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

    `under_review` is true for one that the change itself brings, and that nobody has agreed to yet.
    """

    kind: str
    reason: str = ""
    location: Location | None = None
    under_review: bool = False


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

    @property
    def identity(self) -> tuple[str, ...]:
        """Who has the fault: the scope and the owner, and who runs it if it is an image's."""
        return self.scope, self.owner, *self.user

    @property
    def fingerprint(self) -> str:
        """The identity: equal wherever the same thing is found again, whatever moved or was reworded.

        It doesn't hold the path, so that a renamed file keeps its findings: compare it together with the path.
        """
        from hashlib import sha256

        identity = json.dumps(["hullcheck/v1", self.name, self.owner, *self.evidence], ensure_ascii=True)
        return sha256(identity.encode()).hexdigest()[:32]

    @property
    def sort_key(self) -> tuple[object, ...]:
        place = self.location.path, self.location.start
        return (*place, self.name, self.owner, self.evidence, self.message, self.scope, self.user)
