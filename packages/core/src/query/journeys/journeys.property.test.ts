import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { funnelTimes } from '../../analysis/funnel.ts';
import { cutSessions } from '../../analysis/sessions.ts';
import { parseExact } from '../../event/exact-number.ts';
import type { CompiledEventType } from '../../pack/compiled.ts';
import type { Conclusion } from '../analyses/analysis.ts';
import type { JourneyFields } from './journey.ts';
import { parseJourney } from './journey-question.ts';
import { planJourney } from './plan-journey.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.parse('2026-03-02T00:00:00Z');

interface Told {
  readonly subject: string;
  readonly type: string;
  readonly atMs: number;
  readonly values: Readonly<Record<string, string>>;
}

const FIELD = { type: 'string', isOptional: true, isDimension: true, action: 'keep', why: 'for the tests', isSensitive: false } as const;

function eventType(type: string): CompiledEventType {
  const fields = ['plan', 'variant'].map((name) => ({ ...FIELD, name }));
  const sealed = { ...FIELD, name: 'secret', action: 'seal' as const };
  const amount = { ...FIELD, name: 'amount', type: 'decimal' as const };
  const all = [...fields, sealed, amount];
  return {
    type,
    subject: 'required',
    unknownMembers: 'refuse',
    fields: all,
    aliases: [],
    fieldByName: new Map(all.map((one) => [one.name, one])),
  };
}

const TYPES = new Map(['a.one', 'a.two', 'a.three'].map((type) => [type, eventType(type)]));

function fieldsOf(values: Told['values']): JourneyFields {
  return {
    kind: (field) => (values[field] === undefined ? 'absent' : 'string'),
    text: (field) => values[field] ?? '',
    exact: (field) => (field === 'amount' ? parseExact(values[field] ?? '') : null),
    boolean: () => false,
    dimension: (field) => values[field] ?? null,
  };
}

function answer(value: unknown, told: readonly Told[], nowMs = START_MS + 1_000 * DAY_MS): Conclusion {
  const parsed = parseJourney(value);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const planned = planJourney(parsed.question, { find: (type) => TYPES.get(type) ?? null, nowMs, bucketsMax: 1_000 });
  if (!planned.ok) throw new Error(planned.fault.code);
  const { types, fromMs, toMs, begin } = planned.value;
  const fold = begin();
  const read = told.filter(({ type, atMs }) => types.includes(type) && atMs >= fromMs && atMs < toMs);
  for (const { subject, type, atMs, values } of read.toSorted((a, b) =>
    a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : a.atMs - b.atMs,
  )) {
    fold.event({ subject, type, atMs, fields: fieldsOf(values) });
  }
  return fold.conclude();
}

const told = fc.array(
  fc.record({
    subject: fc.constantFrom('p', 'q', 'r'),
    type: fc.constantFrom('a.one', 'a.two', 'a.three'),
    atMs: fc.integer({ min: -20, max: 80 }).map((hours) => START_MS + hours * 3_600_000),
    values: fc.record({
      plan: fc.constantFrom('free', 'paid'),
      variant: fc.constantFrom('A', 'B'),
      amount: fc.integer({ min: -50, max: 50 }).map((tenths) => String(tenths / 10)),
    }),
  }),
  { maxLength: 14 },
);
const RANGE = { from: '2026-03-02', to: '2026-03-04', zone: 'UTC' };
const inRange = (atMs: number): boolean => atMs >= START_MS && atMs < START_MS + 2 * DAY_MS;

