#!/usr/bin/env bash
# Brings what the tests of the editors need: the packages of the extension for VS Code, and Emacs where it may be
# installed. Without them these tests skip and say so.
set -euo pipefail
cd "$(dirname "$0")/.."

if command -v npm > /dev/null; then
  (cd editors/vscode && timeout 180 npm ci --no-audit --no-fund > /dev/null)
fi
if ! command -v emacs > /dev/null && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
  DEBIAN_FRONTEND=noninteractive timeout 300 apt-get install -qq -y --no-install-recommends \
    emacs-nox elpa-eglot elpa-dockerfile-mode elpa-yaml-mode > /dev/null
fi
