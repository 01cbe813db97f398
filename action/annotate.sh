#!/usr/bin/env bash
# Prints the workflow commands that the check wrote, so that the runner annotates the lines.
set -euo pipefail

annotations="${RUNNER_TEMP:?}/hullcheck-reports/annotations"
[ ! -f "$annotations" ] || cat "$annotations"
