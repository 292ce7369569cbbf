import { join } from 'node:path';
import { parseMapping, sendFile } from '@tidegate/cli';
import type { Question } from '@tidegate/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOracle, sqlText, type Oracle } from '../oracle/oracle.ts';
import { putInForce, type DeclaredPack } from '../system/pack-in-force.ts';
import { startSystem, type RunningSystem } from '../system/running-system.ts';

// Domains that nobody shipped a pack for, each declared in the test and replayed from a real file; DuckDB over the same file
// says what must come out. The files may not be redistributed: TIDEGATE_DATA names the folder that holds them.
const folder = process.env['TIDEGATE_DATA'] ?? '';
let system: RunningSystem;
let oracle: Oracle;

beforeAll(async () => {
  oracle = await openOracle();
  system = await startSystem('ownsets', { packs: [] });
});

afterAll(async () => {
  await system?.stop();
  oracle?.close();
});

async function replayFile(file: string, pack: DeclaredPack, mapping: string): Promise<number> {
  await putInForce(system, pack);
  const order = { client: system.client, gateway: system.tidegate.gateway, stdin: process.stdin, stateFolder: null };
  const report = await sendFile({ ...order, file, mapping: parseMapping(mapping) });
  expect(report.examples).toEqual([]);
  expect(await system.client.counted(report.receipts, 120_000)).toBe(true);
  return report.accepted;
}

/** Text of numbers and times, so that exact decimals are compared to the digit. */
async function expectRows(question: Question, sql: string): Promise<void> {
  const answer = await system.client.queryAll(question);
  const toText = (value: unknown): string => String(value).replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}).*$/, '$1 $2');
  const rows = answer.rows.map((row) => row.map(toText).join(' | '));
  const expected = (await oracle.rows(sql)).map((row) => row.map(toText).join(' | '));
  expect(expected.length).toBeGreaterThan(0);
  expect(rows.toSorted()).toEqual(expected.toSorted());
}

const monthIn = (zone: string): string => `strftime(date_trunc('month', timezone('${zone}', instant)), '%Y-%m-%d %H:%M')`;

describe('runs of 116 athletes', () => {
  const file = join(folder, 'endurance/strava_runs_116_athletes.csv.gz');
  const pack = `
pack: runs
title: Runs
events:
  run.recorded:
    subject: required
    fields:
      gender: {type: enum, values: [F, M], dimension: true}
      distance_m: {type: decimal, scale_max: 3, min: 0, unit: m}
      elapsed_s: {type: integer, min: 0, unit: s}
      climb_m: {type: decimal, scale_max: 3, unit: m}
metrics:
  runs:
    events: [run.recorded]
    dimensions: [gender]
    sets: [[gender], [gender, subject]]
    measures:
      runs: {measure: count}
      distance: {measure: sum, field: distance_m}
      elapsed: {measure: sum, field: elapsed_s}
      climb: {measure: max, field: climb_m}
`;
  const mapping = `
event_type: run.recorded
subject: {column: athlete}
occurred_at: {column: timestamp, format: 'DD/MM/YYYY HH:mm', zone: UTC}
data:
  gender: {column: gender}
  distance_m: {column: distance (m), type: decimal}
  elapsed_s: {column: elapsed time (s), type: integer}
  climb_m: {column: elevation gain (m), type: decimal}
`;
  const range = { metric: 'runs', from: '1999-12-01', to: '2020-03-01' } as const;
  const sums = 'count(*)::VARCHAR, CAST(sum(distance) AS DOUBLE), sum(elapsed)::VARCHAR';

  beforeAll(async () => {
    await oracle.run(`CREATE TABLE runs AS SELECT athlete, gender, strptime(timestamp, '%d/%m/%Y %H:%M') AT TIME ZONE 'UTC' AS instant,
      CAST("distance (m)" AS DECIMAL(18, 3)) AS distance, CAST("elapsed time (s)" AS BIGINT) AS elapsed,
      CAST("elevation gain (m)" AS DECIMAL(18, 3)) AS climb FROM read_csv(${sqlText(file)}, header = true, all_varchar = true)`);
    // Exact copies of a row are real entries of the file: ids come from row numbers, so each counts.
    expect(await replayFile(file, { yaml: pack, eventType: 'run.recorded', metric: 'runs' }, mapping)).toBe(42_116);
  });

  test('distances add up to the centimetre over twenty years', async () => {
    await expectRows(
      { ...range, kind: 'table', measures: ['runs', 'distance', 'elapsed'], group_by: ['gender'] },
      `SELECT gender, ${sums} FROM runs GROUP BY 1`,
    );
    const all = await system.client.query({ ...range, kind: 'summary', measures: ['runs', 'distance', 'elapsed'] });
    // The sums that the file's description gives.
    expect(all.rows).toEqual([[42_116, 464_470_080.8, 178_823_428]]);
  });

  test.each(['UTC', 'America/St_Johns', 'Australia/Lord_Howe'])('the months of %s have their runs', async (zone) => {
    await expectRows(
      { ...range, kind: 'series', grain: 'month', zone, measures: ['runs', 'elapsed'] },
      `SELECT ${monthIn(zone)}, count(*)::VARCHAR, sum(elapsed)::VARCHAR FROM runs GROUP BY 1`,
    );
  });

  test('one athlete has the runs of that athlete', async () => {
    await expectRows(
      { ...range, kind: 'series', grain: 'month', measures: ['runs', 'elapsed'], subject: '116' },
      `SELECT ${monthIn('UTC')}, count(*)::VARCHAR, sum(elapsed)::VARCHAR FROM runs WHERE athlete = '116' GROUP BY 1`,
    );
  });
});

