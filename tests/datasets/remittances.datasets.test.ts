import { join } from 'node:path';
import type { QuestionInput } from '@tidegate/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOracle, sqlText, type Oracle } from '../oracle/oracle.ts';
import { comparable } from '../packs/comparable.ts';
import { runPack } from '../packs/pack-in-process.ts';

// Real X12 835 remittances (2011 to 2012) and the billing steps of a Dutch hospital through the pack `marb`, against DuckDB over
// the same files.
const folder = join(process.env['TIDEGATE_DATA'] ?? '', 'claims');
const x12 = (name: string): string => join(folder, `x12/x12_835_${name}.csv.gz`);
const billing = join(folder, 'hospital_billing_events.csv.gz');
const read = (file: string): string => `read_csv(${sqlText(file)}, header = true, all_varchar = true)`;
const pack = runPack('marb');
let oracle: Oracle;

beforeAll(async () => {
  oracle = await openOracle();
  await oracle.run(`CREATE TABLE remits AS SELECT file, claim_seq, claim_filing_indicator AS payer, claim_status_code::INT AS code,
    payment_date::DATE AS day, charge_amount::DECIMAL(18, 2) AS charge, paid_amount::DECIMAL(18, 2) AS paid, patient_responsibility::DECIMAL(18, 2) AS patient
    FROM ${read(x12('claims'))}`);
  await oracle.run(`CREATE TABLE adjustments AS SELECT a.file, a.claim_seq, payer, code, day, group_code, reason_code, amount::DECIMAL(18, 2) AS amount
    FROM ${read(x12('adjustments'))} a JOIN remits USING (file, claim_seq)`);
  await oracle.run(`CREATE TABLE steps AS SELECT case_id AS claim, activity, timestamp::TIMESTAMPTZ AS instant FROM ${read(billing)}
    WHERE case_id IS NOT NULL AND case_id <> ''`);
});
afterAll(() => oracle?.close());

async function expectRows(question: QuestionInput, sql: string): Promise<void> {
  const expected = await oracle.rows(sql);
  expect(expected.length).toBeGreaterThan(0);
  expect(comparable(pack.ask({ from: '2011-01-01', to: '2016-01-01', ...question }))).toEqual(comparable(expected));
}

