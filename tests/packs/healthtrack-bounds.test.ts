import { readFileSync } from 'node:fs';
import { compilePack, EventJudge, EventTypes, parsePack } from '@tidegate/core';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const parsed = parsePack(parse(readFileSync(new URL('../../packs/healthtrack/pack.yaml', import.meta.url), 'utf8')));
if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
const types = new EventTypes([compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value })]);
const judge = new EventJudge();

/** Judged as it is sent; null: taken. */
function record(type: string, value: string, unit?: string) {
  const data = `{"metric_id":"m1","metric_type":"${type}","value":${value}${unit === undefined ? '' : `,"unit":"${unit}"`}}`;
  const event = `{"id":"e1","type":"health.metric.recorded","subject":"p1","occurred_at":"2026-11-21T09:00:00Z","data":${data}}`;
  const bytes = new TextEncoder().encode(event);
  return judge.judge(bytes, { start: 0, end: bytes.length }, { types, nowMs: Date.UTC(2026, 10, 21, 9) });
}

// What the requirements promise of `health.metric.recorded`, in the units named there.
const PROMISED = [
  { type: 'steps', unit: 'count', least: 0, most: 100_000 },
  { type: 'heart_rate', unit: 'bpm', least: 20, most: 250 },
  { type: 'resting_heart_rate', unit: 'bpm', least: 20, most: 200 },
  { type: 'sleep', unit: 'h', least: 0, most: 24 },
  { type: 'weight', unit: 'kg', least: 2, most: 500 },
  { type: 'water', unit: 'ml', least: 0, most: 10_000 },
  { type: 'calories_burned', unit: 'kcal', least: 0, most: 20_000 },
  { type: 'distance', unit: 'm', least: 0, most: 300_000 },
  { type: 'active_minutes', unit: 'min', least: 0, most: 1_440 },
  { type: 'blood_pressure_systolic', unit: 'mmHg', least: 50, most: 260 },
  { type: 'blood_pressure_diastolic', unit: 'mmHg', least: 30, most: 160 },
  { type: 'oxygen_saturation', unit: '%', least: 50, most: 100 },
  { type: 'body_temperature', unit: 'Cel', least: 30, most: 45 },
  { type: 'blood_glucose', unit: 'mg/dl', least: 20, most: 1_000 },
] as const;

describe.each(PROMISED)('$type in $unit', ({ type, unit, least, most }) => {
  test('is taken in that unit, or without one, and in no other', () => {
    const units = [...new Set(PROMISED.map((one) => one.unit)), 'lb'];
    expect(units.filter((one) => record(type, String(least), one) === null)).toEqual([unit]);
    expect(record(type, String(least), 'lb')).toMatchObject({ code: 'field_invalid', path: 'data.unit' });
  });

  test('is taken from its least to its most value, and not beyond by the smallest step', () => {
    expect([record(type, String(least)), record(type, `${most}`), record(type, `${most}.000000`)]).toEqual([null, null, null]);
    // A millionth is the finest that the field takes: `least - 1` and .999999 after it is a millionth below `least`.
    const below = least === 0 ? '-0.000001' : `${least - 1}.999999`;
    for (const value of type === 'steps' ? ['-1', '100001'] : [below, `${most}.000001`])
      expect(record(type, value)).toMatchObject({ code: 'field_out_of_range', path: 'data.value' });
  });
});

test('steps are whole', () => {
  expect(record('steps', '1.5')).toMatchObject({ path: 'data.value' });
  expect(record('weight', '1.5e1')).toBe(null);
});

test('a type beyond these, or a value that is no number, is refused', () => {
  expect(record('mood', '5')).toMatchObject({ path: 'data.metric_type' });
  expect(record('steps', '"5"')).toMatchObject({ path: 'data.value' });
  expect(record('steps', 'null')).toMatchObject({ path: 'data.value' });
});
