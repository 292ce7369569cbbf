import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AnswerValue } from '@tidegate/sdk';
import { comparable } from '../oracle/comparable.ts';
import { openOracle, type Oracle } from '../oracle/oracle.ts';
import { dataFile, FITBIT_FOLDERS } from '../oracle/tables.ts';
import { replay } from '../system/replay.ts';
import { startSystem, type RunningSystem } from '../system/running-system.ts';

// Packs of several domains beside each other: real files in, answers at the routes that the packs declare.
let system: RunningSystem;
let oracle: Oracle;

beforeAll(async () => {
  oracle = await openOracle();
  system = await startSystem('domains', { packs: ['healthtrack', 'novamind', 'marb'] });
});

afterAll(async () => {
  await system?.stop();
  oracle?.close();
});

describe('Synthea’s encounters, as those of practices and as claims', () => {
  const encounters = dataFile('synthea27/clinical/encounters.csv.gz');
  const conditions = dataFile('synthea27/clinical/conditions.csv.gz');
  const inYears = "START::TIMESTAMPTZ >= '2014-01-01 00:00:00+00' AND START::TIMESTAMPTZ < '2019-01-01 00:00:00+00'";
  const years = 'start=2014-01-01&end=2018-12-31';

  async function read(path: string): Promise<Record<string, unknown>> {
    const answer = await fetch(`${system.tidegate.gateway}${path}`, { headers: { 'x-api-key': system.tidegate.apiKey } });
    expect(answer.status).toBe(200);
    return (await answer.json()) as Record<string, unknown>;
  }

  beforeAll(async () => {
    await oracle.run(`CREATE TABLE encounters AS FROM read_csv('${encounters}', header = true, all_varchar = true)`);
    for (const pack of ['novamind', 'marb']) await replay(system, { pack, file: encounters });
    await replay(system, { pack: 'marb', mapping: 'mapping-payments.yaml', file: encounters });
    await replay(system, { pack: 'novamind', mapping: 'mapping-diagnoses.yaml', file: conditions });
  });

  test('the most frequent diagnoses of a year have their patients', async () => {
    const top =
      await oracle.rows(`SELECT CODE, count(DISTINCT PATIENT)::INT FROM read_csv('${conditions}', header = true, all_varchar = true)
      WHERE START::DATE < DATE '2021-01-01' AND (STOP IS NULL OR STOP::DATE >= DATE '2020-01-01') GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5`);
    const { items } = (await read('/api/v1/analytics/diagnoses/distribution?start=2020-01-01&end=2020-12-31&limit=5')) as {
      items: Record<string, AnswerValue>[];
    };
    expect(items.map((row) => [row['diagnosis_code'], row['patients']])).toEqual(top);
  });

  test('the busiest practice has its figures at the route that its pack declares', async () => {
    const [[practice, all, patients, cost] = []] = await oracle.rows(`SELECT ORGANIZATION, count(*)::INT, count(DISTINCT PATIENT)::INT,
      sum(TOTAL_CLAIM_COST::DECIMAL(18, 2))::DOUBLE FROM encounters WHERE ${inYears} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1`);
    expect(await read(`/api/v1/analytics/practices/${practice}/metrics?${years}&interval=month`)).toMatchObject({
      practice_id: practice,
      totals: { encounters: all, completed: all, active_patients: patients, total_cost: cost, no_show_rate: 0 },
      meta: { status: 'current' },
    });
  });

  test('each payer has its claims, what was charged and what was paid', async () => {
    const { items } = (await read(`/api/v1/claims/metrics?${years}&group_by=payer`)) as { items: Record<string, AnswerValue>[] };
    const found = items.map((row) => ['key', 'remittances', 'charge_amount', 'paid_amount'].map((name) => row[name] ?? null));
    const expected =
      await oracle.rows(`SELECT PAYER, count(*)::INT, sum(TOTAL_CLAIM_COST::DECIMAL(18, 2))::DOUBLE, sum(PAYER_COVERAGE::DECIMAL(18, 2))::DOUBLE
      FROM encounters WHERE ${inYears.replaceAll('START', 'STOP')} GROUP BY 1`);
    expect(comparable(found)).toEqual(comparable(expected));
  });
});

describe('Fitbit steps, each export with a source of its own', () => {
  test('the same hours from two sources count twice', async () => {
    const totals: (readonly number[])[] = [];
    for (const folder of FITBIT_FOLDERS) {
      const file = dataFile(`fitbit/${folder}/hourlySteps_merged.csv.gz`);
      await replay(system, { pack: 'healthtrack', file, source: folder });
      const answer = await system.client.query({
        ...{ metric: 'health_metric', kind: 'summary', measures: ['count', 'sum'] },
        ...{ from: '2016-03-01', to: '2016-06-01', where: { metric_type: { eq: 'steps' } } },
      });
      totals.push((answer.rows[0] ?? []).map(Number));
    }
    // 24,084 / 6,893,291 of the first export, and 22,099 / 7,075,356 more with the second.
    expect(totals).toEqual([
      [24_084, 6_893_291],
      [24_084 + 22_099, 6_893_291 + 7_075_356],
    ]);
  });
});
