/** Readings by a value against commits of processes that know the entity in different ways. */
import { createMemoryCells } from '@tidegate/redis/cells-memory';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMarkLog } from '../src/views/mark-log.ts';
import { NAMES } from './fixtures.ts';

const ENTITY = { tenant: 'acme', pack: 'shop', entity: 'part' };
const LISTS = [[], ['order'], ['order', 'box']] as const;
const TEXTS = ['a', 'b'] as const;

interface Commit {
  readonly kind: 'commit';
  /** As the process that wrote it knows the entity. */
  readonly lookups: readonly string[];
  readonly before: string;
  readonly after: string;
}

interface Reading {
  readonly kind: 'read';
  readonly lookups: readonly string[];
  readonly text: string;
}

const text = fc.constantFrom(...TEXTS);
const commit: fc.Arbitrary<Commit> = fc.record({
  ...{ kind: fc.constant('commit' as const), lookups: fc.constantFrom(...LISTS), before: text, after: text },
});
const reading: fc.Arbitrary<Reading> = fc.record({
  ...{ kind: fc.constant('read' as const), lookups: fc.constantFrom(LISTS[1], LISTS[2]), text },
});

interface Kept {
  readonly text: string;
  readonly lookups: readonly string[];
  readonly marks: ReadonlyMap<string, string>;
  /** Since it was read a row that it is made of changed. */
  isTouched: boolean;
  areOthersAlike: boolean;
}

async function play(steps: readonly (Commit | Reading)[]): Promise<readonly (Kept & { readonly isSame: boolean })[]> {
  const store = createMemoryCells({ nowMs: () => 0 });
  const kept: Kept[] = [];
  for (const step of steps) {
    if (step.kind === 'read') {
      const log = createMarkLog({
        names: NAMES,
        take: async (names, ending) => store.takeMarks({ tenant: 'acme', names }, 60_000, ending),
      });
      const { text: value, lookups } = step;
      await log.entity({ ...ENTITY, lookups }, { person: null, id: null, value: { lookup: 'order', text: value } });
      const marks = await log.marks();
      if (marks === null || marks === 'lost') throw new Error('no marks');
      const taken = new Map([...marks].map(([name, { mark }]) => [name, mark]));
      kept.push({ text: value, lookups, marks: taken, isTouched: false, areOthersAlike: true });
      continue;
    }
    const { lookups, before, after } = step;
    const values = lookups.map((lookup) => (lookup === 'order' ? [before, after] : ['x']));
    await store.advance([], NAMES.ofChanges([], [{ ...ENTITY, lookups, keys: [{ subject: '', id: 'p-1', values }] }]));
    for (const one of kept) {
      one.isTouched ||= [before, after].includes(one.text);
      one.areOthersAlike &&= lookups === one.lookups;
    }
  }
  return Promise.all(
    kept.map(async (one) => {
      const now = await store.readMarks({ tenant: 'acme', names: [...one.marks.keys()] });
      return { ...one, isSame: [...one.marks.values()].every((mark, at) => mark === now[at]) };
    }),
  );
}

test('what was looked up by a value falls with every row that has or had it, whoever writes it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(commit, reading), { maxLength: 12 }), async (steps) => {
      for (const { isTouched, isSame } of await play(steps)) expect(isTouched && isSame).toBe(false);
    }),
    { numRuns: 500 },
  );
});

test('it stays while all who write know the entity as its reader does, and touch other values', async () => {
  const steps = [
    { kind: 'read', lookups: LISTS[1], text: 'a' },
    { kind: 'commit', lookups: LISTS[1], before: 'b', after: 'b' },
    { kind: 'read', lookups: LISTS[1], text: 'b' },
  ] as const;
  expect((await play(steps)).map(({ isSame }) => isSame)).toEqual([true, true]);
  // Another reader, who knows it otherwise, counts any row.
  const [, other] = await play([
    { kind: 'read', lookups: LISTS[1], text: 'a' },
    { kind: 'read', lookups: LISTS[2], text: 'a' },
    { kind: 'commit', lookups: LISTS[1], before: 'b', after: 'b' },
  ]);
  expect(other?.isSame).toBe(false);
});

test('a reading by a value that two queries make ages as the stricter lets it', async () => {
  const log = createMarkLog({ names: NAMES, take: async (names, ending = '') => names.map((name) => `m-${name}${ending}`) });
  const of = { ...ENTITY, lookups: ['order'] };
  const which = { person: null, id: null, value: { lookup: 'order', text: 'a' } };
  await log.mayAge(5_000).entity(of, which);
  await log.mayAge(9_000).metric('visits', null);
  await log.entity(of, which);
  const marks = await log.marks();
  if (marks === null || marks === 'lost') throw new Error('no marks');
  const ages = new Map([...marks].map(([name, { mayAgeMs }]) => [name, mayAgeMs]));
  expect([NAMES.ofTold(of), NAMES.ofLookup(of, which.value), NAMES.ofMetric('visits', null)].map((name) => ages.get(name))).toEqual([
    0, 0, 9_000,
  ]);
  expect(ages.size).toBe(3);
});

test('names that are taken together are asked for together, by what they end with; each is answered its own mark', async () => {
  const asked: string[] = [];
  const log = createMarkLog({
    names: NAMES,
    async take(names, ending) {
      asked.push(`${names.length} ${ending ?? ''}`.trim());
      return names.map((name, at) => (name === 'lost' ? null : `m-${name}-${at}`));
    },
  });
  await Promise.all([log.also(['class', 'name', 'person']), log.metric('visits', null), log.metric('visits', null)]);
  expect(asked).toEqual(['4']);
  await log.metric('sales', null);
  expect(asked).toEqual(['4', '1']);
  const marks = await log.marks();
  if (marks === null || marks === 'lost') throw new Error('no marks');
  expect([...marks].map(([name, { mark }]) => mark.startsWith(`m-${name}-`))).toEqual([true, true, true, true, true]);
  await log.also(['lost']);
  expect(await log.marks()).toBe('lost');
});
