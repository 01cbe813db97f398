"""A field that the Kubernetes API doesn't know.

`kubectl` asks the API server to refuse it; for clients that don't, the server drops it and goes on. A
`securityContext` with a misspelt key, or at the wrong level, is then a protection that is written down and isn't
there.

To fix: write the field as the API calls it, where the API has it:

    spec:
      containers:
        - name: web
          securityContext:
            readOnlyRootFilesystem: true

It is looked for under `--validate`, or where it is selected by its name, and needs the schemas that
`pip install hullcheck[validate]` brings. `--kubernetes-version`, or `kubernetes-version` in the configuration, says
which version the objects are held against; without, the newest that there are schemas of. Values of a wrong type are
reported as `invalid-object`. Custom resources are held against their definitions, if the repository has them.

See https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation
See https://kubernetes.io/docs/reference/kubernetes-api/
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from hullcheck.check import Check
from hullcheck.finding import Edit, Finding, Fix, Severity
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.misfit import UnknownField
    from hullcheck.model.settings import Settings

check = Check(
    __name__,
    __doc__,
    severity=Severity.MEDIUM,
    dialects=("kubernetes",),
    aliases=("kube-linter:schema-validation",),
    cwe=(693,),
    fixable="unsafe",
    default=False,
)

_SECURITY_TYPES = (
    "SecurityContext",
    "Capabilit",
    "Profile",
    "PolicyRule",
    "RoleRef",
    "Subject",
    "NetworkPolicy",
    "RoleBinding",
)
_SECURITY_FIELDS = frozenset(
    (
        "securityContext", "podSecurityContext", "automountServiceAccountToken", "serviceAccountName", "hostNetwork",
        "hostPID", "hostIPC", "hostUsers", "readOnly", "allowPrivilegeEscalation", "capabilities", "privileged",
        "procMount", "readOnlyRootFilesystem", "runAsGroup", "runAsNonRoot", "runAsUser", "seccompProfile",
        "seLinuxOptions", "appArmorProfile", "windowsOptions", "fsGroup", "sysctls", "supplementalGroups", "limits",
        "resources", "networkPolicy", "policyTypes", "podSelector", "namespaceSelector", "tls",
    )
)  # fmt: skip
_EVERYWHERE = frozenset(
    ("name", "value", "key", "type", "path", "kind", "operator", "values", "apiVersion", "namespace")
)
"""Fields that so many things have that nothing follows from one at a wrong place."""

_OTHER_CONTAINERS = frozenset(("initContainers[]", "ephemeralContainers[]"))
_OF_PODS = (("securityContext",), ("containers[]",))
"""Where settings go that are written at another level of a pod; elsewhere, what is beside says nothing."""

_MAX_STEPS = 4
_MAX_PLACES = 2
_MAX_LENGTH = 60


@check.on("UnknownField")
def unknown(field: UnknownField, settings: Settings) -> Iterator[Finding]:
    key, holder = field.misfit.key, field.holder
    meant, belongs = _guesses(field)
    message = f"`{key}` is no field of {_described(field, settings.validate)}"
    if meant:
        message += f"; did you mean `{meant}`?"
    elif belongs:
        message += f"; it belongs in {' or '.join(f'`{place}`' for place in belongs)}"
    protects = {key, meant} & _SECURITY_FIELDS or any(word in holder.name for word in _SECURITY_TYPES)
    yield check.finding(
        field,
        message,
        severity=None if protects else Severity.LOW,
        evidence=("".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in field.misfit.path),),
        fix=_rename(field, meant),
    )


def _described(field: UnknownField, version: str) -> str:
    """What doesn't have the field: "SecurityContext in Kubernetes 1.31", "`spec.size` of Database"."""
    if field.holder.name:
        return field.holder.name + ("" if version == "latest" else f" in Kubernetes {field.root.types.version}")
    return f"`{'.'.join(field.misfit.holder_path)}` of {field.object.kind}"


def _guesses(field: UnknownField) -> tuple[str, tuple[str, ...]]:
    """The field that was meant, or else the places that have one of this name."""
    key, among = field.misfit.key, field.misfit.among
    if not field.explained or among is None or len(key) > _MAX_LENGTH:
        return "", ()
    names = [name for name in field.holder.names if name not in among.entries()]
    same = next((name for name in names if _letters(name) == _letters(key)), "")
    near = [same] if same else get_close_matches(key, names, n=1, cutoff=0.9)
    belongs = () if near else tuple(_belongs(field))
    if not near and not belongs:
        near = get_close_matches(key, names, n=1, cutoff=0.75)
    return near[0] if near else "", belongs


def _letters(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()


def _belongs(field: UnknownField) -> Iterator[str]:
    """The nearest places in the object that have a field of this name; regular containers stand for all others."""
    if field.misfit.key in _EVERYWHERE:
        return
    here = field.misfit.holder_path
    places = [place for place in field.root.places.get(field.misfit.key, ()) if not _OTHER_CONTAINERS & set(place)]
    near = sorted((_steps(here, place), place) for place in places)
    for steps, place in near[:_MAX_PLACES]:
        up, down = steps[1], steps[0] - steps[1]
        related = not up or not down or place[-1:] in _OF_PODS
        if steps == near[0][0] and steps[0] <= _MAX_STEPS and related:
            yield ".".join(place) or field.object.kind


def _steps(here: tuple[str, ...], there: tuple[str, ...]) -> tuple[int, int]:
    """How far it is from one place to the other: all steps, and those of them that lead up."""
    pairs = enumerate(zip(here, there, strict=False))
    common = next((n for n, (a, b) in pairs if a != b), min(len(here), len(there)))
    return len(here) + len(there) - 2 * common, len(here) - common


def _rename(field: UnknownField, meant: str) -> Fix | None:
    """The field's name corrected, where it is written as such."""
    if not meant or field.location.text.strip("\"'") != field.misfit.key:
        return None
    return Fix(f"write `{meant}`", (Edit(field.location, meant),), safe=False)
