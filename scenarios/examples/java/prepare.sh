#!/bin/sh
# Gets the client from Maven and compiles the program into .deps, once.
set -eu
cd "$(dirname "$0")"
[ -e .deps/ready ] && exit 0
mvn -q -B dependency:copy-dependencies -DoutputDirectory=.deps
javac -d .deps -cp '.deps/*' src/Copier.java
touch .deps/ready
