"""An object that the program it is written for would refuse.

Compose or the Kubernetes API rejects it, so what the file seems to say never takes effect; a security setting among
it protects nothing.

To fix: correct what the message names; `docker compose config` and `kubectl apply --dry-run=server` show the same.

See https://docs.docker.com/reference/compose-file/
See https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

from hullcheck.check import Check
from hullcheck.finding import Severity

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
)
