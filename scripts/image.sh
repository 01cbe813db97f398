#!/usr/bin/env bash
# Builds the container image: `scripts/image.sh NAME[:TAG] [TARGET]`; the target is `hullcheck` or `ci`.
set -euo pipefail
cd "$(dirname "$0")/.."

name=${1:?a name for the image}
target=${2:-hullcheck}
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH DOCKER_BUILDKIT=1
docker build --target "$target" --tag "$name" .
