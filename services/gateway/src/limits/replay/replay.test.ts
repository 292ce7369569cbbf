import type { PolicySource } from '@tidegate/core';
import type { MemoryBroker } from '@tidegate/kafka/memory';
import { createMemoryBroker } from '@tidegate/kafka/memory';
import { createMemoryBuckets } from '@tidegate/redis/memory';
import { createMetrics, silentLogger } from '@tidegate/telemetry';
import { afterEach, describe, expect, it } from 'vitest';
import type { LimitedRequest } from '../plans.ts';
import type { StartedLimits } from '../start-limits.ts';
import { startLimits } from '../start-limits.ts';
import type { Recorded } from './recorded.ts';
import { createRecording } from './recorded.ts';
import type { LimitsReplayed } from './replay-limits.ts';
import { replayLimits } from './replay-limits.ts';

const TOPIC = 'decisions.v1';
const START_S = 1_800_000_000;
const ENOUGH: PolicySource = { limit: 6_000_000, burst: 1_000_000 };
const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

interface World {
  nowMs: number;
  readonly broker: MemoryBroker;
  /** Gateways with one store of buckets and one log. */
  readonly gateways: readonly StartedLimits[];
}

function createWorld(gateways: number): World {
  const broker = createMemoryBroker({ now: () => world.nowMs });
  broker.createTopic({ name: TOPIC, partitions: 1, replicationFactor: 1, configs: { 'message.timestamp.type': 'LogAppendTime' } });
  const buckets = createMemoryBuckets({ nowUs: () => world.nowMs * 1_000 });
  const start = (gateway: string): StartedLimits => {
    const stop = new AbortController();
    stops.push(stop);
    return startLimits({
      ...{ client: broker.createClient(gateway), topic: TOPIC, signal: stop.signal, buckets, gateway },
      settings: { ip: ENOUGH, global: ENOUGH, api_key: { limit: 60, burst: 10 } },
      ...{ prefix: 'tg', hashKey: new Uint8Array(32), budgetMs: 25, random: () => 1 },
      ...{ metrics: createMetrics('gateway'), log: silentLogger },
      clock: { nowMs: () => world.nowMs, monotonicMs: () => world.nowMs },
    });
  };
  const world: World = { nowMs: START_S * 1_000, broker, gateways: Array.from({ length: gateways }, (_, at) => start(`g${at}`)) };
  return world;
}

const question = (keyId: string, path = '/v1/query'): LimitedRequest => ({
  ...{ client: { address: '198.51.100.1', network: null }, method: 'POST', path },
  caller: { tenant: keyId.startsWith('other') ? 'other' : 'acme', keyId },
});

async function refusals(limits: StartedLimits, times: number, request: LimitedRequest): Promise<number> {
  let refused = 0;
  for (let at = 0; at < times; at += 1) if ((await limits.limit(request)).kind === 'denied') refused += 1;
  return refused;
}

async function recordedOf({ gateways }: World, seconds: number): Promise<Recorded> {
  const recording = createRecording({ tenant: 'acme', from: START_S, to: START_S + seconds });
  await gateways[0]?.readDecisions(START_S * 1_000, recording.take, new AbortController().signal);
  return recording.end();
}

/** What each key asked in all, and was refused. */
function byKey({ callers, seconds }: Recorded): Record<string, readonly [number, number]> {
  const sums: Record<string, readonly [number, number]> = {};
  for (const { who, asked, refused } of seconds.flatMap(([, demands]) => demands)) {
    const key = callers[who]?.key ?? '';
    const [before, denied] = sums[key] ?? [0, 0];
    sums[key] = [before + asked, denied + refused];
  }
  return sums;
}

