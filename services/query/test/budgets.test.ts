import type { BudgetFilter } from '@tidegate/postgres';
import { describe, expect, test } from 'vitest';
import { serveAsk } from './serve-ask.ts';

const BUDGET = { metric: 'wiki.edits', dimension: 'page', day: '2026-11-29', values: 10_000, valuesMax: 10_000, spentAtMs: 60 };

async function serve() {
  const asked: BudgetFilter[] = [];
  const noQuestion = async () => Promise.reject(new Error('nothing is asked'));
  const served = await serveAsk(noQuestion, {
    budgets: {
      list: async (filter) => {
        asked.push(filter);
        return filter.tenant === 'acme' ? [BUDGET, { ...BUDGET, dimension: 'country', values: 3, spentAtMs: null }] : [];
      },
    },
  });
  const get = async (query: string, tenant = 'acme') => {
    const answer = await served.call(`/v1/budgets?${query}`, { tenant });
    return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> };
  };
  return { served, asked, get };
}

describe('the list of budgets', () => {
  test('tells values, limit and since when it is spent', async () => {
    const { served, get } = await serve();
    expect((await get('')).body).toEqual({
      budgets: [
        {
          ...{ metric: 'wiki.edits', dimension: 'page', day: '2026-11-29', values: 10_000, values_max: 10_000 },
          spent_at: '1970-01-01T00:00:00.060Z',
        },
        { metric: 'wiki.edits', dimension: 'country', day: '2026-11-29', values: 3, values_max: 10_000, spent_at: null },
      ],
    });
    await served.close();
  });

  test('asks for those of the caller’s own tenant, and for what the query says', async () => {
    const { served, asked, get } = await serve();
    const today = new Date().toISOString().slice(0, 10);
    await get('days=1&spent=true&metric=wiki.edits&limit=5', 'other');
    expect(asked).toEqual([{ tenant: 'other', sinceDay: today, metric: 'wiki.edits', onlySpent: true, rowsMax: 5 }]);
    await get('');
    const weekAgo = new Date(Date.parse(`${today}T00:00:00Z`) - 6 * 86_400_000).toISOString().slice(0, 10);
    expect(asked[1]).toEqual({ tenant: 'acme', sinceDay: weekAgo, metric: null, onlySpent: false, rowsMax: 100 });
    await served.close();
  });

  test.each(['days=0', 'days=x', 'spent=false', 'limit=1001', 'metric=A%20b'])('refuses %s', async (query) => {
    const { served, asked, get } = await serve();
    const { status, body } = await get(query);
    expect([status, body['code'], asked.length]).toEqual([422, 'request_invalid', 0]);
    await served.close();
  });
});
