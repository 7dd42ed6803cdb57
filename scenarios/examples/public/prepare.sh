#!/bin/sh
# Gets programs that others have published, each at one revision, builds them where they
# want to be built, and changes nothing in them. Usage: prepare.sh [sarama|confluent|kcat|console ...]
set -eu
cd "$(dirname "$0")"
mkdir -p .deps

source_of() { # NAME URL REVISION
  [ -e ".deps/$1/.git/$3" ] && return
  rm -rf ".deps/$1"
  git init -q ".deps/$1"
  git -C ".deps/$1" fetch -q --depth 1 "$2" "$3"
  git -C ".deps/$1" checkout -q FETCH_HEAD
  touch ".deps/$1/.git/$3"
}

[ $# -gt 0 ] || set -- sarama confluent kcat console
for program in "$@"; do
  case $program in
  sarama) # Go
    source_of sarama https://github.com/IBM/sarama bd98b3aec67780cf514f219ed0342c5c1d9e1b75
    (cd .deps/sarama/examples/exactly_once && go build -o ../../../sarama-exactly-once .)
    ;;
  confluent) # Python
    source_of confluent https://github.com/confluentinc/confluent-kafka-python 8b1c7a613434eee3d0e1287d624d7af04932f410
    [ -e .deps/python/bin/python ] || python3 -m venv .deps/python
    .deps/python/bin/pip install --quiet --only-binary :all: confluent-kafka==2.12.2
    ;;
  kcat) # C; https://github.com/edenhill/kcat at 1.7.1, as Debian packages it
    kcat -V | grep -q '1\.7\.1'
    ;;
  console) # Java; https://github.com/apache/kafka at 4.2.0, as Maven Central has it
    [ -d .deps/console ] || mvn -q -B -f console.xml dependency:copy-dependencies -DoutputDirectory=.deps/console
    ;;
  *)
    echo "there is no program $program: sarama, confluent, kcat, console" >&2
    exit 1
    ;;
  esac
done
