import { expect, it } from 'vitest';
import { createAnalyse } from './analyse.ts';
import type { AskOutcome } from './ask.ts';

const AS = { tenant: 'acme', rows: null, signal: new AbortController().signal };
const TREND = { kind: 'trend', metric: 'shop.orders', measure: 'orders', last: '7d' };

function analyseWith(outcome: AskOutcome): { asked: unknown[]; ask: ReturnType<typeof createAnalyse> } {
  const asked: unknown[] = [];
  const ask = async (question: unknown): Promise<AskOutcome> => {
    asked.push(question);
    return Promise.resolve(outcome);
  };
  return { asked, ask: createAnalyse({ ask, registry: { metric: () => null }, nowMs: () => Date.UTC(2026, 10, 1) }) };
}

const REFUSED: AskOutcome = {
  ok: false,
  problem: { code: 'measure_unknown', errors: [{ path: 'measures.0', code: 'measure_unknown', message: 'none' }] },
};

it('passes a plain question on as it is', async () => {
  const { asked, ask } = analyseWith(REFUSED);
  expect(await ask({ kind: 'series', metric: 'shop.orders' }, AS)).toBe(REFUSED);
  expect(asked).toEqual([{ kind: 'series', metric: 'shop.orders' }]);
});

it('speaks of its own members where a question that it asks is refused', async () => {
  const outcome = await analyseWith(REFUSED).ask(TREND, AS);
  expect(outcome).toMatchObject({ ok: false, problem: { code: 'measure_unknown', errors: [{ path: 'measure' }] } });
});

it('asks each of its questions under the scope of its caller, and knows no metric beyond it', async () => {
  const scopes: unknown[] = [];
  let looked = 0;
  const ask = createAnalyse({
    ask: async (_question, { rows }) => {
      scopes.push(rows);
      return Promise.resolve(REFUSED);
    },
    registry: { metric: () => ((looked += 1), null) },
    nowMs: () => Date.UTC(2026, 10, 1),
  });
  const rows = { metrics: ['shop.orders'], where: {}, subject: 'user-17' };
  await ask(TREND, { ...AS, rows });
  expect([looked, scopes.length > 0, scopes.every((one) => one === rows)]).toEqual([1, true, true]);
  await ask({ ...TREND, metric: 'shop.secrets' }, { ...AS, rows });
  expect(looked).toBe(1);
});

it('asks nothing where its own members are wrong', async () => {
  const { asked, ask } = analyseWith(REFUSED);
  expect(await ask({ ...TREND, rolling: 0 }, AS)).toMatchObject({ ok: false, problem: { errors: [{ path: 'rolling' }] } });
  expect(asked).toEqual([]);
});

it('is not made of a part of the rows', async () => {
  const page = { columns: [], rows: [], next_cursor: 'more', meta: {} } as unknown as Extract<AskOutcome, { ok: true }>['answer'];
  const outcome = await analyseWith({ ok: true, answer: page, mayAgeMs: 0 }).ask(TREND, AS);
  expect(outcome).toMatchObject({ ok: false, problem: { code: 'range_too_large', errors: [{ path: 'group_by' }] } });
});
