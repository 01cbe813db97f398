#!/usr/bin/env bash
# Pushes both targets of the image: `scripts/image-push.sh NAME VERSION`, with TOKEN and ACTOR for its registry. Tells the
# workflow the name and digest of the default one, for its attestation.
set -euo pipefail
cd "$(dirname "$0")/.."

name=${1:?a name without a tag}
version=${2:?a version}
printf %s "${TOKEN:?}" | docker login --username "${ACTOR:?}" --password-stdin "${name%%/*}"
for target in hullcheck ci; do
  tag=$version
  [ "$target" = hullcheck ] || tag=$version-$target
  bash scripts/image.sh "$name:$tag" "$target"
  docker push --quiet "$name:$tag"
done
digest=$(docker image inspect --format '{{index .RepoDigests 0}}' "$name:$version")
{ echo "name=$name"; echo "digest=${digest##*@}"; } >> "${GITHUB_OUTPUT:?}"
