import { expect, test } from 'vitest';
import { newClusterId } from './kafka-server.ts';

test('a cluster id never begins with a hyphen, which Kafka tools would read as an option', () => {
  const draws = [Buffer.alloc(16, 0xfb), Buffer.alloc(16, 0xfa), Buffer.alloc(16, 0x41)];
  expect(newClusterId(() => draws.shift() ?? Buffer.alloc(16))).toBe('QUFBQUFBQUFBQUFBQUFBQQ');
  expect(draws).toHaveLength(0);
});

test('two cluster ids differ and have the 22 characters of 16 bytes', () => {
  const ids = [newClusterId(), newClusterId()];
  expect(new Set(ids).size).toBe(2);
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
});
