"""`hullcheck config`: what is in effect, for a path, and where each value came from; or the JSON Schema."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

from hullcheck import schema
from hullcheck.check import Registry
from hullcheck.commands.common import add_policy, read_config, registry
from hullcheck.discover import relative
from hullcheck.policy.config import Accepted, Config, Override
from hullcheck.policy.rules import matcher
from hullcheck.terms import said
from hullcheck.tuples import NamedTuple


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("show", "schema"), help="show what is in effect, or the JSON Schema")
    parser.add_argument("path", nargs="?", metavar="PATH", help="say what holds for findings in this file")
    add_policy(parser)


def run(options: argparse.Namespace) -> int:
    if options.what == "schema":
        print(schema.text("config"), end="")
        return 0
    from hullcheck.discover import find_root
    from hullcheck.report.paths import from_here
    from hullcheck.report.safe import clean

    checks = registry()
    config = read_config(options, ["."], checks)
    root = find_root(["."])
    path = relative(root, options.path) if options.path else None
    shown = str if options.config else from_here(root)
    where = shown(config.path) if config.path else "no file"
    print(f"# in effect{f' for {clean(options.path)}' if path else ''}; configured in {where}")
    rows = [
        row._replace(origin=f"{where}{row.origin.removeprefix(config.path)}")
        if config.path and row.origin.startswith(f"{config.path}:")
        else row
        for row in _rows(config, checks, path)
    ]
    width = min(max(len(row.text) for row in rows), 50)
    for row in rows:
        print(clean(f"{row.text:{width}}  # {row.origin}" if row.origin else row.text))
    return 0


class Row(NamedTuple):
    """A line of the configuration in effect, and where its value was said; without origin for a line that only leads."""

    text: str
    origin: str = ""


def _rows(config: Config, checks: Registry, path: str | None) -> Iterator[Row]:
    for key in (
        "select",
        "extend-select",
        "ignore",
        "exclude",
        "trusted-registries",
        "trusted-images",
        "datastores",
        "allow-unjudged",
    ):
        yield from _list(config, key, getattr(config, key.replace("-", "_")))
    yield from _contexts(config, path)
    overrides = [
        (number, override)
        for number, override in enumerate(config.overrides)
        if path is None or matcher(override.paths)(path)
    ]
    yield from _scalars(config, overrides if path else [])
    yield from _severities(config, checks, overrides if path else [])
    yield Row("network:")
    for kind, assertions in (("deny", config.network_deny), ("allow", config.network_allow)):
        yield Row(f"  {kind}:" if assertions else f"  {kind}: []", "" if assertions else "default")
        for number, assertion in enumerate(assertions):
            said = ", ".join(f"{key}: {value}" for key, value in assertion.items())
            yield Row(f"    - {said}", _origin(config, f"network.{kind}.{number}"))
    yield Row(
        "compose-projects:" if config.compose_projects else "compose-projects: []", _origin(config, "compose-projects")
    )
    for number, project in enumerate(config.compose_projects):
        said = f"files: [{', '.join(project.files)}]"
        said += f", profiles: [{', '.join(project.profiles)}]" if project.profiles is not None else ""
        said += f", name: {project.name}" if project.name else ""
        yield Row(f"  - {{{said}}}", _origin(config, f"compose-projects.{number}"))
    yield Row("helm:" if config.helm else "helm: {}", _origin(config, "helm"))
    for folder, chart in config.helm.items():
        yield Row(f"  {folder}:", _origin(config, f"helm.{folder}"))
        for files in chart.values:
            yield Row(f"    - values: [{', '.join(files)}]", _origin(config, f"helm.{folder}.values"))
        for each in chart.sets:
            yield Row(f"    - set: {each}", _origin(config, f"helm.{folder}.set"))
        if chart.kube_version:
            yield Row(f"    - kube-version: {chart.kube_version}", _origin(config, f"helm.{folder}.kube-version"))
        if chart.api_versions:
            yield Row(
                f"    - api-versions: [{', '.join(chart.api_versions)}]", _origin(config, f"helm.{folder}.api-versions")
            )
    yield Row("overrides:" if overrides else "overrides: []", "" if overrides else "default")
    for number, override in overrides:
        yield from _override(config, number, override)
    yield from _suppressions(config, path)


def _list(config: Config, key: str, values: Iterable[str]) -> Iterator[Row]:
    if not values:
        yield Row(f"{key}: []", _origin(config, key))
        return
    yield Row(f"{key}:")
    for number, value in enumerate(values):
        yield Row(f"  - {value}", config.said.get(f"{key}.{number}", "command line"))


def _contexts(config: Config, path: str | None) -> Iterator[Row]:
    """The globs of each context; for a path, what it is there for by them and by its name."""
    yield Row("contexts:" if config.contexts else "contexts: {}", _origin(config, "contexts"))
    for context, globs in config.contexts.items():
        yield Row(f"  {context}: [{', '.join(globs)}]", _origin(config, f"contexts.{context}"))
    if path:
        from hullcheck.context.places import Places

        place = Places(config.contexts, (path,)).of(path)
        why = "contexts" if place.said else f"by `{place.folder}`" if place.folder else "default"
        yield Row(
            f"# {path} is for {place.context}", _origin(config, f"contexts.{place.context}") if place.said else why
        )


def _scalars(config: Config, overrides: list[tuple[int, Override]]) -> Iterator[Row]:
    said = [(override.fail_on, f"overrides.{number}.fail-on") for number, override in overrides if override.fail_on]
    fail_on, origin = said[-1] if said else ("none" if config.fail_on is None else str(config.fail_on), "fail-on")
    yield Row(f"fail-on: {fail_on}", _origin(config, origin))
    yield from _pairs(
        config,
        "",
        {
            "min-severity": config.min_severity,
            "profile": config.profile,
            "context": config.context,
            "include-vendored": config.include_vendored,
            "policies-elsewhere": config.policies_elsewhere,
            "baseline": config.baseline or None,
            "fail-on-unjudged": config.fail_on_unjudged,
            "validate": config.validate,
            "kubernetes-version": config.kubernetes_version,
        },
    )
    yield Row("pod-security:")
    yield from _pairs(
        config,
        "pod-security.",
        {"level": config.pod_security or None, "version": config.pod_security_version},
    )
    yield Row("suppressions:")
    demands = config.demands
    yield from _pairs(
        config,
        "suppressions.",
        {
            "require-reason": demands.reason,
            "require-until": demands.until,
            "max-days": demands.max_days,
            "max": demands.max,
            "foreign": demands.foreign,
        },
    )
    yield Row("gate:")
    own = bool(config.gate_fail_on) and not said
    yield Row(
        f"  fail-on: {config.gate_fail_on if own else fail_on}", _origin(config, "gate.fail-on" if own else origin)
    )
    yield from _pairs(config, "gate.", {"new-suppressions": config.new_suppressions})


def _pairs(config: Config, prefix: str, values: dict[str, object]) -> Iterator[Row]:
    for key, value in values.items():
        text = "none" if value is None else str(value)
        indent = "  " * prefix.count(".")
        yield Row(f"{indent}{key}: {text.lower() if isinstance(value, bool) else text}", _origin(config, prefix + key))


def _severities(config: Config, checks: Registry, overrides: list[tuple[int, Override]]) -> Iterator[Row]:
    """What the owners say of checks' severity, the last word on each."""
    levels = {term: (severity, "severity.") for term, severity in config.severity.items()}
    for number, override in overrides:
        levels.update(
            {term: (severity, f"overrides.{number}.severity.") for term, severity in override.severity.items()}
        )
    yield Row("severity:" if levels else "severity: {}", "" if levels else "default")
    for term, (severity, prefix) in sorted(levels.items()):
        words = [key.removeprefix(prefix) for key in config.said if key.startswith(prefix)]
        word = min((w for w in words if term in checks.meant(w)), key=lambda w: len(checks.meant(w)))
        yield Row(f"  {term.said}: {severity}", _origin(config, prefix + word))


