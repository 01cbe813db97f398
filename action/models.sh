#!/usr/bin/env bash
# Prints what the job summary says of the model below the findings: what a change does to what runs and to the network,
# or the whole map where nothing is compared. Collapsed, and short enough for a summary.
#
#   models.sh PYTHON [BASE]
set -euo pipefail

python=("$1" -I)
base="${2:-}"

# Names come from the judged repository: as text in <pre> they can't end the block or become markup.
section() {
  local title="$1" text
  shift
  text=$("$@" 2>/dev/null | head -c 60000 | sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g') || true
  case "$text" in "" | "nothing changes"*) return ;; esac
  printf '\n<details><summary>%s</summary>\n\n<pre>\n%s\n</pre>\n\n</details>\n' "$title" "$text"
}

if [ -n "$base" ]; then
  section "What this change does to what runs" "${python[@]}" -m hullcheck show --diff-base "$base" --color never
  section "What this change opens and closes in the network" \
    "${python[@]}" -m hullcheck map --quiet --diff-base "$base" .
else
  section "Who can talk to whom" "${python[@]}" -m hullcheck map --quiet --format text .
fi
