"""Other tools' configuration files to ours, and what in them has no equivalent.

What is said of a rule holds here for what that rule is about: where that is not all that a check of ours finds, its id is
written down instead of the check's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from hullcheck.check import Registry
from hullcheck.errors import HullcheckError
from hullcheck.patterns import pattern
from hullcheck.policy.ignores.ids import Ids
from hullcheck.source import Source
from hullcheck.terms import Term
from hullcheck.typed import Any

DOCKERFILES = ("Dockerfile*", "dockerfile*", "Containerfile*", "containerfile*", "*.Dockerfile", "*.dockerfile")
COMPOSE_FILES = ("*compose*.yaml", "*compose*.yml")
"""Files that tools for one dialect look at: what they ignore says nothing about the others."""

_LEVELS = {"error": "high", "warning": "medium", "info": "low", "style": "info"}
_NO_CHECK = "there is no check here that does what these do: "


class Migration:
    """A configuration of ours in the making: `values` by our keys, and `notes` on what didn't fit."""

    def __init__(self, name: str, registry: Registry) -> None:
        self.name = name
        self.values: dict[str, Any] = {}
        self.notes: list[str] = []
        self._registry = registry
        self._ids = Ids(registry)
        self._lost: dict[str, list[str]] = {}

    def words(self, tool: str, ids: Iterable[object], within: str = "") -> list[str]:
        """What says the same as a tool's ids: our checks' names, or the ids where they are about less.

        `within` is the dialect of the files that it is said of. Ids that stand for nothing are noted.
        """
        found: dict[str, None] = {}
        for identity in map(str, ids):
            terms = self._ids.terms(tool, identity)
            found.update(dict.fromkeys(sorted(self._word(term, within) for term in terms)))
            if not terms:
                self._lost.setdefault(tool, []).append(identity)
        return list(found)

    def _word(self, term: Term, within: str) -> str:
        if term.whole or (not term.limited and within in term.when.dialects):
            return term.name
        meant = self._registry.meant(term.said)
        alone = all(other.peer.partition(":")[0] == term.peer.partition(":")[0] for other in meant)
        return term.said if alone else term.peer

    def add(self, key: str, values: Iterable[Any]) -> None:
        """Add to a list, what isn't in it yet."""
        known = self.values.setdefault(key, [])
        known.extend(value for value in values if value not in known)
        if not known:
            del self.values[key]

    def override(self, paths: tuple[str, ...], key: str, value: list[str] | dict[str, str]) -> None:
        """Say something for some paths only; nothing if there is nothing to say."""
        if not value:
            return
        overrides = self.values.setdefault("overrides", [])
        entry = next((known for known in overrides if known["paths"] == list(paths)), None)
        if entry is None:
            entry = {"paths": list(paths)}
            overrides.append(entry)
        if isinstance(value, dict):
            entry.setdefault(key, {}).update(value)
        else:
            entry.setdefault(key, []).extend(name for name in value if name not in entry[key])

    def suppress(self, checks: list[str], reason: str, **more: Any) -> None:
        if checks:
            said = {key: value for key, value in more.items() if value}
            self.add("suppress", [{"checks": checks, **said, "reason": reason}])

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def unused(self, values: dict[str, Any], known: Iterable[str], prefix: str = "") -> None:
        """Note the keys that nothing was made of."""
        for key in values.keys() - set(known):
            self.note(f"`{prefix}{key}` has no equivalent")

    def text(self) -> str:
        """The configuration as YAML, with the notes as comments, and what looks like a credential masked."""
        from hullcheck.report.safe import clean

        notes = [*self.notes, *(f"{tool}: {_NO_CHECK}{', '.join(ids)}" for tool, ids in self._lost.items())]
        lines = [f"# Made from {clean(self.name)}."]
        lines += [f"# No equivalent: {clean(note)}" for note in sorted(notes)]
        for key, value in self.values.items():
            lines += _yaml(key, value, "")
        return _masked("\n".join(lines) + "\n")


def _masked(text: str) -> str:
    from hullcheck.model.secrets import in_url
    from hullcheck.model.tokens import by_value
    from hullcheck.report.safe import MASK

    spans = {(secret.start, secret.end) for secret in by_value(text)}
    spans |= {(login.start, login.end) for login in in_url(text) if login.literal}
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + MASK + text[end:]
    return text


