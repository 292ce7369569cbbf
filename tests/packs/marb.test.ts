import { readFileSync } from 'node:fs';
import { parsePack } from '@tidegate/core';
import type { QuestionInput } from '@tidegate/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openOracle, sqlText, type Oracle } from '../oracle/oracle.ts';
import { dataFile } from '../oracle/tables.ts';
import { comparable } from './comparable.ts';
import { packFile, runPack } from './pack-in-process.ts';

// Synthea's claims (synthetic people and prices) through the pack, against DuckDB over the same files.
/** DuckDB reads the files once, on a machine that is busy with other tests. */
const LOADED_WITHIN_MS = 60_000;
const ALL_TIME = { from: '1900-01-01', to: '2030-01-01' } as const;
const encounters = dataFile('synthea27/clinical/encounters.csv.gz');
const payers = dataFile('synthea27/claims/payers.csv.gz');

const pack = runPack('marb');
let oracle: Oracle;

beforeAll(async () => {
  oracle = await openOracle();
  await oracle.run(`CREATE TABLE claims AS SELECT Id AS claim, PATIENT AS patient, PAYER AS payer, PROVIDER AS provider, ORGANIZATION AS practice,
    STOP::TIMESTAMPTZ AS instant, TOTAL_CLAIM_COST::DECIMAL(18, 2) AS charge, PAYER_COVERAGE::DECIMAL(18, 2) AS paid
    FROM read_csv(${sqlText(encounters)}, header = true, all_varchar = true)`);
}, LOADED_WITHIN_MS);
afterAll(() => oracle?.close());

async function expectRows(question: QuestionInput, sql: string): Promise<void> {
  const expected = await oracle.rows(sql);
  expect(expected.length).toBeGreaterThan(0);
  expect(comparable(pack.ask({ ...ALL_TIME, ...question }))).toEqual(comparable(expected));
}

test('every encounter is a claim and what was paid for it; every payer is known', async () => {
  const [[rows] = []] = await oracle.rows('SELECT count(*)::INT FROM claims');
  expect(await pack.sendFile('mapping.yaml', encounters)).toEqual({ accepted: rows, faults: [] });
  expect(await pack.sendFile('mapping-payments.yaml', encounters)).toEqual({ accepted: rows, faults: [] });
  // The set has ten payers.
  expect(await pack.sendFile('mapping-payers.yaml', payers)).toEqual({ accepted: 10, faults: [] });
});

describe('claims.submitted', () => {
  test.each([
    ['payer_id', 'payer'],
    ['provider_id', 'provider'],
    ['practice_id', 'practice'],
  ])('each %s has its claims, patients and charges', async (dimension, column) => {
    await expectRows(
      { metric: 'claims.submitted', kind: 'table', group_by: [dimension], measures: ['claims', 'patients', 'charged'] },
      `SELECT ${column}, count(*)::INT, count(DISTINCT patient)::INT, sum(charge)::VARCHAR FROM claims GROUP BY 1`,
    );
  });

  test.each(['UTC', 'America/St_Johns'])('the years of %s have their charges', async (zone) => {
    await expectRows(
      { metric: 'claims.submitted', kind: 'series', grain: 'year', zone, measures: ['claims', 'charged'] },
      `SELECT strftime(date_trunc('year', timezone('${zone}', instant)), '%Y-%m-%d %H:%M'), count(*)::INT, sum(charge)::VARCHAR
       FROM claims GROUP BY 1`,
    );
  });

  test('charges lie as they do', async () => {
    const [[p50, p95] = []] = pack.ask({
      ...ALL_TIME,
      metric: 'claims.submitted',
      kind: 'summary',
      measures: ['charge.p50', 'charge.p95'],
    });
    const [[median, high] = []] = await oracle.rows(
      'SELECT quantile_disc(charge, 0.5)::DOUBLE, quantile_disc(charge, 0.95)::DOUBLE FROM claims',
    );
    expect(Math.abs(Number(p50) / Number(median) - 1)).toBeLessThanOrEqual(0.01);
    expect(Math.abs(Number(p95) / Number(high) - 1)).toBeLessThanOrEqual(0.01);
  });
});

test('claims.remittances: each payer has what it was charged and paid, to the cent', async () => {
  await expectRows(
    { metric: 'claims.remittances', kind: 'table', group_by: ['payer_id'], measures: ['remittances', 'charged', 'paid'] },
    'SELECT payer, count(*)::INT, sum(charge)::VARCHAR, sum(paid)::VARCHAR FROM claims GROUP BY 1',
  );
});

