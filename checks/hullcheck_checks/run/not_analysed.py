"""Something that hullcheck recognises and doesn't evaluate.

A template holds no containers before it is rendered, and a remote base isn't in the repository; nothing is fetched.
What comes out of them is not checked here.

To fix: render the template in CI and check the result:

    helm template chart/ > rendered.yaml && hullcheck rendered.yaml

See https://helm.sh/docs/helm/helm_template/
"""

from hullcheck.check import Check
from hullcheck.finding import Severity

check = Check(
    __name__,
    __doc__,
    severity=Severity.INFO,
    dialects=("dockerfile", "compose", "kubernetes"),
)
