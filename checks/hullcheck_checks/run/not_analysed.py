"""Something that hullcheck recognises and doesn't evaluate.

A remote base isn't in the repository, and nothing is fetched; a chart lacks another one; a template is what nobody here
can render. What stands literally in it is checked all the same; what comes out of it is not. Every report says so at
its end, by cause.

To fix: bring what is missing, or render it in CI and check the result:

    helm template chart/ > rendered.yaml && hullcheck rendered.yaml

See https://helm.sh/docs/helm/helm_template/
"""

from hullcheck.check import Check
from hullcheck.finding import Severity

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("dockerfile", "compose", "kubernetes", "devcontainer"),
)
