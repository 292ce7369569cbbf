import { tidegateTopics, topicNames } from '@tidegate/kafka';
import type { LogAdmin } from '@tidegate/kafka';
import { createMemoryBroker } from '@tidegate/kafka/memory';
import type { MemoryBroker } from '@tidegate/kafka/memory';
import type { GrowthStore, LaneStanding, PartitionRecord, SwitchFault } from '@tidegate/postgres';
import { beforeEach, describe, expect, test } from 'vitest';
import { abortGrowth, growPartitions } from './grow-partitions.ts';
import type { GrowDeps } from './grow-partitions.ts';

const topics = topicNames('t.');
const LANES = ['live', 'backfill', 'rejected'] as const;

/** What stands, and a clock that runs while the command waits. */
class Installation {
  readonly broker: MemoryBroker = createMemoryBroker({ now: () => 0 });
  readonly said: string[] = [];
  record: PartitionRecord | null = { count: 3, growingTo: null };
  obstacles = { openVersions: 0, openErasures: 0 };
  lanes: LaneStanding[] = lanesOf(3, true);
  switchFault: SwitchFault | null = null;
  switches: string[] = [];
  nowMs = 0;
  /** Called at each pause, with the time. */
  onPause: (nowMs: number) => void = () => undefined;
  ends = new Map<number, number>();

  constructor() {
    for (const spec of tidegateTopics({ prefix: 't.', partitions: 3, replicationFactor: 1 })) this.broker.createTopic(spec);
  }

  partitionsOf(name: keyof typeof topics): number {
    return this.broker.describeTopic(topics[name])?.partitions ?? 0;
  }

  deps(): GrowDeps {
    const admin = this.broker.createClient('cli').createAdmin();
    const offsets: LogAdmin['offsets'] = async (topic, partitions) =>
      new Map(partitions.map((partition) => [partition, { start: 0, end: topic === topics.events ? (this.ends.get(partition) ?? 0) : 0 }]));
    return {
      ...{ store: this.store(), admin: { ...admin, offsets }, topics, monotonicMs: () => this.nowMs },
      say: (text) => void this.said.push(text),
      pause: async (ms) => {
        this.nowMs += ms;
        if (this.nowMs > 600_000) throw new Error(`waits for ever, after: ${this.said.join('; ')}`);
        this.onPause(this.nowMs);
      },
    };
  }

  private store(): GrowthStore {
    return {
      readRecord: async () => this.record,
      changeRecord: async (from, to) => {
        const isThere = this.record?.count === from.count && this.record.growingTo === from.growingTo;
        if (isThere) this.record = to;
        return isThere;
      },
      readObstacles: async () => this.obstacles,
      readLanes: async () => this.lanes,
      switchTo: async ({ from, to }) => {
        this.switches.push(`${from} to ${to} at ${this.nowMs}`);
        if (this.switchFault !== null) return this.switchFault;
        this.record = { count: to, growingTo: to };
        this.lanes = lanesOf(to, false);
        return null;
      },
      close: async () => undefined,
    };
  }
}

function lanesOf(count: number, isOwned: boolean): LaneStanding[] {
  return Array.from({ length: count }, (_, partition) => LANES.map((lane) => ({ lane, partition, nextOffset: 0, isOwned }))).flat();
}

let at: Installation;
beforeEach(() => {
  at = new Installation();
  // Owners come as soon as the topic has the partitions.
  at.onPause = () => {
    if (at.partitionsOf('events') === 6) at.lanes = lanesOf(6, true);
  };
});

