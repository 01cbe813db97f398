"""An annotation that puts text into the ingress controller's own configuration.

ingress-nginx writes the text of its `-snippet` annotations into nginx's configuration as it is. Whoever may write an
Ingress in any namespace can then read the controller's files and its token, which opens the secrets of the whole
cluster (CVE-2021-25742). Other annotations led to the same by a line break in their value (CVE-2025-1974), and so did
a path with a quote in it (CVE-2026-24512).

To fix: use the annotation for what is wanted, or set it once in the controller's ConfigMap, and leave snippets off
there:

    # ConfigMap of ingress-nginx
    data:
      allow-snippet-annotations: "false"

A snippet with a directive that runs code, reads files or forwards elsewhere is a high finding, others are medium.

See https://github.com/kubernetes/kubernetes/issues/126811
See https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hullcheck.check import Check
from hullcheck.finding import Finding, Severity
from hullcheck.model.edit import delete, fix
from hullcheck.model.node import Mapping, Scalar, at, items
from hullcheck.patterns import pattern
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.network.parts import EntranceUse

check = Check(
    __name__,
    __doc__,
    severity=Severity.HIGH,
    dialects=("kubernetes",),
    aliases=(
        "trivy:KCV-0093",
        "checkov:CKV_K8S_152",
        "checkov:CKV_K8S_153",
        "checkov:CKV_K8S_154",
        "kubescape:C-0059",
    ),
    cwe=(94,),
    fixable="unsafe",
)

_SNIPPET = pattern(r"(?:nginx\.ingress\.kubernetes\.io|nginx\.org|ingress\.kubernetes\.io)/[a-z-]*snippets?")
_INJECTED = pattern(
    r"nginx\.ingress\.kubernetes\.io/"
    r"(?:auth-url|auth-tls-match-cn|mirror-target|mirror-host|permanent-redirect|rewrite-target)"
)
_DANGEROUS = pattern(r"lua|\balias\b|proxy_pass|\broot\b|\binclude\b|load_module|serviceaccount", re.IGNORECASE)
_BREAK = pattern(r"[\x00-\x1f;{}]")
_LEAVES = pattern(r"[\x00-\x1f\"]")


@check.on("EntranceUse")
def through_a_path(use: EntranceUse) -> Iterator[Finding]:
    """A path that ends nginx's `location` and goes on with directives of its own; braces alone are part of a pattern."""
    for rule in items(at(use.entrance.object.node, "spec", "rules")):
        for entry in items(at(rule, "http", "paths")):
            path = at(entry, "path")
            text = path.text if isinstance(path, Scalar) and not path.unknown else ""
            if path is not None and (_LEAVES.search(text) or (";" in text and ("{" in text or "}" in text))):
                yield check.finding(
                    use, "a path has characters that break out of nginx's configuration", at=path.location,
                    evidence=("path", text[:80]),
                )  # fmt: skip


@check.on("EntranceUse")
def into_the_controller(use: EntranceUse) -> Iterator[Finding]:
    annotations = at(use.entrance.object.node, "metadata", "annotations")
    if not isinstance(annotations, Mapping):
        return
    for text, (key, value) in annotations.entries().items():
        words = value.text if isinstance(value, Scalar) else ""
        if _SNIPPET.fullmatch(text) and words.strip():
            severity = None if _DANGEROUS.search(words) else Severity.MEDIUM
            yield check.finding(
                use, f"`{text}` goes into nginx's configuration as it is", at=key.location, severity=severity,
                evidence=(text,), fix=fix("take it out", delete(key.location), safe=False),
            )  # fmt: skip
        elif _INJECTED.fullmatch(text) and _BREAK.search(words):
            yield check.finding(
                use, f"`{text}` has characters that break out of nginx's configuration", at=key.location,
                evidence=(text,),
            )  # fmt: skip
