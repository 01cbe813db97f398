"""A Kubernetes Secret with its data in the repository.

Base 64 is no encryption: everyone who can read the repository has the value, now and in its history.

To fix: let the cluster take it from a secret store, or commit it encrypted:

    apiVersion: external-secrets.io/v1
    kind: ExternalSecret
    metadata:
      name: db
    spec:
      secretStoreRef: {kind: ClusterSecretStore, name: vault}
      data:
        - secretKey: password
          remoteRef: {key: db, property: password}

Of a chart, only values that stand in `values.yaml` or in the template itself count. Sealed secrets, SOPS files and
references of secret operators are fine, as are entries that are empty, public (certificates, user names, addresses)
or to be filled in. What is in a Secret isn't secret by that: the key or the value must say it, and of a configuration
file that stands in it the text. Where all values are defaults that everybody tries first, or the file lies in a
folder of tests or is what a chart is tested with (`ci/*-values.yaml`), it is a medium finding.

See https://kubernetes.io/docs/concepts/security/secrets-good-practices/
See https://kubernetes.io/docs/concepts/configuration/secret/#information-security-for-secrets
"""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.configtext import in_config
from hullcheck.model.node import Mapping, Scalar
from hullcheck.model.placeholders import asks, documented, is_harmless_value, weak
from hullcheck.model.repository import is_for_tests
from hullcheck.model.secrets import Grade, by_name, decoded, in_url, narrowed, words_of
from hullcheck.model.tokens import by_value, random
from hullcheck.patterns import pattern
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.kubernetes import KubernetesObject
    from hullcheck.source import Location

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=("owasp-kubernetes:K08", "cis-k8s:5.4.2"),
    cwe=(312, 540),
    covered_by=("secret-value",),
)

PUBLIC = frozenset(
    (
        "user",
        "username",
        "login",
        "email",
        "host",
        "hostname",
        "port",
        "url",
        "uri",
        "endpoint",
        "server",
        "region",
        "bucket",
        "issuer",
        "namespace",
        "type",
        "name",
        "project",
        "database",
        "db",
        "id",
        "path",
        "insecure",
        "config",
        "ca",
        "crt",
        "cer",
        "pub",
        "cert",
        "certificate",
        "hosts",
        "address",
        "account",
        "domain",
        "tenant",
        "version",
        "mode",
        "enabled",
    )
)
"""Last words of keys whose values everybody may know."""

_UNLIKE_WORDS = pattern(
    r"(?=.*[A-Za-z])(?=.*[0-9!@#$%^&*?+=~])[!-~]{6,200}|(?i:[\w -]{0,60}(?:passw|secret)[\w -]{0,60})"
)
_ADDRESS = pattern(
    r"[\w.+-]{1,64}@[\w.-]{1,200}|[a-z][a-z0-9+.-]{0,20}://\S{1,300}|[\w-]{1,63}(?:\.[\w-]{1,63}){1,9}(?::\d{1,5})?"
)
_WHOLE_FILE = frozenset(("dockerconfigjson", "dockercfg", "htpasswd", "netrc", "kubeconfig"))

FILE = pattern(r"\.Files\.Get\b|\.AsSecrets\b")
"""What puts a file of the chart into a template."""

MIN_WRITTEN = 4
"""Characters of a value of which another one is made, below which that may be by chance."""


@check.on("KubernetesObject")
def with_data(made: KubernetesObject) -> Iterator[Finding]:
    if made.kind != "Secret" or made.api_version != "v1" or made.node.get("sops") is not None:
        return
    found = sorted(_entries(made), key=lambda entry: by_name(entry[0].text) is None)
    if not found:
        return
    key, value, _ = found[0]
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    known = all(weak(text) or asks(text) or documented(text) for _, _, text in found)
    places = {value.location.path for _, value, _ in found}
    lower = known or is_for_tests(made.location.path) or all(map(is_for_tests, places))
    yield check.finding(
        made,
        f"Secret `{made.name}` is kept in the repository with its value of `{key.text}`{more}",
        at=narrowed(value.location, value.text),
        severity=Severity.MEDIUM if lower else None,
        evidence=tuple(key.text for key, _, _ in found),
        redact=tuple(place for _, value, text in found for place in _written(value, text)),
    )


def _written(value: Scalar, text: str) -> Iterator[Location]:
    """Where the value stands; nowhere, if the place only names the file that it is in."""
    place = value.location
    said = next((said for said in (value.text, text) if said and said in place.text), "")
    if said or not value.because or place.text.strip("\"'") in text:
        yield narrowed(place, said)


def _entries(made: KubernetesObject) -> Iterator[tuple[Scalar, Scalar, str]]:
    """The keys and values that are credentials, decoded."""
    for field in ("stringData", "data"):
        data = made.node.get(field)
        for key, value in data.entries().values() if isinstance(data, Mapping) else ():
            if not isinstance(value, Scalar) or value.unknown or _is_rendered(made, value):
                continue
            text = value.text if field == "stringData" else decoded(value.text)
            binary = field == "data" and not text and len(value.text.strip()) > 8
            if binary or _is_credential(key.text, text):
                yield key, value, text


def _is_rendered(made: KubernetesObject, value: Scalar) -> bool:
    """Does a chart's template make the value, and is no literal of the chart's values what it comes to?"""
    if "templates" not in made.location.path.split("/"):
        return False
    place = value.location
    if "{{" in place.text:
        return FILE.search(place.text) is None
    if value.style in ("|", ">"):
        return True
    written = place.text.strip("\"'")
    return not (value.text in place.text or (len(written) >= MIN_WRITTEN and written in decoded(value.text)))


def _is_credential(key: str, text: str) -> bool:
    """Does the value hold a credential? What is in a Secret isn't one by that: key and value say it, or a file's text."""
    if any(by_value(text)) or any(login.literal for login in in_url(text)):
        return True
    words = words_of(key)
    if "\n" in text.strip() or text.lstrip().startswith(("{", "<", "[")):
        named = words[-1:] and words[-1] in _WHOLE_FILE and '"auths"' not in text and not is_harmless_value(text)
        return bool(named) or '"auth":' in text or any(in_config(text)) or _is_whole(key, text)
    if is_harmless_value(text):
        return False
    if by_name(key) is not None:
        return True
    if words and (words[-1] in PUBLIC or words[-1].endswith(("username", "accountname", "address"))):
        return False
    return _ADDRESS.fullmatch(text[:500]) is None and (_UNLIKE_WORDS.fullmatch(text) is not None or random(text))


def _is_whole(key: str, text: str) -> bool:
    """Is a text of several lines the credential itself, by its name?"""
    return by_name(key) is Grade.STRONG and "CERTIFICATE" not in text and "PUBLIC KEY" not in text and ":" not in text
