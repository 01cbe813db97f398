"""Checks as rules, with their pages, and what code scanning wants to know of them."""

from __future__ import annotations

from hullcheck.check import Check
from hullcheck.finding import Severity
from hullcheck.report.page import markdown, page
from hullcheck.report.sarif.objects import om
from hullcheck.site import page_of
from hullcheck.typed import Any

SECURITY_SEVERITY = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
    Severity.INFO: "0.5",
}
"""Scores in the middle of code scanning's bands: critical is over 9.0, high from 7.0, medium from 4.0."""

LEVEL = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
_PROBLEM = {"error": "error", "warning": "warning", "note": "recommendation"}

LONGEST_DESCRIPTION = 1_000
"""Code scanning takes 1024 characters."""


def rule(check: Check, templates: dict[str, tuple[str, str]]) -> Any:
    """The rule that a check is; `templates` are the texts of its messages, and their Markdown, by id."""
    about = page(check)
    level = LEVEL[check.severity]
    return om.ReportingDescriptor(
        id=check.name,
        name=title(check),
        short_description=om.MultiformatMessageString(text=_cut(check.summary)),
        full_description=om.MultiformatMessageString(text=_cut(about.why or check.summary)),
        help=om.MultiformatMessageString(text=check.doc.strip(), markdown=help_markdown(check)),
        help_uri=page_of(check.name),
        default_configuration=om.ReportingConfiguration(level=level),
        message_strings={
            name: om.MultiformatMessageString(text=text, markdown=marked) for name, (text, marked) in templates.items()
        }
        or None,
        relationships=[
            om.ReportingDescriptorRelationship(
                target=om.ReportingDescriptorReference(
                    id=str(number), tool_component=om.ToolComponentReference(name="CWE", index=0)
                ),
                kinds=["superset"],
            )
            for number in check.cwe
        ],
        properties=_properties(check, _PROBLEM[level]),
    )


def _properties(check: Check, problem: str) -> dict[str, Any]:
    """What a run says of itself (a file that can't be read) is a problem, but no vulnerability."""
    security = check.concern != "run"
    tags = [check.concern, *check.dialects, *(f"external/cwe/cwe-{number:03}" for number in check.cwe)]
    properties = {
        "precision": check.precision,
        "problem.severity": problem,
        "tags": sorted(["security", *tags] if security else tags),
    }
    if security:
        properties["security-severity"] = SECURITY_SEVERITY[check.severity]
    return properties


def help_markdown(check: Check) -> str:
    """A check's page: what it is, why it matters, how to cure it, other tools' names for it, and where to read more."""
    about = page(check)
    parts = [f"**{about.summary}**", *markdown(about)]
    if check.aliases:
        parts.append("Also known as: " + ", ".join(f"`{alias}`" for alias in check.aliases))
    if about.references:
        parts.append("\n".join(f"- <{reference}>" for reference in about.references))
    return "\n\n".join(parts)


def title(check: Check) -> str:
    """`root-user` as `RootUser`. A name must not be its id again: of one word, it has the concern before it."""
    name = _pascal_case(check.name)
    return name if "-" in check.name else f"{_pascal_case(check.concern)}{name}"


def _pascal_case(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_DESCRIPTION else f"{text[:LONGEST_DESCRIPTION]}…"


def weaknesses(numbers: set[int]) -> Any:
    """The taxonomy of weaknesses that the rules refer to."""
    return om.ToolComponent(
        name="CWE",
        organization="MITRE",
        information_uri="https://cwe.mitre.org/",
        short_description=om.MultiformatMessageString(text="The MITRE Common Weakness Enumeration."),
        is_comprehensive=False,
        taxa=[_weakness(number) for number in sorted(numbers)],
    )


def _weakness(number: int) -> Any:
    address = f"https://cwe.mitre.org/data/definitions/{number}.html"
    text = om.MultiformatMessageString(text=f"CWE-{number}, as defined at {address}.")
    return om.ReportingDescriptor(
        id=str(number), name=f"Cwe{number}", short_description=text, full_description=text, help=text, help_uri=address
    )
