"""Network policies for what a repository shows to be used, as YAML: what is meant to be allowed, and nothing else.

Who connects to whom is read from variables, command lines and Ingresses; a connection that is made otherwise is missing
in it, so it is a start to be looked through, not an answer.
"""

from collections.abc import Iterable, Iterator

from hullcheck.model.network.network import Network
from hullcheck.model.network.suggest import Suggestion, suggestions


def render(networks: Iterable[Network]) -> str:
    """The policies of all scopes, as one stream of documents."""
    texts = [text for network in networks for text in _documents(suggestions(network))]
    return "---\n".join(texts) if texts else "# nothing to suggest: there is no Kubernetes workload without a policy\n"


def _documents(found: Iterable[Suggestion]) -> Iterator[str]:
    for one in found:
        yield one.text
