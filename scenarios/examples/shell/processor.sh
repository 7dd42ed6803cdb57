#!/bin/sh
# Copies records at least once with kcat: where it reads on in a partition stands in a
# file, which is replaced when the output is acknowledged. It joins no group.
set -eu
partitions=$1
trap 'exit 0' TERM INT
tab=$(printf '\t')
cd "$SURETY_DIR"
echo "copying $SURETY_INPUT to $SURETY_OUTPUT"
while :; do
  p=0
  while [ "$p" -lt "$partitions" ]; do
    from=$(cat "next-$p" 2>/dev/null || echo 0)
    kcat -q -C -b "$SURETY_BOOTSTRAP" -t "$SURETY_INPUT" -p "$p" -o "$from" -c 500 -e -f '%o\t%k\t%s\n' >batch
    if [ -s batch ]; then
      cut -f 2- batch | kcat -P -b "$SURETY_BOOTSTRAP" -t "$SURETY_OUTPUT" -K "$tab" -X acks=all -X partitioner=murmur2_random
      echo $(($(tail -n 1 batch | cut -f 1) + 1)) >next
      mv next "next-$p"
    fi
    p=$((p + 1))
  done
done
