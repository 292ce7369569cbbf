import { createAuditChain } from '@tidegate/runtime';
import { createSeededRandom } from '@tidegate/testkit';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createAuditKeeper } from '../src/audit-keeper.ts';
import type { AuditArrival, AuditKeeper, AuditPosition } from '../src/audit-keeper.ts';
import { createAuditReader } from '../src/audit-reader.ts';
import { createPool } from '../src/pool.ts';
import { createMigratedDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

const TOPIC = 'cluster/topic';
const chain = createAuditChain(new Uint8Array(32).fill(1));

/** Records as gateways send them: in their order, each run again from where the acknowledgement was lost. */
function logOf(random: () => number, count: number): readonly AuditArrival[] {
  const log: AuditArrival[] = [];
  const sent = new Map<string, number>();
  while (log.length < count) {
    const gateway = `g${Math.floor(random() * 3)}`;
    const last = sent.get(gateway) ?? 0;
    const again = Math.floor(random() * Math.min(3, last + 1));
    for (let seq = last - again + 1; seq <= last + 1 + Math.floor(random() * 3); seq += 1) {
      const tenant = `t${seq % 2}`;
      log.push({ tenant, gateway, seq, keptAtMs: 1_000_000 + log.length, record: JSON.stringify({ tenant, gateway, seq }) });
      sent.set(gateway, Math.max(seq, sent.get(gateway) ?? 0));
    }
  }
  return log;
}

describe('the keeper of the audit', () => {
  let database: ScratchDatabase;
  let pools: ReturnType<typeof createPool>[] = [];
  const opened: ScratchDatabase[] = [];

  beforeEach(async () => {
    database = await createMigratedDatabase();
    opened.push(database);
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    for (const one of opened) await one.drop();
  });

  function poolOf(role: string): ReturnType<typeof createPool> {
    const pool = createPool({
      ...{ databaseUrl: database.url, applicationName: 'tidegate-audit-test', role, connectionsMax: 1, statementTimeoutMs: 10_000 },
    });
    pools = [...pools, pool];
    return pool;
  }

  /** Follows the log as an instance does, in batches of its own, and goes where it is told to. */
  async function follow(keeper: AuditKeeper, log: readonly AuditArrival[], random: () => number): Promise<void> {
    let expected: AuditPosition = await keeper.readPosition();
    let at = expected.nextOffset;
    while (at < log.length) {
      const nextOffset = Math.min(log.length, at + 1 + Math.floor(random() * 5));
      const next = { topicId: TOPIC, nextOffset };
      const batch = { expected, next, arrivals: log.slice(at, nextOffset) };
      const outcome = await keeper.keep(batch);
      expected = outcome.kind === 'moved' ? outcome.to : next;
      // The answer to its COMMIT was lost: the same again is refused, for the position has moved.
      if (outcome.kind === 'kept' && random() < 0.2) expect((await keeper.keep(batch)).kind).toBe('moved');
      at = expected.nextOffset;
    }
  }

  it('keeps each record once, in the order of the log, with two of them at work and answers lost', async () => {
    const random = createSeededRandom(7);
    const log = logOf(random, 120);
    const keepers = [poolOf('tidegate_audit'), poolOf('tidegate_audit')].map((pool) => createAuditKeeper(pool, chain));
    await Promise.all(keepers.map((keeper) => follow(keeper, log, random)));
    const first = log.filter((one, at) => log.findIndex(({ gateway, seq }) => gateway === one.gateway && seq === one.seq) === at);
    const reader = createAuditReader(poolOf('tidegate_query'));
    for (const tenant of ['t0', 't1']) {
      const links = await reader.readLinks({ tenant, fromNo: 1, rowsMax: 1_000 });
      expect(links.map(({ record, keptAtMs }) => [record, keptAtMs])).toEqual(
        first.filter((one) => one.tenant === tenant).map(({ record, keptAtMs }) => [record, keptAtMs]),
      );
    }
    const total = await reader.readTotal();
    expect([total.records, total.found, chain.isTotalSigned(total)]).toEqual([first.length, first.length, true]);
  });

  it('says how many records of a gateway the log lacks', async () => {
    const keeper = createAuditKeeper(poolOf('tidegate_audit'), chain);
    const arrivals = [1, 2, 5].map((seq) => ({ tenant: 't', gateway: 'g', seq, keptAtMs: 1_000, record: '{}' }));
    const batch = { expected: { topicId: '', nextOffset: 0 }, next: { topicId: TOPIC, nextOffset: 3 }, arrivals };
    expect(await keeper.keep(batch)).toEqual({ kind: 'kept', records: 3, missing: 2 });
  });

  it('goes on after the last record of a chain whose end was removed, and the total tells', async () => {
    const keeper = createAuditKeeper(poolOf('tidegate_audit'), chain);
    const arrival = (seq: number): AuditArrival => ({ tenant: 't', gateway: 'g', seq, keptAtMs: 1_000, record: `{"seq":${seq}}` });
    const at = (nextOffset: number): AuditPosition => ({ topicId: TOPIC, nextOffset });
    await keeper.keep({ expected: { topicId: '', nextOffset: 0 }, next: at(3), arrivals: [1, 2, 3].map(arrival) });
    await database.query(`SET session_replication_role = replica`);
    await database.query(`DELETE FROM audit_record WHERE no = 3`);
    await database.query(`DELETE FROM audit_chain`);
    expect(await keeper.keep({ expected: at(3), next: at(4), arrivals: [arrival(4)] })).toMatchObject({ kind: 'kept', records: 1 });
    const reader = createAuditReader(poolOf('tidegate_query'));
    expect((await reader.readLinks({ tenant: 't', fromNo: 1, rowsMax: 9 })).map(({ no, record }) => [no, record])).toEqual([
      [1, '{"seq":1}'],
      [2, '{"seq":2}'],
      [3, '{"seq":4}'],
    ]);
    expect(await reader.readTotal()).toMatchObject({ records: 4, found: 3 });
  });

  it('lets records go that were kept for seven years, and no others, and signs where the chain begins', async () => {
    const keeper = createAuditKeeper(poolOf('tidegate_audit'), chain);
    const ages = [8, 7.5, 7.1, 6.9, 1].map((years) => Date.now() - years * 365.25 * 86_400_000);
    const arrivals = ages.map((ms, at) => ({ tenant: 't', gateway: 'g', seq: at + 1, keptAtMs: Math.floor(ms), record: '{}' }));
    await keeper.keep({ expected: { topicId: '', nextOffset: 0 }, next: { topicId: TOPIC, nextOffset: 5 }, arrivals });
    expect(await keeper.prune(2)).toBe(2);
    expect(await keeper.prune(2)).toBe(1);
    expect(await keeper.prune(2)).toBe(0);
    const reader = createAuditReader(poolOf('tidegate_query'));
    const [fourth] = await reader.readLinks({ tenant: 't', fromNo: 1, rowsMax: 9 });
    const { ends } = await reader.readChain('t');
    expect([fourth?.no, ends?.base.no, ends?.last.no, ends !== null && chain.areEndsSigned(ends)]).toEqual([4, 3, 5, true]);
    expect(Buffer.from(fourth?.prevHash ?? [])).toEqual(Buffer.from(ends?.base.hash ?? []));
    await expect(database.query('DELETE FROM audit_record')).rejects.toThrow('stays as it is');
  });
});