def migrate(path: str, data: bytes, registry: Registry) -> Migration:
    """What another tool's configuration comes to here, told by the file's name; HullcheckError if it is nobody's."""
    name = re.split(r"[/\\]", path)[-1]
    for names, reader in _READERS:
        if re.fullmatch(names, name):
            made = Migration(name, registry)
            reader(data, made)
            return made
    known = ".hadolint.yaml, .trivyignore, .trivyignore.yaml, .checkov.yaml, .kube-linter.yaml, .compose-lint.yaml, .tally.toml, .dclintrc"
    raise HullcheckError(f"migrate: `{name}` is no file that I know; I read {known}")


def _hadolint(data: bytes, made: Migration) -> None:
    values = _mapping(data, made.name)
    made.override(DOCKERFILES, "ignore", made.words("hadolint", _list(values.get("ignored")), "dockerfile"))
    overrides = values.get("override")
    for word, ids in overrides.items() if isinstance(overrides, dict) else ():
        names = made.words("hadolint", _list(ids), "dockerfile")
        made.override(DOCKERFILES, "severity", dict.fromkeys(names, _LEVELS.get(word, "low")))
    made.add("trusted-registries", map(str, _list(values.get("trustedRegistries"))))
    threshold = str(values.get("failure-threshold", ""))
    if values.get("no-fail") is True or threshold in ("none", "ignore"):
        made.values["fail-on"] = "none"
    elif threshold in _LEVELS:
        made.values["fail-on"] = _LEVELS[threshold]
    if values.get("disable-ignore-pragma") is True:
        made.values["suppressions"] = {"foreign": False}
    made.unused(
        values,
        ("ignored", "override", "trustedRegistries", "failure-threshold", "no-fail", "disable-ignore-pragma",
         "format", "no-color", "verbose"),
    )  # fmt: skip


_VULNERABILITY = pattern(r"(?:CVE|GHSA|GO|DLA|DSA|RUSTSEC|PYSEC|TEMP|NSWG)-.+", re.IGNORECASE)


def _trivyignore(data: bytes, made: Migration) -> None:
    comment: list[str] = []
    for line in Source("", data).text.split("\n"):
        text = line.strip()
        if text.startswith("#") or not text:
            comment = [*comment, text.lstrip("# ")] if text else []
            continue
        identity, *options = text.split("#", 1)[0].split()
        expires = next((option[4:] for option in options if option.startswith("exp:")), "")
        _trivy_entry(identity, " ".join(comment), [], expires, made)


def _trivyignore_yaml(data: bytes, made: Migration) -> None:
    values = _mapping(data, made.name)
    for entry in _list(values.get("misconfigurations")):
        if isinstance(entry, dict) and "id" in entry:
            paths = [str(path) for path in _list(entry.get("paths"))]
            _trivy_entry(
                str(entry["id"]), str(entry.get("statement") or ""), paths, str(entry.get("expired_at") or ""), made
            )
    for entry in _list(values.get("secrets")):
        if isinstance(entry, dict) and entry.get("paths"):
            reason = str(entry.get("statement") or f"ignored in {made.name}: {entry.get('id', '')}")
            made.suppress(["secret-value"], reason, paths=[str(path) for path in _list(entry["paths"])])
    for key in ("vulnerabilities", "licenses"):
        if values.get(key):
            made.note(f"`{key}`: hullcheck reads files, it doesn't know what is in the images")


def _trivy_entry(identity: str, reason: str, paths: list[str], until: str, made: Migration) -> None:
    if _VULNERABILITY.fullmatch(identity):
        made.note("vulnerability ids: hullcheck reads files, it doesn't know what is in the images")
        return
    names = made.words("trivy", [identity])
    day = until if re.fullmatch(r"\d{4}-\d{2}-\d{2}", until) else ""
    made.suppress(names, reason or f"ignored in {made.name}: {identity}", paths=paths, until=day)


