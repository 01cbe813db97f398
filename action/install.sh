#!/usr/bin/env bash
# Installs this very checkout of hullcheck, into an environment that the judged repository can't reach.
set -euo pipefail

environment="${RUNNER_TEMP:?}/hullcheck"

# The first Python that is new enough: the runner's own, else one that it keeps for actions/setup-python.
candidates=(python3 python python3.14 python3.13 python3.12 python3.11)
for folder in "${RUNNER_TOOL_CACHE:-/nowhere}"/Python/3.1[1-9]*/*; do
  candidates+=("$folder/bin/python3" "$folder/python.exe")
done
python=""
for candidate in "${candidates[@]}"; do
  if command -v "$candidate" >/dev/null && "$candidate" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "::error::hullcheck needs Python 3.11 or newer: add actions/setup-python before it"
  exit 1
fi

"$python" -I -m venv --clear "$environment"
bin="$environment/bin"
[ -d "$bin" ] || bin="$environment/Scripts"
pip=("$bin/python" -I -m pip install --quiet --disable-pip-version-check --no-input)
"${pip[@]}" --require-hashes --only-binary :all: -r "${ACTION_PATH:?}/requirements.lock"
"${pip[@]}" --no-deps --no-build-isolation "$ACTION_PATH"
