#!/usr/bin/env bash
# Runs hullcheck once and writes every report; its exit code becomes an output, so that all of them are seen before the
# gate. Nothing is written into the judged repository but the file that `sarif-file` asks for.
set -euo pipefail

bin="${RUNNER_TEMP:?}/hullcheck/bin"
[ -d "$bin" ] || bin="$RUNNER_TEMP/hullcheck/Scripts"
python=("$bin/python" -I)
reports="$RUNNER_TEMP/hullcheck-reports"
rm -rf "$reports"
mkdir -p "$reports"

# What is one line can't become two: outputs, and what the runner acts on, are lines.
for name in WORKING_DIRECTORY MODE BASE FAIL_ON MIN_SEVERITY PROFILE CONFIG BASELINE SARIF_FILE CATEGORY; do
  input="INPUT_$name"
  case "${!input}" in
    *[$'\n\r']*)
      echo "::error::${name}: one line is expected"
      exit 2
      ;;
  esac
done

cd "${GITHUB_WORKSPACE:?}/$INPUT_WORKING_DIRECTORY"

# A list has one item a line; blanks around it belong to the YAML, not to the item.
list() {
  local line
  while IFS= read -r line; do
    line="${line#"${line%%[![:space:]]*}"}"
    line="${line%"${line##*[![:space:]]}"}"
    [ -z "$line" ] || items+=("$line")
  done <<<"$1"
}
items=()
list "$INPUT_PATHS"
paths=("${items[@]:-.}")
items=()
list "$INPUT_EXTRA_ARGS"
extra=(${items[@]+"${items[@]}"})

category="$INPUT_CATEGORY"
[ "$INPUT_WORKING_DIRECTORY" = . ] || category="$category/$INPUT_WORKING_DIRECTORY"

options=(
  --output-format full --show-each
  --output-format "sarif:$reports/hullcheck.sarif"
  --output-format "sarif-full:$reports/full.sarif"
  --output-format "github:$reports/annotations"
  --output-format "markdown:$reports/summary.md"
  --output-format "json:$reports/findings.json"
  "--sarif-category=$category"
  --color never
)
[ "$INPUT_PAGE" != true ] || {
  mkdir "$reports/page"
  options+=(--output-format "html:$reports/page/findings.html")
}
if [ -n "${CACHE:-}" ]; then options+=("--cache-dir=$CACHE"); else options+=(--no-cache); fi
[ -z "$INPUT_CONFIG" ] || options+=("--config=$INPUT_CONFIG")
[ -z "$INPUT_BASELINE" ] || options+=("--baseline=$INPUT_BASELINE")
[ -z "$INPUT_FAIL_ON" ] || options+=("--fail-on=$INPUT_FAIL_ON")
[ -z "$INPUT_MIN_SEVERITY" ] || options+=("--min-severity=$INPUT_MIN_SEVERITY")
[ -z "$INPUT_PROFILE" ] || options+=("--profile=$INPUT_PROFILE")
items=()
list "$INPUT_SELECT"
for words in ${items[@]+"${items[@]}"}; do options+=("--select=$words"); done
items=()
list "$INPUT_IGNORE"
for words in ${items[@]+"${items[@]}"}; do options+=("--ignore=$words"); done
[ "$INPUT_ALLOW_NO_FILES" != true ] || options+=(--allow-no-files)

mode="$INPUT_MODE"
if [ "$mode" = auto ]; then
  case "${GITHUB_EVENT_NAME:-}" in
    pull_request | pull_request_target | merge_group) mode=gate ;;
    *) mode=all ;;
  esac
fi
case "$mode" in
  gate) options+=(--gate "--diff-base=${INPUT_BASE:-auto}") ;;
  new) options+=("--diff-base=${INPUT_BASE:-auto}") ;;
  all) ;;
  *)
    echo "::error::mode: auto, gate, new or all is expected"
    exit 2
    ;;
esac

# A clone of one commit knows the base's name and doesn't have it. What the repository's configuration names isn't run.
git=(git -c core.fsmonitor= -c core.hooksPath=/dev/null -c gc.auto=0 -c maintenance.auto=false)
if [ "$mode" != all ]; then
  "${python[@]}" "${ACTION_PATH:?}/action/base.py" | while IFS= read -r commit; do
    "${git[@]}" cat-file -e "$commit^{commit}" 2>/dev/null ||
      "${git[@]}" fetch --quiet --no-tags --no-recurse-submodules --depth=1 origin "$commit" ||
      echo "hullcheck: the base $commit can't be fetched"
  done
fi

code=0
# Findings quote the repository, and the runner acts on lines that look like commands: they are off while we print.
token=$("${python[@]}" -c 'import secrets; print(secrets.token_hex(16))')
echo "::stop-commands::$token"
"${python[@]}" -m hullcheck check "${options[@]}" ${extra[@]+"${extra[@]}"} -- "${paths[@]}" || code=$?
echo "::$token::"

# The network, or what the change does to it; where there is none, there is no such page.
compared=""
[ "$mode" = all ] || compared="${INPUT_BASE:-auto}"
if [ -f "$reports/page/findings.html" ]; then
  "${python[@]}" -m hullcheck map --quiet ${compared:+"--diff-base=$compared"} --format html \
    --output "$reports/page/network.html" . >/dev/null 2>&1 || true
fi

{
  echo "exit-code=$code"
  "${python[@]}" "$ACTION_PATH/action/outputs.py" "$reports" "$GITHUB_WORKSPACE" "$INPUT_SARIF_FILE"
} >>"${GITHUB_OUTPUT:?}"

if [ "$INPUT_SUMMARY" = true ] && [ -f "$reports/summary.md" ]; then
  head -c 700000 "$reports/summary.md" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
  bash "$ACTION_PATH/action/models.sh" "$bin/python" "$compared" >>"${GITHUB_STEP_SUMMARY:-/dev/null}" || true
fi
