#!/bin/sh
# Looks for kcat, which Debian and others have as a package of that name.
set -eu
cd "$(dirname "$0")"
kcat -V >/dev/null
mkdir -p .deps
touch .deps/ready
