"""Values of a chart, its parents and its users put together, as Helm does it."""

from __future__ import annotations

from hullcheck.render.helm.chart import Chart
from hullcheck.render.helm.collections import deep_copy
from hullcheck.render.helm.errors import TemplateError
from hullcheck.render.helm.limits import spend
from hullcheck.render.helm.values import Bool, Map, Value


def coalesced(chart: Chart, values: Map) -> Map:
    """The values given over those of the chart and its subcharts; a null takes a key away."""
    return _coalesce(chart, deep_copy(values), merge=False)


def merged_values(chart: Chart, values: Map) -> Map:
    """The same, but nulls stay."""
    return _coalesce(chart, deep_copy(values), merge=True)


def _coalesce(chart: Chart, values: Map, merge: bool) -> Map:
    _own(chart, values, merge)
    for child in chart.charts:
        below = values.setdefault(child.name, Map())
        if not isinstance(below, dict):
            raise TemplateError(f"type mismatch on {child.name}: the values of a subchart are no mapping")
        _globals(below, values)
        values[child.name] = _coalesce(child, Map(below) if not isinstance(below, Map) else below, merge)
    return values


def _globals(target: Value, source: Value) -> None:
    """Copy `global` of the parent into the child's, the parent's winning."""
    inner, outer = target.get("global", Map()), source.get("global", Map())
    if "global" not in target:
        inner = Map()
    if not isinstance(inner, dict) or not isinstance(outer, dict):
        return
    for key, value in list(outer.items()):
        if isinstance(value, dict):
            copied = Map(value)
            copied.origin = getattr(value, "origin", None)
            if key not in inner:
                inner[key] = copied
            elif isinstance(inner[key], dict):
                merge_tables(copied, inner[key], merge=True)
                inner[key] = copied
        elif not isinstance(inner.get(key), dict):
            inner[key] = value
    target["global"] = inner


def _own(chart: Chart, values: Map, merge: bool) -> None:
    """The chart's own values, where `values` has nothing."""
    for key, default in deep_copy(chart.values).items():
        spend()
        if key not in values:
            if not merge:
                if default is None:
                    continue
                _drop_nulls(default)
            _take(values, key, default)
            continue
        value = values[key]
        if value is None and not merge:
            del values[key]
        elif isinstance(value, dict) and isinstance(default, dict):
            keeps = merge or any(child.name == key for child in chart.charts)
            if not keeps:
                _drop_nulls(default)
            merge_tables(value, default, keeps)


def _take(values: Value, key: str, default: Value) -> None:
    values[key] = default


def _drop_nulls(value: Value) -> None:
    if isinstance(value, dict):
        for key, item in list(value.items()):
            if item is None:
                del value[key]
            else:
                _drop_nulls(item)


def merge_tables(target: Value, source: Value, merge: bool) -> Value:
    """Fill `target` with what only `source` has; a null in `target` takes a key away, but for `merge`."""
    given = {key for key, value in source.items() if value is not None}
    for key, value in target.items():
        if value is None:
            source[key] = None
    for key, value in list(source.items()):
        spend()
        if key not in target:
            target[key] = value
        elif target[key] is None and not merge and key in given:
            del target[key]
        elif isinstance(value, dict) and isinstance(target[key], dict):
            merge_tables(target[key], value, merge)
    return target


def work_out_dependencies(chart: Chart, values: Map) -> None:
    """Leave only the subcharts that conditions and tags turn on, under their aliases, and import their values."""
    _enable(chart, values, "")
    _import(chart)


def _enable(chart: Chart, values: Map, path: str) -> None:
    listed = chart.dependencies
    if listed is None:
        return
    known = [c for c in chart.charts if not any(d.fits(c.name, _version(c)) for d in listed)]
    for dependency in listed:
        found = next((c for c in chart.charts if dependency.fits(c.name, _version(c))), None)
        if found:
            known.append(found.copy(dependency.alias or found.name))
        dependency.name = dependency.alias or dependency.name
        dependency.enabled = True
    chart.charts = known
    combined = coalesced(chart, values)
    _by_tags(chart, combined)
    _by_conditions(chart, combined, path)
    off = {dependency.name for dependency in listed if not dependency.enabled}
    chart.charts = [child for child in chart.charts if child.name not in off]
    for child in chart.charts:
        _enable(child, combined, f"{path}{child.name}.")
    chart.dependencies = [dependency for dependency in listed if dependency.name not in off]
    chart.metadata["Dependencies"] = [dependency.as_map() for dependency in chart.dependencies]


def _version(chart: Chart) -> str:
    return str(chart.metadata["Version"])


def _by_tags(chart: Chart, values: Map) -> None:
    tags = values.get("tags")
    if not isinstance(tags, dict):
        return
    for dependency in chart.dependencies or ():
        found = [bool(tags[tag]) for tag in dependency.tags if isinstance(tags.get(tag), bool | Bool)]
        dependency.enabled = any(found) or not found


def _by_conditions(chart: Chart, values: Map, path: str) -> None:
    for dependency in chart.dependencies or ():
        for condition in dependency.condition.strip().split(","):
            found = _at_path(values, path + condition) if condition else None
            if isinstance(found, bool | Bool):
                dependency.enabled = bool(found)
                break


def _at_path(values: Value, path: str) -> Value:
    for part in path.split("."):
        if not isinstance(values, dict) or part not in values:
            return None
        values = values[part]
    return values


def _import(chart: Chart) -> None:
    for child in chart.charts:
        _import(child)
    if chart.dependencies is None:
        return
    combined = merged_values(chart, Map())
    imported: Value = Map()
    for dependency in chart.dependencies:
        for wanted in dependency.imports:
            below, parent = (f"exports.{wanted}", ".") if isinstance(wanted, str) else wanted
            table = _at_path(combined, f"{dependency.name}.{below}")
            if isinstance(table, dict):
                merge_tables(imported, _nested(parent, table), merge=True)
    chart.values = merge_tables(deep_copy(combined), imported, merge=True)


def _nested(path: str, value: Value) -> Value:
    if path != ".":
        for part in reversed(path.split(".")):
            value = Map({part: value})
    return value
