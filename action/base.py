"""Prints the commit that a change is compared with, as far as the event tells it; hullcheck itself decides."""

import json
import os
import re
import subprocess

HEXADECIMAL = re.compile(r"(?!0+$)(?:[0-9a-f]{40}|[0-9a-f]{64})")
GIT = ("git", "-c", "core.fsmonitor=", "-c", f"core.hooksPath={os.devnull}")


def merged_into() -> str:
    """The first parent of GitHub's merge of a pull request: a clone of one commit knows its name."""
    if not re.fullmatch(r"refs/pull/[0-9]+/merge", os.environ.get("GITHUB_REF", "")):
        return ""
    commit = subprocess.run([*GIT, "cat-file", "-p", "HEAD"], capture_output=True, text=True, check=False).stdout
    parents = re.findall(r"^parent (\S+)$", commit.partition("\n\n")[0], re.MULTILINE)
    return parents[0] if len(parents) > 1 else ""


def announced() -> str:
    """The base that the event's payload names; of a push, what the branch was before."""
    path = os.environ.get("GITHUB_EVENT_PATH", "")
    if not os.path.isfile(path):
        return ""
    with open(path, encoding="utf-8") as file:
        event = json.load(file)
    request, group = event.get("pull_request") or {}, event.get("merge_group") or {}
    return str(group.get("base_sha") or (request.get("base") or {}).get("sha") or event.get("before") or "")


base = merged_into() or announced()
if HEXADECIMAL.fullmatch(base):
    print(base)
