"""The SARIF object model: sarif-om's classes, for the modules beside this one, and the way from them to JSON values.

sarif-om has no serialiser, and it calls `Suppression.status` by the name that it had in a draft.
"""

from __future__ import annotations

import functools

import attr
import sarif_om as om

from hullcheck.typed import Any

__all__ = ["om", "plan", "to_json"]

_RENAMED = {(om.Suppression, "state"): "status"}
_KEPT = {
    (om.Result, "level"),  # without it the rule's default holds, not "warning"
    (om.Notification, "level"),
    (om.ReportingConfiguration, "level"),
    (om.Run, "results"),  # empty says that all is well
    (om.Run, "column_kind"),
}
"""Properties that are written though they equal the schema's default."""


def to_json(value: Any) -> Any:
    """An object of sarif-om, or anything in it, as JSON values: defaults are left out, keys are sorted."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, dict):
        return {key: to_json(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return {
        name: to_json(held)
        for attribute, name, default, kept in plan(type(value))  # type: ignore[arg-type]  # a class is hashable
        if (held := getattr(value, attribute)) is not None and (kept or (held != default and held != []))
    }


@functools.lru_cache(maxsize=128)  # more classes than there are
def plan(cls: type) -> list[tuple[str, str, Any, bool]]:
    """For each property of a class: the attribute, the name in JSON, the default, and whether it is always written."""
    rows = []
    for field in attr.fields(cls):
        default = field.default
        if isinstance(default, attr.Factory):  # type: ignore[arg-type]
            default = default.factory()
        key = (cls, field.name)
        name = _RENAMED.get(key, field.metadata["schema_property_name"])
        rows.append((field.name, name, default, default is attr.NOTHING or key in _KEPT))
    return sorted(rows, key=lambda row: row[1])
