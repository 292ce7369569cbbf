import type { CellSnapshot, CountedProgress } from '@tidegate/postgres';
import { NOTHING_SEALED } from '@tidegate/core';
import { createMetrics } from '@tidegate/telemetry';
import { beforeEach, describe, expect, it } from 'vitest';
import { createFreshness } from '../src/freshness.ts';
import { createReplica } from '../src/replica.ts';
import type { Replica } from '../src/replica.ts';

const LAG_MAX_MS = 10_000;
const EMPTY: CellSnapshot = { progress: [], series: [], cells: [], isCut: false, isReplica: true };

let nowMs: number;
let held: readonly CountedProgress[] | Error;
let lost: unknown[];
let freshness: ReturnType<typeof createFreshness>;
let metrics: ReturnType<typeof createMetrics>;
let replica: Replica;

/** What an owner says after a commit, and each second. */
function say(nextOffset: number, { partition = 0, lane = 'live', generation = 1 } = {}): void {
  const word = {
    lane,
    partition,
    term: 1,
    next_offset: String(nextOffset),
    complete_through_ms: null,
    log_generation: generation,
    oldest_uncounted_ms: null,
  };
  freshness.take({ value: Buffer.from(JSON.stringify(word)) });
}

function holds(nextOffset: number, { generation = 1, backfill = 0 } = {}): void {
  const lane = { nextOffset: backfill, logGeneration: 1 };
  const claims = { completeThroughMs: null, hasGap: false, sealed: NOTHING_SEALED };
  held = [{ partition: 0, term: 1, commitNo: 1, nextOffset, logGeneration: generation, backfill: lane, ...claims }];
}

/** Seconds in which the owner repeats its word and the replica is looked at. */
async function pass(seconds: number, word: () => void): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    nowMs += 1_000;
    word();
    await replica.look();
  }
}

async function server(): Promise<'primary' | 'replica'> {
  return (await replica.onReplica(async () => 'replica' as const)) ?? 'primary';
}

beforeEach(() => {
  nowMs = Date.parse('2026-11-01');
  held = [];
  lost = [];
  freshness = createFreshness(() => nowMs);
  metrics = createMetrics('query');
  const readProgress = async (): Promise<readonly CountedProgress[]> => {
    if (held instanceof Error) throw held;
    return held;
  };
  replica = createReplica({
    replica: {
      cells: { readProgress, readCells: async () => EMPTY },
      journeys: { readJourneys: async () => ({ ok: true, value: { progress: [], archive: null, isCut: false } }) },
    },
    ...{ freshness, lagMaxMs: LAG_MAX_MS, nowMs: () => nowMs, metrics },
    onLost: (error) => void lost.push(error),
  });
});

describe('readings that may lag', () => {
  it('go to the primary until the replica is known to have all that was announced', async () => {
    expect(await server()).toBe('primary');
    say(5);
    holds(4);
    await replica.look();
    expect(await server()).toBe('primary');
    holds(5);
    await replica.look();
    expect(await server()).toBe('replica');
  });

  it('go to the replica of an idle system however long nothing is counted', async () => {
    holds(5);
    await pass(60, () => say(5));
    expect(await server()).toBe('replica');
  });

  it('go to the replica as long as it lies ten seconds behind and no longer, and again once it has caught up', async () => {
    holds(5);
    await pass(1, () => say(5));
    // From here on it stands still while a record a second is counted: it has what was announced one second ago, two, …
    let counted = 5;
    await pass(10, () => say((counted += 1)));
    expect(await server()).toBe('replica');
    await pass(1, () => say((counted += 1)));
    expect(await server()).toBe('primary');
    holds(counted - 3);
    await pass(1, () => say((counted += 1)));
    // Four behind.
    expect(await server()).toBe('replica');
  });

  it('go to the primary when the replica does not answer, at once and until it answers again', async () => {
    holds(5);
    await pass(1, () => say(5));
    const failing = async (): Promise<never> => Promise.reject(new Error('Connection terminated unexpectedly'));
    expect(await replica.onReplica(failing)).toBe(null);
    expect(await server()).toBe('primary');
    await pass(1, () => say(5));
    expect(await server()).toBe('replica');
    held = new Error('connect ECONNREFUSED');
    await pass(5, () => say(5));
    expect(await server()).toBe('primary');
    // Once for each time that it was lost.
    expect(lost).toHaveLength(2);
  });

  it('go to the primary while no owner is heard: what was announced last says nothing of now', async () => {
    holds(5);
    await pass(1, () => say(5));
    await pass(14, () => undefined);
    expect(await server()).toBe('primary');
  });

  it('count what the backfill lane counted, and a log that began anew', async () => {
    holds(5, { backfill: 7 });
    const both = (): void => {
      say(5);
      say(8, { lane: 'backfill' });
    };
    await pass(11, both);
    expect(await server()).toBe('primary');
    holds(5, { backfill: 8 });
    await pass(1, both);
    expect(await server()).toBe('replica');
    await pass(11, () => say(1, { generation: 2 }));
    expect(await server()).toBe('primary');
    holds(1, { generation: 2, backfill: 8 });
    await pass(1, () => say(1, { generation: 2 }));
    expect(await server()).toBe('replica');
  });

  it('are not asked of the primary as well when they took too long', async () => {
    holds(5);
    await pass(1, () => say(5));
    const slow = Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' });
    await expect(replica.onReplica(async () => Promise.reject(slow))).rejects.toBe(slow);
    expect(await server()).toBe('replica');
  });

  it('are counted by the server that they went to, beside how far the replica lies behind', async () => {
    await server();
    holds(5);
    await pass(1, () => say(5));
    await server();
    await server();
    nowMs += 2_500;
    const text = await metrics.expose();
    expect(text).toMatch(/replica_reads_total\{.*server="primary".*\} 1\n/);
    expect(text).toMatch(/replica_reads_total\{.*server="replica".*\} 2\n/);
    expect(text).toMatch(/replica_lag_seconds\{.*\} 2\.5\n/);
    expect(text).toMatch(/replica_usable\{.*\} 1\n/);
  });
});
