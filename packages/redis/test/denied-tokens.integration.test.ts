import { randomBytes } from 'node:crypto';
import { testServers } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectRedis, createDeniedTokens, whenConnected } from '../src/index.ts';

const NOW_MS = 1_800_000_000_000;
const redis = connectRedis({ address: { url: testServers().redisUrl }, name: 'denied-test', commandTimeoutMs: 5_000 });
const prefix = `denied-test-${randomBytes(6).toString('hex')}`;
const tokens = createDeniedTokens(redis, prefix);

beforeAll(async () => void (await whenConnected(redis, 5_000)));
afterAll(async () => {
  await redis.unlink(`${prefix}:{denied}`);
  redis.disconnect();
});

it('denials are kept until their tokens have ended, once each, and the later end holds', async () => {
  const session = { id: 'ses_1', untilMs: NOW_MS + 1_000 };
  const user = { id: 'usr_1', untilMs: NOW_MS + 2_000, below: 7 };
  await tokens.add([session, user], NOW_MS);
  await tokens.add([{ ...session, untilMs: NOW_MS + 500 }], NOW_MS);
  await tokens.add([], NOW_MS);
  expect(await tokens.read(NOW_MS)).toEqual([session, user]);
  expect(await tokens.read(NOW_MS + 1_000)).toEqual([user]);
  await tokens.add([{ id: 'jti-1', untilMs: NOW_MS + 9_000 }], NOW_MS + 1_000);
  // The session's has ended: it is gone, not only unread.
  expect(await redis.zcard(`${prefix}:{denied}`)).toBe(2);
});

it('what another program left under the key gives way', async () => {
  await redis.set(`${prefix}:{denied}`, 'a text');
  await tokens.add([{ id: 'ses_2', untilMs: NOW_MS + 1 }], NOW_MS);
  expect(await tokens.read(NOW_MS)).toEqual([{ id: 'ses_2', untilMs: NOW_MS + 1 }]);
});