def _checkov(data: bytes, made: Migration) -> None:
    values = _mapping(data, made.name)
    skipped, checked = _words(values.get("skip-check")), _words(values.get("check"))
    made.add("ignore", made.words("checkov", (word for word in skipped if word.upper() not in _CHECKOV_SEVERITIES)))
    made.add("select", made.words("checkov", (word for word in checked if word.upper() not in _CHECKOV_SEVERITIES)))
    if any(word.upper() in _CHECKOV_SEVERITIES for word in (*skipped, *checked)):
        made.note("severities in `check` and `skip-check`: see `min-severity` and `fail-on`")
    for path in _words(values.get("skip-path")):
        if re.fullmatch(r"[\w./-]+", path):
            made.add("exclude", [path])
        else:
            made.note(f"`skip-path` is a regular expression, `exclude` is not: {path}")
    failing = [word.lower() for word in _words(values.get("hard-fail-on")) if word.lower() in _CHECKOV_LEVELS]
    if failing:
        made.values["fail-on"] = min(failing, key=_CHECKOV_LEVELS.index)
    elif values.get("soft-fail") is True:
        made.values["fail-on"] = "none"
    if values.get("baseline"):
        made.note("`baseline`: write one with `hullcheck baseline create`")
    made.unused(
        values,
        ("skip-check", "check", "skip-path", "hard-fail-on", "soft-fail", "baseline", "compact", "quiet", "output",
         "directory", "framework", "file"),
    )  # fmt: skip


_CHECKOV_LEVELS = ("low", "medium", "high", "critical")
_CHECKOV_SEVERITIES = frozenset(("LOW", "MEDIUM", "HIGH", "CRITICAL", "NONE"))


def _kube_linter(data: bytes, made: Migration) -> None:
    values = _mapping(data, made.name)
    checks = values.get("checks")
    checks = checks if isinstance(checks, dict) else {}
    included = made.words("kube-linter", _list(checks.get("include")))
    made.add("select" if checks.get("doNotAutoAddDefaults") is True else "extend-select", included)
    made.add("ignore", made.words("kube-linter", _list(checks.get("exclude"))))
    for path in map(str, _list(checks.get("ignorePaths"))):
        if path.startswith(("~", "/")):
            made.note(f"`ignorePaths` outside of the repository: {path}")
        else:
            made.add("exclude", [path.removeprefix("./")])
    if checks.get("addAllBuiltIn") is True:
        made.note("`addAllBuiltIn`: see `hullcheck checks` for what is off, and `extend-select`")
    made.unused(checks, ("include", "exclude", "ignorePaths", "addAllBuiltIn", "doNotAutoAddDefaults"), "checks.")
    made.unused(values, ("checks",))


def _compose_lint(data: bytes, made: Migration) -> None:
    values = _mapping(data, made.name)
    rules = values.get("rules")
    for identity, rule in rules.items() if isinstance(rules, dict) else ():
        names, rule = made.words("compose-lint", [identity], "compose"), rule if isinstance(rule, dict) else {}
        reason = str(rule.get("reason") or f"disabled in {made.name}: {identity}")
        if rule.get("enabled") is False:
            made.suppress(names, reason, paths=list(COMPOSE_FILES))
        services = rule.get("exclude_services")
        for service in services if isinstance(services, list | dict) else ():
            why = services[service] if isinstance(services, dict) else None
            made.suppress(names, str(why or reason), paths=list(COMPOSE_FILES), object=f"services.{service}")
        severity = str(rule.get("severity", "")).lower()
        if severity in ("critical", "high", "medium", "low"):
            made.override(COMPOSE_FILES, "severity", dict.fromkeys(names, severity))
    made.unused(values, ("rules", *(key for key in values if str(key).startswith("x-"))))


