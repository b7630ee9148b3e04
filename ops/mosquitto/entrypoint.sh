#!/bin/sh
# entrypoint.sh SOURCE TARGET COMMAND... : runs mosquitto on a copy of the TLS files that the api writes.
#
# Mosquitto reads certificate and revocation lists at start and on SIGHUP, and watches neither. Without the signal a
# revoked device would get in again until somebody restarts the broker. The copy is readable for mosquitto's own user,
# who may not read the api's folder. Needs nothing but a POSIX shell.
set -eu
source="$1"
target="$2"
shift 2
files="broker-trust.pem service-trust.pem broker.crt broker.key broker.crl"

digest() {
  for file in $files; do cat "$source/$file" 2>/dev/null || echo "no $file"; done | cksum
}

take_over() {
  for file in $files; do
    (umask 077 && cp "$source/$file" "$target/$file.new") && mv "$target/$file.new" "$target/$file"
  done
  if [ "$(id -u)" = 0 ] && id mosquitto >/dev/null 2>&1; then chown -R mosquitto: "$target"; fi
}

# How soon a revocation reaches new connections: the control plane counts on a second.
follow() {
  while sleep 0.5 && kill -0 "$1" 2>/dev/null; do
    new="$(digest)"
    [ "$new" != "$seen" ] || continue
    take_over && seen="$new" && kill -HUP "$1" || true
  done
}

mkdir -p "$target"
until [ -s "$source/broker.crl" ] && [ -s "$source/broker.crt" ] && [ -s "$source/service-trust.pem" ]; do sleep 1; done
seen="$(digest)"
take_over
# exec keeps the process id: what the follower signals is mosquitto.
follow $$ &
exec "$@"
