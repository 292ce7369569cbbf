import type { DeniedToken } from '@tidegate/redis';
import { silentLogger } from '@tidegate/telemetry';
import { expect, it } from 'vitest';
import { createDenied } from './denied.ts';
import { createSharedDenials } from './shared-denials.ts';

const clock = { nowMs: () => 1_000, monotonicMs: () => 0 };
const DENIAL: DeniedToken = { id: 'ses_1', untilMs: 2_000 };

it('what a gateway learns of is told once, and what has ended is not', () => {
  const told: (readonly DeniedToken[])[] = [];
  const tokens = { read: () => Promise.resolve([]), add: (denials: readonly DeniedToken[]) => Promise.resolve(void told.push(denials)) };
  const denied = createDenied(clock, createSharedDenials({ tokens, clock, log: silentLogger }).tell);
  denied.add([DENIAL, { id: 'ses_0', untilMs: 1_000 }]);
  denied.add([DENIAL]);
  expect(told).toEqual([[DENIAL]]);
});

it('nobody waits for a Redis that is away, or says nothing', async () => {
  const away = { read: () => Promise.reject(new Error('away')), add: () => Promise.reject(new Error('away')) };
  const shared = createSharedDenials({ tokens: away, clock, log: silentLogger });
  shared.tell([DENIAL]);
  expect(await shared.read()).toEqual([]);
  const silent = { ...away, read: () => new Promise<never>(() => undefined) };
  expect(await createSharedDenials({ tokens: silent, clock, log: silentLogger, withinMs: 1 }).read()).toEqual([]);
});