test('each payer has its claims paid in full, in part and not at all', async () => {
  await expectRows(
    { metric: 'claims.remittances', kind: 'table', group_by: ['payer_id', 'status'], measures: ['remittances'] },
    `SELECT payer, CASE WHEN paid >= charge THEN 'paid' WHEN paid > 0 THEN 'partially_paid' ELSE 'no_payment' END, count(*)::INT
     FROM claims GROUP BY 1, 2`,
  );
});

describe('the view claims_metrics', () => {
  const window = { start: '2014-01-01', end: '2018-12-31' };
  const inWindow = "instant >= '2014-01-01 00:00:00+00' AND instant < '2019-01-01 00:00:00+00'";
  const figures =
    'count(*)::INT, sum(charge)::DOUBLE, sum(paid)::DOUBLE, round(100 * sum(paid)::DOUBLE / nullif(sum(charge)::DOUBLE, 0), 2)';

  test.each(['payer', 'provider', 'practice'])('each %s has what was charged and paid, and the share that was collected', async (group) => {
    const { items } = (await pack.view('claims_metrics', { ...window, group_by: group })) as { items: Record<string, unknown>[] };
    const found = items.map((row) => [row['key'], row['remittances'], row['charge_amount'], row['paid_amount'], row['collection_rate']]);
    expect(comparable(found)).toEqual(
      comparable(await oracle.rows(`SELECT ${group}, ${figures} FROM claims WHERE ${inWindow} GROUP BY 1`)),
    );
    // Synthea denies nothing.
    for (const row of items) expect(row).toMatchObject({ denied: 0, denial_rate: 0 });
  });

  test('all of them together', async () => {
    const { items } = (await pack.view('claims_metrics', window)) as { items: Record<string, unknown>[] };
    const [[count, charged, paid, collected] = []] = await oracle.rows(`SELECT ${figures} FROM claims WHERE ${inWindow}`);
    expect(items).toMatchObject([{ key: null, remittances: count, charge_amount: charged, paid_amount: paid, collection_rate: collected }]);
  });
});

test('claims.payer_changes: each payer was told of once', async () => {
  await expectRows(
    { metric: 'claims.payer_changes', kind: 'table', group_by: ['payer_id'] },
    `SELECT Id, 1 FROM read_csv(${sqlText(payers)}, header = true, all_varchar = true)`,
  );
});

test('claims, remittances, episodes and risks have the indexes by which they are looked for', () => {
  const parsed = parsePack(parse(readFileSync(packFile('marb', 'pack.yaml'), 'utf8')));
  if (!parsed.ok) throw new Error('the pack has faults');
  const indexesOf = (entity: string) => (parsed.value.entities?.[entity]?.indexes ?? []).map((columns) => columns.join(' '));
  expect(indexesOf('claim')).toEqual(
    expect.arrayContaining(['payer_id _created_at', 'provider_id _created_at', 'practice_id _created_at', '_created_at']),
  );
  const ofSteps = ['claim_id _created_at', '_created_at', 'status _created_at', 'payer_id status', 'payment_date', 'status payment_date'];
  expect(indexesOf('claim_step')).toEqual(ofSteps);
  expect(indexesOf('remittance')).toEqual(expect.arrayContaining(['payer_id', '_created_at']));
  expect(indexesOf('episode')).toEqual(expect.arrayContaining(['claim_id', 'remittance_id', '_created_at', 'status _created_at']));
  expect(indexesOf('risk')).toEqual(['_updated_at']);
});

