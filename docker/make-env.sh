#!/bin/sh
# Make the file .env that docker-compose.yml reads: fresh random secrets, readable by you only.
# An existing .env is left alone: its secrets belong to the data in the volumes.
set -eu
cd "$(dirname "$0")/.."

if [ -e .env ]; then
    echo "voltaro: .env is there already; nothing to do" >&2
    exit 0
fi

random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

umask 077
unfinished=".env.$$"
trap 'rm -f "$unfinished"' EXIT
cat >"$unfinished" <<ENV
# Secrets of this installation, made by docker/make-env.sh. env.example lists every setting.
VOLTARO_DB_SUPERUSER_PASSWORD=$(random 24)
VOLTARO_DB_PASSWORD=$(random 24)
VOLTARO_AUTHENTICATOR_PASSWORD=$(random 24)
VOLTARO_BRIDGE_PASSWORD=$(random 24)
VOLTARO_JOBS_PASSWORD=$(random 24)
VOLTARO_JWT_SECRET=$(random 32)
VOLTARO_CHARGE_POINT_KEY_PEPPER=$(random 32)
VOLTARO_DEMO_PASSWORD=$(random 8)
VOLTARO_DEMO_CHARGE_POINT_KEY=$(random 10)
ENV
mv "$unfinished" .env
echo "voltaro: made .env; next: docker compose up --build" >&2
