import { expect, test } from 'vitest';
import { createCanonicalReader } from '../event/canonical-reader.ts';
import { writeCanonical } from '../event/canonical-writer.ts';
import { EventTypes } from '../event/event-types.ts';
import { formatExact } from '../event/exact-number.ts';
import { GrowingBuffer } from '../event/growing-buffer.ts';
import { EventJudge } from '../event/judge.ts';
import { compilePack } from '../pack/compile.ts';
import { parsePack } from '../pack/parse.ts';
import { createFoldPlan } from './fold-plan.ts';
import { createFolder } from './folder.ts';
import { readMeasureAt } from './state.ts';

const parsed = parsePack({
  pack: 'shop',
  title: 'Shop',
  events: { 'shop.sold': { fields: { price: { type: 'decimal', optional: true } } } },
  metrics: {
    sold: {
      events: ['shop.sold'],
      measures: {
        average: { measure: 'avg', field: 'price' },
        least: { measure: 'min', field: 'price' },
        middle: { measure: 'quantile', field: 'price' },
        n: { measure: 'count' },
        total: { measure: 'sum', field: 'price' },
      },
    },
  },
});
if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
const pack = compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value });
const metrics = [...pack.metrics.values()];
const NOW_MS = Date.UTC(2026, 10, 21, 9);

/** From the text of an event to its cell, the way of every event: judged, written, read and folded. */
function fold(datas: readonly string[]) {
  const [judge, reader, types] = [new EventJudge(), createCanonicalReader(), new EventTypes([pack])];
  const plan = createFoldPlan(metrics);
  const folder = createFolder(() => plan);
  for (const [at, data] of datas.entries()) {
    const text = `{"id":"e${String(at)}","type":"shop.sold","occurred_at":"2026-11-21T09:00:00Z","data":${data}}`;
    const bytes = new TextEncoder().encode(text);
    expect(judge.judge(bytes, { start: 0, end: bytes.length }, { types, nowMs: NOW_MS })).toBe(null);
    const out = new GrowingBuffer(64);
    writeCanonical(judge, { tenant: 'acme', subject: '', treat: (_action, _field, value) => value, seal: () => '' }, out);
    expect(reader.read(out.bytes, 0, out.length)).toBe(true);
    folder.fold(reader, 0);
  }
  const { deltas } = folder.take();
  expect(deltas).toHaveLength(1);
  const state = deltas[0]?.state ?? [];
  const names = metrics[0]?.measures.map(({ name }) => name) ?? [];
  return Object.fromEntries(
    names.map((name, index) => {
      const value = readMeasureAt(state, index);
      return [name, typeof value === 'object' && value !== null && 'unscaled' in value ? formatExact(value) : value];
    }),
  );
}

test('a null, as a member that is not there, counts its event and is left out of sums, means, bounds and percentiles', () => {
  // Of six events four have no price: 10 + 20 = 30, and 30 / 2 = 15, where a null taken for 0 would make 30 / 6 = 5.
  const mixed = fold(['{"price":10}', '{"price":null}', '{}', '{"price":20}', '{"price":null}', '{}']);
  expect(mixed).toMatchObject({ n: 6, total: '30', least: '10' });
  expect(Number(mixed['average'])).toBe(15);
  // The middle of 10 and 20 is one of them, within the sketch's 1 %; with four zeros it would be 0.
  expect(Number(mixed['middle'])).toBeGreaterThan(9.8);
});

test('where there are only nulls, the events count, and there is nothing to sum', () => {
  const none = fold(['{"price":null}', '{"price":null}', '{}']);
  expect(none).toMatchObject({ n: 3, average: null, least: null });
  expect(none).toEqual(fold(['{}', '{}', '{}']));
});
