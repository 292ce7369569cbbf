import { randomUUID } from 'node:crypto';
import type { Finding } from '@tidegate/core';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createErasureStore } from '../src/erasure-store.ts';
import { createInsightStore } from '../src/insight-store.ts';
import type { FindingsOf, InsightStore } from '../src/insight-store.ts';
import { createPool } from '../src/pool.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

const OF: FindingsOf = { tenant: 'acme', subject: 'p1', pack: 'health', insight: 'rules' };
const ALL = { withClosed: true, rowsMax: 100 };
const NOW_MS = Date.UTC(2026, 10, 1);

function finding(rule: string, more: Partial<Finding> = {}): Finding {
  return { rule, about: '', rank: 1, priority: 70.5, level: null, category: null, title: rule, message: 'so', evidence: { n: 3 }, ...more };
}

describe('kept findings', () => {
  let database: ScratchDatabase;
  let pool: pg.Pool;
  let store: InsightStore;

  beforeAll(async () => {
    database = await createMigratedDatabase();
    const shared = { databaseUrl: database.url, applicationName: 'tidegate-insight-test', role: 'tidegate_query' };
    pool = createPool({ ...shared, connectionsMax: 4, statementTimeoutMs: 10_000 });
    store = createInsightStore(pool);
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const insert = async (of: FindingsOf, ...findings: readonly Finding[]) => {
    const made = findings.map((one) => ({ id: randomUUID(), finding: one }));
    return { made, count: await store.change(of, { close: [], see: [], insert: made, nowMs: NOW_MS }) };
  };

  it('come back as they were, by rank, and stay readable once they do not hold', async () => {
    const { made } = await insert(OF, finding('b', { rank: 2 }), finding('a'), finding('a', { about: 'left', rank: null }));
    expect((await store.list(OF, ALL)).map((one) => [one.finding.rule, one.finding.about, one.closedMs])).toEqual([
      ['a', '', null],
      ['b', '', null],
      ['a', 'left', null],
    ]);
    const [b, a] = made;
    if (a === undefined || b === undefined) throw new Error('two were made');
    const later = NOW_MS + 1_000;
    const close = [
      { id: a.id, isSuperseded: true },
      { id: b.id, isSuperseded: false },
    ];
    const next = { id: randomUUID(), finding: finding('a', { priority: 71 }) };
    expect(await store.change(OF, { close, see: [], insert: [next], nowMs: later })).toBe(1);
    expect((await store.list(OF, { withClosed: false, rowsMax: 1 })).map(({ id, finding: { priority } }) => [id, priority])).toEqual([
      [next.id, 71],
    ]);
    const closed = (await store.list(OF, ALL)).filter(({ closedMs }) => closedMs !== null);
    expect(closed.map(({ id, isSuperseded, closedMs }) => [id, isSuperseded, closedMs]).toSorted()).toEqual(
      [
        [a.id, true, later],
        [b.id, false, later],
      ].toSorted(),
    );
    await store.change(OF, { close: [], see: [next.id], insert: [], nowMs: later + 5 });
    expect((await store.list(OF, ALL)).find(({ id }) => id === next.id)).toMatchObject({ createdMs: later, seenMs: later + 5 });
  });

  it('stand once, however many readers find the same at once', async () => {
    const of = { ...OF, subject: 'p2' };
    const counts = await Promise.all(Array.from({ length: 4 }, async () => (await insert(of, finding('a'), finding('b'))).count));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2);
    expect(await store.list(of, ALL)).toHaveLength(2);
  });

  it('are of one person, one pack and one tenant', async () => {
    const of = { ...OF, subject: 'p3' };
    await insert(of, finding('a'));
    for (const other of [{ tenant: 'other' }, { subject: '' }, { pack: 'other' }, { insight: 'other' }]) {
      expect(await store.list({ ...of, ...other }, ALL)).toEqual([]);
    }
  });

  it('of a person who is erased are gone, closed ones too, counted, and no reader keeps new ones', async () => {
    const [of, beside] = [
      { ...OF, subject: 'p4' },
      { ...OF, subject: 'p5' },
    ];
    const { made } = await insert(of, finding('a'), finding('b'));
    await store.change(of, { close: made.slice(1).map(({ id }) => ({ id, isSuperseded: false })), see: [], insert: [], nowMs: NOW_MS });
    await insert(beside, finding('a'));
    const requestId = randomUUID();
    const asked = { requestId, tenant: 'acme', subject: 'p4', partition: 0, requestedBy: 'key_1', sealedSubject: new Uint8Array(1) };
    const owner = createPool({ databaseUrl: database.url, applicationName: 'test', connectionsMax: 1, statementTimeoutMs: 10_000 });
    try {
      await createErasureStore(owner).request(asked);
      await createErasureStore(pool).forgetFindings({ requestId, tenant: 'acme', subject: 'p4' });
      expect((await insert(of, finding('a'))).count).toBe(0);
      expect([await store.list(of, ALL), (await store.list(beside, ALL)).length]).toEqual([[], 1]);
      expect(await createErasureStore(owner).find('acme', { requestId })).toMatchObject({ removed: { findings: 2 } });
    } finally {
      await owner.end();
    }
  });
});
