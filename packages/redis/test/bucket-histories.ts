import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { LevelKind } from '@tidegate/core';
import { createSeededRandom } from '@tidegate/testkit';
import { expect } from 'vitest';
import type { BucketAsk } from '../src/buckets/port.ts';
import { bucketKeys, bucketLevels, bucketWeights, toDecisions } from '../src/buckets/redis-buckets.ts';
import { createMemoryBuckets } from '../src/buckets-memory.ts';
import type { RedisConnection } from '../src/connect.ts';
import type { ScriptReply } from '../src/script-runner.ts';
import { policyOf } from './buckets.contract.ts';

/** One call of a history: when, over what, and for how many requests. */
export interface Step {
  readonly nowUs: number;
  readonly asks: readonly BucketAsk[];
  readonly weights: readonly number[];
}

const POLICIES = [
  policyOf(1_000, 60, 1_000),
  policyOf(60_000, 60, 60_000),
  policyOf(7, 60, 5),
  policyOf(1, 3, 2),
  policyOf(1, 2_678_400, 3_362), // just below 2^53
  policyOf(999_983, 3_600, 50_000),
];
const KINDS: readonly LevelKind[] = ['enforce', 'enforce', 'enforce', 'shadow', 'guard', 'drain'];
const START_US = 1_800_000_000_000_000;
const STEPS_MAX = 8;
/** Histories of one round trip. */
const AT_ONCE = 500;
const SEED = 20_261_129;

export interface Disagreement {
  readonly steps: readonly Step[];
  readonly answered: unknown;
  readonly expected: unknown;
}

interface HistoriesOptions {
  readonly histories: number;
  readonly freshKey: () => string;
}

/**
 * Plays generated histories on the shipped script, its clock replaced by the last argument, and on core's arithmetic, and compares
 * every number of every answer. Resolves to the first that disagrees, with both answers; null: none does.
 */
export async function findDisagreement(redis: RedisConnection, { histories, freshKey }: HistoriesOptions): Promise<Disagreement | null> {
  const script = scriptWithClock();
  const sha = createHash('sha1').update(script).digest('hex');
  await redis.script('LOAD', script);
  const random = createSeededRandom(SEED);
  for (let done = 0; done < histories; done += AT_ONCE) {
    const played = Array.from({ length: AT_ONCE }, () => history(random, [freshKey(), freshKey(), freshKey()]));
    const pipeline = redis.pipeline();
    for (const { nowUs, asks, weights } of played.flat()) {
      pipeline.evalsha(sha, asks.length, ...bucketKeys(asks), bucketLevels(asks), bucketWeights(weights), nowUs);
    }
    const replies = (await pipeline.exec()) ?? [];
    let at = 0;
    for (const steps of played) {
      let nowUs = 0;
      const twin = createMemoryBuckets({ nowUs: () => nowUs });
      for (const step of steps) {
        nowUs = step.nowUs;
        const [error, reply] = replies[at++] ?? [new Error('not answered'), null];
        if (error !== null) throw error;
        const answered = toDecisions(reply as ScriptReply, step.asks, step.weights);
        const expected = await twin.takeGroup(step.asks, step.weights);
        if (!isDeepStrictEqual(answered, expected)) return { steps, answered, expected };
      }
    }
    await redis.unlink(...played.flatMap((steps) => steps.flatMap(({ asks }) => bucketKeys(asks))));
  }
  return null;
}

function scriptWithClock(): string {
  // Read as the adapter reads it, so that a planted mutant is met here too.
  const text = readFileSync(new URL('../src/lua/bucket-take.lua', import.meta.url), 'utf8');
  const clocked = text
    .replace(/^local time = call\('TIME'\).*$/m, '')
    .replace('time[1] * 1000000 + time[2]', 'tonumber(table.remove(ARGV))')
    // Redis expires keys by its own clock; when, is the subject of a test of its own.
    .replace('full_ms + -full_ms % 1 + 1', '600000');
  expect([clocked.includes('TIME'), clocked.includes('full_ms % 1')]).toEqual([false, false]);
  return clocked;
}

function history(random: () => number, keys: readonly string[]): Step[] {
  const below = (count: number): number => Math.floor(random() * count);
  const pick = <T>(of: readonly T[], otherwise: T): T => of[below(of.length)] ?? otherwise;
  // Most buckets keep their policy through a history; some change it.
  const usual = keys.map(() => pick(POLICIES, policyOf(1, 1, 1)));
  let nowUs = START_US;
  return Array.from({ length: 1 + below(STEPS_MAX) }, () => {
    nowUs = Math.max(1, nowUs + stepUs(below));
    const weights = Array.from({ length: pick([1, 1, 2, 5], 1) }, () => 1 + below(3));
    const asked = keys.flatMap((key, at): BucketAsk[] => {
      if (random() < 0.3) return [];
      const policy = random() < 0.15 ? pick(POLICIES, policyOf(1, 1, 1)) : (usual[at] ?? policyOf(1, 1, 1));
      return [{ key, policy, cost: costOf(below, policy.burst, weights.length === 1), kind: pick(KINDS, 'enforce') }];
    });
    const [first = ''] = keys;
    const asks = asked.length > 0 ? asked : [{ key: first, policy: usual[0] ?? policyOf(1, 1, 1), cost: 1 }];
    return { nowUs, asks, weights };
  });
}

/** From microseconds to days, sometimes back. */
function stepUs(below: (count: number) => number): number {
  switch (below(5)) {
    case 0:
      return below(1_000);
    case 1:
      return below(100_000_000);
    case 2:
      return below(1e13);
    case 3:
      return -below(4_000_000);
    default:
      return -below(1e9);
  }
}

/** A weight is at most 3: what is asked stays within the burst. Giving back is for single requests. */
function costOf(below: (count: number) => number, burst: number, mayGiveBack: boolean): number {
  const most = Math.floor(burst / 3);
  const cost = below(2) === 0 ? Math.min(most, below(3)) : below(most + 1);
  return mayGiveBack && below(8) === 0 ? -cost : cost;
}
