import type { RowScope } from '@tidegate/core';
import { listRoutes } from '@tidegate/http';
import { afterEach, describe, expect, test } from 'vitest';
import type { Ask } from '../src/ask.ts';
import type { ServedAsk } from './serve-ask.ts';
import { answerWith, serveAsk } from './serve-ask.ts';

const ROWS: RowScope = { metrics: ['wiki.edits'], where: { page: ['a'] }, subject: null };
const QUESTION = { metric: 'wiki.edits', last: '1d' };

let served: ServedAsk | null = null;
afterEach(() => served?.close());

/** The scopes that each question was asked under. */
async function serve(): Promise<{ readonly call: ServedAsk['call']; readonly asked: (RowScope | null)[] }> {
  const asked: (RowScope | null)[] = [];
  const ask: Ask = async (_value, { rows }) => {
    asked.push(rows);
    return { ok: true, answer: answerWith([]), mayAgeMs: 0 };
  };
  served = await serveAsk(ask);
  return { call: served.call, asked };
}

describe('a caller who may not see all rows', () => {
  test('asks every question under the scope that the gateway signed, on each of the routes', async () => {
    const { call, asked } = await serve();
    const post = { method: 'POST', body: JSON.stringify(QUESTION) };
    const person: RowScope = { metrics: null, where: {}, subject: 'user-17' };
    const callers = [
      [{ rows: ROWS }, ROWS],
      // A person is held to their own rows here too, whether the gateway said so or not.
      [{ subject: 'user-17', scopes: ['query:read'] }, person],
      [{ subject: 'user-17', scopes: ['query:read', 'events:read'] }, null],
      [{}, null],
    ] as const;
    for (const [caller, rows] of callers) {
      asked.length = 0;
      await call('/v1/query', { ...post, ...caller });
      await call(`/v1/query?q=${encodeURIComponent(JSON.stringify(QUESTION))}`, caller);
      await call('/v1/query/batch', { method: 'POST', body: JSON.stringify({ questions: [QUESTION, QUESTION] }), ...caller });
      expect(asked).toEqual([rows, rows, rows, rows]);
    }
  });

  test('reaches no route that does not say how it holds to the scope, though the gateway let it through', async () => {
    const { call, asked } = await serve();
    const names = { receipt: 'tgr1.any', job: '0199c1d2-0000-7000-8000-000000000000', ref: 'i-1-2-3' };
    const ofQuery = listRoutes().filter(({ answers }) => answers === 'query');
    const closed = ofQuery.filter(({ rows }) => rows === undefined);
    const persons = ofQuery.filter(({ rows, withholdsSmallGroups }) => rows === 'confined' && withholdsSmallGroups !== true);
    expect([closed.length > 5, persons.length > 5]).toEqual([true, true]);
    const held = { rows: { metrics: null, where: {}, subject: null, k: 5 } };
    for (const { method, path } of [...closed, ...persons]) {
      const concrete = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (Reflect.get(names, name) as string | undefined) ?? 'any');
      const others = closed.some((one) => one.path === path && one.method === method) ? [{ rows: ROWS }, { subject: 'user-17' }] : [];
      for (const caller of [...others, held]) {
        const answer = await call(concrete, { method, ...caller });
        expect([path, answer.status, await answer.json()]).toMatchObject([path, 403, { code: 'row_refused' }]);
      }
    }
    expect(asked).toEqual([]);
  });
});
