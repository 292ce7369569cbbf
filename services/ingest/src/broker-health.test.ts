import { expect, test } from 'vitest';
import { createBrokerHealth } from './broker-health.ts';

/** Brokers as they are seen at a time that the test sets. */
function watched() {
  let nowMs = 0;
  const health = createBrokerHealth(() => nowMs);
  return { ...health, after: (ms: number) => void (nowMs += ms) };
}

test('an append that is acknowledged late is no trouble; nothing acknowledged for more than 3 s is', () => {
  const { sent, settled, trouble, after } = watched();
  sent();
  after(3_000);
  expect(trouble()).toBeNull();
  after(1);
  expect(trouble()).toEqual({ retryAfterS: 1 });
  settled(true);
  expect(trouble()).toBeNull();
});

test('one acknowledged append among others that wait begins the 3 s anew', () => {
  const { sent, settled, trouble, after } = watched();
  sent();
  sent();
  after(2_900);
  settled(true);
  after(2_900);
  expect(trouble()).toBeNull();
  after(101);
  expect(trouble()).not.toBeNull();
});

test('Retry-After is a quarter of how long the trouble lasts, from 1 s to 30 s', () => {
  const { sent, trouble, after } = watched();
  sent();
  const told = [4_000, 36_000, 60_000, 100_000].map((ms) => {
    after(ms);
    return trouble()?.retryAfterS;
  });
  // After 4 s, 40 s, 100 s and 200 s.
  expect(told).toEqual([1, 10, 25, 30]);
});

test('three failures one after another are trouble, one or two are not; in trouble a request a second is let through to see', () => {
  const { sent, settled, trouble, after } = watched();
  const fail = (): void => {
    sent();
    settled(false);
  };
  fail();
  fail();
  expect(trouble()).toBeNull();
  fail();
  expect(trouble(), 'the first one is let through').toBeNull();
  expect(trouble()).toEqual({ retryAfterS: 1 });
  fail();
  after(999);
  expect(trouble()).not.toBeNull();
  after(1);
  expect(trouble()).toBeNull();
  sent();
  expect(trouble(), 'while it is under way no other is').not.toBeNull();
  settled(true);
  expect(trouble()).toBeNull();
});
