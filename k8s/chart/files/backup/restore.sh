#!/bin/sh
# Brings a backup of backup.sh back into the empty database that DATABASE_URL names: the newest whole one of BACKUP_DIR, or that of
# BACKUP_NAME. Checks it first; the database is filled in one transaction, so it is whole or as empty as before.
set -eu
umask 077
: "${DATABASE_URL:?is not set}" "${BACKUP_DIR:?is not set}" "${BACKUP_KEY_FILE:?is not set}"

if [ -n "${BACKUP_NAME:-}" ]; then
  sums="$BACKUP_DIR/$BACKUP_NAME/SHA256SUMS"
else
  sums=$(find "$BACKUP_DIR" -mindepth 2 -maxdepth 2 -name SHA256SUMS -path "*/[0-9]*T[0-9]*Z/*" | sort | tail -n 1)
fi
[ -f "$sums" ] || { echo "restore: there is no whole backup" >&2; exit 1; }
folder=$(dirname "$sums")
(cd "$folder" && sha256sum --quiet --check SHA256SUMS)

ask() {
  psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --dbname="$DATABASE_URL" "$@"
}
decrypt() {
  openssl enc -d -aes-256-cbc -pbkdf2 -iter 600000 -pass "file:$BACKUP_KEY_FILE" -in "$1"
}

if [ "$(ask --command="SELECT to_regclass('partition_progress') IS NOT NULL")" != f ]; then
  echo "restore: the database is not empty" >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
decrypt "$folder/roles.sql.enc" >"$work/roles.sql"
decrypt "$folder/database.dump.enc" >"$work/database.dump"

# Roles belong to the server, so some may be there already.
while read -r create; do
  name=$(printf '%s' "$create" | cut -d ' ' -f 3)
  ask --set=name="$name" <<'SQL' | while read -r missing; do ask --command="$missing"; done
SELECT format('CREATE ROLE %I NOLOGIN', :'name') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name')
UNION ALL
SELECT format('GRANT %I TO CURRENT_USER', :'name');
SQL
done <"$work/roles.sql"

pg_restore --exit-on-error --single-transaction --no-password --dbname="$DATABASE_URL" "$work/database.dump"
ask --command="ANALYZE"
echo "restore: $folder"