describe('growing from 3 to 6', () => {
  test('closes, waits until the log stands still and is counted, switches, and opens when all have an owner', async () => {
    at.ends.set(1, 40);
    const { onPause } = at;
    at.onPause = (nowMs) => {
      onPause(nowMs);
      expect(at.record).not.toEqual({ count: 3, growingTo: null });
      if (nowMs === 3_000) at.ends.set(1, 41);
      if (nowMs === 7_000)
        at.lanes = at.lanes.map((lane) => (lane.partition === 1 && lane.lane === 'live' ? { ...lane, nextOffset: 41 } : lane));
    };
    await growPartitions(at.deps(), 6);
    expect(at.record).toEqual({ count: 6, growingTo: null });
    // The last event came at 3 s: 10 s later all is as it was.
    expect(at.switches).toEqual(['3 to 6 at 13000']);
    for (const name of ['events', 'backfill', 'rejected', 'rollups'] as const) expect(at.partitionsOf(name)).toBe(6);
    expect(at.partitionsOf('control')).toBe(1);
    expect(at.said).toContain('40 events wait to be counted');
  });

  test.each([
    ['closed', (): void => void (at.record = { count: 3, growingTo: 6 })],
    [
      'switched, and no topic has more',
      (): void => {
        at.record = { count: 6, growingTo: 6 };
        at.lanes = lanesOf(6, false);
      },
    ],
    [
      'switched, and some topics have more',
      (): void => {
        at.record = { count: 6, growingTo: 6 };
        at.lanes = lanesOf(6, false);
        void at.broker.createClient('x').createAdmin().addPartitions(topics.rejected, 6);
      },
    ],
  ])('goes on where a run died: %s', async (_, died) => {
    died();
    await growPartitions(at.deps(), 6);
    expect(at.record).toEqual({ count: 6, growingTo: null });
    expect(at.partitionsOf('events')).toBe(6);
  });

  test('that is done already changes nothing', async () => {
    at.record = { count: 6, growingTo: null };
    await growPartitions(at.deps(), 6);
    expect([at.said, at.switches]).toEqual([['there are 6 partitions'], []]);
  });

  test('leaves the topics as they are until the switch is done', async () => {
    at.onPause = () => expect(at.partitionsOf('events')).toBe(3);
    at.switchFault = { kind: 'busy', obstacles: { openVersions: 1, openErasures: 0 } };
    await expect(growPartitions(at.deps(), 6)).rejects.toThrow(/1 metric versions are being made.*--abort/u);
    expect(at.record).toEqual({ count: 3, growingTo: 6 });
  });
});

test.each([
  ['no multiple', 7, (): void => undefined, /7 is no multiple of the 3/u],
  ['fewer', 1, (): void => undefined, /1 is not above the 3/u],
  ['another growth', 12, (): void => void (at.record = { count: 3, growingTo: 6 }), /growing to 6/u],
  ['no record', 6, (): void => void (at.record = null), /topics ensure/u],
  ['a version', 6, (): void => void (at.obstacles = { openVersions: 2, openErasures: 0 }), /2 metric versions/u],
  ['an erasure', 6, (): void => void (at.obstacles = { openVersions: 0, openErasures: 1 }), /1 persons are being erased/u],
  ['a partition without an owner', 6, (): void => void (at.lanes = lanesOf(2, true)), /2 of 3 partitions have an owner/u],
  [
    'a topic of another count',
    6,
    (): void => void at.broker.createClient('x').createAdmin().addPartitions(topics.backfill, 6),
    /backfill\.v1 has 6 partitions, and 3 are counted by/u,
  ],
])('refuses %s, and has changed nothing', async (_, to, stands, message) => {
  stands();
  const before = at.record;
  await expect(growPartitions(at.deps(), to)).rejects.toThrow(message);
  expect(at.record).toEqual(before);
  expect(at.partitionsOf('events')).toBe(3);
});

test('is called off before the switch, and not behind it', async () => {
  await expect(abortGrowth(at.deps())).rejects.toThrow('No growth is under way.');
  at.record = { count: 3, growingTo: 6 };
  await abortGrowth(at.deps());
  expect(at.record).toEqual({ count: 3, growingTo: null });
  at.record = { count: 6, growingTo: 6 };
  await expect(abortGrowth(at.deps())).rejects.toThrow(/switch is done.*--to 6/u);
});
