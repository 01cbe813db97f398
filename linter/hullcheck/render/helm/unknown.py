"""Values that can't be known."""

from __future__ import annotations


class Unknown:
    """Why a value can't be known, and what is known of it nevertheless.

    `kind` is Go's, or empty; `truth` is whether it's non-empty, or None. A `solid` text is one of letters and digits
    (and `+`, `/`, `=`) and not empty, so that nothing can be trimmed off it. `decoded` is what it is in base64.
    """

    def __init__(
        self,
        reason: str,
        kind: str = "",
        truth: bool | None = None,
        solid: bool = False,
        decoded: "object" = None,
    ) -> None:
        self.reason = reason
        self.kind = kind
        self.truth = True if solid else truth
        self.solid = solid
        self.decoded = decoded

    def __repr__(self) -> str:
        return f"Unknown({self.reason!r})"


class UnknownFields(Unknown):
    """A struct whose fields are all unknown texts: a certificate, a point in time."""
