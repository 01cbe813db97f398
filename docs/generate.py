"""Writes `docs/checks.md` and a page for each check, from the checks' docstrings and their fixtures.

    python docs/generate.py

Nothing in those pages is written by hand: a check's docstring is its documentation, and its fixtures are its examples.
In the pages of `docs/coming-from` what stands between `<!-- ids of TOOL -->` and `<!-- end of ids -->` is written, too:
what that tool's ids are called here.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from hullcheck.check import Check, Registry, load
from hullcheck.report.page import markdown, page
from hullcheck.terms import Alias

DOCS = Path(__file__).parent
FIXTURES = DOCS.parent / "fixtures"

LONGEST_EXAMPLE = 60
"""Lines; a longer fixture is a test, not an example."""

LONGEST_ALONE = 130
"""Lines of the shortest fixture of a check that has no shorter one."""

LONGEST_REPORT = 40

LONGEST_CONDITION = 80
"""Characters of a condition that are shown in a table."""

_DIALECTS = {
    "dockerfile": "Dockerfile",
    "compose": "Compose",
    "kubernetes": "Kubernetes",
    "devcontainer": "Dev Container",
}
_ORDER = list(_DIALECTS)
_NO_EXAMPLES = "run"
"""The concern whose findings the engine makes, about files that can't be read and the like."""


_INTRODUCTION = """\
# Checks

One check is one concern, in every dialect. Each can be selected, ignored and suppressed by its name, by its concern,
and by any other tool's id that is listed on its page: by an id as far as that tool's rule goes.
"""


def pages(registry: Registry, fixtures: Path = FIXTURES) -> dict[str, str]:
    """All generated pages, by their path below `docs/`."""
    checks = sorted(registry, key=lambda check: (check.concern, check.name))
    return {
        "checks.md": _index(checks),
        **{f"checks/{check.name}.md": _page(check, fixtures) for check in checks},
    }


def coming_from(registry: Registry) -> dict[str, str]:
    """The pages for those who come from another tool, with its ids as they are today, by their path below `docs/`."""
    checks = sorted(registry, key=lambda check: check.name)
    found = sorted((DOCS / "coming-from").glob("*.md"))
    return {f"coming-from/{page.name}": _with_ids(page.read_text(encoding="utf-8"), checks) for page in found}


def _index(checks: list[Check]) -> str:
    parts = [_INTRODUCTION]
    concern = ""
    for check in checks:
        if check.concern != concern:
            concern = check.concern
            title = named(concern)
            parts.append(f"\n## {title}\n\n| Check | Severity | What | Where |\n| --- | --- | --- | --- |\n")
        where = ", ".join(_DIALECTS[dialect] for dialect in check.dialects)
        off = "" if check.default else " (off by default)"
        parts.append(
            f"| [{check.name}](checks/{check.name}.md) | {check.severity} | {_cell(check.summary)}{off} | {where} |\n"
        )
    return "".join(parts)


def named(concern: str) -> str:
    """A concern as a title."""
    return "RBAC" if concern == "rbac" else concern.replace("-", " ").capitalize()


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _page(check: Check, fixtures: Path) -> str:
    about = page(check)
    facts = [
        f"**Severity**: {check.severity}",
        f"**Concern**: {check.concern}",
        f"**Looks at**: {', '.join(_DIALECTS[dialect] for dialect in check.dialects)}",
        f"**On by default**: {'yes' if check.default else 'no'}",
    ]
    if check.fixable != "no":
        facts.append(f"**Fix**: {'`--fix`' if check.fixable == 'safe' else '`--unsafe-fixes`'}")
    if check.cwe:
        facts.append("**Weakness**: " + ", ".join(_weakness(number) for number in check.cwe))
    parts = [f"# {check.name}", about.summary, " · ".join(facts), *markdown(about)]
    if check.concern != _NO_EXAMPLES:
        parts += _examples(check, fixtures)
        parts.append(_acceptance(check))
    if check.aliases:
        parts += ["## Other tools' names for it", "\n".join(f"- {_alias(alias)}" for alias in check.aliases)]
    if about.references:
        parts += ["## Read more", "\n".join(f"- <{reference}>" for reference in about.references)]
    return "\n\n".join(parts) + "\n"


def _weakness(number: int) -> str:
    return f"[CWE-{number}](https://cwe.mitre.org/data/definitions/{number}.html)"


def _alias(alias: str) -> str:
    tool, _, peer_id = alias.partition(":")
    condition = alias.when.told if isinstance(alias, Alias) else ""
    return f"{tool}: `{peer_id}`{f' ({condition})' if condition else ''}"


def _with_ids(page: str, checks: list[Check]) -> str:
    """A page with what the ids of its tool stand for today."""
    return re.sub(
        r"(?<=<!-- ids of )([\w-]+)( -->\n).*?(?=<!-- end of ids -->)",
        lambda found: f"{found[1]}{found[2]}{_ids(found[1], checks)}",
        page,
        flags=re.DOTALL,
    )