def _override(config: Config, number: int, override: Override) -> Iterator[Row]:
    yield Row(f"  - in {', '.join(override.paths)}:", _origin(config, f"overrides.{number}"))
    for key, terms in (("extend-select", override.select), ("ignore", override.ignore)):
        for word in said(terms):
            yield Row(f"      {key}: {word}", _origin(config, f"overrides.{number}.{key}"))
    for term, severity in sorted(override.severity.items()):
        yield Row(f"      severity: {term.said}: {severity}", _origin(config, f"overrides.{number}.severity"))
    if override.fail_on:
        yield Row(f"      fail-on: {override.fail_on}", _origin(config, f"overrides.{number}.fail-on"))


def _suppressions(config: Config, path: str | None) -> Iterator[Row]:
    entries = [e for e in enumerate(config.suppress) if path is None or matcher(e[1].paths)(path)]
    yield Row("suppress:" if entries else "suppress: []", "" if entries else "default")
    for number, entry in entries:
        yield Row(f"  - {_entry(entry)}", _origin(config, f"suppress.{number}"))


def _entry(entry: Accepted) -> str:
    where = f" in {', '.join(entry.paths)}" * bool(entry.paths) + f" for {entry.object}" * bool(entry.object)
    until = f" until {entry.until}" if entry.until else ""
    return f"{', '.join(said(entry.checks))}{where}{until}: {entry.reason}"


def _origin(config: Config, key: str) -> str:
    return config.said.get(key, "default")
