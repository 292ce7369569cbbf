import { seedEvents } from '@tidegate/cli';
import { describe, expect, it } from 'vitest';
import { runPack } from './pack-in-process.ts';

// `tidegate seed-data` through the shipped packs: they take all of it, and what belongs together is found together.
const UNTIL_MS = Date.UTC(2026, 10, 21);
const ALL_TIME = { from: '2026-01-01', to: '2026-12-01' } as const;

function seeded(pack: 'marb' | 'healthtrack' | 'fitness', scale: number, days: number) {
  const events = [...seedEvents({ pack, scale, days, seed: 3, untilMs: UNTIL_MS }, () => undefined)];
  const process = runPack(pack);
  return { events, process, faults: process.send(events.map((event) => JSON.stringify(event))).filter((fault) => fault !== null) };
}

describe('seed data', () => {
  it.each(['marb', 'healthtrack', 'fitness'] as const)('of pack %s is taken whole, within the days that are asked for', (pack) => {
    const { events, faults } = seeded(pack, 40, 30);
    expect(faults).toEqual([]);
    expect(events.length).toBeGreaterThan(120);
    for (const { occurred_at: at } of events) {
      expect(at).toBeLessThan(UNTIL_MS);
      expect(at).toBeGreaterThanOrEqual(UNTIL_MS - 30 * 86_400_000);
    }
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  });

  it('of claims has a remittance of most that are old enough, each of a claim that is there, and episodes of those not paid', () => {
    const { events } = seeded('marb', 2_000, 90);
    const idsOf = (type: string, name: string): readonly unknown[] =>
      events.filter((event) => event.type === type).map(({ data }) => data[name]);
    const claims = new Set(idsOf('claims.claim.submitted', 'claim_id'));
    const remitted = idsOf('claims.remittance.received', 'claim_id');
    const episodes = idsOf('claims.episode.opened', 'claim_id');
    expect(claims.size).toBe(2_000);
    // Nine of ten are decided after 3 to 30 of 90 days: 0.9 × (1 − 16.5 / 90) = 0.735; three of ten are not paid: 0.245. The
    // deviation of 2,000 draws is 20, four of them are 80.
    expect(Math.abs(remitted.length - 1_470)).toBeLessThan(80);
    expect(Math.abs(episodes.length - 490)).toBeLessThan(80);
    for (const claim of [...remitted, ...episodes]) expect(claims).toContain(claim);
  });

  it('of claims adds up: what is charged is paid or taken off', () => {
    const { events, process } = seeded('marb', 300, 90);
    const sum = (type: string, name: string): number =>
      Math.round(events.filter((event) => event.type === type).reduce((all, { data }) => all + Number(data[name]), 0) * 100) / 100;
    const charged = sum('claims.remittance.received', 'charge_amount');
    const paid = sum('claims.remittance.received', 'paid_amount');
    expect(charged).toBeCloseTo(paid + sum('claims.adjustment.received', 'amount'), 2);
    const [row] = process.ask({ ...ALL_TIME, kind: 'summary', metric: 'claims.submitted', measures: ['claims'] });
    expect(JSON.stringify(row)).toContain('300');
  });
});
