#!/bin/sh
# Installs the client from PyPI into .deps, once.
set -eu
cd "$(dirname "$0")"
[ -e .deps/ready ] && exit 0
python3 -m venv .deps
.deps/bin/pip install --quiet --only-binary :all: -r requirements.txt
touch .deps/ready
