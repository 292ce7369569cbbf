import { fromRecountJson } from '@tidegate/core';
import type { RecountRound } from '@tidegate/core';
import { createAuditStore, createPgStore, createPool, createRestatedStore } from '@tidegate/postgres';
import { createMigratedDatabase } from '@tidegate/postgres/scratch';
import type { ScratchDatabase } from '@tidegate/postgres/scratch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestEvent } from './records.ts';
import { PARTITIONS, START_MS, World } from './world.ts';

const EVENTS = 60;
const REGIONS = ['a', 'b', 'c', 'd', 'e', null];
/** Of the last four days, half of them in the other lane; the last quarter of an hour that any is in is closed. */
const events: readonly TestEvent[] = Array.from({ length: EVENTS }, (_, i) => ({
  ...{ id: `e-${i}`, region: REGIONS[i % REGIONS.length] ?? null, cents: i, timeMs: START_MS - (26 + i) * 5_000_000 },
}));

describe('recounts in Postgres', () => {
  let database: ScratchDatabase;
  let pool: ReturnType<typeof createPool>;
  let audit: ReturnType<typeof createAuditStore>;
  let world: World;

  beforeAll(async () => {
    database = await createMigratedDatabase();
    const shared = { databaseUrl: database.url, applicationName: 'tidegate-recount-test' };
    pool = createPool({ ...shared, role: 'tidegate_query', connectionsMax: 1, statementTimeoutMs: 10_000 });
    audit = createAuditStore(pool);
    world = await World.create();
    world.nowMs = START_MS + 60_000;
    world.openStore = () => createPgStore({ ...shared, role: 'tidegate_aggregator' });
    await world.tellPack();
    await world.start('a', () => 'go on', { dimensionValuesMax: 2 });
    for (const [i, event] of events.entries()) await world.send(event, { lane: i % 2 === 0 ? 'live' : 'backfill' });
    await world.beat();
    await untilRow("SELECT sum(next_offset) FROM partition_progress WHERE lane <> 'rejected'", String(EVENTS));
    await untilRow('SELECT count(*) FROM partition_progress WHERE sealed_day >= $1', String(PARTITIONS), [START_MS / 1_000 - 129_600]);
  }, 60_000);
  afterAll(async () => {
    await world.close();
    await pool.end();
    await database.drop();
  });

  async function one(text: string, values: unknown[] = []): Promise<string | undefined> {
    const [row] = await database.query<Record<string, unknown>>(text, values);
    const [value] = Object.values(row ?? {});
    return value === undefined ? undefined : String(value);
  }

  async function untilRow(text: string, value: string, values: unknown[] = []): Promise<void> {
    for (
      const deadline = performance.now() + 20_000;
      (await one(text, values)) !== value;
      await new Promise((next) => setTimeout(next, 20))
    )
      if (performance.now() > deadline) throw new Error(`not ${value}: ${text}`);
  }

  async function recounted(): Promise<readonly RecountRound[]> {
    const requestNo = await audit.request({ tenant: 'acme', metric: 'shop.sales', askedBy: 'k' });
    expect(await audit.readRequests('acme')).toEqual(new Map([['shop.sales', requestNo]]));
    for (const deadline = performance.now() + 20_000; ; await new Promise((next) => setTimeout(next, 20))) {
      const rounds = (await audit.readRecounts('acme')).flatMap((row) => fromRecountJson(row)?.last ?? []);
      if (rounds.filter((round) => round.requestNo >= requestNo).length === PARTITIONS) return rounds;
      if (performance.now() > deadline) throw new Error('not recounted in time');
    }
  }

  const sum = (rounds: readonly RecountRound[], of: (round: RecountRound) => number): number =>
    rounds.reduce((total, round) => total + of(round), 0);
  const cells = (): Promise<readonly unknown[]> =>
    database.query('SELECT series_id, grain, bucket_s, partition, state FROM cell ORDER BY 1, 2, 3, 4');
  const drifts = () => audit.listDrifts({ tenant: 'acme', metric: 'shop.sales', rowsMax: 100 });

  it('finds nothing where nothing is wrong, budgets that are spent and both lanes included', async () => {
    const rounds = await recounted();
    expect(await one('SELECT count(*) FROM series WHERE dims = $1', [['_other']])).toBe('1');
    expect([sum(rounds, ({ drift }) => drift), sum(rounds, ({ daysUnkept }) => daysUnkept), await drifts()]).toEqual([0, 0, []]);
    // Hours and days are of what is closed as a whole: of the newest day (it ends in 12 hours less a day) there is no cell yet.
    expect(sum(rounds, (round) => round.cells)).toBe(Number(await one('SELECT count(*) FROM cell')));
    expect(sum(rounds, ({ buckets }) => buckets)).toBe(
      Number(await one('SELECT count(*) FROM (SELECT DISTINCT partition, bucket_s FROM cell WHERE grain = 2) b')),
    );
    expect(await one("SELECT count(*) FROM partition_task WHERE state = 'open'")).toBe('0');
  });

  it('finds cells that were changed, deleted and made up, repairs them in commits of their owner, and says so', async () => {
    const before = await cells();
    const spoiled = await database.query<{ grain: number; partition: number; bucket_s: string; revision: number }>(
      `UPDATE cell SET state = (SELECT state FROM cell WHERE grain = 4 ORDER BY length(state) DESC LIMIT 1)
       WHERE (series_id, grain, bucket_s, partition) IN (SELECT series_id, grain, bucket_s, partition FROM cell WHERE grain = 2 ORDER BY bucket_s LIMIT 1)
       RETURNING grain, partition, bucket_s, revision`,
    );
    await database.query('DELETE FROM cell WHERE ctid IN (SELECT ctid FROM cell WHERE grain = 3 ORDER BY bucket_s DESC LIMIT 1)');
    await database.query(
      `INSERT INTO cell SELECT series_id, 2, bucket_s - 86400 * 300, partition, state, term, commit_no, 0 FROM cell WHERE grain = 4 LIMIT 1`,
    );
    const rounds = await recounted();
    expect([sum(rounds, ({ drift }) => drift), sum(rounds, ({ repaired }) => repaired)]).toEqual([3, 3]);
    const found = await drifts();
    expect(found.map(({ kind, grain }) => [kind, grain]).toSorted()).toEqual([
      ['differs', 2],
      ['missing', 3],
      ['stray', 2],
    ]);
    for (const drift of found) expect(drift.repairedAtMs).not.toBeNull();
    expect(found.find(({ kind }) => kind === 'missing')).toMatchObject({ found: null, expected: { n: 1 } });
    const stray = found.find(({ kind }) => kind === 'stray');
    expect(stray).toMatchObject({ expected: null });
    const after = await cells();
    expect(after.length).toBe(before.length + 1);
    const without = await database.query(
      'SELECT series_id, grain, bucket_s, partition, state FROM cell WHERE bucket_s <> $1 ORDER BY 1, 2, 3, 4',
      [stray?.bucketS],
    );
    expect(without).toEqual(before);
    const restated = await createRestatedStore(pool).list({
      ...{ tenant: 'acme', metric: null, fromS: null, toS: null, sinceMs: null, after: null, rowsMax: 100 },
    });
    expect(
      restated
        .filter(({ cause }) => cause === 'repair')
        .map(({ bucketS }) => bucketS)
        .toSorted((a, b) => a - b),
    ).toEqual(found.map(({ bucketS }) => bucketS).toSorted((a, b) => a - b));
    expect(
      await one('SELECT revision FROM cell WHERE grain = 2 AND bucket_s = $1 AND partition = $2', [
        spoiled[0]?.bucket_s,
        spoiled[0]?.partition,
      ]),
    ).toBe(String((spoiled[0]?.revision ?? 0) + 1));
    expect(sum(await recounted(), ({ drift }) => drift)).toBe(0);
  });

  it('says nothing of days whose raw rows are gone', async () => {
    await database.query('DELETE FROM cell WHERE grain = 2');
    await database.query(`DROP TABLE raw_event_${new Date(world.nowMs).toISOString().slice(0, 10).replaceAll('-', '')}`);
    const before = (await drifts()).length;
    const rounds = await recounted();
    expect([sum(rounds, ({ days }) => days), sum(rounds, ({ drift }) => drift), (await drifts()).length]).toEqual([0, 0, before]);
    expect(sum(rounds, ({ daysUnkept }) => daysUnkept)).toBe(
      PARTITIONS * new Set(events.map(({ timeMs }) => Math.floor(timeMs / 86_400_000))).size,
    );
  });
});
