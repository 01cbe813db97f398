"""Who can talk to whom: network policies as written, and what they come to.

The semantics are those of k8s.io/api/networking/v1 and of its defaulting in the API server. `labels` and `policy` are
what files say; `universe`, `solve` and `join` work out what follows; `parts` is what checks look at.
"""

from hullcheck.model.network.cover import Cover, PolicyIndex, SelectorIndex
from hullcheck.model.network.labels import LabelSelector, Operator, Requirement
from hullcheck.model.network.legacy import Isolation, NearMiss, PolicyScope
from hullcheck.model.network.policy import Policy
from hullcheck.model.network.service import Backend, Service

__all__ = [
    "Backend",
    "Cover",
    "Isolation",
    "LabelSelector",
    "NearMiss",
    "Operator",
    "Policy",
    "PolicyIndex",
    "PolicyScope",
    "Requirement",
    "SelectorIndex",
    "Service",
]
