#!/bin/sh
# Builds the program into .deps, once.
set -eu
cd "$(dirname "$0")"
[ -e .deps/ready ] && exit 0
go build -o .deps/processor .
touch .deps/ready
