import { pickFrom } from '../load/load-events.ts';
import { between, DAY_MS, dateOf, personOf, type SeedEvent, type SeedUnit } from './seed-unit.ts';

/** Four claims a patient; payers, providers and practices as an installation of some size has them. */
const PAYERS = 12;
const PROVIDERS = 60;
const PRACTICES = 8;
const PROCEDURES = ['99213', '99214', '90834', '90837', '71046', '80053'] as const;
const DIAGNOSES = ['E11.9', 'I10', 'F32.1', 'J45.909', 'M54.50'] as const;
const REASONS = ['16', '29', '50', '96', '97', '197'] as const;

/** A claim, what its payer said of it, and the work on it where it was not paid. */
export function claimEvents(unit: SeedUnit): readonly SeedEvent[] {
  const { number, draw, untilMs, days } = unit;
  const claim: Claim = {
    id: personOf(number),
    parties: {
      payer_id: `payer-${between(draw, 1, PAYERS)}`,
      provider_id: `provider-${between(draw, 1, PROVIDERS)}`,
      practice_id: `practice-${between(draw, 1, PRACTICES)}`,
    },
    charge: between(draw, 5_000, 250_000) / 100,
    atMs: Math.floor(untilMs - draw() * days * DAY_MS),
  };
  const decidedMs = claim.atMs + between(draw, 3, 30) * DAY_MS;
  const outcome = pickFrom(['paid', 'paid', 'paid', 'paid', 'paid', 'paid', 'partly', 'denied', 'denied', 'open'], draw);
  const begun = [...rulesOf(unit), submitted(claim, unit), stateOf(claim, 'accepted', claim.atMs + DAY_MS), riskOf(claim, unit)];
  if (outcome === 'open') return begun;
  const paid = { paid: claim.charge, partly: Math.floor(claim.charge * 60) / 100, denied: 0 }[outcome];
  const decided = [...begun, remittance(claim, { paid, isDenied: outcome === 'denied', atMs: decidedMs })];
  if (outcome === 'paid') return decided;
  return [
    ...decided,
    adjustment(claim, { amount: claim.charge - paid, isDenied: outcome === 'denied', atMs: decidedMs, unit }),
    ...episode(claim, decidedMs, unit),
  ];
}

/** The first units bring the payers. */
function rulesOf({ number, untilMs, days }: SeedUnit): readonly SeedEvent[] {
  if (number >= PAYERS) return [];
  const data = { payer_id: `payer-${number + 1}`, name: `Payer ${number + 1}`, filing_limit_days: 90 };
  return [{ type: 'claims.payer.updated', occurred_at: untilMs - days * DAY_MS, data }];
}

interface Claim {
  readonly id: string;
  readonly parties: { readonly payer_id: string; readonly provider_id: string; readonly practice_id: string };
  readonly charge: number;
  readonly atMs: number;
}

function submitted({ id, charge, atMs, parties }: Claim, { number, draw }: SeedUnit): SeedEvent {
  const lines = [{ line_no: 1, procedure_code: pickFrom(PROCEDURES, draw), units: 1, charge_amount: charge }];
  return {
    type: 'claims.claim.submitted',
    subject: `seed-patient-${Math.floor(number / 4)}`,
    occurred_at: atMs,
    data: {
      ...{
        claim_id: id,
        ...parties,
        charge_amount: charge,
        service_date: dateOf(atMs - 2 * DAY_MS),
        submitted_at: new Date(atMs).toISOString(),
      },
      ...{ diagnosis_codes: [pickFrom(DIAGNOSES, draw)], lines },
    },
  };
}

function stateOf(claim: Claim, status: string, atMs: number): SeedEvent {
  return { type: 'claims.claim.status_changed', occurred_at: atMs, data: { claim_id: claim.id, status } };
}

function riskOf({ id, parties: { payer_id: payer }, atMs }: Claim, { draw }: SeedUnit): SeedEvent {
  const score = between(draw, 0, 100);
  const level = score < 30 ? 'low' : score < 60 ? 'medium' : score < 80 ? 'high' : 'critical';
  return { type: 'claims.risk.calculated', occurred_at: atMs + 1_000, data: { claim_id: id, payer_id: payer, score, level } };
}

interface Decision {
  readonly paid: number;
  readonly isDenied: boolean;
  readonly atMs: number;
}

function remittance({ id, charge, parties }: Claim, { paid, isDenied, atMs }: Decision): SeedEvent {
  const said = { claim_status_code: isDenied ? 4 : 1, charge_amount: charge, paid_amount: paid, payment_date: dateOf(atMs) };
  return { type: 'claims.remittance.received', occurred_at: atMs, data: { remit_id: `${id}-r`, claim_id: id, ...parties, ...said } };
}

interface TakenOff {
  readonly amount: number;
  readonly isDenied: boolean;
  readonly atMs: number;
  readonly unit: SeedUnit;
}

function adjustment({ id, parties: { payer_id: payer } }: Claim, { amount, isDenied, atMs, unit: { draw } }: TakenOff): SeedEvent {
  return {
    type: 'claims.adjustment.received',
    occurred_at: atMs,
    data: {
      ...{ adjustment_id: `${id}-a`, remit_id: `${id}-r`, claim_id: id, payer_id: payer, claim_status_code: isDenied ? 4 : 1 },
      ...{
        group_code: 'CO',
        reason_code: isDenied ? pickFrom(REASONS, draw) : '45',
        amount: Math.round(amount * 100) / 100,
        level: 'claim',
      },
    },
  };
}

function episode({ id }: Claim, fromMs: number, { draw }: SeedUnit): readonly SeedEvent[] {
  const episodeId = `${id}-e`;
  const of = { episode_id: episodeId };
  const reviewMs = fromMs + between(draw, 1, 5) * DAY_MS;
  return [
    { type: 'claims.episode.opened', occurred_at: fromMs + 3_600_000, data: { ...of, claim_id: id, remittance_id: `${id}-r` } },
    { type: 'claims.episode.status_changed', occurred_at: reviewMs, data: { ...of, status: 'in_review' } },
    { type: 'claims.episode.completed', occurred_at: reviewMs + between(draw, 2, 20) * DAY_MS, data: { ...of, status: 'complete' } },
  ];
}
