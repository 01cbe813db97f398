#!/usr/bin/env bash
# Brings Debian's Chromium, with which the tests of the pages open them, where there is none and it may be installed.
set -euo pipefail

if command -v chromium || command -v chromium-browser || command -v google-chrome; then exit 0; fi
[ "$(id -u)" = 0 ] && command -v apt-get
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core