describe('services given to patients of a hospital', () => {
  const file = join(folder, 'clinical/bpic2011_hospital_events.csv.gz');
  const pack = `
pack: hospital
title: Hospital services
events:
  service.given:
    subject: required
    fields:
      department: {type: string, dimension: true, max_length: 200, optional: true}
      executions: {type: integer}
metrics:
  services:
    events: [service.given]
    dimensions: [department]
    measures:
      services: {measure: count}
      executions: {measure: sum, field: executions}
      least: {measure: min, field: executions}
`;
  const mapping = `
event_type: service.given
subject: {column: case_id}
occurred_at: {column: timestamp, format: iso}
data:
  department: {column: group}
  executions: {column: number_of_executions, type: integer}
`;

  test('corrections below zero and missing departments are counted as they are', async () => {
    await oracle.run(`CREATE TABLE services AS SELECT CAST(timestamp AS TIMESTAMPTZ) AS instant, "group" AS department,
      CAST(number_of_executions AS BIGINT) AS executions FROM read_csv(${sqlText(file)}, header = true, all_varchar = true)`);
    expect(await replayFile(file, { yaml: pack, eventType: 'service.given', metric: 'services' }, mapping)).toBe(150_291);
    const range = { metric: 'services', from: '2004-12-01', to: '2008-05-01' } as const;
    const all = await system.client.query({ ...range, kind: 'summary', measures: ['services', 'executions', 'least'] });
    const [[least] = []] = await oracle.rows('SELECT CAST(min(executions) AS INTEGER) FROM services');
    // Rows and the sum that the file's description gives.
    expect(all.rows).toEqual([[150_291, 262_275, least]]);
    await expectRows(
      { ...range, kind: 'table', measures: ['services', 'executions'], group_by: ['department'] },
      'SELECT department, count(*)::VARCHAR, sum(executions)::VARCHAR FROM services GROUP BY 1',
    );
    await expectRows(
      { ...range, kind: 'series', grain: 'month', zone: 'Europe/Oslo', measures: ['services', 'executions'] },
      `SELECT ${monthIn('Europe/Oslo')}, count(*)::VARCHAR, sum(executions)::VARCHAR FROM services GROUP BY 1`,
    );
  });
});
