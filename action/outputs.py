"""Prints the outputs of the step from the reports: numbers, and paths that the workflow itself has given."""

import json
import os
import shutil
import sys
from collections import Counter

SEVERITIES = ("critical", "high", "medium", "low", "info")


def counts(report: dict) -> dict[str, int]:
    """What is counted, by the outputs' names."""
    new = [f for f in report["findings"] if not f["suppressed"] and f["state"] != "unchanged"]
    severities = Counter(finding["severity"] for finding in new)
    return {
        "findings": len(new),
        **{severity: severities[severity] for severity in SEVERITIES},
        "suppressed": report["summary"]["suppressed"],
        "unchanged": report["summary"]["unchanged"],
        "fixed": len(report.get("fixed", ())),
        "policy-changes": sum(finding["name"] in ("policy-weakened", "suppression-added") for finding in new),
    }


def copied(source: str, workspace: str, wanted: str) -> str:
    """The file as the workflow wants it, in the workspace; a link in the repository is not followed."""
    if "\n" in wanted or "\r" in wanted:
        sys.exit("hullcheck: sarif-file: one line is expected")
    target = os.path.normpath(os.path.join(workspace, wanted))
    folder = os.path.realpath(os.path.dirname(target))
    if os.path.commonpath((folder, os.path.realpath(workspace))) != os.path.realpath(workspace):
        sys.exit(f"hullcheck: sarif-file: {wanted} is not in the workspace")
    os.makedirs(folder, exist_ok=True)
    target = os.path.join(folder, os.path.basename(target))
    if os.path.lexists(target):
        os.remove(target)
    shutil.copyfile(source, target)
    return wanted


def main(reports: str, workspace: str, wanted: str) -> None:
    for name, file in (("sarif-file", "hullcheck.sarif"), ("full-sarif-file", "full.sarif")):
        path = os.path.join(reports, file)
        if os.path.isfile(path):
            shown = copied(path, workspace, wanted) if wanted and name == "sarif-file" else path
            print(f"{name}={shown}")
    path = os.path.join(reports, "page")
    if os.path.isdir(path) and os.listdir(path):
        print(f"page={path}")
    path = os.path.join(reports, "findings.json")
    if os.path.isfile(path):
        with open(path, encoding="utf-8") as file:
            for name, value in counts(json.load(file)).items():
                print(f"{name}={value}")


main(*sys.argv[1:])
