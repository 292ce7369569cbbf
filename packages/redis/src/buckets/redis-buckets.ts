import type { LevelKind } from '@tidegate/core';
import { measureLevel } from '@tidegate/core';
import { createDeadline } from '@tidegate/runtime';
import type { PreparedScript, ScriptClient, ScriptReply } from '../script-runner.ts';
import { createScript, listOf } from '../script-runner.ts';
import type { BucketAnswer, BucketAsk, BucketDecision, Buckets } from './port.ts';

export interface RedisBucketsOptions {
  readonly redis: ScriptClient;
  /** Longest that a decision may take; default 25 ms. */
  readonly timeoutMs?: number;
}

/** What a request may lose to its limit in the worst case. */
const TIMEOUT_MS = 25;
/** As `bucket-take.lua` knows them. */
const KINDS: Readonly<Record<LevelKind, number>> = { enforce: 0, shadow: 1, guard: 2, drain: 3 };
const LEVEL_DOUBLES = 8;
const DOUBLE_BYTES = 8;

/** Buckets in Redis: one script call a decision, exact over all gateways, by the clock of Redis alone. */
export function createRedisBuckets({ redis, timeoutMs = TIMEOUT_MS }: RedisBucketsOptions): Buckets {
  const script = createScript(redis, 'bucket-take.lua');
  const within = createDeadline();
  /** Levels are asked together again and again: what is sent of them is made once. */
  const prepared = new WeakMap<readonly BucketAsk[], PreparedScript>();

  function prepare(asks: readonly BucketAsk[]): PreparedScript {
    let known = prepared.get(asks);
    if (known === undefined) {
      known = script.prepare(bucketKeys(asks), bucketLevels(asks));
      prepared.set(asks, known);
    }
    return known;
  }

  async function takeGroup(
    asks: readonly BucketAsk[],
    weights: readonly number[],
    withinMs = timeoutMs,
  ): Promise<readonly BucketDecision[]> {
    return toDecisions(await within(withinMs, prepare(asks).run(bucketWeights(weights))), asks, weights);
  }

  return {
    async take(asks, weight = 1) {
      const [decision] = await takeGroup(asks, [weight]);
      return decision ?? { allowed: false, nowUs: 0, levels: [] };
    },
    takeGroup,
  };
}

export function bucketKeys(asks: readonly BucketAsk[]): string[] {
  return asks.map(({ key }) => key);
}

/** Cost, p, q, burst and kind of each level, and room for three more, as `bucket-take.lua` reads them. */
export function bucketLevels(asks: readonly BucketAsk[]): Buffer {
  const bytes = Buffer.alloc(asks.length * LEVEL_DOUBLES * DOUBLE_BYTES);
  for (const [level, { cost, policy, kind = 'enforce' }] of asks.entries()) {
    for (const [at, value] of [cost, policy.p, policy.q, policy.burst, KINDS[kind]].entries()) {
      bytes.writeDoubleLE(value, (level * LEVEL_DOUBLES + at) * DOUBLE_BYTES);
    }
  }
  return bytes;
}

/** Nearly all calls are of one request that weighs 1. */
const ONE = Buffer.alloc(DOUBLE_BYTES);
ONE.writeDoubleLE(1);

export function bucketWeights(weights: readonly number[]): Buffer {
  if (weights.length === 1 && weights[0] === 1) return ONE;
  const bytes = Buffer.alloc(weights.length * DOUBLE_BYTES);
  for (const [at, weight] of weights.entries()) bytes.writeDoubleLE(weight, at * DOUBLE_BYTES);
  return bytes;
}

/** Reads the script's reply. */
export function toDecisions(reply: ScriptReply, asks: readonly BucketAsk[], weights: readonly number[]): readonly BucketDecision[] {
  const numbers = listOf(reply);
  const width = asks.length + 1;
  if (numbers.length !== 1 + asks.length + weights.length * width) throw new Error('the bucket script answered in another form');
  const at = (index: number): number => Number(numbers[index]);
  return weights.map((weight, request) => {
    const from = width + request * width;
    const lacking = at(from);
    let allowed = true;
    const levels: BucketAnswer[] = asks.map(({ policy, cost, kind }, level) => {
      const isLacking = lacking > 0 && Math.floor(lacking / 2 ** level) % 2 === 1;
      if (isLacking && kind !== 'shadow' && kind !== 'drain') allowed = false;
      return measureLevel(policy, { units: at(from + 1 + level), aheadUs: at(1 + level) }, isLacking ? cost * weight * policy.q : 0);
    });
    return { allowed, nowUs: at(0), levels };
  });
}
