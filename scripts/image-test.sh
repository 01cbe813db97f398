#!/usr/bin/env bash
# Holds an image to what the Dockerfile says of it: `scripts/image-test.sh NAME[:TAG]`.
set -euo pipefail
cd "$(dirname "$0")/.."

name=${1:?the image}
run=(docker run --rm --network none --read-only --cap-drop ALL --security-opt no-new-privileges
  --volume "$PWD/fixtures/identity/root_user:/repository:ro" "$name")

fail() { echo "$1" >&2; exit 1; }

user=$(docker image inspect --format '{{.Config.User}}' "$name")
[ "$user" = 65532:65532 ] || fail "runs as $user"
version=$("${run[@]}" --version)
grep -q "^version = \"${version##* }\"$" pyproject.toml || fail "is $version"
code=0
said=$("${run[@]}" check --output-format json) || code=$?
[ "$code" = 1 ] || fail "exit code $code: $said"
grep -q '"root-user"' <<< "$said" || fail "finds nothing in a root user's files"
docker run --rm --network none --entrypoint /bin/sh "$name" -c true 2>/dev/null && fail "has a shell"
echo "$name: $version, user $user, finds what is there, and has no shell"
