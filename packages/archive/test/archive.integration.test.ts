import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { createArchiveStore, createPgStore, createRetentionStore } from '@tidegate/postgres';
import { createMigratedDatabase } from '@tidegate/postgres/scratch';
import type { ScratchDatabase } from '@tidegate/postgres/scratch';
import { createSealer, deriveKey } from '@tidegate/runtime';
import { createSeededRandom } from '@tidegate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createArchive } from '../src/archive.ts';
import type { ArchiveDeps } from '../src/archive.ts';
import { createFolderStore } from '../src/folder-store.ts';
import type { ObjectStore } from '../src/object-store.ts';

const DAY_MS = 86_400_000;
const DAY = Date.UTC(2026, 7, 1) / DAY_MS;
const DATE = '2026-08-01';
const ROWS = 700;
const KEYS = [new Uint8Array(32).fill(7), new Uint8Array(32).fill(9)];
const sealerOf = (key: Uint8Array, tenant: string) => createSealer(deriveKey(key, `tidegate/archive/${tenant}`, 32));
/** Every column as Postgres writes it, in the order of the log. */
const ALL = `SELECT row_to_json(r)::text AS row FROM (SELECT * FROM raw_event ORDER BY partition, log_offset) r`;

let database: ScratchDatabase;
let store: ReturnType<typeof createArchiveStore>;
let folder: string;
let original: readonly string[];

async function rows(): Promise<readonly string[]> {
  return (await database.query<{ row: string }>(ALL)).map(({ row }) => row);
}

async function closeDay(): Promise<void> {
  const retention = createRetentionStore({ databaseUrl: database.url });
  expect(await retention.closeRawDay(DAY)).toBe(true);
  await retention.close();
}

async function dropDay(): Promise<string> {
  const retention = createRetentionStore({ databaseUrl: database.url });
  const outcome = await retention.dropRawDay(DAY, true);
  await retention.close();
  return outcome;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-archive-test-'));
  database = await createMigratedDatabase();
  store = createArchiveStore({ databaseUrl: database.url });
  const data = createPgStore({ databaseUrl: database.url, applicationName: 'test' });
  await data.ensureRawDays([DAY]);
  const lane = { startOffset: 0, topicId: 'c/t' };
  await data.claim([{ partition: 0, live: lane, backfill: lane, rejected: lane }], new Uint8Array(16));
  await data.close();
  await database.query(`UPDATE partition_progress SET complete_through = now()`);
  const random = createSeededRandom(5);
  const events = Array.from({ length: ROWS }, (_, at) => {
    const person = Math.floor(random() * 40);
    return {
      tenant: random() < 0.8 ? 'acme' : 'globex',
      event_id: `e-${at}-ø 日本`,
      source: random() < 0.5 ? '' : 'app "one"',
      type: random() < 0.5 ? 'shop.sale' : 'shop.visit',
      subject:
        random() < 0.2
          ? null
          : deriveKey(KEYS[0] ?? new Uint8Array(32), `person ${person}`, 32).reduce(
              (hex, byte) => hex + byte.toString(16).padStart(2, '0'),
              '',
            ),
      occurred_at: new Date(DAY * DAY_MS - Math.floor(random() * 1e11)).toISOString(),
      received_at: new Date(DAY * DAY_MS + at * 120_000 + 17).toISOString(),
      partition: at % 3,
      log_offset: at,
      log_generation: 1,
      pack_version: 1,
      data: `{"n": 90071992547409931234.50, "text":"\\u00e6 ${at}", "list": [1,  2]}`,
      is_backfill: at % 7 === 0,
      attributes: random() < 0.1 ? '{"dataschema":"https://x.example"}' : null,
    };
  });
  await database.query(`INSERT INTO raw_event SELECT * FROM json_populate_recordset(NULL::raw_event, $1)`, [JSON.stringify(events)]);
  // A JSON text is kept to the letter, which json_populate_recordset would not.
  await database.query(
    `UPDATE raw_event SET data = '{"n": 90071992547409931234.50, "list": [1,  2], "at": ' || log_offset || '}'`
      .replace("'{", "('{")
      .replace("'}'", "'}')::json"),
  );
  original = await rows();
});

afterAll(async () => {
  await store.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

function archiveOf(more: Partial<ArchiveDeps> = {}) {
  return createArchive({
    ...{ store, objects: createFolderStore(folder), rowsPerFile: 40 },
    sealersOf: (tenant) => KEYS.map((key) => sealerOf(key, tenant)),
    ...more,
  });
}

const files = async (): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));

