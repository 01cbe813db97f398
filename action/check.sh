#!/usr/bin/env bash
# Runs hullcheck once and writes every report; the exit code becomes an output, so that reports are shown before the gate.
set -euo pipefail

bin="${RUNNER_TEMP:?}/hullcheck/bin"
[ -d "$bin" ] || bin="$RUNNER_TEMP/hullcheck/Scripts"
reports="$RUNNER_TEMP/hullcheck-reports"
mkdir -p "$reports"

paths=()
while IFS= read -r path; do
  [ -z "$path" ] || paths+=("$path")
done <<<"$INPUT_PATHS"
[ "${#paths[@]}" -gt 0 ] || paths=(.)

sarif="${GITHUB_WORKSPACE:?}/$INPUT_SARIF_FILE"
options=(
  --output-format full
  --output-format "sarif:$sarif"
  --output-format "github:$reports/annotations"
  --output-format "markdown:$reports/summary.md"
  --output-format "json:$reports/findings.json"
  --sarif-category "$INPUT_CATEGORY"
  --color never
)
[ -z "$INPUT_CONFIG" ] || options+=(--config "$INPUT_CONFIG")
[ -z "$INPUT_FAIL_ON" ] || options+=(--fail-on "$INPUT_FAIL_ON")
[ "$INPUT_ALLOW_NO_FILES" != true ] || options+=(--allow-no-files)

base="$INPUT_DIFF_BASE"
if [ "$base" = auto ]; then
  base=$("$bin/python" -I "$ACTION_PATH/action/base.py")
fi
[ -z "$base" ] || options+=(--diff-base "$base")

cd "$GITHUB_WORKSPACE/$INPUT_WORKING_DIRECTORY"
rm -f "$sarif"
code=0
# Findings quote the repository, and the runner acts on lines that look like commands: they are off while we print.
token="hullcheck-$RANDOM$RANDOM$RANDOM$RANDOM"
echo "::stop-commands::$token"
"$bin/python" -I -m hullcheck check "${options[@]}" -- "${paths[@]}" || code=$?
echo "::$token::"

{
  echo "exit-code=$code"
  if [ -f "$sarif" ]; then echo "sarif-file=$INPUT_SARIF_FILE"; fi
  if [ -f "$reports/findings.json" ]; then "$bin/python" -I "$ACTION_PATH/action/counts.py" "$reports/findings.json"; fi
} >>"${GITHUB_OUTPUT:?}"

if [ "$INPUT_SUMMARY" = true ] && [ -f "$reports/summary.md" ]; then
  cat "$reports/summary.md" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
fi
