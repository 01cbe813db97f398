#!/usr/bin/env bash
# Prints the workflow commands that the check wrote, so that the runner annotates the lines.
set -euo pipefail

if [ "${UPLOAD_OUTCOME:-}" = failure ]; then
  echo "::notice title=hullcheck::Code scanning took no upload: it is off, or the token of a fork or of Dependabot can't write. The findings are annotated here instead."
fi
annotations="${RUNNER_TEMP:?}/hullcheck-reports/annotations"
[ ! -f "$annotations" ] || cat "$annotations"
