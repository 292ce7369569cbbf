import { readFileSync } from 'node:fs';
import { compilePack, createRawFold, createRowFold, parsePack, projectRows, readMeasureAt } from '@tidegate/core';
import type { CompiledPack } from '@tidegate/core';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

function compiled(): CompiledPack {
  const parsed = parsePack(parse(readFileSync(new URL('../../packs/healthtrack/pack.yaml', import.meta.url), 'utf8')));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  return compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value });
}

const PACK = compiled();

/** (user_id) is the beginning of the primary key; of two directions of one column a B-tree serves both. */
test.each([
  ['metric', ['_created_at'], ['_subject', 'metric_type.text', '_created_at']],
  ['insight', ['_subject', 'rank.numeric']],
  ['goal', ['_subject', 'status.text']],
  ['meal', ['_subject', '_created_at']],
])('the rows of %s have the indexes that their questions need', (entity, ...indexes) => {
  expect(PACK.entities.get(entity)?.indexes).toEqual(expect.arrayContaining(indexes));
});

test('what names a person stays sealed in the row of its profile', () => {
  const sealed = PACK.entities.get('profile')?.fields.filter(({ isSealed }) => isSealed);
  expect(sealed?.map(({ name }) => name)).toEqual(['date_of_birth', 'email', 'full_name', 'medical_history', 'username']);
});

test('a measurement that was taken back leaves the figures of health_metric_current', () => {
  const metric = PACK.metrics.get('health_metric_current');
  if (metric === undefined) throw new Error('no such metric');
  const raw = createRawFold([metric]);
  const event = { tenant: 'acme', source: '', subject: 'anna', receivedAtMs: 0, packVersion: 1 };
  const recorded = (id: string, value: number) => ({
    ...{ ...event, eventId: id, occurredAtMs: 0, type: 'health.metric.recorded' },
    data: JSON.stringify({ metric_id: id, metric_type: 'steps', value, unit: 'count' }),
  });
  raw.fold(recorded('m1', 4_000));
  raw.fold(recorded('m2', 6_000));
  raw.fold({ ...event, eventId: 'd', occurredAtMs: 1, type: 'health.metric.deleted', data: '{"metric_id":"m1"}' });
  const { folded } = projectRows(raw.take().entities[0]?.rows ?? [], () => undefined, createRowFold([metric]));
  const delta = folded?.deltas.find(({ series }) => folded.series[series]?.setNo === 0);
  const figures = metric.measures.map(({ name }, at) => [name, readMeasureAt(delta?.state ?? [], at)]);
  // One measurement of 6,000 steps is left; a sketch is within 1 %.
  expect(Object.fromEntries(figures)).toMatchObject({ count: 1, sum: { unscaled: 6_000, scale: 0 }, avg: 6_000 });
});
