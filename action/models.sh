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

# Markdown of hullcheck's own, in which names are text already; a summary that is too long for it gets the text.
drawn() {
  local title="$1" text
  shift
  text=$("$@" 2>/dev/null | head -c 50001) || true
  case "$text" in "" | "nothing changes"*) return ;; esac
  if [ "${#text}" -gt 50000 ]; then return 1; fi
  printf '\n<details><summary>%s</summary>\n\n%s\n\n</details>\n' "$title" "$text"
}

if [ -n "$base" ]; then
  runs="What this change does to what runs"
  show=("${python[@]}" -m hullcheck show --diff-base "$base" --color never)
  drawn "$runs" "${show[@]}" --output-format markdown || section "$runs" "${show[@]}"
  network="What this change opens and closes in the network"
  map=("${python[@]}" -m hullcheck map --quiet --diff-base "$base")
  drawn "$network" "${map[@]}" --format markdown . || section "$network" "${map[@]}" .
else
  section "Who can talk to whom" "${python[@]}" -m hullcheck map --quiet --format text .
fi
