#!/bin/sh
# Writes a consistent, encrypted dump of the database that DATABASE_URL names, beside the services and without stopping them, into
# a new folder of BACKUP_DIR: roles.sql.enc, database.dump.enc, SHA256SUMS. A folder without SHA256SUMS is not a whole backup.
# BACKUP_KEY_FILE holds the passphrase. The newest BACKUP_KEEP (default 14) whole backups stay. BACKUP_UMASK (default 077): 027 where
# somebody of the folder's group, and nobody else, is to bring them on.
set -eu
umask "${BACKUP_UMASK:-077}"
for tool in pg_dump psql openssl sha256sum; do
  command -v "$tool" >/dev/null || { echo "backup: this image has no $tool" >&2; exit 78; }
done
: "${DATABASE_URL:?is not set}" "${BACKUP_DIR:?is not set}" "${BACKUP_KEY_FILE:?is not set}"
if [ ! -s "$BACKUP_KEY_FILE" ]; then
  echo "backup: BACKUP_KEY_FILE names no file with a passphrase" >&2
  exit 78
fi

encrypt() {
  openssl enc -aes-256-cbc -salt -pbkdf2 -iter 600000 -pass "file:$BACKUP_KEY_FILE" -out "$1"
}

folder="$BACKUP_DIR/$(date -u +%Y%m%dT%H%M%SZ)"
stage="$BACKUP_DIR/unfinished"
rm -rf "$stage"
mkdir "$stage"

# The roles of the services have no passwords and no login of their own; a new server has to have them before what they may do.
roles=$(psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --dbname="$DATABASE_URL" --command="
  SELECT format('CREATE ROLE %I NOLOGIN;', rolname) FROM pg_roles WHERE rolname LIKE 'tidegate\_%' AND NOT rolcanlogin ORDER BY rolname")
[ -n "$roles" ] || { echo "backup: there are no roles of Tidegate in this database" >&2; exit 1; }
printf '%s\n' "$roles" | encrypt "$stage/roles.sql.enc"

# To a file first: of a pipe only the last program's end is known.
mkfifo "$stage/pipe"
encrypt "$stage/database.dump.enc" <"$stage/pipe" &
encrypting=$!
pg_dump --format=custom --no-password --dbname="$DATABASE_URL" >"$stage/pipe"
wait "$encrypting"
rm "$stage/pipe"

(cd "$stage" && sha256sum roles.sql.enc database.dump.enc >SHA256SUMS)
sync
mv "$stage" "$folder"
echo "backup: $folder"

# Only whole backups are counted, and only they are deleted.
find "$BACKUP_DIR" -mindepth 2 -maxdepth 2 -name SHA256SUMS -path "*/[0-9]*T[0-9]*Z/*" | sort -r | tail -n "+$((${BACKUP_KEEP:-14} + 1))" |
  while read -r sums; do rm -r "$(dirname "$sums")"; done
