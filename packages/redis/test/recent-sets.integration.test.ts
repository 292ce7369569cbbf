import { randomBytes } from 'node:crypto';
import { testServers } from '@tidegate/testkit';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { connectRedis, createRecentSets, forgetPerson, RECENT_KEPT, whenConnected } from '../src/index.ts';
import type { RecentMember } from '../src/index.ts';

const client = connectRedis({ address: { url: testServers().redisUrl }, name: 'recent-test', commandTimeoutMs: 5_000 });
const prefixes: string[] = [];
let prefix = '';
let sets: ReturnType<typeof createRecentSets>;

beforeAll(async () => void (await whenConnected(client, 5_000)));
beforeEach(() => {
  prefix = `recent-test-${randomBytes(6).toString('hex')}`;
  prefixes.push(prefix);
  sets = createRecentSets({ client, prefix });
});
afterAll(async () => {
  for (const own of prefixes) {
    const keys = await client.keys(`${own}:*`);
    if (keys.length > 0) await client.unlink(...keys);
  }
  client.disconnect();
});

const members = (from: number, count: number): RecentMember[] =>
  Array.from({ length: count }, (_, n) => ({ score: from + n, bytes: Buffer.from(`m${from + n}`) }));
const FILL = { token: 't1', seen: '', offsets: 'o1', note: '' };
const RANGE = { types: ['sale'], fromMs: 0, toMs: 1e15, membersMax: 3 };
const look = async (range: Partial<typeof RANGE> = {}) => sets.look('acme', { ...RANGE, ...range });
const texts = (bytes: readonly Uint8Array[] = []) => bytes.map((one) => Buffer.from(one).toString());

async function filled(count: number): Promise<void> {
  await sets.begin('acme', 't1');
  await sets.fill('acme', {
    ...FILL,
    members: new Map([
      ['sale', members(1, count)],
      ['visit', []],
    ]),
  });
}

it('are not there, then loading for all but one, then there, of one tenant', async () => {
  expect(await look()).toEqual({ kind: 'absent' });
  expect([await sets.begin('acme', 't1'), await sets.begin('acme', 't2')]).toEqual([true, false]);
  expect(await look()).toEqual({ kind: 'loading' });
  // Whoever began has said nothing for longer than any fill takes.
  await client.hset(`${prefix}:{c:acme}:recent`, 'until', 1);
  expect(await look()).toEqual({ kind: 'absent' });
  await sets.begin('acme', 't1');
  expect(await sets.fill('acme', { ...FILL, members: new Map([['sale', members(1, 5)]]) })).toBe(true);
  expect(await look()).toMatchObject({
    kind: 'there',
    token: 't1',
    offsets: 'o1',
    note: '',
    pages: [{ type: 'sale', count: 5, leastScore: 1 }],
  });
  expect(await sets.look('zoo', RANGE)).toEqual({ kind: 'absent' });
});

it('give a page of each type, the newest first, between two instants', async () => {
  await filled(10);
  const page = async (range: Partial<typeof RANGE>) => {
    const found = await look(range);
    return found.kind === 'there' ? found.pages.map((one) => texts(one.members)) : found.kind;
  };
  expect(await page({})).toEqual([['m10', 'm9', 'm8']]);
  expect(await page({ fromMs: 4, toMs: 6 })).toEqual([['m5', 'm4']]);
  expect(await page({ types: ['visit', 'sale'], membersMax: 1 })).toEqual([[], ['m10']]);
});

it('keep the newest thousand of a type, equal ones once', async () => {
  await filled(RECENT_KEPT);
  await sets.fill('acme', { ...FILL, seen: 'o1', offsets: 'o2', members: new Map([['sale', members(RECENT_KEPT - 4, 10)]]) });
  expect(await look({ membersMax: 1 })).toMatchObject({ offsets: 'o2', pages: [{ count: RECENT_KEPT, leastScore: 6 }] });
});

it('take nothing from whoever was overtaken, or began before a person was forgotten', async () => {
  await filled(2);
  const late = { ...FILL, seen: 'o0', offsets: 'o9', members: new Map([['sale', members(50, 1)]]) };
  expect(await sets.fill('acme', late)).toBe(false);
  await forgetPerson(client, { prefix, tenant: 'acme', subject: 'p1' });
  expect(await client.keys(`${prefix}:*`)).toEqual([]);
  expect(await sets.fill('acme', { ...late, seen: 'o1' })).toBe(false);
  expect(await sets.begin('acme', 't2')).toBe(true);
  expect(await sets.fill('acme', { ...FILL, members: new Map([['sale', members(50, 1)]]) })).toBe(false);
  expect(await client.keys(`${prefix}:*recent:*`)).toEqual([]);
});

it('of which one was evicted are not there, and what is left of it is not taken over', async () => {
  await filled(3);
  await client.del(`${prefix}:{c:acme}:recent:sale`);
  expect(await look()).toEqual({ kind: 'absent' });
  await filled(2);
  await sets.drop('acme');
  await filled(1);
  expect(await look()).toMatchObject({ pages: [{ count: 1, leastScore: 1 }] });
});

it('end together, whatever is added', async () => {
  await filled(1);
  await client.pexpire(`${prefix}:{c:acme}:recent`, 60_000);
  await sets.fill('acme', { ...FILL, seen: 'o1', offsets: 'o2', members: new Map([['sale', members(5, 1)]]) });
  expect(await client.pttl(`${prefix}:{c:acme}:recent:sale`)).toBeLessThanOrEqual(60_000);
});
