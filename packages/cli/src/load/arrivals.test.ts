import { expect, it } from 'vitest';
import { evenArrivals, userArrivals } from './arrivals.ts';
import { createDraws } from './draws.ts';

it('sends at an even rate, users taking turns', () => {
  const arrivals = [...evenArrivals({ perSecond: 10, users: 3, rampMs: 0, forMs: 500 })];
  expect(arrivals).toEqual([0, 100, 200, 300, 400].map((atMs, index) => ({ atMs, user: index % 3 })));
});

it('reaches a rate in a straight line: half as many requests in the ramp, then the whole rate', () => {
  const times = [...evenArrivals({ perSecond: 10, users: 1, rampMs: 2_000, forMs: 3_000 })].map(({ atMs }) => atMs);
  // The area under a line from 0 to 10/s after t seconds is 2.5 t²: request 1 at √0.4 s, request 10 at 2 s.
  expect(times[1]).toBeCloseTo(632.46, 1);
  expect(times[10]).toBeCloseTo(2_000, 6);
  expect(times.slice(11)).toEqual([2_100, 2_200, 2_300, 2_400, 2_500, 2_600, 2_700, 2_800, 2_900]);
});

it('lets users act as often as their pauses say, each for itself', () => {
  const arrivals = [...userArrivals({ users: 200, thinkMs: 1_000, rampMs: 0, forMs: 60_000 }, createDraws(7))];
  // 200 users, one act a second, a minute: 12,000, with a deviation of √12,000 ≈ 110.
  expect(Math.abs(arrivals.length - 12_000)).toBeLessThan(4 * 110);
  const ofOne = arrivals.filter(({ user }) => user === 17).map(({ atMs }) => atMs);
  expect(Math.abs(ofOne.length - 60)).toBeLessThan(4 * Math.sqrt(60));
  const gaps = arrivals.slice(1).map(({ atMs }, index) => atMs - (arrivals[index]?.atMs ?? 0));
  // Of exponential gaps, 1/e are longer than their mean.
  expect(gaps.filter((gap) => gap > 5).length / gaps.length).toBeCloseTo(Math.exp(-1), 1);
});

it('brings users in one after another', () => {
  const plan = { users: 10, thinkMs: 100, rampMs: 10_000, forMs: 20_000 };
  const arrivals = [...userArrivals(plan, createDraws(3))];
  for (const { atMs, user } of arrivals) expect(user * 1_000).toBeLessThanOrEqual(atMs);
  // 10 + 20 + … + 100 acts in the seconds of the ramp, 100 in each of the ten after it.
  const inRamp = arrivals.filter(({ atMs }) => atMs < 10_000).length;
  expect(Math.abs(inRamp - 550)).toBeLessThan(4 * Math.sqrt(550));
  expect(Math.abs(arrivals.length - inRamp - 1_000)).toBeLessThan(4 * Math.sqrt(1_000));
});

it('asks the same from the same seed', () => {
  const plan = { users: 5, thinkMs: 100, rampMs: 500, forMs: 2_000 };
  expect([...userArrivals(plan, createDraws(1))]).toEqual([...userArrivals(plan, createDraws(1))]);
  expect([...userArrivals(plan, createDraws(1))]).not.toEqual([...userArrivals(plan, createDraws(2))]);
});
