"""Prints the counts of a JSON report as outputs of a step."""

import json
import sys
from collections import Counter

with open(sys.argv[1], encoding="utf-8") as file:
    findings = json.load(file)["findings"]
counted = Counter(f["severity"] for f in findings if not f["suppressed"] and f.get("state") != "unchanged")
print(f"findings={counted.total()}")
for severity in ("critical", "high", "medium", "low"):
    print(f"{severity}={counted[severity]}")
