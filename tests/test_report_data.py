"""The reports for programs: JSON, Code Quality, JUnit, reviewdog's, each against its schema."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

import reports
from hullcheck import report
from hullcheck.finding import Severity
from reports import COMPOSE, DOCKERFILE, hostile, run

DATA = Path(__file__).parent / "data"
SCHEMA = Path(report.__file__).parent.parent / "schemas" / "report.schema.json"


def loaded(name: str, what: report.Run) -> Any:
    text = report.render(name, what)
    assert text.isascii()
    return json.loads(text)


def valid(value: Any, schema: Path) -> None:
    rules = json.loads(schema.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(rules)
    jsonschema.Draft202012Validator(rules).validate(value)


@pytest.mark.parametrize("name", ["json", "gitlab", "rdjson", "junit"])
def test_a_report_looks_like_this(name: str, update: bool) -> None:
    expected = DATA / "reports" / f"{name}.{'xml' if name == 'junit' else 'json'}"
    text = report.render(name, run())
    if update:
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


def test_json_keeps_to_its_schema() -> None:
    new = tuple(finding._replace(state="new") for finding in reports.findings())
    with_facts = (new[0]._replace(properties=(("controls", ("pss:runAsUser",)), ("level", "baseline"))), *new[1:])
    for what in (run(), run(()), run(with_facts, compared=True), run(errors=("no",))):
        valid(loaded("json", what), SCHEMA)
    assert loaded("json", run(with_facts))["findings"][0]["controls"] == ["pss:runAsUser"]


@hostile
def test_json_keeps_to_its_schema_with_any_name(text: str) -> None:
    valid(loaded("json", reports.hostile_run(text)), SCHEMA)


def test_a_schema_refuses_what_is_wrong() -> None:
    value = loaded("json", run())
    value["findings"][0]["severity"] = "severe"
    with pytest.raises(jsonschema.ValidationError):
        valid(value, SCHEMA)


def test_json_marks_instead_of_leaving_out() -> None:
    found = reports.findings()
    old = tuple(f._replace(state="unchanged") for f in found if f.name == "open-port")
    value = loaded("json", run((*(f for f in found if f.name != "open-port"), *old), compared=True))
    assert [f["name"] for f in value["findings"] if f["suppressed"]] == ["secret-value"]
    assert [f["name"] for f in value["findings"] if f["state"] == "unchanged"] == ["open-port", "open-port"]
    assert value["summary"]["counts"] == {"critical": 1, "high": 1, "medium": 0, "low": 0, "info": 0}


def test_json_leaves_out_what_is_below_the_minimum() -> None:
    found = reports.findings()
    what = run(found)._replace(minimum=Severity.HIGH, shown=tuple(f for f in found if f.severity >= Severity.HIGH))
    assert {f["severity"] for f in loaded("json", what)["findings"]} == {"critical", "high"}


def test_json_regions_cut_the_word_out_of_the_line() -> None:
    for made in loaded("json", run())["findings"]:
        source = DOCKERFILE if made["path"] == DOCKERFILE.path else COMPOSE
        where = made["region"]
        assert where["startLine"] == where["endLine"]
        word = source.line(where["startLine"])[where["startColumn"] - 1 : where["endColumn"] - 1]
        assert word in ("hunter2-s3cret", "root", "curl", "80:80", "443:443")


def test_code_quality_keeps_to_its_schema() -> None:
    for what in (run(), run(()), *map(reports.hostile_run, reports.HOSTILE)):
        valid(loaded("gitlab", what), DATA / "code-quality.schema.json")


def test_code_quality_has_no_fingerprint_twice_and_nothing_suppressed() -> None:
    found = reports.findings()
    issues = loaded("gitlab", run((*found, *found)))
    assert len(issues) == 8
    assert len({issue["fingerprint"] for issue in issues}) == 8


def test_reviewdog_keeps_to_its_schema() -> None:
    for what in (run(), run(()), *map(reports.hostile_run, reports.HOSTILE)):
        valid(loaded("rdjson", what), DATA / "rdjson.schema.json")


def test_reviewdog_counts_bytes() -> None:
    found = tuple(f._replace(suppression=None) for f in reports.findings() if f.message.startswith("`curl`"))
    where = loaded("rdjson", run(found))["diagnostics"][0]["location"]["range"]
    line = DOCKERFILE.line(where["start"]["line"]).encode()
    assert line[where["start"]["column"] - 1 : where["end"]["column"] - 1] == b"curl"


def test_a_suggestion_that_reaches_into_another_file_is_left_out() -> None:
    found = next(f for f in reports.findings() if f.name == "open-port")
    assert found.fix
    far = found._replace(
        fix=found.fix._replace(
            edits=(*found.fix.edits, found.fix.edits[0]._replace(location=reports.at(DOCKERFILE, "root")))
        )
    )
    assert "suggestions" in loaded("rdjson", run((found,)))["diagnostics"][0]
    assert "suggestions" not in loaded("rdjson", run((far,)))["diagnostics"][0]


@pytest.mark.parametrize("what", [run(), run(()), *map(reports.hostile_run, reports.HOSTILE)])
def test_junit_keeps_to_its_schema(what: report.Run) -> None:
    xmlschema = pytest.importorskip("xmlschema", reason="xmlschema validates the JUnit report")
    xmlschema.XMLSchema(str(DATA / "junit.xsd")).validate(report.render("junit", what))


def test_junit_counts_what_it_holds() -> None:
    root = ElementTree.fromstring(report.render("junit", run()))
    cases = root.findall("testsuite/testcase")
    assert root.get("tests") == str(len(cases)) == "5"
    assert root.get("failures") == str(len(root.findall(".//failure"))) == "4"
    assert [suite.get("skipped") for suite in root] == ["1", "0"]
    assert len(root.findall(".//skipped")) == 1
