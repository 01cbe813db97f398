"""Functions whose results are made anew in each run, or aren't supported: what they give is unknown."""

from __future__ import annotations

from hullcheck.render.helm.functions import FUNCTIONS, Function, go
from hullcheck.render.helm.unknown import Unknown, UnknownFields
from hullcheck.render.helm.values import Value

_GENERATED = (
    "bcrypt htpasswd derivePassword genPrivateKey encryptAES decryptAES randBytes uuidv4 shuffle "
    "date dateInZone date_in_zone htmlDate htmlDateInZone ago unixEpoch"
)
_FIELDS = (
    "genCA genCAWithKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey "
    "buildCustomCert now toDate mustToDate dateModify date_modify mustDateModify must_date_modify"
)
_UNSUPPORTED = (
    "toToml mustToToml duration durationRound mustToDuration durationSeconds durationMilliseconds "
    "durationMicroseconds durationNanoseconds durationMinutes durationHours durationDays durationWeeks "
    "durationRoundTo durationTruncateTo abbrevboth"
)


def _generated(name: str) -> "Function":
    return Function(
        name, lambda *args: Unknown(f"`{name}` gives a new value each time", "string", True), (), "any", True
    )


def _fields(name: str) -> "Function":
    return Function(
        name, lambda *args: UnknownFields(f"`{name}` gives a new value each time", "struct", True), (), "any", True
    )


def _unsupported(name: str) -> "Function":
    return Function(name, lambda *args: Unknown(f"the function `{name}` isn't supported"), (), "any", True)


FUNCTIONS.update((name, _generated(name)) for name in _GENERATED.split())
FUNCTIONS.update((name, _fields(name)) for name in _FIELDS.split())
FUNCTIONS.update((name, _unsupported(name)) for name in _UNSUPPORTED.split())


@go("randAlphaNum randAlpha randNumeric", "int")
def random_text(count: int) -> Value:
    return Unknown("a random text", "string", solid=True) if count > 0 else ""


@go("randAscii", "int")
def random_ascii(count: int) -> Value:
    return Unknown("a random text", "string", True) if count > 0 else ""
