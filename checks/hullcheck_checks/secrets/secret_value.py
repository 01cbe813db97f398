"""A provider's token, a private key or another credential that shows what it is.

It is usable by everyone who can read the repository or pull the image, from the minute it is pushed: public
repositories are searched for exactly these formats by machines, within seconds.

To fix: revoke the credential first, removing it from the file alone doesn't help, as history keeps it. Then take it
from a secret store when it is needed:

    RUN --mount=type=secret,id=github,env=GITHUB_TOKEN ./fetch

All of the file is searched: values, commands, heredocs, labels, comments; the data of a Secret after decoding.
Formats with a checksum are verified. Documented examples, placeholders and encrypted texts (SOPS, sealed secrets) are
none. What has the shape but can't be used as it stands (a wrong checksum, a key for tests, an encrypted key, a
password's hash) is a medium finding, as is a private key below a folder of tests or documentation.

See https://docs.github.com/en/code-security/secret-scanning/introduction/about-secret-scanning
See https://cwe.mitre.org/data/definitions/798.html
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.node import Mapping, Scalar
from hullcheck.model.repository import FileText, is_for_tests
from hullcheck.model.secrets import decoded
from hullcheck.model.tokens import Secret, by_value
from hullcheck.patterns import pattern
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.kubernetes import KubernetesObject

check = Check(
    __name__,
    __doc__,
    severity=Severity.CRITICAL,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
    aliases=("kics:a88baa34-e2ad-44ea-ad6f-8cac87bc7c71", "tally:secrets-in-code", "cis-docker:4.10"),
    cwe=(798, 321),
)


@check.on("FileText")
def in_text(file: FileText) -> Iterator[Finding]:
    for secret in by_value(file.source.text):
        if _is_for_browsers(file.source.text, secret):
            continue
        place = file.place(secret.start, secret.end)
        yield check.finding(
            place,
            f"a credential stands here: {secret.kind}",
            severity=_severity(secret, file.source.path),
            evidence=(secret.kind,),
            redact=(place.location,),
        )


_FOR_BROWSERS = pattern(
    r"(?:VITE|REACT_APP|NEXT_PUBLIC|NUXT_PUBLIC|GATSBY|EXPO_PUBLIC|VUE_APP|PUBLIC|FIREBASE|MAPS?)_[A-Z0-9_]{0,60}[\"']?"
    r"\s{0,9}[:=]\s{0,9}[\"']?(?:\$\{[A-Z0-9_]{1,60}:?-)?\Z"
)


def _is_for_browsers(text: str, secret: Secret) -> bool:
    """Is it a key that a site shows to everybody who opens it, as those of Google's maps and of Firebase are?"""
    if secret.kind != "Google API key":
        return False
    before = text[max(secret.start - 120, 0) : secret.start]
    return _FOR_BROWSERS.search(before.rpartition("\n")[2]) is not None


@check.on("KubernetesObject")
def in_encoded_data(made: KubernetesObject) -> Iterator[Finding]:
    data = made.node.get("data") if made.kind == "Secret" else None
    for key, value in data.entries().values() if isinstance(data, Mapping) else ():
        written = value.text if isinstance(value, Scalar) else ""
        text = "" if any(by_value(written)) else decoded(written)
        for secret in by_value(text):
            yield check.finding(
                made,
                f"Secret `{made.name}`: `{key.text}` is a credential, encoded only: {secret.kind}",
                at=value.location,
                severity=_severity(secret, made.location.path),
                evidence=(secret.kind, key.text),
                redact=(value.location,),
            )


def _severity(secret: Secret, path: str) -> Severity | None:
    """Keys that are made for tests and documentation are rarely anybody's; a provider's token is live wherever it is."""
    made_up = secret.kind == "private key" and is_for_tests(path)
    return Severity.MEDIUM if made_up or not secret.certain else None
