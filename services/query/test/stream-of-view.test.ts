import { compileViews, parsePack } from '@tidegate/core';
import type { CompiledView, RowScope } from '@tidegate/core';
import type { LagSum } from '@tidegate/postgres';
import { expect, it } from 'vitest';
import type { ReadLog } from '../src/read-log.ts';
import { createReadStream } from '../src/views/read-stream.ts';
import { createRunView } from '../src/views/run-view.ts';

const NOW_MS = Date.parse('2026-11-20T10:00:00Z');

const source = (query: object) => ({
  pack: 'waiting',
  title: 'What waits',
  events: { sale: { fields: {} } },
  metrics: {},
  views: { lags: { queries: { waited: query }, answer: { rows: '${waited}' } } },
});

function viewOf(query: object): CompiledView {
  const parsed = parsePack(source(query));
  const view = parsed.ok ? compileViews(parsed.value).get('lags') : undefined;
  if (view === undefined) throw new Error(JSON.stringify(parsed));
  return view;
}

async function run(sums: readonly LagSum[], rows: RowScope | null = null) {
  const asked: object[] = [];
  const untold: true[] = [];
  const readStream = createReadStream({
    tallies: {
      async lags(tenant, range) {
        asked.push({ tenant, ...range });
        return sums;
      },
    },
  });
  const runView = createRunView({
    ask: () => Promise.reject(new Error('nothing is asked of metrics')),
    registry: { pack: () => null },
    readEntity: () => Promise.reject(new Error('nor of rows')),
    readInsights: null,
    readStream,
    nowMs: () => NOW_MS,
  });
  const view = viewOf({ stream: 'lag', from: '${instant_add(now, -3600)}', to: '${now}' });
  const reads: ReadLog = {
    ...{ metric: async () => undefined, entity: async () => undefined, mayAge: () => reads },
    untold: () => void untold.push(true),
  };
  const outcome = await runView({
    view,
    values: { params: {}, pseudonyms: {}, window: null, wait: {}, ofNow: [], includesSensitive: false },
    asker: { tenant: 'acme', rows, signal: new AbortController().signal, reads },
    callerSubject: null,
  });
  return { outcome, asked, untold };
}

it('a view tells percentiles of lags and the longest, of the range that it asks for, and no kept answer outlives its class', async () => {
  // 1.1^24 = 9.85 and 1.1^48 = 97.0: classes whose middles are 9.4 ms and 92.5 ms; the longest was 95 ms.
  const { outcome, asked, untold } = await run([
    { class: 48, events: 30, longestMs: 95 },
    { class: 24, events: 70, longestMs: 10 },
  ]);
  expect(asked).toEqual([{ tenant: 'acme', fromMs: NOW_MS - 3_600_000, toMs: NOW_MS }]);
  expect(outcome).toMatchObject({ ok: true, answer: { body: { rows: [{ events: 100, max: 95 }] }, mayAgeMs: 0 } });
  const [row] = outcome.ok ? (outcome.answer.body['rows'] as { p50: number; p95: number }[]) : [];
  expect(Math.abs((row?.p50 ?? 0) / 9.39 - 1)).toBeLessThan(0.001);
  expect(Math.abs((row?.p95 ?? 0) / 92.5 - 1)).toBeLessThan(0.001);
  expect(untold).toEqual([true]);
});

it('no percentile lies above the longest', async () => {
  const { outcome } = await run([{ class: 48, events: 5, longestMs: 90 }]);
  expect(outcome).toMatchObject({ answer: { body: { rows: [{ p50: 90, p95: 90, p99: 90, max: 90 }] } } });
});

it('where nothing was counted nothing waited', async () => {
  const { outcome } = await run([]);
  expect(outcome).toMatchObject({ answer: { body: { rows: [{ events: 0, p50: null, p95: null, p99: null, max: null }] } } });
});

it('who sees a part of the events is told nothing of all, and nothing is read', async () => {
  const { outcome, asked } = await run([], { subject: 'p', metrics: null, where: {} });
  expect(outcome).toMatchObject({ ok: false, problem: { code: 'row_refused' } });
  expect(asked).toEqual([]);
});

it.each([
  [{ stream: 'lead', from: '${now}', to: '${now}' }, 'queries.waited.stream'],
  [{ stream: 'lag', from: '2026-11-01', to: '${now}' }, 'queries.waited.from'],
  [{ stream: 'lag', from: '${now}', to: '${now}' }, 'queries.waited.to'],
  [{ stream: 'lag', from: '${now}' }, 'queries.waited.to'],
  [{ stream: 'lag', metric: 'x', from: '${now}', to: '${now}' }, 'queries.waited'],
])('the pack is refused with %j', (query, path) => {
  const parsed = parsePack(source(query));
  expect(parsed.ok ? null : parsed.fault.map((fault) => fault.path)).toContainEqual(expect.stringContaining(path));
});
