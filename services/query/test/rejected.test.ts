import type { RejectedInfo } from '@tidegate/postgres';
import { describe, expect, test } from 'vitest';
import { serveAsk } from './serve-ask.ts';

/** Five rows, newest first; two came in the same millisecond. */
const ROWS: readonly RejectedInfo[] = [50, 40, 40, 20, 10].map((receivedAtMs, i) => ({
  lane: i === 2 ? 'events' : 'ingest',
  logGeneration: 1,
  partition: 0,
  logOffset: 100 - i,
  code: i === 3 ? 'a_code_of_later' : 'id_missing',
  path: 'id',
  lengthBytes: i === 4 ? 70_000 : 10,
  sealedBytes: i === 1 ? 0 : 39,
  receivedAtMs,
  attempts: 1,
  isReplayed: i === 0,
  replayedAtMs: i === 0 ? 60 : null,
  receipt: i === 0 ? 'tgr1.x' : null,
  format: i === 3 ? null : 'native',
}));

const BEYOND = ['a_code_of_later', 'id_missing'].map((code, i) => ({
  ...{ day: '2026-11-21', code, events: 1_000 + i, bytes: 5_000, firstAtMs: 0, lastAtMs: 86_399_999 },
}));

interface Page {
  readonly rejected: readonly Readonly<Record<string, unknown>>[];
  readonly next_cursor: string | null;
  readonly beyond_quota: readonly unknown[];
}

async function serve() {
  const served = await serveAsk(async () => Promise.reject(new Error('nothing is asked')), {
    rejected: {
      async list({ tenant, after, rowsMax }) {
        const from = after === null ? 0 : ROWS.findIndex(({ logOffset }) => logOffset === after.logOffset) + 1;
        return tenant === 'acme' ? ROWS.slice(from, from + rowsMax) : [];
      },
      listBeyond: async ({ tenant, code }) => (tenant === 'acme' ? BEYOND.filter((day) => code === null || day.code === code) : []),
      find: async () => null,
    },
  });
  const page = async (query: string, tenant?: string, scopes: readonly string[] = []) => {
    const answer = await served.call(`/v1/rejected?${query}`, tenant === undefined ? { scopes } : { tenant, scopes });
    return { status: answer.status, body: (await answer.json()) as Page & { readonly code?: string } };
  };
  return { served, page };
}

describe('the list of rejected events', () => {
  test('is told in pages that together hold each row once, and says why and what to do', async () => {
    const { served, page } = await serve();
    const refs: unknown[] = [];
    let cursor: string | null = '';
    for (let pages = 0; cursor !== null && pages < 10; pages += 1) {
      const { body }: { body: Page } = await page(`limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      refs.push(...body.rejected.map(({ ref }) => ref));
      cursor = body.next_cursor;
    }
    expect(refs).toEqual(['i-1-0-100', 'i-1-0-99', 'e-1-0-98', 'i-1-0-97', 'i-1-0-96']);
    const { rejected } = (await page('')).body;
    expect(rejected[0]).toMatchObject({ state: 'replayed', receipt: 'tgr1.x', replayed_at: '1970-01-01T00:00:00.060Z', stage: 'ingest' });
    expect(rejected.map(({ original }) => original)).toEqual(['whole', 'none', 'whole', 'whole', 'cut']);
    expect(typeof rejected[0]?.['next']).toBe('string');
    expect(rejected[3]).toMatchObject({ code: 'a_code_of_later', next: null });
    await served.close();
  });

  test('goes on only for the tenant and the filter that it began with', async () => {
    const { served, page } = await serve();
    const { next_cursor: cursor } = (await page('limit=1&code=id_missing')).body;
    expect((await page(`limit=1&code=id_missing&cursor=${cursor}`)).status).toBe(200);
    expect((await page(`limit=1&cursor=${cursor}`)).body.code).toBe('cursor_invalid');
    expect((await page(`limit=1&code=id_missing&cursor=${cursor}`, 'other')).body.code).toBe('cursor_invalid');
    expect((await page('limit=0')).body.code).toBe('request_invalid');
    expect((await page('since=yesterday')).body.code).toBe('request_invalid');
    await served.close();
  });

  test('begins with what is beyond the quota of its tenant and filter, by day and reason', async () => {
    const { served, page } = await serve();
    const { beyond_quota: beyond, next_cursor: cursor } = (await page('limit=1&code=id_missing')).body;
    const instants = { first_at: '1970-01-01T00:00:00.000Z', last_at: '1970-01-01T23:59:59.999Z' };
    expect(beyond).toEqual([{ day: '2026-11-21', code: 'id_missing', events: 1_001, bytes: 5_000, ...instants }]);
    expect((await page('')).body.beyond_quota).toHaveLength(2);
    expect((await page(`limit=1&code=id_missing&cursor=${cursor}`)).body.beyond_quota).toEqual([]);
    expect((await page('', 'other')).body.beyond_quota).toEqual([]);
    await served.close();
  });

  test('tells of records whose tenant nobody knows to operators alone, and to no tenant', async () => {
    const NAMELESS = ROWS.slice(2, 3);
    const served = await serveAsk(async () => Promise.reject(new Error('nothing is asked')), {
      rejected: {
        list: async ({ tenant }) => (tenant === '-' ? NAMELESS : []),
        listBeyond: async () => [],
        find: async (tenant) =>
          tenant === '-' && NAMELESS[0] !== undefined ? { ...NAMELESS[0], sealed: null, replayIdentity: null } : null,
      },
    });
    const ask = async (path: string, scopes: readonly string[]) => served.call(path, { scopes });
    expect((await ask('/v1/rejected?tenant=-', ['events:read', 'tenant:admin'])).status).toBe(403);
    expect((await ask('/v1/rejected?tenant=other', ['ops:admin'])).status).toBe(422);
    expect((await ask('/v1/rejected/e-1-0-98', ['tenant:admin'])).status).toBe(404);
    const answer = await ask('/v1/rejected?tenant=-', ['ops:admin']);
    expect([answer.status, ((await answer.json()) as Page).rejected.map(({ ref }) => ref)]).toEqual([200, ['e-1-0-98']]);
    expect((await ask('/v1/rejected/e-1-0-98', ['ops:admin'])).status).toBe(200);
    expect(((await (await ask('/v1/rejected', ['ops:admin'])).json()) as Page).rejected).toEqual([]);
    await served.close();
  });
});
