#!/usr/bin/env bash
# Brings Superset's own database up to date, makes its admin the first time, and serves.
set -euo pipefail
home=${SUPERSET_HOME:-/app/superset_home}
if [ -z "${SUPERSET_SECRET_KEY:-}" ]; then
  key=$home/secret-key
  [ -s "$key" ] || (umask 077 && python -c 'import secrets; print(secrets.token_urlsafe(42))' >"$key")
  SUPERSET_SECRET_KEY=$(<"$key")
  export SUPERSET_SECRET_KEY
fi
superset db upgrade
superset init
python /opt/cht-sync/create_admin.py
unset SUPERSET_PASSWORD
# Caches are in memory, and dashboards wait for PostgreSQL most of the time: threads do.
exec gunicorn --bind 0.0.0.0:8088 --workers 1 --worker-class gthread --threads 8 --timeout 120 'superset.app:create_app()'
