import { compilePolicy } from '@tidegate/core';
import type { Buckets } from '@tidegate/redis';
import { createMetrics } from '@tidegate/telemetry';
import { describe, expect, it } from 'vitest';
import { createBreaker } from './breaker.ts';
import type { Limit } from './limit.ts';
import { createLimit } from './limit.ts';

const CALLER = { tenant: 'acme', keyId: 'key_1', scopes: [] };

function policy(): Extract<ReturnType<typeof compilePolicy>, { ok: true }>['value'] {
  const compiled = compilePolicy({ name: 'test', limit: 60, windowS: 60, burst: 60 });
  if (!compiled.ok) throw new Error(compiled.fault);
  return compiled.value;
}

interface World {
  nowMs: number;
  isAway: boolean;
  /** Decisions that Redis was asked for. */
  asked: number;
  readonly changes: boolean[];
  readonly limit: Limit;
}

function createWorld(): World {
  const clock = { nowMs: () => world.nowMs, monotonicMs: () => world.nowMs };
  const buckets: Buckets = {
    take: async () => {
      world.asked += 1;
      if (world.isAway) throw new Error('away');
      return { allowed: true, nowUs: 1_000_000, levels: [{ units: 59e6, waitUs: 0, fullAfterUs: 1_000_000 }] };
    },
  };
  const changes: boolean[] = [];
  const breaker = createBreaker({ clock, random: () => 1, onChange: (isOpen) => changes.push(isOpen) });
  const policies = { ingest: policy(), api_key: policy() };
  const limit = createLimit({ buckets, policies, prefix: 'tg', breaker, clock, metrics: createMetrics('gateway') });
  const world: World = { nowMs: 0, isAway: false, asked: 0, changes, limit };
  return world;
}

async function decide(world: World, times: number): Promise<string[]> {
  const kinds: string[] = [];
  for (let i = 0; i < times; i++) kinds.push((await world.limit(CALLER, 'api_key')).kind);
  return kinds;
}

describe('while Redis is away', () => {
  it('every request passes, and after five of them Redis is no longer asked', async () => {
    const world = createWorld();
    world.isAway = true;
    expect(new Set(await decide(world, 100))).toEqual(new Set(['open']));
    expect(world.asked).toBe(5);
    expect(world.changes).toEqual([true]);
  });

  it('one probe at a time finds out whether it is back, ever more rarely, at least every 2 seconds', async () => {
    const world = createWorld();
    world.isAway = true;
    await decide(world, 5);
    const probes: number[] = [];
    for (world.nowMs = 0; world.nowMs < 10_000; world.nowMs += 10) {
      const before = world.asked;
      await decide(world, 3);
      if (world.asked > before) probes.push(world.nowMs);
      expect(world.asked - before).toBeLessThanOrEqual(1);
    }
    // Without jitter: 100, then 200, 400, 800, 1,600 and 2,000 ms later.
    expect(probes.slice(0, 6)).toEqual([100, 300, 700, 1_500, 3_100, 5_100]);
  });

  it('the first good probe closes it: limits count again', async () => {
    const world = createWorld();
    world.isAway = true;
    await decide(world, 5);
    world.isAway = false;
    world.nowMs = 1_000;
    expect(await decide(world, 2)).toEqual(['allowed', 'allowed']);
    expect(world.changes).toEqual([true, false]);
  });

  it('four failures in a row open nothing', async () => {
    const world = createWorld();
    for (let round = 0; round < 3; round++) {
      world.isAway = true;
      await decide(world, 4);
      world.isAway = false;
      await decide(world, 1);
    }
    expect([world.asked, world.changes]).toEqual([15, []]);
  });
});