describe('the archive of raw days', () => {
  it('whatever fails on the way, the raw day is there and not archived, and the next run completes it', async () => {
    await closeDay();
    expect(original).toHaveLength(ROWS);
    const good = createFolderStore(folder);
    for (const failAt of [0, 3, 25]) {
      let puts = 0;
      const failing: ObjectStore = {
        ...good,
        put: (key, bytes) => (puts++ === failAt ? Promise.reject(new Error('away')) : good.put(key, bytes)),
      };
      await expect(archiveOf({ objects: failing }).run(DAY)).rejects.toThrow('away');
      expect(await dropDay()).toBe('not_archived');
    }
    // A store that loses or changes bytes is found out before the day may be dropped.
    const lossy: ObjectStore = { ...good, get: async (key) => (key.endsWith('.sealed') ? Uint8Array.of(1, 2, 3) : good.get(key)) };
    await expect(archiveOf({ objects: lossy }).run(DAY)).rejects.toThrow('damaged');
    const noRows = { ...store, noteArchived: () => Promise.reject(new Error('the connection broke')) };
    await expect(archiveOf({ store: noRows }).run(DAY)).rejects.toThrow('the connection broke');
    expect([await dropDay(), await store.list()]).toEqual(['not_archived', []]);
    // Rows that an erasure took away after they were read: what was written is not this day.
    const erased: typeof store = {
      ...store,
      async readDay(day, onPage) {
        await store.readDay(day, onPage);
        await database.query('DELETE FROM raw_event_20260801 WHERE log_offset = 0');
      },
    };
    expect(await archiveOf({ store: erased }).run(DAY)).toEqual({ kind: 'changed' });
    original = await rows();
    expect(original).toHaveLength(ROWS - 1);
    expect(await store.daysToArchive(DAY, false)).toEqual([DAY]);
    expect(await archiveOf().run(DAY)).toMatchObject({ kind: 'archived', rows: ROWS - 1 });
    expect(await store.daysToArchive(DAY, false)).toEqual([]);
  });

  it('each file is Parquet of one tenant and one group of persons, under the tenant’s key, as DuckDB reads it', async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const path = join(folder, 'opened.parquet');
    let found = 0;
    for (const file of (await files()).filter((name) => name.endsWith('.sealed'))) {
      const [, tenant = '', group = ''] = /\/([^/]+)\/(.)-\d+\.parquet\.sealed$/.exec(file) ?? [];
      const sealed = await readFile(file);
      expect(sealerOf(KEYS[1] ?? new Uint8Array(32), tenant).open(sealed.subarray(1))).toBeNull();
      await writeFile(path, sealerOf(KEYS[0] ?? new Uint8Array(32), tenant).open(sealed.subarray(1)) ?? '');
      const read = await connection.runAndReadAll(
        `SELECT count(*), count(*) FILTER (tenant = $2 AND coalesce(left(subject, 1), '-') = $3 AND received_at >= TIMESTAMPTZ '${DATE} 00:00:00Z') FROM read_parquet($1)`,
        [path, tenant, group],
      );
      const [all, own] = (read.getRows()[0] ?? []).map(Number);
      expect(own).toBe(all);
      expect(all).toBeLessThanOrEqual(40);
      found += all ?? 0;
    }
    connection.closeSync();
    instance.closeSync();
    await rm(path);
    expect(found).toBe(ROWS - 1);
  });

  it('a day that is dropped comes back row by row as it was, and is archived anew when its time is over', async () => {
    expect(await archiveOf().restore(DAY, 3)).toEqual({ kind: 'present' });
    expect(await archiveOf().restore(DAY - 1, 3)).toEqual({ kind: 'absent' });
    expect(await dropDay()).toBe('dropped');
    expect(await rows()).toEqual([]);
    // A damaged file: nothing of the day is restored.
    const [damaged = ''] = (await files()).filter((name) => name.endsWith('.sealed')).slice(-1);
    const whole = await readFile(damaged);
    await writeFile(damaged, whole.subarray(0, -1));
    await expect(archiveOf().restore(DAY, 3)).rejects.toThrow('damaged');
    expect(await rows()).toEqual([]);
    await writeFile(damaged, whole);
    // Sealed under a key that is not the first one any more.
    const rotated = { sealersOf: (tenant: string) => KEYS.toReversed().map((key) => sealerOf(key, tenant)) };
    expect(await archiveOf(rotated).restore(DAY, 3)).toEqual({ kind: 'restored', rows: ROWS - 1 });
    expect(await rows()).toEqual(original);
    await closeDay();
    // Held: neither archived by a run nor dropped.
    expect([await store.daysToArchive(DAY, false), await store.daysToArchive(DAY, true), await dropDay()]).toEqual([
      [],
      [DAY],
      'not_archived',
    ]);
    const before = await files();
    expect(await archiveOf(rotated).run(DAY)).toMatchObject({ kind: 'archived', rows: ROWS - 1 });
    expect((await store.list()).map(({ round, restoredUntilMs }) => [round, restoredUntilMs])).toEqual([[2, null]]);
    // The round that the day was restored from is gone; as many files are there as before.
    const after = await files();
    expect([after.length, after.filter((file) => before.includes(file))]).toEqual([before.length, []]);
    expect(await dropDay()).toBe('dropped');
    expect(await archiveOf(rotated).restore(DAY, 3)).toEqual({ kind: 'restored', rows: ROWS - 1 });
    expect(await rows()).toEqual(original);
  });

  it('loses persons who are erased, whatever fails on the way, and keeps every other row', async () => {
    const [one = '', other = ''] = await values<string>(
      `SELECT subject AS value FROM raw_event WHERE tenant = 'acme' AND subject IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 2`,
    );
    const requests = [one, other].map((subject, at) => ({ subject, id: `0192f0aa-0000-7000-8000-00000000000${at}` }));
    for (const { subject, id } of requests)
      await database.query(
        `INSERT INTO erasure (request_id, tenant, subject, partition, requested_by, begun_at, events_at) VALUES ($1, 'acme', $2, 0, 'k', now(), now())`,
        [id, subject],
      );
    const ofThem = `tenant = 'acme' AND subject IN ('${one}', '${other}')`;
    const [own = 0] = await values<number>(`SELECT count(*)::float8 AS value FROM raw_event WHERE ${ofThem}`);
    expect(own).toBeGreaterThan(10);
    const good = createFolderStore(folder);
    const dies = async (objects: Partial<ObjectStore>): Promise<void> => {
      await expect(archiveOf({ objects: { ...good, ...objects } }).erase()).rejects.toThrow('away');
      expect(await store.erasedPersons()).toHaveLength(2);
    };
    await dies({ put: () => Promise.reject(new Error('away')) });
    await dies({ put: (key, bytes) => (key.includes('manifest') ? Promise.reject(new Error('away')) : good.put(key, bytes)) });
    // The round is what the new manifest says, and what it replaced is still there.
    await dies({ delete: () => Promise.reject(new Error('away')) });
    expect(await countArchived(`subject IN ('${one}', '${other}')`)).toBeGreaterThan(0);
    expect(await archiveOf().erase()).toMatchObject({ persons: 2 });
    expect(await countArchived(`tenant = 'acme' AND subject IN ('${one}', '${other}')`)).toBe(0);
    expect(await store.list()).toMatchObject([{ round: 2, rows: ROWS - 1 - own }]);
    expect(await store.erasedPersons()).toEqual([]);
    expect(await archiveOf().erase()).toEqual({ persons: 0, rows: 0, files: 0 });
    // What was restored before it was erased is the owners' to erase; a restore after it brings nobody back.
    await closeDay();
    expect(await archiveOf().run(DAY)).toMatchObject({ kind: 'archived' });
    expect(await dropDay()).toBe('dropped');
    expect(await archiveOf().restore(DAY, 3)).toMatchObject({ kind: 'restored' });
    const [left] = await values<number>(`SELECT count(*)::float8 AS value FROM raw_event WHERE ${ofThem}`);
    expect([left, (await rows()).length]).toEqual([0, ROWS - 1 - own]);
  });
});

async function values<T>(text: string): Promise<readonly T[]> {
  return (await database.query<{ value: T }>(text)).map(({ value }) => value);
}

/** Rows in all the files there are, named by a manifest or not. */
async function countArchived(where: string): Promise<number> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const path = join(folder, 'opened.parquet');
  let found = 0;
  for (const file of (await files()).filter((name) => name.endsWith('.sealed'))) {
    const tenant = /\/([^/]+)\/[^/]+$/.exec(file)?.[1] ?? '';
    const sealed = (await readFile(file)).subarray(1);
    const plain = KEYS.map((key) => sealerOf(key, tenant).open(sealed)).find((opened) => opened !== null);
    await writeFile(path, plain ?? '');
    const read = await connection.runAndReadAll(`SELECT count(*) FROM read_parquet($1) WHERE ${where}`, [path]);
    found += Number(read.getRows()[0]?.[0]);
  }
  connection.closeSync();
  instance.closeSync();
  await rm(path);
  return found;
}
