import { beforeAll, describe, expect, test } from 'vitest';
import { runPack } from './pack-in-process.ts';

interface Day {
  readonly activity_date: string;
  readonly xp: number;
}

/** Six awards at the edges of days, of which each adds another power of two, so that a sum says which of them are in it. */
const AWARDS = [
  // New York leaves summer time on 1 November 2026 at 06:00 UTC: until then it is 4 hours behind, from then on 5.
  '2026-11-01T03:59:59Z', // 1: there the last second of 31 October
  '2026-11-01T04:00:00Z', // 2: there the first of 1 November, a day of 25 hours
  '2026-11-02T04:59:59Z', // 4: there its last
  '2026-11-02T05:00:00Z', // 8: there the first of 2 November
  // Kolkata is 5 hours and a half ahead.
  '2026-11-02T18:29:59Z', // 16: there the last second of 2 November
  '2026-11-02T18:30:00Z', // 32: there the first of 3 November
];
// In New York 22:00 of 2 November; in Kolkata 08:30 of 3 November; in UTC 03:00 of it.
const as_of = '2026-11-03T03:00:00Z';
const NEW_YORK = [
  { activity_date: '2026-10-31', xp: 1 },
  { activity_date: '2026-11-01', xp: 2 + 4 },
  { activity_date: '2026-11-02', xp: 8 + 16 + 32 },
];
const KOLKATA = [
  { activity_date: '2026-11-01', xp: 1 + 2 },
  { activity_date: '2026-11-02', xp: 4 + 8 + 16 },
  { activity_date: '2026-11-03', xp: 32 },
];
const UTC = [
  { activity_date: '2026-11-01', xp: 1 + 2 },
  { activity_date: '2026-11-02', xp: 4 + 8 + 16 + 32 },
  { activity_date: '2026-11-03', xp: 0 },
];

describe('days of a learner', () => {
  const pack = runPack('studyin');
  let ids = 0;
  const event = (type: string, subject: string, occurred_at: string, data: object): string => {
    ids += 1;
    return JSON.stringify({ id: `e-${ids}`, type, subject, occurred_at, data });
  };
  const profile = (subject: string, at: string, data: object): string => event('learning.profile.updated', subject, at, data);
  const days = async (user_id: string, more: Readonly<Record<string, string>> = {}): Promise<readonly Day[]> => {
    const answer = await pack.view('daily_activity_summary', { user_id, as_of, days: '3', ...more });
    return (answer as unknown as { items: readonly Day[] }).items.map(({ activity_date, xp }) => ({ activity_date, xp }));
  };

  beforeAll(() => {
    const learners = ['york', 'kolkata', 'nowhere', 'silent'];
    const awards = learners.flatMap((who) =>
      AWARDS.map((at, n) => event('learning.xp.awarded', who, at, { xp_amount: 2 ** n, reason: 'other' })),
    );
    const sent = [
      ...awards,
      profile('york', '2026-10-01T00:00:00Z', { time_zone: 'America/New_York' }),
      profile('kolkata', '2026-10-01T00:00:00Z', { time_zone: 'Asia/Kolkata' }),
      profile('silent', '2026-10-01T00:00:00Z', {}),
    ];
    expect(pack.send(sent)).toEqual(sent.map(() => null));
  });

  test('are those of their own zone, across the day on which its clock is put back', async () => {
    expect(await days('york')).toEqual(NEW_YORK);
    expect(await days('kolkata')).toEqual(KOLKATA);
  });

  test('are those of UTC where no zone is known, and of the zone that is asked for whatever is known', async () => {
    expect(await days('nowhere')).toEqual(UTC);
    expect(await days('silent')).toEqual(UTC);
    expect(await days('york', { tz: 'Asia/Kolkata' })).toEqual(KOLKATA);
    expect(await days('york', { tz: 'UTC' })).toEqual(UTC);
  });

  test('are the same in what is told of points and level', async () => {
    const progress = async (user_id: string): Promise<unknown> => {
      const { xp_trend } = (await pack.view('progress', { user_id, as_of, days: '3' })) as {
        xp_trend: readonly { date: string; xp: number }[];
      };
      return xp_trend.map(({ date, xp }) => ({ activity_date: date, xp }));
    };
    expect([await progress('york'), await progress('kolkata')]).toEqual([NEW_YORK, KOLKATA]);
  });

  test('follow a zone that is told later, and no zone that there is none of is taken', async () => {
    const [moved, ...refused] = pack.send([
      profile('york', '2026-11-03T00:00:00Z', { time_zone: 'Asia/Kolkata' }),
      profile('york', '2026-11-03T01:00:00Z', { time_zone: 'Mars/Olympus' }),
      profile('york', '2026-11-03T02:00:00Z', { time_zone: '+05:30' }),
    ]);
    expect(moved).toBeNull();
    expect(refused).toEqual([1, 2].map(() => expect.objectContaining({ code: 'field_invalid', path: 'data.time_zone' })));
    expect(await days('york')).toEqual(KOLKATA);
  });
});
