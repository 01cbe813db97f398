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
or to be filled in. Where all values are defaults that everybody tries first, or the file lies in a folder of tests,
it is a medium finding.

See https://kubernetes.io/docs/concepts/security/secrets-good-practices/
See https://kubernetes.io/docs/concepts/configuration/secret/#information-security-for-secrets
"""

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.node import Mapping, Scalar
from hullcheck.model.repository import is_for_tests
from hullcheck.model.secrets import by_name, decoded, is_harmless_value, narrowed, weak
from hullcheck.model.tokens import by_value

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=("owasp-kubernetes:K08", "cis-k8s:5.4.2"),
    cwe=(312, 540),
    covered_by=("secret-value",),
)

PUBLIC = re.compile(
    r".*(?:user_?name|account_?name|address)|"
    r"(?:ca|tls)[.-]crt|.*\.(?:crt|cer|pub)|known_hosts|(?:.*[-_.])?(?:user(?:name)?|login|email|host(?:name)?|port|url|uri"
    r"|endpoint|server|region|bucket|issuer|namespace|type|name|project|database|db|id|path|insecure|config|ca)",
    re.IGNORECASE,
)


@check.on(KubernetesObject)
def with_data(made: KubernetesObject) -> Iterator[Finding]:
    if made.kind != "Secret" or made.api_version != "v1" or made.node.get("sops") is not None:
        return
    found = sorted(_entries(made), key=lambda entry: by_name(entry[0].text) is None)
    if not found:
        return
    key, value, _ = found[0]
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    lower = all(weak(text) for _, _, text in found) or is_for_tests(made.location.path)
    yield check.finding(
        made,
        f"Secret `{made.name}` is kept in the repository with its value of `{key.text}`{more}",
        at=narrowed(value.location, value.text),
        severity=Severity.MEDIUM if lower else None,
        evidence=tuple(key.text for key, _, _ in found),
        redact=tuple(value.location for _, value, _ in found),
    )


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
    return "{{" in value.location.text or value.style in ("|", ">") or value.text not in value.location.text


def _is_credential(key: str, text: str) -> bool:
    if any(by_value(text)):
        return True
    if is_harmless_value(text):
        return False
    if by_name(key) is not None:
        return True
    return PUBLIC.fullmatch(key) is None