describe('a funnel', () => {
  /** Every chain of events, one after another: tries all of them. */
  function chains(events: readonly Told[], steps: readonly ((event: Told) => boolean)[], windowMs: number): (number | null)[] {
    const best = steps.map((): number | null => null);
    const go = (from: number, step: number, startMs: number | null): void => {
      const test = steps[step] ?? (() => false);
      for (const [at, event] of events.entries()) {
        if (at < from || !test(event) || (startMs === null && !inRange(event.atMs))) continue;
        const start = startMs ?? event.atMs;
        if (event.atMs - start > windowMs) continue;
        best[step] = Math.min(best[step] ?? Infinity, event.atMs - start);
        go(at + 1, step + 1, start);
      }
    };
    go(0, 0, null);
    return best;
  }

  function medianS(times: readonly number[]): number | null {
    const sorted = times.toSorted((a, b) => a - b);
    const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
    return low === undefined || high === undefined ? null : (low + high) / 2 / 1_000;
  }

  it('counts who reaches a step by any chain, and the least time of theirs', () => {
    fc.assert(
      fc.property(told, fc.integer({ min: 1, max: 60 }), (events, hours) => {
        const steps = [{ event: 'a.one', where: { plan: { eq: 'paid' } } }, { event: 'a.two' }, { event: 'a.one' }];
        const tests = [
          (one: Told) => one.type === 'a.one' && one.values['plan'] === 'paid',
          (one: Told) => one.type === 'a.two',
          (one: Told) => one.type === 'a.one',
        ];
        const { rows } = answer({ kind: 'funnel', ...RANGE, steps, window_s: hours * 3_600 }, events);
        const reached = ['p', 'q', 'r'].map((subject) => {
          const own = events.filter((one) => one.subject === subject).toSorted((a, b) => a.atMs - b.atMs);
          return chains(own, tests, hours * 3_600_000);
        });
        for (const [step, row] of rows.entries()) {
          const times = reached.flatMap((one) => one[step] ?? []);
          expect(row[2]).toBe(times.length);
          expect(row[5]).toBe(medianS(times));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('has of one person the least time to each step', () => {
    const events = [
      { atMs: 0, steps: [0] },
      { atMs: 5, steps: [0] },
      { atMs: 9, steps: [1] },
      { atMs: 12, steps: [2, 0] },
    ];
    expect(funnelTimes(events, { steps: 3, fromMs: 0, toMs: 100, windowMs: 100 })).toEqual([0, 4, 7]);
    expect(funnelTimes(events, { steps: 3, fromMs: 0, toMs: 100, windowMs: 6 })).toEqual([0, 4, null]);
    expect(funnelTimes(events, { steps: 3, fromMs: 0, toMs: 3, windowMs: 100 })).toEqual([0, 9, 12]);
  });

  it('shows conversion against the first step and the one before, the median time, and each value of the breakdown', () => {
    const at = (hours: number): number => START_MS + hours * 3_600_000;
    const one = (subject: string, type: string, hours: number, plan: string): Told => ({
      subject,
      type,
      atMs: at(hours),
      values: { plan },
    });
    const events = [
      ...[one('p', 'a.one', 0, 'free'), one('p', 'a.two', 1, 'paid')],
      ...[one('q', 'a.one', 0, 'free'), one('q', 'a.two', 3, 'paid')],
      ...[one('r', 'a.one', 0, 'paid')],
      ...[one('s', 'a.one', 0, 'free')],
    ];
    const steps = [{ event: 'a.one', name: 'began' }, { event: 'a.two' }];
    const whole = answer({ kind: 'funnel', ...RANGE, steps }, events);
    expect(whole.rows).toEqual([
      [1, 'began', 4, 100, 100, 0],
      [2, 'a.two', 2, 50, 50, 7_200],
    ]);
    expect(whole.findings).toEqual({ users: 4, converted: 2 });
    const split = answer({ kind: 'funnel', ...RANGE, steps, breakdown: 'plan' }, events);
    expect(split.rows.map((row) => row.slice(0, 4))).toEqual([
      ['free', 1, 'began', 3],
      ['free', 2, 'a.two', 2],
      ['paid', 1, 'began', 1],
      ['paid', 2, 'a.two', 0],
    ]);
  });

  it('of nobody has no shares', () => {
    const { rows } = answer({ kind: 'funnel', ...RANGE, steps: [{ event: 'a.one' }, { event: 'a.two' }] }, []);
    expect(rows).toEqual([
      [1, 'a.one', 0, null, null, null],
      [2, 'a.two', 0, null, null, null],
    ]);
  });
});

describe('retention', () => {
  it('counts each person once a period, from the period of the first start', () => {
    fc.assert(
      fc.property(told, (events) => {
        const { rows } = answer(
          { kind: 'retention', ...RANGE, start: { event: 'a.one' }, return: { event: 'a.two' }, grain: 'day', periods: 2 },
          events,
        );
        const dayOf = (atMs: number): number => Math.floor(atMs / DAY_MS);
        const expected = new Map<string, { users: number; returned: number }>();
        for (const subject of ['p', 'q', 'r']) {
          const own = events.filter((one) => one.subject === subject).toSorted((a, b) => a.atMs - b.atMs);
          const first = own.findIndex((one) => one.type === 'a.one' && inRange(one.atMs));
          const start = own[first];
          if (start === undefined) continue;
          for (const period of [0, 1, 2]) {
            const day = dayOf(start.atMs);
            const key = `${day}/${period}`;
            const { users, returned } = expected.get(key) ?? { users: 0, returned: 0 };
            const isBack = own.slice(first + 1).some((one) => one.type === 'a.two' && dayOf(one.atMs) === day + period);
            expected.set(key, { users: users + 1, returned: returned + (isBack ? 1 : 0) });
          }
        }
        const shown = new Map(
          rows.map(([cohort, period, users, returned]) => [`${dayOf(Date.parse(String(cohort)))}/${String(period)}`, { users, returned }]),
        );
        expect(shown).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('leaves out periods that are not over', () => {
    const events = [{ subject: 'p', type: 'a.one', atMs: START_MS, values: {} }];
    const question = { kind: 'retention', ...RANGE, start: { event: 'a.one' }, return: { event: 'a.one' }, grain: 'day', periods: 5 };
    expect(answer(question, events, START_MS + 3.5 * DAY_MS).rows.map((row) => row[1])).toEqual([0, 1, 2]);
  });
});

describe('sessions', () => {
  it('are cut where more than the gap passes, and belong to the bucket of their start', () => {
    fc.assert(
      fc.property(told, fc.integer({ min: 1, max: 10 }), (events, gapHours) => {
        const { rows, findings } = answer({ kind: 'sessions', ...RANGE, events: [{ event: 'a.one' }], gap_s: gapHours * 3_600 }, events);
        let [sessions, counted] = [0, 0];
        for (const subject of ['p', 'q', 'r']) {
          const own = events
            .filter((one) => one.subject === subject && one.type === 'a.one')
            .map(({ atMs }) => atMs)
            .toSorted((a, b) => a - b);
          const starts = own.filter((atMs, at) => at === 0 || atMs - (own[at - 1] ?? 0) > gapHours * 3_600_000).filter(inRange);
          sessions += starts.length;
          for (const start of starts) {
            let end = start;
            const later = own.filter((atMs) => atMs >= start && atMs < START_MS + 3 * DAY_MS);
            for (const atMs of later) {
              if (atMs - end > gapHours * 3_600_000) break;
              end = atMs;
              counted += 1;
            }
          }
        }
        expect(findings['sessions']).toBe(sessions);
        expect(rows.reduce((sum, row) => sum + Number(row[1]), 0)).toBe(sessions);
        expect(findings['events']).toBe(counted);
      }),
      { numRuns: 200 },
    );
  });

  it('of times that are a gap apart are one', () => {
    expect(cutSessions([0, 10, 20, 31], 10)).toEqual([
      { startMs: 0, endMs: 20, events: 3 },
      { startMs: 31, endMs: 31, events: 1 },
    ]);
  });
});

describe('an experiment', () => {
  const person = (subject: string, variant: string, goalAfterH: number | null): Told[] => [
    { subject, type: 'a.one', atMs: START_MS, values: { variant } },
    ...(goalAfterH === null ? [] : [{ subject, type: 'a.two', atMs: START_MS + goalAfterH * 3_600_000, values: {} }]),
  ];
  const question = { kind: 'experiment', ...RANGE, exposed: { event: 'a.one' }, control: 'A', goal: { event: 'a.two' }, window_s: 7_200 };

  it('compares shares with the control by the pooled test', () => {
    // 200 of 1,000 against 250 of 1,000: pooled 0.225, z = 0.05 / sqrt(0.225 · 0.775 · 0.002) = 2.677398…, p = 0.0074197…
    const events = ['A', 'B'].flatMap((variant, at) =>
      Array.from({ length: 1_000 }, (_, n) => person(`${variant}${n}`, variant, n < (at === 0 ? 200 : 250) ? 1 : null)).flat(),
    );
    const { rows, findings } = answer({ ...question, weights: { A: 1, B: 1 } }, events);
    expect(rows[0]).toEqual(['A', 1_000, 200, 20, null, null, null, null, null]);
    const [variant, n, converted, rate, diff, lo, hi, z, p] = rows[1] ?? [];
    expect([variant, n, converted, rate]).toEqual(['B', 1_000, 250, 25]);
    expect(diff).toBeCloseTo(5, 9);
    // Not pooled: 1.959964 · sqrt(0.2 · 0.8 / 1000 + 0.25 · 0.75 / 1000) = 0.0365366…
    expect(lo).toBeCloseTo(1.34634, 4);
    expect(hi).toBeCloseTo(8.65366, 4);
    expect(z).toBeCloseTo(2.6774, 4);
    expect(p).toBeCloseTo(0.00742, 5);
    expect(findings).toMatchObject({ users: 2_000, crossed: 0, ratio_ok: true });
  });

  it('leaves out who met two variants, and counts a goal within the window alone', () => {
    const both: Told[] = [...person('x', 'A', 1), { subject: 'x', type: 'a.one', atMs: START_MS + 60_000, values: { variant: 'B' } }];
    const { rows, findings } = answer(question, [...both, ...person('y', 'A', 3), ...person('z', 'B', 2)]);
    expect(rows.map((row) => row.slice(0, 3))).toEqual([
      ['A', 1, 0],
      ['B', 1, 1],
    ]);
    expect(findings).toEqual({ control: 'A', crossed: 1, users: 2 });
  });

  it('flags persons who were not assigned by the weights', () => {
    // 100 and 200 where halves were meant: chi-square = 50² / 150 · 2 = 33.3, p < 1e-8.
    const events = [
      ...Array.from({ length: 100 }, (_, n) => person(`a${n}`, 'A', null)),
      ...Array.from({ length: 200 }, (_, n) => person(`b${n}`, 'B', null)),
    ].flat();
    expect(answer({ ...question, weights: { A: 5_000, B: 5_000 } }, events).findings).toMatchObject({ ratio_ok: false });
    expect(answer({ ...question, weights: { A: 1, B: 2 } }, events).findings).toMatchObject({ ratio_ok: true, ratio_p: 1 });
  });
});

describe('a step', () => {
  const ask = (step: unknown) => {
    const parsed = parseJourney({ kind: 'funnel', ...RANGE, steps: [step, { event: 'a.two' }] });
    if (!parsed.ok) return parsed.errors[0];
    const planned = planJourney(parsed.question, { find: (type) => TYPES.get(type) ?? null, nowMs: START_MS, bucketsMax: 100 });
    return planned.ok ? null : planned.fault;
  };

  it.each([
    [{ event: 'b.none' }, 'type_unknown', 'steps.0.event'],
    [{ event: 'a.one', where: { colour: { eq: 'red' } } }, 'field_unknown', 'steps.0.where.colour'],
    [{ event: 'a.one', where: { secret: { eq: 'x' } } }, 'question_invalid', 'steps.0.where.secret'],
    [{ event: 'a.one', where: { plan: { lt: 3 } } }, 'where_type_mismatch', 'steps.0.where.plan.lt'],
    [{ event: 'One' }, 'invalid_value', 'steps.0.event'],
  ])('%j is refused as %s at %s', (step, code, path) => {
    expect(ask(step)).toMatchObject({ code, path });
  });
});

describe('cohorts', () => {
  const dayOf = (atMs: number): number => Math.floor((atMs - START_MS) / DAY_MS);

  /** Cell by cell, from all events each time. */
  function byHand(events: readonly Told[], periods: number): readonly (readonly unknown[])[] {
    const persons = [...new Set(events.map(({ subject }) => subject))].flatMap((subject) => {
      const own = events.filter((one) => one.subject === subject).toSorted((a, b) => a.atMs - b.atMs);
      const at = own.findIndex(({ type, atMs }) => type === 'a.one' && inRange(atMs));
      const first = own[at];
      return first === undefined ? [] : [{ cohort: dayOf(first.atMs), later: own.slice(at).filter(({ type }) => type !== 'a.three') }];
    });
    const cohorts = [...new Set(persons.map(({ cohort }) => cohort))].toSorted((a, b) => a - b);
    return cohorts.flatMap((cohort) => {
      const members = persons.filter((one) => one.cohort === cohort);
      const ofPeriod = (period: number) =>
        members.map(({ later }) => later.filter(({ type, atMs }) => type === 'a.two' && dayOf(atMs) === cohort + period));
      const tenths = (period: number): number =>
        ofPeriod(period)
          .flat()
          .reduce((sum, { values }) => sum + Math.round(10 * Number(values['amount'])), 0);
      return Array.from({ length: periods + 1 }, (_, period) => {
        const soFar = Array.from({ length: period + 1 }, (_one, at) => tenths(at)).reduce((sum, one) => sum + one, 0);
        const active = ofPeriod(period).filter(({ length }) => length > 0).length;
        const each = [tenths(period) / 10 / members.length, soFar / 10 / members.length];
        return [cohort, period, members.length, active, ofPeriod(period).flat().length, tenths(period) / 10, ...each];
      });
    });
  }

  it('have of each period who was active, how often, and what it came to, by brute force', () => {
    fc.assert(
      fc.property(told, fc.integer({ min: 0, max: 3 }), (events, periods) => {
        const asked = {
          kind: 'cohort',
          ...RANGE,
          grain: 'day',
          periods,
          start: { event: 'a.one' },
          event: { event: 'a.two' },
          value: 'amount',
        };
        const { rows, findings } = answer(asked, events);
        const expected = byHand(events, periods);
        const found = rows.map(([cohort, ...rest]) => [dayOf(Date.parse(String(cohort))), ...rest.map(Number)]);
        expect(found.map((row) => row.slice(0, 6))).toEqual(expected.map((row) => row.slice(0, 6)));
        for (const [at, row] of found.entries()) {
          for (const column of [6, 7]) expect(row[column]).toBeCloseTo(Number(expected[at]?.[column]), 9);
        }
        const persons = new Set(events.filter(({ type, atMs }) => type === 'a.one' && inRange(atMs)).map(({ subject }) => subject));
        expect(findings['users']).toBe(persons.size);
      }),
    );
  });

  it('count the start itself where it is such an event, and leave out periods that are not over', () => {
    const event = (atMs: number): Told => ({ subject: 'p', type: 'a.one', atMs, values: {} });
    const asked = { kind: 'cohort', ...RANGE, grain: 'day', periods: 3, start: { event: 'a.one' }, event: { event: 'a.one' } };
    const events = [event(START_MS + 1), event(START_MS + DAY_MS), event(START_MS + DAY_MS + 1)];
    // Asked within the third day: the first two are over.
    expect(answer(asked, events, START_MS + 2.5 * DAY_MS).rows.map(([, ...row]) => row)).toEqual([
      [0, 1, 1, 1, 1, 1, 1],
      [1, 1, 1, 2, 2, 2, 3],
    ]);
  });

  it('sum numbers that are kept as they were sent, and nothing else', () => {
    const asked = (value: string) => {
      const parsed = parseJourney({ kind: 'cohort', ...RANGE, start: { event: 'a.one' }, event: { event: 'a.two' }, value });
      if (!parsed.ok) throw new Error('no question');
      const planned = planJourney(parsed.question, { find: (type) => TYPES.get(type) ?? null, nowMs: START_MS, bucketsMax: 1_000 });
      return planned.ok ? null : [planned.fault.code, planned.fault.path];
    };
    expect([asked('plan'), asked('secret'), asked('none'), asked('amount')]).toEqual([
      ['question_invalid', 'value'],
      ['question_invalid', 'value'],
      ['field_unknown', 'value'],
      null,
    ]);
  });
});

describe('bands of a score', () => {
  const RULES = [
    { name: 'paid', event: 'a.two', where: { plan: { eq: 'paid' } }, points: 15, most: 40 },
    { event: 'a.three', points: 20 },
    { event: 'a.three', where: { variant: { eq: 'A' } }, points: -5 },
  ];
  const BANDS = [
    { band: 'low', from: 0 },
    { band: 'high', from: 30 },
    { band: 'most', from: 60 },
  ];
  const asked = { kind: 'stratify', ...RANGE, among: { event: 'a.one' }, rules: RULES, bands: BANDS, points_max: 70 };

  function scoresOf(events: readonly Told[]): readonly number[] {
    const within = events.filter(({ atMs }) => inRange(atMs));
    const persons = [...new Set(within.filter(({ type }) => type === 'a.one').map(({ subject }) => subject))];
    return persons.map((person) => {
      const count = (test: (one: Told) => boolean): number => within.filter((one) => one.subject === person && test(one)).length;
      const paid = count(({ type, values }) => type === 'a.two' && values['plan'] === 'paid');
      const threes = count(({ type }) => type === 'a.three');
      const ofA = count(({ type, values }) => type === 'a.three' && values['variant'] === 'A');
      return Math.min(70, Math.min(40, 15 * paid) + 20 * threes - 5 * ofA);
    });
  }

  it('hold each person who is asked about once, by the points of what they did', () => {
    fc.assert(
      fc.property(told, (events) => {
        const scores = scoresOf(events);
        const { rows, findings } = answer(asked, events);
        const edges = [0, 30, 60, Infinity];
        for (const [at, [band, from, users, share, mean]] of rows.entries()) {
          const inside = scores.filter((score) => score >= (edges[at] ?? 0) && score < (edges[at + 1] ?? 0));
          expect([band, from, users]).toEqual([BANDS[at]?.band, BANDS[at]?.from, inside.length]);
          expect(share).toEqual(scores.length === 0 ? null : expect.closeTo((100 * inside.length) / scores.length, 9));
          expect(mean).toEqual(inside.length === 0 ? null : expect.closeTo(inside.reduce((sum, one) => sum + one, 0) / inside.length, 9));
        }
        expect(findings['users']).toBe(scores.length);
      }),
    );
  });

  it('must rise', () => {
    const parsed = parseJourney({ ...asked, bands: BANDS.toReversed() });
    if (!parsed.ok) throw new Error('no question');
    const planned = planJourney(parsed.question, { find: (type) => TYPES.get(type) ?? null, nowMs: START_MS, bucketsMax: 1_000 });
    expect(planned.ok ? null : planned.fault.path).toBe('bands');
  });
});
