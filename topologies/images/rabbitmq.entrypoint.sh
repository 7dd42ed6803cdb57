#!/bin/sh
# Gives the server its state and its user, and becomes it.
set -e
if [ "$(id -u)" = 0 ] && [ "${1#rabbitmq}" != "$1" ]; then
  chown -R rabbitmq:rabbitmq /var/lib/rabbitmq
  export RABBITMQ_LOGS=${RABBITMQ_LOGS:--}
  exec setpriv --reuid rabbitmq --regid rabbitmq --init-groups "$@"
fi
exec "$@"
