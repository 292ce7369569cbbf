import { expect, test } from 'vitest';
import { runPack } from './pack-in-process.ts';

// Synthetic: codes and patients so few that what has to be withheld is worked out by hand (D-N3, docs/reference/small-groups.md).

const DIAGNOSED: Readonly<Record<string, readonly string[]>> = {
  A: ['p1', 'p2', 'p3', 'p4', 'p5', 'p6'],
  B: ['p1', 'p2', 'p3', 'p4', 'p5'],
  C: ['p6', 'p7'],
  D: ['p7'],
};
const FEMALE = ['p1', 'p2', 'p3', 'p4'];
const pack = runPack('novamind');
let eventNo = 0;
const event = (type: string, subject: string, data: object): string =>
  JSON.stringify({ id: `e-${(eventNo += 1)}`, type: `clinical.${type}`, subject, occurred_at: '2026-03-01T10:00:00Z', data });
pack.send([
  ...Object.entries(DIAGNOSED).flatMap(([code, patients]) =>
    patients.map((who) =>
      event('diagnosis.recorded', who, {
        diagnosis_id: `${who}-${code}`,
        diagnosis_code: code,
        code_system: 'icd10',
        diagnosis_name: `of ${code}`,
      }),
    ),
  ),
  ...FEMALE.map((who) => event('patient.updated', who, { sex: 'female', birth_date: '1970-05-05' })),
  event('patient.updated', 'p5', { sex: 'male', birth_date: '2000-05-05' }),
]);

interface Told {
  readonly patients_with_diagnosis: number | null;
  readonly items: readonly { diagnosis_code: string; patients: number | null; suppressed?: true; groups?: readonly object[] }[];
  readonly other: object;
}

async function told(params: Readonly<Record<string, string>>): Promise<Told> {
  return (await pack.view('diagnosis_distribution', { start: '2026-01-01', end: '2026-11-20', ...params })) as unknown as Told;
}

const countsOf = ({ items }: Told): readonly unknown[] => items.map(({ diagnosis_code: code, patients }) => [code, patients]);

test('without a least number every count is shown, that of one patient too', async () => {
  const found = await told({});
  expect(countsOf(found)).toEqual(Object.entries(DIAGNOSED).map(([code, patients]) => [code, patients.length]));
  expect(JSON.stringify(found)).not.toContain('suppressed');
  expect(found).toMatchObject({ patients_with_diagnosis: 7, other: { patients: 0, codes: 0 } });
});

test('counts of fewer are null and say so, and the smallest of the others goes with them where few have all of the withheld codes', async () => {
  // C has two patients and D one, who is one of these: two in all, fewer than three. So B goes too, and its place tells nothing.
  expect((await told({ min_cell: '3' })).items).toEqual([
    { rank: 1, diagnosis_code: 'A', diagnosis_name: 'of A', patients: 6, share_pct: 85.71 },
    { rank: 2, diagnosis_code: 'B', diagnosis_name: 'of B', patients: null, share_pct: null, suppressed: true },
    { rank: 3, diagnosis_code: 'C', diagnosis_name: 'of C', patients: null, share_pct: null, suppressed: true },
    { rank: 4, diagnosis_code: 'D', diagnosis_name: 'of D', patients: null, share_pct: null, suppressed: true },
  ]);
  // Of two at least D is one alone, and C goes with it.
  expect(countsOf(await told({ min_cell: '2' }))).toEqual([
    ['A', 6],
    ['B', 5],
    ['C', null],
    ['D', null],
  ]);
  // All seven are fewer than eight.
  expect(await told({ min_cell: '8' })).toMatchObject({ patients_with_diagnosis: null, items: [{ patients: null }, {}, {}, {}] });
});

test('what lies beyond the limit is withheld where it is of few, or where one of the list is withheld', async () => {
  // B, C and D have all seven between them.
  expect((await told({ min_cell: '2', limit: '1' })).other).toEqual({ patients: 7, codes: 3 });
  // C and D have two, and they are those that are withheld.
  expect((await told({ min_cell: '2', limit: '2' })).other).toEqual({ patients: 2, codes: 2 });
  expect(await told({ min_cell: '3', limit: '2' })).toMatchObject({
    items: [{ diagnosis_code: 'A' }, { diagnosis_code: 'B', suppressed: true }],
    other: { patients: null, codes: 2, suppressed: true },
  });
  expect((await told({ min_cell: '1', limit: '3' })).other).toEqual({ patients: 1, codes: 1 });
});

test('groups of a code are its parts: one of fewer is withheld, and another with it that would leave it', async () => {
  const { items } = await told({ min_cell: '2', group_by: 'sex' });
  const hidden = (key: string) => ({ key, patients: null, suppressed: true });
  // Of A one is male and of one the sex is not known: two between them. Of B only the male one is alone, so the others go too.
  expect(items.map(({ groups }) => groups)).toEqual([
    [{ key: 'female', patients: 4 }, hidden('male'), hidden('unknown')],
    [hidden('female'), hidden('male')],
    [hidden('unknown')],
    [hidden('unknown')],
  ]);
  const aged = await told({ min_cell: '2', group_by: 'age_band' });
  expect(aged.items[0]?.groups).toEqual([hidden('18-34'), { key: '50-64', patients: 4 }, hidden('unknown')]);
  expect((await told({ group_by: 'age_band' })).items[0]?.groups).toEqual([
    { key: '18-34', patients: 1 },
    { key: '50-64', patients: 4 },
    { key: 'unknown', patients: 1 },
  ]);
});
