import type { CommitAnnouncement, SealState } from '@tidegate/core';
import { UNSEALED } from '@tidegate/core';
import type { CommitOutcome, PartitionCommit } from '@tidegate/postgres';
import { silentLogger } from '@tidegate/telemetry';
import { describe, expect, it } from 'vitest';
import { toAnnouncement } from '../src/announce.ts';
import { freeze } from '../src/frozen-batch.ts';
import type { OwnedPartition } from '../src/owned-partition.ts';
import { createSealTask } from '../src/seal-task.ts';
import { createTaskRunner } from '../src/task-runner.ts';
import { ownedPartition } from './steps.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 2, 3, 12);
const HOUR_S = 3_600;

/** A runner over partitions; commits are answered from a script, `committed` when it is empty. */
function runnerOf(
  owned: readonly OwnedPartition[],
  options: {
    outcomes?: CommitOutcome[];
    knownThroughMs?: number;
    commitNo?: number;
    hasMinutes?: boolean;
    isStopping?: () => boolean;
  } = {},
) {
  const clock = { ms: 0 };
  const commits: PartitionCommit[] = [];
  const announced: CommitAnnouncement[] = [];
  const lost: number[] = [];
  const position = { nextOffset: 0, logGeneration: 1, topicId: 't', lastRecordSha256: null };
  const registry = {
    metricOf: () => null,
    hasMinutes: () => options.hasMinutes ?? false,
    knownThroughMs: () => options.knownThroughMs ?? NOW_MS,
  };
  const runner = createTaskRunner({
    owned: () => owned,
    kinds: [createSealTask({ registry, sealDelayMs: 60_000, closedAfterS: DAY_MS / 1_000, clock: { nowMs: () => NOW_MS } })],
    store: {
      commit: async ({ partitions }) => {
        clock.ms += 10;
        for (const commit of partitions) {
          commits.push(commit);
          commit.slice?.resolve({ throughS: commit.slice.read.toS, throughSeries: null, series: [] });
        }
        return options.outcomes?.shift() ?? { kind: 'committed', writes: new Map() };
      },
      readProgress: async (partitions) =>
        partitions.map((partition) => ({
          ...{ partition, term: 1, commitNo: options.commitNo ?? 1, completeThroughMs: null, owner: new Uint8Array(16), seals: UNSEALED },
          ...{ live: position, backfill: position, backfillThroughMs: null, rejected: position },
        })),
    },
    announce: async (_owned, announcement) => void announced.push(announcement),
    onLost: ({ partition }) => void lost.push(partition),
    onSlice: () => undefined,
    clock: { nowMs: () => NOW_MS, monotonicMs: () => clock.ms },
    random: () => 0,
    pause: async () => undefined,
    isStopping: options.isStopping ?? (() => false),
    log: silentLogger,
  });
  return { runner, clock, commits, announced, lost };
}

const due = (overrides: Partial<OwnedPartition> = {}): OwnedPartition => ownedPartition({ completeThroughMs: NOW_MS, ...overrides });
const sealedAll: SealState = {
  through: { ...UNSEALED.through, hour: NOW_MS / 1_000 - 86_400, day: Date.UTC(2026, 2, 2) / 1_000 },
  open: null,
};

