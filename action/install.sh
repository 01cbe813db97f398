#!/usr/bin/env bash
# Installs this very checkout of hullcheck, into an environment that the judged repository can't reach.
set -euo pipefail

environment="${RUNNER_TEMP:?}/hullcheck"
python=$(command -v python3 || command -v python)
"$python" -I -m venv "$environment"
bin="$environment/bin"
[ -d "$bin" ] || bin="$environment/Scripts"
"$bin/python" -I -m pip install --quiet --disable-pip-version-check --require-hashes -r "$ACTION_PATH/requirements.lock"
"$bin/python" -I -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation "$ACTION_PATH"
