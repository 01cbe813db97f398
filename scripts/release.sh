#!/usr/bin/env bash
# Makes what a release consists of: `scripts/release.sh FOLDER` writes the source archive, the wheel and a bill of
# materials. The tag of the commit, where there is one, has to be the version that pyproject.toml has.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:?a folder}
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
tag=$(git tag --points-at HEAD --list 'v*')
[ -z "$tag" ] || [ "$tag" = "v$version" ] || { echo "the tag is $tag, and the version $version" >&2; exit 1; }
python3 scripts/changes.py "$version" > /dev/null || [ -z "$tag" ]
mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

# What it is built with, and what it needs: the lock's, of which the second environment takes only what it needs.
python3 -m pip download --quiet --require-hashes --only-binary :all: --dest "$work/wheels" -r requirements.lock
python3 -m venv "$work/build"
"$work/build/bin/python" -m pip install --quiet --no-index --find-links "$work/wheels" hatchling
"$work/build/bin/python" -m hatchling build --directory "$folder"
python3 -m venv --without-pip "$work/run"
python3 -m pip --python "$work/run/bin/python" install --quiet --no-index --find-links "$work/wheels" \
  "$folder/hullcheck-$version-py3-none-any.whl"

python3 -m venv "$work/bill"
"$work/bill/bin/python" -m pip install --quiet --require-hashes --only-binary :all: -r scripts/release.lock
"$work/bill/bin/cyclonedx-py" environment --output-reproducible --pyproject pyproject.toml \
  --output-file "$folder/sbom.cdx.json" "$work/run/bin/python"
ls -l "$folder"
