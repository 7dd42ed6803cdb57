#!/bin/sh
# Starts a broker once and keeps the classes that it loaded in an archive, from
# which the JVM maps them at every later start.
set -e
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/kafka.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:19492
listeners=NODE://127.0.0.1:19491,CONTROLLER://127.0.0.1:19492
listener.security.protocol.map=NODE:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=NODE
controller.listener.names=CONTROLLER
log.dirs=$dir/logs
offsets.topic.replication.factor=1
END
java -cp '/opt/kafka/libs/*' kafka.tools.StorageTool format \
  --cluster-id=AAAAAAAAAAAAAAAAAAAAAA -c "$dir/kafka.properties"
java -Xmx256m -XX:+UseSerialGC -XX:ArchiveClassesAtExit="$1" -cp '/opt/kafka/libs/*' \
  kafka.Kafka "$dir/kafka.properties" >"$dir/out" 2>&1 &
broker=$!
tries=0
until grep -q 'Kafka Server started' "$dir/out"; do
  tries=$((tries + 1))
  if [ $tries -gt 600 ] || ! kill -0 $broker 2>/dev/null; then
    cat "$dir/out" >&2
    exit 1
  fi
  sleep 0.2
done
kill -TERM $broker
wait $broker || [ $? -eq 143 ]
test -s "$1"
