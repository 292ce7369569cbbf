import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOracle, sqlText, type Oracle } from '../oracle/oracle.ts';
import { createSteps, dataFile, FITBIT_FOLDERS } from '../oracle/tables.ts';
import { runPack } from './pack-in-process.ts';

// From events to the recommendations of a person: real steps against DuckDB, the other rules at their bounds by hand.

const pack = runPack('healthtrack');
const DAYS = ['2026-11-18', '2026-11-19', '2026-11-20'] as const;
const TODAY = '2026-11-20T20:00:00Z';

let eventNo = 0;
let personNo = 0;

function send(type: string, person: string, at: string, data: object): void {
  eventNo += 1;
  expect(pack.send([JSON.stringify({ id: `e-${eventNo}`, type, subject: person, occurred_at: at, data })])).toEqual([null]);
}

/** Born on New Year's day, so that the whole years are those of the calendar, or on the date; null: nobody knows when. */
function person(born: number | string | null, more: object = {}): string {
  personNo += 1;
  const name = `p-${personNo}`;
  const told = { email: `${name}@example.org`, username: name, full_name: name, ...more };
  send(
    'account.user.registered',
    name,
    '2026-01-05T08:00:00Z',
    born === null ? told : { ...told, date_of_birth: typeof born === 'string' ? born : `${born}-01-01` },
  );
  return name;
}

function measure(who: string, type: string, values: readonly number[], days: readonly string[] = DAYS): void {
  for (const [at, value] of values.entries()) {
    // Six digits after the point are the most that the field takes.
    const data = { metric_id: `m-${(eventNo += 1)}`, metric_type: type, value: Number(value.toFixed(6)) };
    send('health.metric.recorded', who, `${days[at] ?? ''}T08:00:00Z`, data);
  }
}

function eat(who: string, meal: object, days: readonly string[] = DAYS): void {
  const data = { meal_type: 'lunch', protein_g: 0, carbs_g: 0, fat_g: 0, ...meal };
  for (const day of days) send('health.meal.logged', who, `${day}T12:00:00Z`, { meal_id: `l-${(eventNo += 1)}`, ...data });
}

function aim(who: string, type: string, target: number, more: object = {}): void {
  const data = { goal_id: `g-${(eventNo += 1)}`, goal_type: type, status: 'active', target_value: target, unit: 'x', ...more };
  send('health.goal.created', who, '2026-11-01T08:00:00Z', { start_date: '2026-11-01', target_date: '2026-12-31', ...data });
}

type Items = readonly Record<string, unknown>[];

async function found(who: string, more: Readonly<Record<string, string>> = {}): Promise<Items> {
  const { items } = (await pack.view('recommendations', { user_id: who, as_of: TODAY, ...more })) as { items: Items };
  return items;
}

const thrice = (value: number): readonly number[] => [value, value, value];

