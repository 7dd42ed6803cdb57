#!/bin/sh
# Installs the client from npm into node_modules, once. It is JavaScript alone.
set -eu
cd "$(dirname "$0")"
[ -e .deps/ready ] && exit 0
npm ci --silent --no-audit --no-fund
mkdir -p .deps
touch .deps/ready
