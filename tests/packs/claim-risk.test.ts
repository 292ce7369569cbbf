import { describe, expect, test } from 'vitest';
import { runPack } from './pack-in-process.ts';

// Synthetic claims, by a brute force over them and by hand.

const DAY_MS = 86_400_000;
/** The last day of the window is the 21st of November 2026. */
const dayAt = (ago: number): string => new Date(Date.UTC(2026, 10, 21) - ago * DAY_MS).toISOString();

interface Decision {
  readonly ago: number;
  readonly denied: boolean;
  /** A state alone, or a remittance. */
  readonly by: 'remittance' | 'state';
}

interface Claim {
  readonly id: string;
  readonly payer: string;
  readonly provider: string;
  readonly codes: readonly string[];
  readonly decisions: readonly Decision[];
}

const CLAIMS: readonly Claim[] = Array.from({ length: 60 }, (_, at) => ({
  id: `c-${at}`,
  payer: ['acme', 'fund', 'care'][at % 3] ?? '',
  provider: ['dr-1', 'dr-2'][Math.floor(at / 3) % 2] ?? '',
  codes: [['X'], ['X', 'Y'], ['Y'], ['Z'], []][at % 5] ?? [],
  decisions: at % 7 === 6 ? [] : decisionsOf(at),
}));

function decisionsOf(at: number): readonly Decision[] {
  return [
    // Long ago every claim was denied, which counts no more.
    { ago: 400, denied: true, by: 'remittance' },
    { ago: 100 - at, denied: at % 4 === 0, by: at % 2 === 0 ? 'remittance' : 'state' },
    // What is decided anew counts by its latest decision.
    ...(at % 8 === 0 ? [{ ago: 20, denied: false, by: 'state' } as const] : []),
  ];
}

interface Shares {
  readonly denied: number;
  readonly decided: number;
}

function sharesOf(isOne: (claim: Claim) => boolean): Shares {
  const latest = CLAIMS.filter(isOne).flatMap(
    ({ decisions }) => decisions.filter(({ ago }) => ago < 365).toSorted((a, b) => a.ago - b.ago)[0] ?? [],
  );
  return { denied: latest.filter(({ denied }) => denied).length, decided: latest.length };
}

function createClaims() {
  const pack = runPack('marb');
  let sent = 0;
  const send = (type: string, at: string, more: object): void => {
    sent += 1;
    expect(pack.send([JSON.stringify({ id: `e-${sent}`, type, occurred_at: at, ...more })])).toEqual([null]);
  };
  const submit = (id: string, more: object, { who = `patient-${id}`, ago = 200 } = {}): void => {
    const places = { claim_id: id, payer_id: 'acme', provider_id: 'dr-1', practice_id: 'north' };
    const data = { charge_amount: 100, diagnosis_codes: ['F33.1'], service_date: '2026-05-01', submitted_at: dayAt(ago) };
    send('claims.claim.submitted', dayAt(ago), { subject: who, data: { ...places, ...data, ...more } });
  };
  const decide = ({ id, payer, provider }: Pick<Claim, 'id' | 'payer' | 'provider'>, { ago, denied, by }: Decision): void => {
    if (by === 'state') {
      return send('claims.claim.status_changed', dayAt(ago), { data: { claim_id: id, status: denied ? 'denied' : 'paid' } });
    }
    const places = { remit_id: `r-${sent}`, claim_id: id, payer_id: payer, provider_id: provider, claim_status_code: denied ? 4 : 1 };
    const paid = { charge_amount: 100, paid_amount: denied ? 0 : 80, payment_date: dayAt(ago).slice(0, 10) };
    send('claims.remittance.received', dayAt(ago), { data: { ...places, ...paid } });
  };
  const risk = async (id: string) =>
    (await pack.view('claim_risk', { claim_id: id })) as { score: number; level: string; factors: { factor: string; points: number }[] };
  return { pack, send, submit, decide, risk };
}

function linesOf(codes: readonly string[], charge = 100): readonly object[] {
  return codes.map((code, at) => ({ line_no: at + 1, procedure_code: code, units: 1, charge_amount: charge }));
}