def _ids(tool: str, checks: list[Check]) -> str:
    """A table of a tool's ids, each with the checks that it is about, and of which of their findings."""
    known: dict[str, list[str]] = {}
    for check in checks:
        for alias in check.aliases:
            name, _, peer_id = alias.partition(":")
            if name == tool:
                condition = alias.when.told if isinstance(alias, Alias) else ""
                said = f" ({condition})" if len(condition) < LONGEST_CONDITION else " (see its page)"
                meant = f"[{check.name}](../checks/{check.name}.md){said if condition else ''}"
                known.setdefault(peer_id, []).append(_cell(meant))
    if not known:
        raise ValueError(f"no check has an id of {tool}")
    rows = (f"| `{peer_id}` | {'; '.join(meant)} |\n" for peer_id, meant in sorted(known.items(), key=_natural))
    return f"\n{len(known)} ids stand for something here.\n\n| id | here |\n| --- | --- |\n{''.join(rows)}\n"


def _natural(row: tuple[str, list[str]]) -> list[tuple[int, str]]:
    """Sorts `CKV_K8S_8` before `CKV_K8S_10`."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", row[0])]


def _examples(check: Check, fixtures: Path) -> Iterator[str]:
    folder = fixtures / check.concern.replace("-", "_") / check.name.replace("-", "_")
    for kind, title in (("bad", "## Bad"), ("good", "## Good")):
        chosen = _chosen(check, folder, kind)
        if chosen:
            yield title
        for case in chosen:
            shown = {_dialect(file) for file in _files(case)}
            yield f"{' and '.join(_DIALECTS[dialect] for dialect in _ORDER if dialect in shown)}:"
            yield from _example(case)


def _chosen(check: Check, folder: Path, kind: str) -> list[Path]:
    """A case for each dialect, the shortest name first: that is the plainest case. One may show several dialects."""
    left = set(check.dialects)
    chosen = []
    for case in sorted(_cases(folder, kind), key=lambda case: (case.is_dir(), len(case.name), case.name)):
        shows = {_dialect(file) for file in _files(case)}
        if shows & left and sum(len(_lines(file)) for file in _files(case)) <= LONGEST_EXAMPLE:
            left -= shows
            chosen.append(case)
    if not chosen:
        shortest = sorted((sum(len(_lines(file)) for file in _files(case)), case) for case in _cases(folder, kind))
        chosen = [case for lines, case in shortest[:1] if lines <= LONGEST_ALONE]
    return sorted(chosen, key=lambda case: min(_ORDER.index(_dialect(file)) for file in _files(case)))


def _cases(folder: Path, kind: str) -> Iterator[Path]:
    return (case for case in folder.glob(f"{kind}*") if case.suffix != ".txt")


def _files(case: Path) -> list[Path]:
    return sorted(file for file in case.rglob("*") if file.is_file()) if case.is_dir() else [case]


def _dialect(file: Path) -> str:
    if file.name.endswith("devcontainer.json"):
        return "devcontainer"
    if "ockerfile" in file.name:
        return "dockerfile"
    return "compose" if "compose" in file.name else "kubernetes"


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8", errors="replace").splitlines()


def _example(case: Path) -> Iterator[str]:
    for file in _files(case):
        if case.is_dir():
            yield f"`{file.relative_to(case)}`:"
        yield _fenced({"dockerfile": "dockerfile", "devcontainer": "jsonc"}.get(_dialect(file), "yaml"), _lines(file))
    report = case.with_name(f"{case.name}.txt")
    if report.is_file():
        yield _fenced("text", _findings(_lines(report)))


def _findings(lines: list[str]) -> list[str]:
    """A report without what the page says anyway, and without the line of counts."""
    kept = [line for line in lines[:-1] if not line.lstrip().startswith(("= why: ", "= help: ", "= fix: "))]
    while kept and not kept[-1].strip():
        kept.pop()
    return kept if len(kept) <= LONGEST_REPORT else [*kept[:LONGEST_REPORT], "(and so on)"]


def _fenced(language: str, lines: list[str]) -> str:
    text = "\n".join(lines)
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"


def _acceptance(check: Check) -> str:
    """How a finding is accepted, where it has to be."""
    comment = f'# hullcheck: ignore[{check.name}] reason="..."'
    return (
        "## When it is meant so\n\n"
        "Say why, at the line or on the line above; the finding stays in the reports that list what is suppressed:\n\n"
        f"```text\n{comment}\n```"
    )


def main() -> None:
    """Write the pages, and take away those of checks that are gone."""
    registry = load("hullcheck_checks")
    made = pages(registry) | coming_from(registry)
    (DOCS / "checks").mkdir(exist_ok=True)
    for old in (DOCS / "checks").glob("*.md"):
        if f"checks/{old.name}" not in made:
            old.unlink()
    for path, text in made.items():
        (DOCS / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
