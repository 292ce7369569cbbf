/** What a million events take on disk and in memory, by what keeps them. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Tidegate } from '@tidegate/native';
import { createPool } from '@tidegate/postgres';
import { residentBytes } from '@tidegate/testkit';

/** Bytes by who keeps them. Of Kafka only where the broker was started here. */
type Bytes = Readonly<Record<string, number>>;

/** Tables with their indexes, and what was written ahead of all of them, which archives and standbys take. */
const SIZES = `SELECT
  (SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0)::float8 FROM pg_inherits WHERE inhparent = 'raw_event'::regclass) AS raw,
  (pg_total_relation_size('cell') + pg_total_relation_size('series'))::float8 AS cells,
  pg_total_relation_size('commit_journal')::float8 AS journal,
  pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS wal`;

export async function readStorage({ addresses, dataDir, topicPrefix, kafka }: Tidegate): Promise<Bytes> {
  const pool = createPool({
    ...{ databaseUrl: addresses.databaseUrl, applicationName: 'tidegate-bench-storage', connectionsMax: 1, statementTimeoutMs: 10_000 },
  });
  try {
    const { rows } = await pool.query<Record<'raw' | 'cells' | 'journal' | 'wal', number>>(SIZES);
    const log = join(dataDir, 'kafka', 'log');
    const topic = `${topicPrefix}events.v1-`;
    const ofKafka = kafka === null ? {} : { kafka_events: folderBytes(log, (name) => name.startsWith(topic)) };
    return { ...Object.fromEntries(Object.entries(rows[0] ?? {}).map(([name, bytes]) => [`postgres_${name}`, bytes])), ...ofKafka };
  } finally {
    await pool.end();
  }
}

function folderBytes(folder: string, isWanted: (name: string) => boolean): number {
  return readdirSync(folder)
    .filter(isWanted)
    .flatMap((name) =>
      readdirSync(join(folder, name))
        .filter((file) => file.endsWith('.log'))
        .map((file) => join(folder, name, file)),
    )
    .reduce((sum, file) => sum + statSync(file).size, 0);
}

/** `mb_per_million_postgres_raw` and so on. */
export function storedPerMillion(before: Bytes, after: Bytes, events: number): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([name, bytes]) => [`mb_per_million_${name}`, (bytes - (before[name] ?? 0)) / events]),
  );
}

/** `rss_mb_gateway` and so on: resident memory of each service, as it is now. */
export function residentMb({ services }: Tidegate): Record<string, number> {
  return Object.fromEntries(services.names.map((name) => [`rss_mb_${name}`, residentBytes(services.pid(name)) / 1e6]));
}