describe('remittances', () => {
  beforeAll(async () => {
    // The rows that the set's description counts.
    expect(await pack.sendFile('mapping-remittances.yaml', x12('claims'))).toEqual({ accepted: 527, faults: [] });
    expect(await pack.sendFile('mapping-adjustments.yaml', x12('adjustments'))).toEqual({ accepted: 2_914, faults: [] });
  });

  test('charges, payments and adjustments add up to the published sums', () => {
    const asked = { from: '2011-01-01', to: '2016-01-01', kind: 'summary' } as const;
    expect(pack.ask({ ...asked, metric: 'claims.remittances', measures: ['charged', 'paid'] })).toEqual([[1_276_909.35, 603_394.58]]);
    expect(pack.ask({ ...asked, metric: 'claims.adjustments', measures: ['adjustments', 'amount'] })).toEqual([[2_914, 1_024_038.77]]);
    // Claims with code 4, as the description says.
    expect(pack.ask({ ...asked, metric: 'claims.denials', measures: ['denials'] })).toEqual([[17]]);
  });

  test('each payer has its decisions and amounts, reversals subtracted', async () => {
    await expectRows(
      {
        metric: 'claims.remittances',
        kind: 'table',
        group_by: ['payer_id', 'claim_status_code'],
        measures: ['remittances', 'charged', 'paid', 'patient'],
      },
      `SELECT payer, code::VARCHAR, count(*)::INT, sum(charge)::VARCHAR, sum(paid)::VARCHAR, coalesce(sum(patient), 0)::VARCHAR FROM remits GROUP BY 1, 2`,
    );
  });

  test('each remittance decides as its code and its amounts say; reversals and what is forwarded unpaid decide nothing', async () => {
    await expectRows(
      { metric: 'claims.remittances', kind: 'table', group_by: ['payer_id', 'status'], measures: ['remittances'] },
      `SELECT payer, CASE WHEN code = 4 THEN 'denied' WHEN code NOT IN (1, 2, 3, 19, 20, 21) THEN NULL WHEN paid >= charge THEN 'paid'
       WHEN paid > 0 THEN 'partially_paid' WHEN paid = 0 THEN 'no_payment' END, count(*)::INT FROM remits GROUP BY 1, 2`,
    );
  });

  test('each group and reason has its adjustments, remittances and amount', async () => {
    await expectRows(
      {
        metric: 'claims.adjustments',
        kind: 'table',
        group_by: ['group_code', 'reason_code'],
        measures: ['adjustments', 'remittances', 'amount'],
      },
      `SELECT group_code, reason_code, count(*)::INT, count(DISTINCT (file, claim_seq))::INT, sum(amount)::VARCHAR FROM adjustments GROUP BY 1, 2`,
    );
  });

  test('each payer has the reasons of its denials', async () => {
    await expectRows(
      {
        metric: 'claims.denial_reasons',
        kind: 'table',
        group_by: ['payer_id', 'group_code', 'reason_code'],
        measures: ['denials', 'amount'],
      },
      `SELECT payer, group_code, reason_code, count(DISTINCT (file, claim_seq))::INT, sum(amount)::VARCHAR FROM adjustments
       WHERE code = 4 AND group_code <> 'PR' AND reason_code <> '45' GROUP BY 1, 2, 3`,
    );
  });

  test('the denied have the patterns that their adjustments make, each with its share of the payer’s', async () => {
    const asked = { start: '2011-01-01', end: '2011-12-31', min_count: '1' };
    const { items } = (await pack.view('denial_patterns', asked)) as { items: Record<string, unknown>[] };
    const found = items.map((row) =>
      ['payer_id', 'group_code', 'reason_code', 'denials', 'denied_amount', 'share_pct'].map((name) => row[name]),
    );
    const expected = await oracle.rows(`SELECT payer, group_code, reason_code, count(DISTINCT (file, claim_seq))::INT, sum(amount)::VARCHAR,
      round(100 * count(DISTINCT (file, claim_seq)) / (SELECT count(*) FROM remits r WHERE r.payer = a.payer AND code = 4 AND day < DATE '2012-01-01'), 2)
      FROM adjustments a WHERE code = 4 AND group_code <> 'PR' AND reason_code <> '45' AND day < DATE '2012-01-01' GROUP BY 1, 2, 3`);
    expect(expected.length).toBeGreaterThan(0);
    expect(comparable(found)).toEqual(comparable(expected));
  });

  test('each payer has its share of denied among decided claims', async () => {
    const { items } = (await pack.view('claims_metrics', { start: '2011-01-01', end: '2012-12-31', group_by: 'payer' })) as {
      items: Record<string, unknown>[];
    };
    const found = items.map((row) =>
      ['key', 'denied', 'denial_rate', 'charge_amount', 'paid_amount', 'collection_rate'].map((name) => row[name]),
    );
    const expected = await oracle.rows(`SELECT payer, (count(*) FILTER (code = 4))::INT,
      round(100 * count(*) FILTER (code = 4) / count(*) FILTER (code IN (1, 2, 3, 19, 20, 21, 4)), 2), sum(charge)::VARCHAR, sum(paid)::VARCHAR,
      round(100 * sum(paid)::DOUBLE / sum(charge)::DOUBLE, 2) FROM remits GROUP BY 1`);
    expect(comparable(found)).toEqual(comparable(expected));
  });
});

describe('steps of a hospital’s billing', () => {
  test('each activity has its steps, but for the one row that names no claim', async () => {
    expect(await pack.sendFile('mapping-billing.yaml', billing)).toMatchObject({ faults: [] });
    await expectRows(
      { metric: 'claims.steps', kind: 'table', group_by: ['activity'], measures: ['steps'] },
      'SELECT activity, count(*)::INT FROM steps GROUP BY 1',
    );
  });

  test('claims come to states: what was rejected and what was reversed, of how many claims', async () => {
    await expectRows(
      {
        metric: 'claims.steps',
        kind: 'table',
        group_by: ['status'],
        measures: ['steps', 'claims'],
        where: { status: { in: ['rejected', 'reversed'] } },
      },
      `SELECT CASE activity WHEN 'STORNO' THEN 'reversed' ELSE 'rejected' END, count(*)::INT, count(DISTINCT claim)::INT FROM steps
       WHERE activity IN ('STORNO', 'REJECT', 'CODE NOK', 'CODE ERROR') GROUP BY 1`,
    );
  });

  test.each(['UTC', 'Europe/Amsterdam'])('the months of %s have their bills', async (zone) => {
    await expectRows(
      { metric: 'claims.steps', kind: 'series', grain: 'month', zone, measures: ['steps'], where: { activity: { eq: 'BILLED' } } },
      `SELECT strftime(date_trunc('month', timezone('${zone}', instant)), '%Y-%m-%d %H:%M'), count(*)::INT FROM steps
       WHERE activity = 'BILLED' GROUP BY 1`,
    );
  });
});