describe('tasks between flushes', () => {
  it('a slice seals what ended a day before everything that is counted, hours before the days that are made of them', async () => {
    const owned = due();
    const { runner, clock, commits, announced } = runnerOf([owned]);
    await (
      await runner.runSlice()
    )?.();
    clock.ms += 60_000;
    await (
      await runner.runSlice()
    )?.();
    clock.ms += 60_000;
    expect(await runner.runSlice()).toBeNull();
    expect(commits.map(({ slice, commitNo }) => [slice?.read.grain, slice?.read.toS, commitNo])).toEqual([
      ['hour', NOW_MS / 1_000 - 24 * HOUR_S, 1],
      ['day', Date.UTC(2026, 2, 2) / 1_000, 2],
    ]);
    expect(owned.seals).toEqual(sealedAll);
    expect(announced.map(({ commitNo, previousCommitNo, sealed }) => [commitNo, previousCommitNo, sealed.hour])).toEqual([
      [1, 0, sealedAll.through.hour],
      [2, 1, sealedAll.through.hour],
    ]);
    expect(runner.waitMs()).toBe(Infinity);
  });

  it('while the process stops no slice is due, so the loop that waits for one does not turn without an end', async () => {
    let isStopping = false;
    const { runner, commits } = runnerOf([due()], { isStopping: () => isStopping });
    expect(runner.waitMs()).toBe(0);
    isStopping = true;
    expect(runner.waitMs()).toBe(Infinity);
    expect(await runner.runSlice()).toBeNull();
    expect(commits).toEqual([]);
  });

  it('where a metric keeps minutes its quarter hours are sealed first, and no hour before its quarters are there', async () => {
    const owned = due();
    const { runner, clock, commits } = runnerOf([owned], { hasMinutes: true });
    for (let slices = 0; slices < 4; slices += 1) {
      await runner.runSlice();
      clock.ms += 60_000;
    }
    const closedS = NOW_MS / 1_000 - 24 * HOUR_S;
    expect(commits.map(({ slice }) => [slice?.read.grain, slice?.read.toS])).toEqual([
      ['quarter_hour', closedS],
      ['hour', closedS],
      ['day', Date.UTC(2026, 2, 2) / 1_000],
    ]);
    // Minutes are declared after its hours were sealed: nothing more of hours before the quarters have come as far.
    const late = due({
      seals: { through: { ...UNSEALED.through, hour: closedS - 5 * HOUR_S, quarter_hour: closedS - 9 * HOUR_S }, open: null },
    });
    const other = runnerOf([late], { hasMinutes: true });
    await other.runner.runSlice();
    expect(other.commits.map(({ slice }) => slice?.read.grain)).toEqual(['quarter_hour']);
    // In the middle of an hour too: it is begun anew.
    const open = { grain: 'hour', afterSeries: new Uint8Array(16) } as const;
    const begun = runnerOf([due({ seals: { through: { ...UNSEALED.through, hour: closedS - HOUR_S }, open } })], { hasMinutes: true });
    await begun.runner.runSlice();
    expect(begun.commits.map(({ slice }) => slice?.read.grain)).toEqual(['quarter_hour']);
  });

  it('no slice begins right after a take-over, before its packs are known for sure, or of a partition that is let go', async () => {
    expect(await runnerOf([due({ takenOverMs: NOW_MS - 59_000 })]).runner.runSlice()).toBeNull();
    expect(await runnerOf([due({ takenOverMs: NOW_MS - 70_000 })], { knownThroughMs: NOW_MS - 71_000 }).runner.runSlice()).toBeNull();
    expect(await runnerOf([due({ state: 'stopped' })]).runner.runSlice()).toBeNull();
    expect(await runnerOf([due({ takenOverMs: NOW_MS - DAY_MS })]).runner.runSlice()).not.toBeNull();
  });

  it('slices take as much of the time as flushes do not need, and 4 % of it where events arrive', async () => {
    const { runner } = runnerOf([due(), due({ partition: 1 })]);
    await runner.runSlice();
    expect(runner.waitMs()).toBe(10);
    const busy = runnerOf([due(), due({ partition: 1 })]);
    busy.runner.flushed();
    await busy.runner.runSlice();
    expect(busy.runner.waitMs()).toBe(240);
    expect(await busy.runner.runSlice()).toBeNull();
  });

  it('partitions take turns', async () => {
    const { runner, clock, commits } = runnerOf([due({ partition: 0 }), due({ partition: 1 })]);
    for (let slices = 0; slices < 4; slices += 1) {
      await runner.runSlice();
      clock.ms += 60_000;
    }
    expect(commits.map(({ partition }) => partition)).toEqual([0, 1, 0, 1]);
  });

  it('after a COMMIT without an answer the row says whether the slice is there; nothing is tried before', async () => {
    const failed = (commitSent: boolean): CommitOutcome => ({ kind: 'failed', commitSent, message: 'the connection broke' });
    const stands = due();
    const one = runnerOf([stands], { outcomes: [failed(true)], commitNo: 1 });
    expect(await one.runner.runSlice()).not.toBeNull();
    expect([stands.commitNo, stands.seals.through.hour, one.lost]).toEqual([1, sealedAll.through.hour, []]);

    const gone = due();
    const other = runnerOf([gone], { outcomes: [failed(true)], commitNo: 0 });
    expect(await other.runner.runSlice()).toBeNull();
    expect([gone.commitNo, gone.seals, other.lost, other.runner.waitMs()]).toEqual([0, UNSEALED, [], 1_000]);

    const strange = runnerOf([due()], { outcomes: [failed(true)], commitNo: 7 });
    await strange.runner.runSlice();
    expect(strange.lost).toEqual([0]);

    const fenced = runnerOf([due()], { outcomes: [{ kind: 'lost', partitions: [0] }] });
    await fenced.runner.runSlice();
    expect(fenced.lost).toEqual([0]);
  });

  it('a flush that is announced after a slice was committed tells what was sealed at its own commit', async () => {
    const owned = due();
    owned.batch.records = 1;
    const frozen = freeze(owned, { nowMs: NOW_MS, closedAfterS: DAY_MS / 1_000 });
    owned.commitNo = frozen.commit.commitNo;
    await runnerOf([owned]).runner.runSlice();
    expect(owned.seals.through.hour).toBe(sealedAll.through.hour);
    expect(toAnnouncement(frozen).sealed).toEqual(UNSEALED.through);
  });
});