describe('the decisions that are told', () => {
  it('read back from the topic every refusal stands there once, whatever becomes of the appends', async () => {
    const world = createWorld(2);
    // Of four appends one is not sent, one is kept and reported lost, one is lost and not known to be, one succeeds.
    const fates = [{ outcome: 'not_sent' }, { outcome: 'unknown', kept: true }, { outcome: 'unknown' }, undefined] as const;
    let append = 0;
    world.broker.failAppends(() => fates[append++ % fates.length]);
    let refused = 0;
    for (let second = 0; second < 40; second += 1) {
      for (const limits of world.gateways) refused += await refusals(limits, 7, question('key_1'));
      await Promise.all(world.gateways.map(({ decisions }) => decisions.flush()));
      world.nowMs += 1_000;
    }
    world.broker.failAppends(undefined);
    for (const { decisions } of world.gateways) await decisions.close();
    // What could not be told in its second is told of the one in which it is.
    const recorded = await recordedOf(world, 41);
    // 14 a second for 40 s, of which the bucket has 10 at once and one more in each of 39 s.
    expect(refused).toBe(560 - 49);
    expect([...recorded.refused]).toEqual([['api_key', refused]]);
    expect(byKey(recorded)).toEqual({ key_1: [560, refused] });
    expect(recorded.isComplete).toBe(true);
  });

  it('a record that is missing, or that cannot be read, is seen, and so are callers beyond the bound', async () => {
    const take = (...values: readonly unknown[]): boolean => {
      const recording = createRecording({ tenant: 'acme', from: 0, to: 10 });
      for (const value of values) recording.take(value);
      return recording.end().isComplete;
    };
    const note = (seq: number, gateway = 'g'): unknown => ({ kind: 'mode', mode: 'counted', gateway, seq });
    const demand = (others: number): unknown => ({
      ...{ kind: 'demand', gateway: 'g', seq: 1, who: [] },
      seconds: [{ at: 5, counts: [], others: [others, 0] }],
    });
    expect(take(note(3), note(4), note(4), note(9, 'h'), note(5))).toBe(true);
    expect(take(note(3), note(5))).toBe(false);
    expect(take(note(3), undefined)).toBe(false);
    expect([take(demand(0)), take(demand(1))]).toEqual([true, false]);
  });

  it('of another tenant, and of other seconds, nothing is taken', async () => {
    const world = createWorld(1);
    for (let second = 0; second < 20; second += 1) {
      for (const key of ['key_1', 'other_1']) await refusals(world.gateways[0] ?? expect.fail(), 3, question(key));
      await world.gateways[0]?.decisions.flush();
      world.nowMs += 1_000;
    }
    // 10 at once and one more each second: after four times three 2 are left, and the fifth second refuses one.
    expect(byKey(await recordedOf(world, 5))).toEqual({ key_1: [15, 1] });
  });
});

describe('limits replayed on what was asked for', () => {
  async function replayed(world: World, candidate: Parameters<typeof replayLimits>[0]['candidate']): Promise<LimitsReplayed> {
    const { book } = world.gateways[0] ?? expect.fail();
    return replayLimits({ book, candidate, recorded: await recordedOf(world, 20), pause: () => Promise.resolve() });
  }

  async function twentySeconds(): Promise<World> {
    const world = createWorld(1);
    const limits = world.gateways[0] ?? expect.fail();
    for (let second = 0; second < 20; second += 1) {
      await refusals(limits, 3, question('key_1'));
      await refusals(limits, 1, question('key_2', '/v1/metrics'));
      await limits.decisions.flush();
      world.nowMs += 1_000;
    }
    return world;
  }

  it('the limits that stand refuse what they did refuse', async () => {
    // key_1: 60 in 20 s, of which 10 at once and one in each of 19 s: 29 pass, 31 do not. key_2 asks what is refilled.
    const result = await replayed(await twentySeconds(), { policies: {}, classes: [], keys: {} });
    expect([result.asked, result.refused, result.wouldRefuse]).toEqual([80, 31, 31]);
    expect(result.policies).toEqual(new Map([['api_key', { refused: 31, wouldRefuse: 31 }]]));
    expect(result.hit).toMatchObject([{ caller: { key: 'key_1', route: 'POST /v1/query' }, policy: 'api_key', wouldRefuse: 31 }]);
  });

  it('a wider limit of one key lets its requests in; a new class and a level of the tenant count as they would', async () => {
    const world = await twentySeconds();
    const wide = await replayed(world, { policies: {}, classes: [], keys: { key_1: { policies: { api_key: { limit: 600 } } } } });
    expect([wide.refused, wide.wouldRefuse, wide.hit]).toEqual([31, 0, []]);
    // A class that costs 5 a request and a level over all of the tenant, which has 20 at once and the next one after an hour.
    const dear = await replayed(world, {
      policies: { all: { scope: 'tenant', limit: 20, window_s: 72_000, burst: 20 }, api_key: { limit: 6_000 } },
      classes: [{ class: 'lists', routes: ['GET /v1/metrics', 'POST /v1/metrics'], policies: ['api_key'], cost: 5 }],
      keys: {},
    });
    const [lists, others] = ['lists', 'default'].map((name) => dear.classes.get(name) ?? expect.fail(name));
    expect([lists?.asked, others?.asked]).toEqual([20, 60]);
    // Whoever comes first in a second: 20 tokens are spent in all, 5 for a list and 1 for another request.
    const admitted = [lists, others].map((of) => (of === undefined ? 0 : of.asked - of.wouldRefuse));
    expect((admitted[0] ?? 0) * 5 + (admitted[1] ?? 0)).toBe(20);
    expect(dear.policies.get('all')?.wouldRefuse).toBe(dear.wouldRefuse);
    expect(dear.hit.map(({ caller }) => caller.key).toSorted()).toEqual(['key_1', 'key_2']);
  });
});
