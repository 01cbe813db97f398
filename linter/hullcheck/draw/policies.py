"""Network policies for what a repository shows to be used, as YAML: what is meant to be allowed, and nothing else.

Who connects to whom is read from what the manifests say; a connection that is made otherwise is missing in it, so it is
a start to be looked through, not an answer.
"""

from __future__ import annotations

from collections.abc import Iterable

from hullcheck.model.network.network import Network
from hullcheck.model.network.suggest import KUBERNETES, suggestions

_HEAD = """\
# What the repository shows to be used is allowed, with the line that shows it; what isn't shown is cut: look it through.
# Probes need no rule: they come from the pod's own node, which is always let in.
"""


def render(networks: Iterable[Network], *, cilium: bool = False) -> str:
    """The policies of all scopes, as one stream of documents; those of Cilium's kind if that is asked for."""
    dialect = KUBERNETES
    if cilium:
        from hullcheck.model.network.suggest_cilium import CILIUM

        dialect = CILIUM
    texts = [one.text for network in networks for one in suggestions(network, dialect=dialect)]
    if not texts:
        return "# nothing to suggest: there is no Kubernetes workload without a policy\n"
    return _HEAD + "---\n".join(texts)
