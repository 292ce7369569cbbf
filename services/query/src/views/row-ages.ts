/**
 * Ages for rows that were read, before expressions see them. Where a date of birth cannot be opened the year of birth counts, and
 * `meta.ages` says so; who is erased has no age.
 */
import type { RowAge } from '@tidegate/core';
import { ageByYear } from '@tidegate/core';
import type { ToldAges } from '@tidegate/http';
import { AGES_MAX } from '@tidegate/http';
import type { EntityRow } from '@tidegate/postgres';
import type { Asker } from '../ask.ts';
import type { ReadAges } from './age-reader.ts';

export interface AgedRows {
  readonly rows: readonly EntityRow[];
  /** Names of ages that are by the year, of some row at least. */
  readonly byYear: readonly string[];
}

export async function withAges(
  readAges: ReadAges,
  { rows, ages }: { readonly rows: readonly EntityRow[]; readonly ages: readonly RowAge[] },
  { tenant, rows: scope }: Asker,
): Promise<AgedRows> {
  let aged: AgedRows = { rows, byYear: [] };
  for (const age of ages) {
    const told = await agesOf(readAges, { rows, age }, { tenant, rows: scope });
    const byYear = [...told.values()].includes('unreadable') ? [...aged.byYear, age.name] : aged.byYear;
    aged = { rows: aged.rows.map((row, at) => ({ ...row, [age.name]: shownAge(age, row, told.get(at)) })), byYear };
  }
  return aged;
}

type Told = ToldAges[number];

/** Absent: the row holds no date. */
function shownAge(age: RowAge, row: EntityRow, told: Told | undefined): number | null {
  return told === 'unreadable' ? ageByYear(age, row) : (told ?? null);
}

interface AgesWanted {
  readonly rows: readonly EntityRow[];
  readonly age: RowAge;
}

/** By the place of the row, page by page; once ingest cannot be asked the rest is not asked for. */
async function agesOf(
  readAges: ReadAges,
  { rows, age: { field, types, on } }: AgesWanted,
  as: Parameters<ReadAges>[1],
): Promise<ReadonlyMap<number, Told>> {
  const dated = rows.flatMap((row, at) => {
    const [value, subject] = [row[field], row['subject']];
    return typeof value === 'string' && typeof subject === 'string' ? [{ at, subject, value }] : [];
  });
  const told = new Map<number, Told>();
  let isThere = true;
  for (let from = 0; from < dated.length; from += AGES_MAX) {
    const page = dated.slice(from, from + AGES_MAX);
    const persons = page.map(({ subject, value }) => ({ subject, value }));
    const ages: ToldAges | null = isThere ? await readAges({ types: [...types], field, on, persons }, as) : null;
    isThere = ages !== null;
    for (const [place, { at }] of page.entries()) told.set(at, ages === null ? 'unreadable' : (ages[place] ?? null));
  }
  return told;
}