describe('the risk of a claim (D-M6)', () => {
  test('is made of the shares of denials of its payer, its provider and its procedures, drawn to that of all', async () => {
    const { pack, submit, decide, risk } = createClaims();
    for (const claim of CLAIMS) {
      submit(claim.id, { payer_id: claim.payer, provider_id: claim.provider, lines: linesOf(claim.codes), service_date: '2026-04-01' });
      for (const decision of claim.decisions) decide(claim, decision);
    }
    for (const one of CLAIMS.slice(0, 15)) {
      const rest = (isOne: (claim: Claim) => boolean): Shares => sharesOf((claim) => claim.id !== one.id && isOne(claim));
      const others = rest(() => true);
      const d0 = others.denied / others.decided;
      const rate = ({ denied, decided }: Shares): number => (denied + 20 * d0) / (decided + 20);
      const ofPayer = rate(rest(({ payer }) => payer === one.payer));
      const ofProvider = rate(rest(({ provider }) => provider === one.provider));
      const ofCodes = one.codes.map((code) => rate(rest(({ codes }) => codes.includes(code))));
      const expected = 100 * (0.4 * ofPayer + 0.2 * ofProvider + 0.4 * (ofCodes.length === 0 ? d0 : Math.max(...ofCodes)));
      const found = await risk(one.id);
      expect(Math.abs(found.score - expected)).toBeLessThan(0.005_1);
      expect(found.factors.map(({ factor }) => factor)).toEqual(['payer', 'provider', 'procedure']);
      expect(await pack.view('risk', { claim_id: one.id })).toEqual(found);
    }
    expect(await pack.view('claim_risk', { claim_id: 'none' })).toBeUndefined();
  });

  test('rises for each thing that payers deny for, up to 100', async () => {
    const { send, submit, decide, risk } = createClaims();
    const raised = async (id: string): Promise<readonly [number, string, ...string[]]> => {
      const { score, level, factors } = await risk(id);
      const more = factors.filter(({ factor }) => !['payer', 'provider', 'procedure'].includes(factor));
      return [score, level, ...more.map(({ factor, points }) => `${factor} ${points}`)];
    };
    // Below 20 decided claims a tenth is taken for the share: 100 · (0.04 + 0.02 + 0.04).
    submit('plain', { lines: linesOf(['X']) });
    expect(await raised('plain')).toEqual([10, 'low']);
    submit('bare', { diagnosis_codes: [] });
    expect(await raised('bare')).toEqual([25, 'low', 'no_diagnosis 15']);
    send('claims.payer.updated', dayAt(300), { data: { payer_id: 'strict', filing_limit_days: 90, prior_auth_procedures: ['P'] } });
    // Submitted on the 5th of May: 93 days after the 1st of February, 90 after the 4th.
    submit('late', { payer_id: 'strict', service_date: '2026-02-01' });
    submit('in-time', { payer_id: 'strict', service_date: '2026-02-04' });
    expect(await raised('late')).toEqual([50, 'medium', 'filed_late 40']);
    expect(await raised('in-time')).toEqual([10, 'low']);
    submit('asks', { payer_id: 'strict', lines: linesOf(['P']) });
    submit('allowed', { payer_id: 'strict', lines: linesOf(['P']), authorization_no: 'A-1' });
    expect(await raised('asks')).toEqual([30, 'medium', 'no_authorisation 20']);
    expect(await raised('allowed')).toEqual([10, 'low']);
    submit('once', { lines: linesOf(['D', 'E']), service_date: '2026-04-10' }, { who: 'twin' });
    submit('again', { lines: linesOf(['E']), service_date: '2026-04-10' }, { who: 'twin' });
    submit('other-day', { lines: linesOf(['E']), service_date: '2026-04-11' }, { who: 'twin' });
    expect(await raised('again')).toEqual([35, 'medium', 'duplicate 25']);
    expect(await raised('other-day')).toEqual([10, 'low']);
    // Of a claim that is sent again the lines of before are none of its lines.
    submit('once', { lines: linesOf(['D']), service_date: '2026-04-10' }, { who: 'twin', ago: 150 });
    expect(await raised('again')).toEqual([10, 'low']);
    // Of charges from 1 to 20 95 % lie at 1 + 0.95 · 19 = 19.05.
    for (let at = 1; at <= 20; at += 1) submit(`h-${at}`, { lines: linesOf(['H'], at) });
    submit('dear', { lines: linesOf(['H'], 19.06) });
    expect(await raised('dear')).toEqual([20, 'low', 'high_charge 10']);
    submit('dear', { lines: linesOf(['H'], 19.05) }, { ago: 150 });
    expect(await raised('dear')).toEqual([10, 'low']);
    // All of 20 were denied, so that every share is 1, and nothing is more than certain.
    for (let at = 1; at <= 20; at += 1) decide({ id: `h-${at}`, payer: 'acme', provider: 'dr-1' }, { ago: 3, denied: true, by: 'state' });
    submit('worst', { lines: linesOf(['H'], 50), diagnosis_codes: [] });
    expect(await raised('worst')).toEqual([100, 'critical', 'no_diagnosis 15', 'high_charge 10']);
  });
});