def _tally(data: bytes, made: Migration) -> None:
    values = _toml(data, made.name)
    written = values.get("rules")
    rules = written if isinstance(written, dict) else {}
    made.override(
        DOCKERFILES, "extend-select", made.words("tally", _plain(_list(rules.get("include")), made), "dockerfile")
    )
    made.override(DOCKERFILES, "ignore", made.words("tally", _list(rules.get("exclude")), "dockerfile"))
    for space, inner in rules.items():
        for identity, rule in inner.items() if isinstance(inner, dict) else ():
            severity = rule.get("severity") if isinstance(rule, dict) else None
            if severity == "off":
                made.override(DOCKERFILES, "ignore", made.words("tally", [f"{space}/{identity}"], "dockerfile"))
            elif severity in _LEVELS:
                names = made.words("tally", [f"{space}/{identity}"], "dockerfile")
                made.override(DOCKERFILES, "severity", dict.fromkeys(names, _LEVELS[severity]))
    output, inline = values.get("output"), values.get("inline-directives")
    level = output.get("fail-level") if isinstance(output, dict) else None
    if level is not None:
        made.values["fail-on"] = _LEVELS.get(str(level), "none")
    if isinstance(inline, dict) and inline.get("enabled") is False:
        made.values["suppressions"] = {"foreign": False}
    made.unused(values, ("rules", "output", "inline-directives"))


def _plain(words: list[Any], made: Migration) -> list[Any]:
    """The words that aren't patterns: whole families of rules are not what somebody has chosen."""
    patterns = [str(word) for word in words if "*" in str(word)]
    if patterns:
        made.note(f"`include` of whole families: {', '.join(patterns)}")
    return [word for word in words if "*" not in str(word)]


def _dclint(data: bytes, made: Migration) -> None:
    values = _mapping(data, made.name)
    rules = values.get("rules")
    for identity, rule in rules.items() if isinstance(rules, dict) else ():
        setting = rule[0] if isinstance(rule, list) and rule else rule
        if setting == 0:
            made.override(COMPOSE_FILES, "ignore", made.words("dclint", [identity], "compose"))
    made.add("exclude", map(str, _list(values.get("exclude"))))
    made.unused(values, ("rules", "exclude", "quiet", "debug"))


_READERS: tuple[tuple[str, Callable[[bytes, Migration], None]], ...] = (
    (r"\.?hadolint\.ya?ml", _hadolint),
    (r"\.trivyignore", _trivyignore),
    (r"\.trivyignore\.ya?ml", _trivyignore_yaml),
    (r"\.?checkov\.ya?ml", _checkov),
    (r"\.?kube-?linter(?:-config)?\.ya?ml", _kube_linter),
    (r"\.?compose-lint\.ya?ml", _compose_lint),
    (r"\.?tally\.toml", _tally),
    (r"\.dclintrc(?:\.json|\.ya?ml)?", _dclint),
)


def _mapping(data: bytes, name: str) -> dict[str, Any]:
    from hullcheck.model import node
    from hullcheck.parse import yaml

    documents, problems = yaml.parse(Source(name, data))
    if problems:
        raise HullcheckError(f"{name}:{problems[0].location.line}: {problems[0].message}")
    value = node.plain(documents[0].root) if documents else None
    if value is not None and not isinstance(value, dict):
        raise HullcheckError(f"{name}: a mapping is expected")
    return value or {}


def _toml(data: bytes, name: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(Source(name, data).text)
    except (ValueError, RecursionError) as error:  # no TOML, or a number with too many digits
        raise HullcheckError(f"{name}: {error}") from None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _words(value: object) -> list[str]:
    """A list, or the words of a text between commas."""
    return [word.strip() for item in _list(value) for word in str(item).split(",") if word.strip()]


def _yaml(key: str, value: Any, indent: str) -> list[str]:
    if isinstance(value, dict):
        return [
            f"{indent}{key}:",
            *(line for name, inner in value.items() for line in _yaml(name, inner, f"{indent}  ")),
        ]
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        lines = [f"{indent}{key}:"]
        for item in value:
            inner = [line for name, said in item.items() for line in _yaml(name, said, f"{indent}    ")]
            lines += [f"{indent}  - {inner[0].lstrip()}", *inner[1:]]
        return lines
    if isinstance(value, list):
        return [f"{indent}{key}: [{', '.join(map(_scalar, value))}]"]
    return [f"{indent}{key}: {_scalar(value)}"]


def _scalar(value: Any) -> str:
    """Text that is read as the value: as a boolean, or else as text and nothing else."""
    from hullcheck.fix.written import scalar

    plain = isinstance(value, bool) or re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)
    return str(value).lower() if plain else scalar(value)