describe('what no public set holds, by the synthetic samples', () => {
  const samples = runPack('marb');
  const ask = (question: QuestionInput) => samples.ask({ ...ALL_TIME, ...question });
  beforeAll(() => {
    for (const file of ['claims', 'work']) {
      const lines = readFileSync(packFile('marb', `samples/${file}.ndjson`), 'utf8')
        .trim()
        .split('\n');
      expect(samples.send(lines)).toEqual(lines.map(() => null));
    }
  });

  test('synthetic: a reversal is subtracted from what was charged and paid, and is no denial', () => {
    // 240.00 + 180.50 - 240.00 charged, 190.00 + 0 - 190.00 paid, 20.00 + 0 - 20.00 left to patients.
    const measures = ['remittances', 'charged', 'paid', 'patient'];
    expect(ask({ metric: 'claims.remittances', kind: 'summary', measures })).toEqual([[3, 180.5, 0, 0]]);
    expect(ask({ metric: 'claims.denials', kind: 'table', group_by: ['payer_id'] })).toEqual([['acme-health', 180.5, 1]]);
  });

  test('synthetic: a denial has its reason, which neither the write-off nor the patient’s share is', () => {
    const measures = ['denials', 'amount'];
    const rows = ask({
      metric: 'claims.denial_reasons',
      kind: 'table',
      group_by: ['payer_id', 'group_code', 'reason_code', 'procedure_code'],
      measures,
    });
    expect(rows).toEqual([['acme-health', 'CO', '16', '90834', 1, 180.5]]);
    expect(ask({ metric: 'claims.adjustments', kind: 'table', group_by: ['group_code'], measures: ['adjustments', 'amount'] })).toEqual([
      ['CO', 2, 210.5],
      ['PR', 1, 20],
    ]);
  });

  test('synthetic: of two claims that were decided one was denied, and a reversal decides nothing', async () => {
    expect(await samples.view('claims_metrics', { start: '2026-10-01', end: '2026-10-31', group_by: 'payer' })).toMatchObject({
      items: [{ key: 'acme-health', remittances: 3, denied: 1, denial_rate: 50, charge_amount: 180.5, paid_amount: 0, collection_rate: 0 }],
      adjustments: [
        { group_code: 'CO', amount: 210.5 },
        { group_code: 'PR', amount: 20 },
      ],
    });
  });

  test('synthetic: a pattern of denial grows where it lies in the later half of the days', async () => {
    const pattern = {
      payer_id: 'acme-health',
      group_code: 'CO',
      reason_code: '16',
      procedure_code: '90834',
      denials: 1,
      denied_amount: 180.5,
    };
    const seen = { share_pct: 100, first_seen: '2026-10-20', last_seen: '2026-10-20', confidence: 'low' };
    const patterns = async (days: Record<string, string>) => samples.view('denial_patterns', { min_count: '1', ...days });
    // Of 18 to 20 October the later half is the 19th and 20th; of 20 to 31 October the earlier six days hold the 20th.
    expect(await patterns({ start: '2026-10-18', end: '2026-10-20' })).toMatchObject({ items: [{ ...pattern, ...seen, trend: 1 }] });
    expect(await patterns({ start: '2026-10-20', end: '2026-10-31' })).toMatchObject({ items: [{ ...pattern, ...seen, trend: -1 }] });
    expect(await patterns({ start: '2026-10-20', end: '2026-10-20' })).toMatchObject({ items: [{ ...pattern, ...seen, trend: 1 }] });
    expect(await samples.view('denial_patterns', { start: '2026-10-18', end: '2026-10-20' })).toMatchObject({ items: [] });
    expect(await patterns({ payer_id: 'state-fund' })).toMatchObject({ items: [] });
  });

  test('synthetic: episodes are opened, and go from state to state', () => {
    expect(ask({ metric: 'claims.episodes_opened', kind: 'summary' })).toEqual([[2, 2]]);
    expect(ask({ metric: 'claims.episode_steps', kind: 'table', group_by: ['status'], measures: ['steps', 'episodes'] })).toEqual([
      ['appealed', 1, 1],
      ['complete', 1, 1],
      ['in_review', 1, 1],
    ]);
  });

  test('synthetic: risk scores by level, and how they lie', () => {
    // 12.5 and 62.25: mean 37.375; one below 30, one from 60 to 80.
    expect(ask({ metric: 'claims.risks', kind: 'table', group_by: ['level'], measures: ['scores'] })).toEqual([
      ['high', 1],
      ['low', 1],
    ]);
    const [[mean, spread] = []] = ask({ metric: 'claims.risks', kind: 'summary', measures: ['mean', 'spread'] });
    expect(mean).toBe(37.375);
    expect((spread as readonly { readonly count: number }[]).map(({ count }) => count)).toEqual([1, 0, 1, 0]);
  });

  test('synthetic: remittances, episodes, claims, risks and settings are read by their plain ids, and are not there where none came', async () => {
    const adjustments = [
      { group_code: 'CO', reason_code: '45', amount: 30, level: 'service', service_seq: 1 },
      { group_code: 'PR', reason_code: '3', amount: 20, level: 'claim', service_seq: null },
    ];
    expect(await samples.view('remittance', { remit_id: 're-1' })).toEqual({
      ...{
        remit_id: 're-1',
        claim_id: 'cl-1',
        payer_id: 'acme-health',
        payment_date: '2026-10-20',
        claim_status_code: 1,
        charge_amount: 240,
      },
      ...{ paid_amount: 190, patient_responsibility: 20, adjustments, received_at: '2026-10-20T08:00:00.000Z' },
    });
    const times = { opened_at: '2026-10-21T08:00:00.000Z', completed_at: '2026-11-04T20:00:00.000Z' };
    expect(await samples.view('episode', { episode_id: 'ep-1' })).toEqual({
      episode_id: 'ep-1',
      claim_id: 'cl-2',
      remittance_id: 're-2',
      status: 'complete',
      ...times,
      history: [
        { status: 'open', at: times.opened_at },
        { status: 'in_review', at: '2026-10-22T08:00:00.000Z' },
        { status: 'appealed', at: '2026-10-23T08:00:00.000Z' },
        { status: 'complete', at: times.completed_at },
      ],
    });
    expect(await samples.view('episode', { episode_id: 'ep-2' })).toMatchObject({
      status: 'open',
      remittance_id: null,
      completed_at: null,
    });
    // Accepted, then paid 190 of 240; that this was reversed decides nothing.
    expect(await samples.view('claim', { claim_id: 'cl-1' })).toMatchObject({
      ...{ claim_id: 'cl-1', status: 'partially_paid', charge_amount: 240, service_date: '2026-09-28', diagnosis_codes: ['F33.1'] },
      lines: [{ line_no: 1, procedure_code: '90834', units: 1, charge_amount: 140 }, { line_no: 2 }],
    });
    // One other claim was decided, of the same payer, provider and procedure, and was paid: (0 + 20 · 0.1) / 21 each, and 15 for no diagnosis.
    const risk = { claim_id: 'cl-2', score: 24.52, level: 'low', calculated_at: '2026-11-21T00:00:00.000Z' };
    for (const view of ['claim_risk', 'risk']) expect(await samples.view(view, { claim_id: 'cl-2' })).toMatchObject(risk);
    expect(await samples.view('payer', { payer_id: 'acme-health' })).toEqual({
      ...{
        payer_id: 'acme-health',
        name: 'Acme Health',
        filing_limit_days: 90,
        prior_auth_procedures: ['90837'],
        config: { portal: 'edi' },
      },
    });
    expect(await samples.view('provider', { provider_id: 'dr-1' })).toEqual({ provider_id: 'dr-1', config: { appeals: 'auto' } });
    expect(await samples.view('practice_config', { practice_id: 'north' })).toMatchObject({ config: { review_days: 3 } });
    for (const [view, param] of [
      ['remittance', 'remit_id'],
      ['episode', 'episode_id'],
      ['claim', 'claim_id'],
      ['risk', 'claim_id'],
      ['payer', 'payer_id'],
    ] as const) {
      expect(await samples.view(view, { [param]: 'none' })).toBeUndefined();
    }
  });

  test('synthetic: claims are listed newest first, by state and page by page', async () => {
    const idsOf = async (params: Record<string, string>) => {
      const { items, next_cursor: next } = (await samples.view('claims', params)) as {
        items: { claim_id: string }[];
        next_cursor: string | null;
      };
      return { ids: items.map(({ claim_id: id }) => id), next };
    };
    expect(await idsOf({})).toEqual({ ids: ['cl-3', 'cl-2', 'cl-1'], next: null });
    expect(await idsOf({ status: 'denied' })).toEqual({ ids: ['cl-2'], next: null });
    expect(await idsOf({ status: 'closed' })).toEqual({ ids: [], next: null });
    expect(
      await idsOf({ payer_id: 'acme-health', created_from: '2026-10-01T10:05:00Z', created_to: '2026-10-02T00:00:00Z' }),
    ).toMatchObject({ ids: ['cl-2'] });
    const first = await idsOf({ limit: '2' });
    expect(first.ids).toEqual(['cl-3', 'cl-2']);
    expect(await idsOf({ limit: '2', cursor: first.next ?? '' })).toEqual({ ids: ['cl-1'], next: null });
  });

  test('synthetic: claims come to states, and what is set changes', () => {
    expect(ask({ metric: 'claims.steps', kind: 'table', group_by: ['status'], measures: ['claims'] })).toEqual([
      ['accepted', 1],
      ['denied', 1],
    ]);
    expect(ask({ metric: 'claims.provider_changes', kind: 'table', group_by: ['provider_id'] })).toEqual([['dr-1', 1]]);
    expect(ask({ metric: 'claims.practice_changes', kind: 'table', group_by: ['practice_id'] })).toEqual([['north', 1]]);
  });
});
