#!/bin/sh
# Makes the database where there is none, and becomes the server. Settings are
# arguments, as in: postgres -c wal_level=logical
set -e
if [ "${1#-}" != "$1" ]; then set -- postgres "$@"; fi
if [ "$1" != postgres ]; then exec "$@"; fi
if [ "$(id -u)" = 0 ]; then
  chown -R postgres:postgres "$PGDATA"
  exec setpriv --reuid postgres --regid postgres --init-groups sh "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  user=${POSTGRES_USER:-postgres}
  database=${POSTGRES_DB:-$user}
  method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  if [ -z "$POSTGRES_PASSWORD" ] && [ "$method" != trust ]; then
    echo 'set POSTGRES_PASSWORD, or POSTGRES_HOST_AUTH_METHOD=trust' >&2
    exit 1
  fi
  secret=$(mktemp)
  printf '%s\n' "${POSTGRES_PASSWORD:-postgres}" >"$secret"
  initdb -U "$user" --pwfile="$secret" --auth-local=trust --auth-host="$method" --no-sync >/dev/null
  rm "$secret"
  echo "host all all all $method" >>"$PGDATA/pg_hba.conf"
  echo "host replication all all $method" >>"$PGDATA/pg_hba.conf"
  if [ "$database" != postgres ]; then
    echo "create database :\"name\"" >"$PGDATA/make.sql"
    pg_ctl -w -s -o "-c listen_addresses=''" start
    psql -q -U "$user" -d postgres -v name="$database" -f "$PGDATA/make.sql"
    pg_ctl -w -s -m fast stop
    rm "$PGDATA/make.sql"
  fi
fi
case " $* " in
  *listen_addresses*) ;;
  *) set -- "$@" -c "listen_addresses=*" ;;
esac
exec "$@"
