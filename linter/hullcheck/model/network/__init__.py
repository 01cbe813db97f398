"""Who can talk to whom: network policies as written, and what they come to.

The semantics are those of k8s.io/api/networking/v1 and of its defaulting in the API server. `labels` and `policy` are
what files say; `universe`, `solve` and `join` work out what follows; `parts` is what checks look at.
"""