describe('synthetic: each rule at its bounds, worked out by hand', () => {
  test.each([
    // It is eight in the evening of the 20th in UTC, and the 21st in Kiritimati: 9,000 steps are too few below 18, where the target is 10,000.
    ['2008-11-20', 'UTC', false],
    ['2008-11-21', 'UTC', true],
    ['2008-11-21', 'Pacific/Kiritimati', false],
    ['2008-11-22', 'Pacific/Kiritimati', true],
    // In Honolulu it is ten in the morning of the 20th.
    ['2008-11-21', 'Pacific/Honolulu', true],
    ['2008-11-20', 'Pacific/Honolulu', false],
  ])('who was born on %s is held to the target of children on the clock of %s: %s (H-111)', async (born, tz, isChild) => {
    const who = person(born);
    measure(who, 'steps', thrice(9_000));
    const rules = (await found(who, { tz })).map(({ rule }) => rule);
    expect(rules).toEqual(isChild ? ['low_step_count'] : []);
  });

  test('who was born on February 29 is of age on March 1 (D-H3.1)', async () => {
    const who = person('2008-02-29');
    measure(who, 'steps', thrice(9_000), ['2026-02-25', '2026-02-26', '2026-02-27']);
    const on = async (as_of: string) => (await found(who, { as_of })).map(({ rule }) => rule);
    expect(await on('2026-02-28T20:00:00Z')).toEqual(['low_step_count']);
    expect(await on('2026-03-01T08:00:00Z')).toEqual([]);
  });

  // Half of the target: severity 0.5, so 70 · (0.5 + 0.25) = 52.5, away from zero 53.
  test.each([
    [2009, 10_000],
    [2008, 8_000],
    [1962, 8_000],
    [1961, 6_000],
    [null, 8_000],
  ])('steps of who was born in %s are held to %i a day (D-H3.1)', async (born, target) => {
    const [enough, few] = [person(born), person(born)];
    measure(enough, 'steps', [target - 1_000, target, target + 1_000]);
    measure(few, 'steps', thrice(target / 2));
    expect(await found(enough)).toEqual([]);
    const evidence = { metric: 'steps', observed: target / 2, target, unit: 'count', days_with_data: 3 };
    expect(await found(few)).toMatchObject([{ rank: 1, rule: 'low_step_count', priority: 53, level: 'moderate', evidence }]);
  });

  // A tenth below: severity 0.2, so 90 · 0.6 = 54; from half on it is 1, so 90.
  test.each([
    [2014, 9],
    [2013, 8],
    [2009, 8],
    [2008, 7],
    [null, 7],
  ])('sleep of who was born in %s is held to %i hours (D-H3.2)', async (born, target) => {
    const [enough, short, little] = [person(born), person(born), person(born)];
    measure(enough, 'sleep', thrice(target));
    measure(short, 'sleep', thrice(target * 0.9));
    measure(little, 'sleep', thrice(target / 4));
    expect(await found(enough)).toEqual([]);
    expect(await found(short)).toMatchObject([{ rule: 'insufficient_sleep', priority: 54, level: 'moderate', evidence: { target } }]);
    expect(await found(little)).toMatchObject([{ rule: 'insufficient_sleep', priority: 90, level: 'high' }]);
  });

  // A tenth above: severity 0.4, so 100 · 0.7 = 70; from a quarter on it is 1.
  test.each([
    [2009, 100],
    [2008, 90],
    [1961, 85],
    [null, 90],
  ])('a resting heart of who was born in %s stays below %i (D-H3.3)', async (born, limit) => {
    const [calm, fast, racing, any] = [person(born), person(born), person(born), person(born)];
    measure(calm, 'resting_heart_rate', thrice(limit));
    measure(fast, 'resting_heart_rate', thrice(limit * 1.1));
    measure(racing, 'resting_heart_rate', thrice(limit * 1.5));
    // Two dates of rest are too few, so any heart rate counts, ten beats above.
    measure(any, 'resting_heart_rate', [limit * 2, limit * 2]);
    measure(any, 'heart_rate', thrice((limit + 10) * 1.1));
    expect(await found(calm)).toEqual([]);
    expect(await found(fast)).toMatchObject([{ rule: 'elevated_heart_rate', priority: 70, level: 'high', evidence: { target: limit } }]);
    expect(await found(racing)).toMatchObject([{ priority: 100 }]);
    expect(await found(any)).toMatchObject([{ rule: 'elevated_heart_rate', priority: 70, evidence: { target: limit + 10 } }]);
  });

  // Of two metres, so that the body mass index is a quarter of the weight.
  test.each([
    // 27.5 is 2.5 above 25: 4 · 2.5 / 25 = 0.4, so 80 · 0.7. 15 is 3.5 below 18.5: 0.7568, so 80 · 0.8784 = 70.27.
    [1990, 110, { priority: 56, level: 'moderate', evidence: { observed: 27.5, target: 25, direction: 'above' } }],
    [1990, 60, { priority: 70, level: 'high', evidence: { observed: 15, target: 18.5, direction: 'below' } }],
    [1990, 100, null],
    [1990, 74, null],
    // 30 is 2 above 28: 0.2857, so 80 · 0.6429 = 51.43.
    [1961, 120, { priority: 51, level: 'moderate', evidence: { observed: 30, target: 28, direction: 'above' } }],
    [1961, 112, null],
    [1961, 88, null],
    [1962, 112, { priority: 59, evidence: { observed: 28, target: 25 } }],
    [null, 110, { priority: 56, evidence: { target: 25 } }],
    // Nothing is said of who is under 18.
    [2009, 200, null],
  ])('born in %s, %i kg at 2 m (D-H3.4)', async (born, weight, expected) => {
    const who = person(born, { height_cm: 200 });
    measure(who, 'weight', [weight]);
    expect(await found(who)).toMatchObject(expected === null ? [] : [{ rule: 'weight_management', ...expected }]);
  });

  test('a weight counts for a year, and says nothing without a height', async () => {
    const [last, old, small] = [person(1990, { height_cm: 200 }), person(1990, { height_cm: 200 }), person(1990)];
    measure(last, 'weight', [110], ['2025-11-21']);
    measure(old, 'weight', [110], ['2025-11-20']);
    measure(small, 'weight', [110]);
    expect(await found(last)).toHaveLength(1);
    expect([await found(old), await found(small)]).toEqual([[], []]);
  });

  // Of 2,200 kcal 440 are a fifth. 110 g of protein and 275 g of carbohydrates are 20 and 50 %, 73 g of fat are 30 %.
  const WELL = { calories: 2_200, protein_g: 110, carbs_g: 275, fat_g: 73 };
  test.each([
    ['within all bounds', 1990, WELL, null],
    ['a fifth more', 1990, { ...WELL, calories: 2_640 }, null],
    // One of four flags: severity 0.25, so 60 · 0.625 = 37.5, away from zero 38.
    ['more than a fifth more', 1990, { ...WELL, calories: 2_641 }, ['calories']],
    ['less than four fifths', 1990, { ...WELL, calories: 1_759 }, ['calories']],
    ['2,600 for who is old', 1961, { ...WELL, calories: 2_600 }, ['calories']],
    ['2,600 for a child', 2009, { ...WELL, calories: 2_600 }, ['calories']],
    ['2,600 for who is of no known age', null, { ...WELL, calories: 2_600 }, ['calories']],
    // 4 · 25 of 4 · 25 + 4 · 200 + 9 · 20 = 1080 is 9.26 %, and 74.07 % are carbohydrates.
    ['little protein, much sugar', 1990, { calories: 2_200, protein_g: 25, carbs_g: 200, fat_g: 20 }, ['protein', 'carbs']],
    // 9 · 60 of 4 · 40 + 4 · 200 + 9 · 60 = 1500 is 36 %.
    ['much fat', 1990, { calories: 2_200, protein_g: 40, carbs_g: 200, fat_g: 60 }, ['fat']],
    ['nothing is known of what it was made of', 1990, { calories: 1_000 }, ['calories']],
  ])('meals: %s (D-H3.5)', async (_, born, meal, flags) => {
    const who = person(born);
    eat(who, meal);
    const priority = flags?.length === 2 ? 45 : 38;
    expect(await found(who)).toMatchObject(flags === null ? [] : [{ rule: 'poor_nutrition', priority, evidence: { flags } }]);
  });

  // Half of it: 50 · 0.75 = 37.5, away from zero 38.
  test.each([
    [2013, 1_600],
    [2012, 2_000],
    [1962, 2_000],
    [1961, 1_700],
    [null, 2_000],
  ])('water of who was born in %s is held to %i ml, that of meals included (D-H3.6)', async (born, target) => {
    const [enough, little] = [person(born), person(born)];
    measure(enough, 'water', thrice(target - 500));
    eat(enough, { ...WELL, calories: 2_100, water_ml: 500 });
    measure(little, 'water', thrice(target / 2));
    expect(await found(enough)).toEqual([]);
    expect(await found(little)).toMatchObject([{ rule: 'low_water_intake', priority: 38, level: 'low', evidence: { target } }]);
  });

  test('a day with a meal of which nobody told the water is no day without water', async () => {
    const who = person(1990);
    measure(who, 'water', thrice(2_500), ['2026-11-10', '2026-11-11', '2026-11-12']);
    eat(who, WELL);
    expect(await found(who)).toEqual([]);
  });

  test('two days say nothing, an aim comes before the age and only while it is active, and equal weights go by the rule (D-H4)', async () => {
    const [few, proud, resting, hungry] = [person(1990), person(1990), person(1990), person(1990)];
    for (const type of ['steps', 'water']) measure(few, type, [1, 1]);
    measure(proud, 'steps', thrice(8_000));
    aim(proud, 'steps', 16_000);
    measure(resting, 'steps', thrice(8_000));
    aim(resting, 'steps', 16_000, { status: 'paused' });
    // 38 twice: nutrition is the fifth rule, water the sixth.
    measure(hungry, 'water', thrice(1_000));
    eat(hungry, { ...WELL, calories: 1_000 });
    expect([await found(few), await found(resting)]).toEqual([[], []]);
    expect(await found(proud)).toMatchObject([{ rule: 'low_step_count', priority: 53, evidence: { target: 16_000 } }]);
    expect((await found(hungry)).map(({ rank, rule, priority }) => [rank, rule, priority])).toEqual([
      [1, 'poor_nutrition', 38],
      [2, 'low_water_intake', 38],
    ]);
  });

  test('goals: how far each is, by what was measured and eaten in seven days, or by the latest value (D-H5)', async () => {
    const who = person(1990);
    measure(who, 'weight', [82, 80, 78], ['2026-10-31', '2026-11-02', '2026-11-19']);
    measure(who, 'water', [1_000, 2_001, 9_000], ['2026-11-19', '2026-11-20', '2026-11-13']);
    eat(who, { calories: 900 }, ['2026-11-14', '2026-11-14', '2026-11-20']);
    // From 80, the first value from the start on, to 75, now at 78: 2 of 5. From 90 to 80: gone past. Nothing to do, nothing measured.
    aim(who, 'weight', 75, { goal_id: '1' });
    aim(who, 'weight', 80, { goal_id: '2', start_value: 90, status: 'completed' });
    aim(who, 'weight', 78, { goal_id: '3', start_value: 78, target_date: '2026-11-19' });
    aim(who, 'sleep', 8, { goal_id: '4', start_value: 6, target_date: '2026-11-19' });
    // The mean of 1,000 and 2,001 on the way from 0, for the 13th is the eighth date; of 1,800 and 900 kcal from 1,000 on.
    aim(who, 'water', 2_000, { goal_id: '5', start_value: 0 });
    aim(who, 'calories', 2_000, { goal_id: '6', start_value: 1_000 });
    const { items } = (await pack.view('goals', { user_id: who, as_of: TODAY })) as { items: { id: string }[] };
    expect(items.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toMatchObject([
      { current: 78, progress_pct: 40, completed: false, overdue: false },
      { current: 78, progress_pct: 100, completed: true, status: 'completed' },
      // Reached: completed, whoever said so, and not overdue.
      { progress_pct: 100, completed: true, status: 'completed', overdue: false },
      { current: null, progress_pct: 0, status: 'active', overdue: true },
      { current: 1_500.5, progress_pct: 75.03 },
      { current: 1_350, progress_pct: 35 },
    ]);
  });

  test('goals are listed by what they have come to: one that is reached is completed, and one that is paused stays so (H-18)', async () => {
    const who = person(1990);
    measure(who, 'weight', [78], ['2026-11-19']);
    aim(who, 'weight', 78, { goal_id: 'reached', start_value: 80 });
    aim(who, 'weight', 70, { goal_id: 'open', start_value: 80 });
    aim(who, 'weight', 70, { goal_id: 'said', start_value: 80, status: 'completed' });
    aim(who, 'weight', 78, { goal_id: 'paused', start_value: 80, status: 'paused' });
    const ids = async (params: Record<string, string>) => {
      const { items } = (await pack.view('goals', { user_id: who, as_of: TODAY, ...params })) as { items: { id: string }[] };
      return items.map(({ id }) => id).toSorted();
    };
    expect(await ids({ status: 'completed' })).toEqual(['reached', 'said']);
    expect(await ids({ status: 'active' })).toEqual(['open']);
    expect(await ids({ status: 'paused' })).toEqual(['paused']);
    expect(await ids({})).toEqual(['open', 'paused', 'reached', 'said']);
  });

  test('a goal that was reached once stays completed, whatever is measured afterwards (H-18)', async () => {
    const who = person(1990);
    measure(who, 'weight', [90, 75, 79], ['2026-10-31', '2026-11-03', '2026-11-19']);
    // Of the seven dates up to November 8 the 2nd alone has any: 2,200 is the greatest mean. 9,000 of October 20 is in the mean until the 26th.
    measure(who, 'water', [9_000, 2_000, 2_200, 100], ['2026-10-20', '2026-11-01', '2026-11-02', '2026-11-20']);
    eat(who, { calories: 1_900 }, ['2026-11-05']);
    eat(who, { calories: 1_500 }, ['2026-11-20']);
    aim(who, 'weight', 76, { goal_id: 'weighed', start_value: 80 });
    aim(who, 'weight', 74, { goal_id: 'weighs', start_value: 80 });
    aim(who, 'weight', 85, { goal_id: 'risen', start_value: 80 });
    aim(who, 'water', 2_200, { goal_id: 'drank', start_value: 0 });
    aim(who, 'water', 2_201, { goal_id: 'drinks', start_value: 0 });
    aim(who, 'water', 2_100, { goal_id: 'later', start_value: 0, start_date: '2026-11-16' });
    aim(who, 'calories', 1_800, { goal_id: 'ate', start_value: 1_000 });
    aim(who, 'steps', 1, { goal_id: 'stood', start_value: 0 });
    const { items } = (await pack.view('goals', { user_id: who, as_of: TODAY, status: 'completed' })) as { items: { id: string }[] };
    expect(items.map(({ id }) => id).toSorted()).toEqual(['ate', 'drank', 'weighed']);
    expect(items).toContainEqual(expect.objectContaining({ id: 'weighed', current: 79, progress_pct: 25, completed: false }));
  });

  test('a day with nothing recorded is missing, one with a recorded nothing is not, and sleep is of the day on which it ended (D-H2)', async () => {
    const who = person(1990);
    measure(who, 'steps', [0, 4_000], ['2026-11-18', '2026-11-20']);
    measure(who, 'sleep', [3, 4], ['2026-11-20', '2026-11-20']);
    measure(who, 'heart_rate', [60, 70], ['2026-11-20', '2026-11-20']);
    const daily = async (type: string) =>
      ((await pack.view('metrics_daily', { user_id: who, as_of: TODAY, metric_type: type, tz: 'Pacific/Auckland' })) as { points: unknown })
        .points;
    // Eight in the morning of UTC is nine in the evening there.
    expect(await daily('steps')).toEqual([
      { date: '2026-11-18', value: 0, n: 1 },
      { date: '2026-11-20', value: 4_000, n: 1 },
    ]);
    expect(await daily('sleep')).toEqual([{ date: '2026-11-20', value: 7, n: 2 }]);
    expect(await daily('heart_rate')).toEqual([{ date: '2026-11-20', value: 65, n: 2 }]);
  });
});

describe('people whose steps are real, with goals that are synthetic', () => {
  const walked = runPack('healthtrack');
  const today = '2016-05-11T20:00:00Z';
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-steps-'));
  /** Of 33; tests/datasets replays them all through the whole system. */
  const PEOPLE = 12;
  let oracle: Oracle;

  beforeAll(async () => {
    oracle = await openOracle();
    await createSteps(oracle);
    const [, later] = FITBIT_FOLDERS;
    await oracle.run(`CREATE TABLE walkers AS SELECT DISTINCT person FROM steps WHERE folder = '${later}' ORDER BY 1 LIMIT ${PEOPLE}`);
    await oracle.run(`CREATE TABLE days AS SELECT person, CAST(instant AT TIME ZONE 'UTC' AS DATE) AS day, sum(steps)::INT AS steps, count(*)::INT AS hours
      FROM steps SEMI JOIN walkers USING (person) WHERE folder = '${later}' GROUP BY 1, 2`);
    const file = join(folder, 'hourlySteps_merged.csv');
    await oracle.run(`COPY (SELECT hours.* FROM read_csv(${sqlText(dataFile(`fitbit/${later}/hourlySteps_merged.csv.gz`))}, all_varchar = true) AS hours
      SEMI JOIN walkers ON Id = person) TO ${sqlText(file)}`);
    const [[rows] = []] = await oracle.rows('SELECT sum(hours)::INT FROM days');
    expect(await walked.sendFile('mapping.yaml', file)).toEqual({ accepted: rows, faults: [] });
  }, 60_000);
  afterAll(() => {
    oracle?.close();
    rmSync(folder, { recursive: true });
  });

  test('are told of few steps exactly where the mean of their days is below the target, by how much it is (D-H3.1, D-H4)', async () => {
    const people =
      await oracle.rows(`SELECT person, (count(*) FILTER (day > DATE '2016-05-11' - 30 AND day <= DATE '2016-05-11'))::INT AS n,
        avg(steps) FILTER (day > DATE '2016-05-11' - 30 AND day <= DATE '2016-05-11') AS mean FROM days GROUP BY 1 ORDER BY 1`);
    let told = 0;
    for (const [who, days, mean] of people) {
      const { items } = (await walked.view('recommendations', { user_id: String(who), as_of: today })) as { items: Items };
      const severity = (8_000 - Number(mean)) / 8_000;
      const isFew = Number(days) >= 3 && severity > 0;
      told += isFew ? 1 : 0;
      const evidence = { observed: Math.round(100 * Number(mean)) / 100, target: 8_000, days_with_data: days };
      expect([who, items]).toMatchObject([
        who,
        isFew ? [{ rule: 'low_step_count', priority: Math.round(70 * (0.5 + 0.5 * severity)), evidence }] : [],
      ]);
    }
    expect([people.length, told > 0, told < PEOPLE]).toEqual([PEOPLE, true, true]);
  });

  test('are as far on the way to 10,000 steps a day as the mean of the last seven dates is (D-H5)', async () => {
    const people = await oracle.rows(`WITH means AS (
        SELECT person, until, avg(steps) AS mean FROM days, range(DATE '2016-05-01', DATE '2016-05-12', INTERVAL 1 DAY) AS r(until)
        WHERE day > until - INTERVAL 7 DAY AND day <= until GROUP BY 1, 2)
      SELECT person, max(mean) FILTER (until = DATE '2016-05-11') AS now, max(mean) FROM means GROUP BY 1 HAVING now IS NOT NULL ORDER BY 1`);
    expect(people.length).toBeGreaterThan(PEOPLE / 2);
    const goal = { goal_type: 'steps', status: 'active', target_value: 10_000, start_value: 0, unit: 'count' };
    const events = people.map(([who], at) =>
      JSON.stringify({
        ...{ id: `g-${at}`, type: 'health.goal.created', subject: who, occurred_at: '2016-05-01T08:00:00Z' },
        data: { ...goal, goal_id: 'g', start_date: '2016-05-01', target_date: '2016-05-10' },
      }),
    );
    expect(walked.send(events)).toEqual(events.map(() => null));
    for (const [who, mean, best] of people) {
      const { items } = (await walked.view('goals', { user_id: String(who), as_of: today })) as { items: readonly object[] };
      const progress = Math.round(100 * Math.min(100, Number(mean) / 100)) / 100;
      // Due the day before: what was reached on some date is completed, the rest is late.
      const isReached = Number(best) >= 10_000;
      const stands = isReached ? { status: 'completed', overdue: false } : { status: 'active', overdue: true };
      expect([who, items]).toMatchObject([who, [{ current: Math.round(100 * Number(mean)) / 100, progress_pct: progress, ...stands }]]);
    }
  });
});
