#!/usr/bin/env bash
# Says in which folder results are kept, if they are: only where a branch is judged as it is. Where a change is judged,
# what an earlier run left might come from the very change, and other events may have a change checked out, too. To fetch
# results takes a second, in which thousands of files are judged.
set -euo pipefail

folder=""
case "${INPUT_MODE:?} ${GITHUB_EVENT_NAME:-}" in
  "auto push" | "all push" | "auto schedule" | "all schedule" | "auto workflow_dispatch" | "all workflow_dispatch")
    folder="${RUNNER_TEMP:?}/hullcheck-results"
    ;;
esac
case "${INPUT_CACHE:?}" in
  always) ;;
  never) folder="" ;;
  auto)
    cd "${GITHUB_WORKSPACE:?}/${INPUT_WORKING_DIRECTORY:?}"
    [ "$(find . -name .git -prune -o -type f -print | head -n 3000 | wc -l)" -ge 3000 ] || folder=""
    ;;
  *)
    echo "::error::cache: auto, always or never is expected"
    exit 2
    ;;
esac
echo "folder=$folder" >>"${GITHUB_OUTPUT:?}"
