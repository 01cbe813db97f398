"""Prints the revision that a pull request or merge group is to be compared with; nothing on other events."""

import json
import os
import re

with open(os.environ["GITHUB_EVENT_PATH"], encoding="utf-8") as file:
    event = json.load(file)
base = (event.get("pull_request") or {}).get("base", {}).get("sha") or (event.get("merge_group") or {}).get("base_sha")
if isinstance(base, str) and re.fullmatch(r"[0-9a-f]{40,64}", base):
    print(base)
