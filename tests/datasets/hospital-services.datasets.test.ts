import { join } from 'node:path';
import type { QuestionInput } from '@tidegate/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOracle, sqlText, type Oracle } from '../oracle/oracle.ts';
import { comparable } from '../packs/comparable.ts';
import { runPack } from '../packs/pack-in-process.ts';

// The services of a Dutch hospital (BPI Challenge 2011) through the pack `novamind`, against DuckDB over the same file.
const file = join(process.env['TIDEGATE_DATA'] ?? '', 'clinical/bpic2011_hospital_events.csv.gz');
const pack = runPack('novamind');
let oracle: Oracle;

beforeAll(async () => {
  oracle = await openOracle();
  await oracle.run(`CREATE TABLE services AS SELECT case_id AS patient, activity_code AS code, "group" AS department,
    CAST(timestamp AS TIMESTAMPTZ) AS instant, CAST(number_of_executions AS BIGINT) AS quantity
    FROM read_csv(${sqlText(file)}, header = true, all_varchar = true)`);
});
afterAll(() => oracle?.close());

async function expectRows(question: Partial<QuestionInput>, sql: string): Promise<void> {
  const asked = { metric: 'clinical.services', kind: 'table', from: '2005-01-01', to: '2008-04-01', ...question } as const;
  expect(comparable(pack.ask(asked))).toEqual(comparable(await oracle.rows(sql)));
}

describe('services of a hospital', () => {
  beforeAll(async () => {
    // The rows that the file's description counts.
    expect(await pack.sendFile('mapping-services.yaml', file)).toEqual({ accepted: 150_291, faults: [] });
  });

  test('quantities add up to the published sum, corrections subtracted', async () => {
    const asked = { from: '2005-01-01', to: '2008-04-01', kind: 'summary' } as const;
    expect(pack.ask({ ...asked, metric: 'clinical.services', measures: ['services', 'quantity'] })).toEqual([[150_291, 262_275]]);
    const [[negative, taken, ones] = []] = await oracle.rows(
      'SELECT count(*)::INT, sum(quantity)::INT, (count(*) FILTER (quantity = -1))::INT FROM services WHERE quantity < 0',
    );
    expect(pack.ask({ ...asked, metric: 'clinical.corrections' })).toEqual([[negative, taken]]);
    // The rows of -1 that the description counts.
    expect(ones).toBe(1_093);
  });

  test.each([
    ['department', 'department'],
    ['activity_code', 'code'],
  ])('each %s has its services and quantity, and its patients: exactly to 1,024, close to that beyond', async (dimension, column) => {
    const asked = { metric: 'clinical.services', kind: 'table', from: '2005-01-01', to: '2008-04-01' } as const;
    const rows = pack.ask({ ...asked, group_by: [dimension], measures: ['services', 'quantity', 'patients'] });
    const expected = await oracle.rows(
      `SELECT ${column}, count(*)::INT, sum(quantity)::INT, count(DISTINCT patient)::INT FROM services GROUP BY 1`,
    );
    const withoutPatients = (all: readonly (readonly unknown[])[]) => comparable(all.map((row) => row.slice(0, 3)));
    expect(withoutPatients(rows)).toEqual(withoutPatients(expected));
    const patientsOf = new Map(rows.map(([key, , , patients]) => [key, Number(patients)]));
    for (const [key, , , patients] of expected) {
      const error = Math.abs((patientsOf.get(key ?? null) ?? 0) - Number(patients));
      expect(error).toBeLessThanOrEqual(Number(patients) <= 1_024 ? 0 : Number(patients) * 0.025);
    }
  });

  test('one patient has the services of that patient, by department', async () => {
    await expectRows(
      { group_by: ['department'], measures: ['services', 'quantity'], subject: '00000007' },
      `SELECT department, count(*)::INT, sum(quantity)::INT FROM services WHERE patient = '00000007' GROUP BY 1`,
    );
  });

  test.each(['UTC', 'Europe/Amsterdam'])('the months of %s have their services', async (zone) => {
    await expectRows(
      { kind: 'series', grain: 'month', zone, measures: ['services', 'quantity'] },
      `SELECT strftime(date_trunc('month', timezone('${zone}', instant)), '%Y-%m-%d %H:%M'), count(*)::INT, sum(quantity)::INT
       FROM services GROUP BY 1`,
    );
  });
});
