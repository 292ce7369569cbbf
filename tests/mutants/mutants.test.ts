import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { drawMutants, loadMutants } from './list.ts';
import type { Mutant } from './mutant.ts';
import { plant } from './planted-source.ts';
import { tryMutant } from './trial.ts';

const HANDFUL = 6;
const seed = Number(process.env['TIDEGATE_SEED'] ?? 1);
const root = join(import.meta.dirname, '../..');
const mutants = await loadMutants();

test('every mutant has a name of its own in its file, changes text that occurs once, and names tests that exist', () => {
  const names = mutants.map((mutant) => `${mutant.name} (${mutant.file})`);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  // All that are lost at once: a change of one file moves the text of several.
  expect(mutants.flatMap(faultsOf)).toEqual([]);
});

function faultsOf(mutant: Mutant): readonly string[] {
  const absent = mutant.tests.filter((path) => !existsSync(join(root, path))).map((path) => `${mutant.name}: ${path} is not there`);
  try {
    if (plant(mutant).text === '' || mutant.tests.length === 0) return [`${mutant.name}: has no tests, or leaves no text`, ...absent];
    return absent;
  } catch (error) {
    return [String(error), ...absent];
  }
}

test.each(
  drawMutants(
    mutants.filter((mutant) => mutant.kind === 'unit'),
    seed,
    HANDFUL,
  ),
)(`"$name" turns a test red (seed ${seed})`, { timeout: 120_000 }, async (mutant) => {
  expect(await tryMutant(mutant)).toMatchObject({ verdict: 'killed' });
});

const base = {
  section: 0,
  file: 'packages/runtime/src/retry.ts',
  find: 'Math.min(backoff.capMs,',
  tests: ['packages/runtime/src/retry.test.ts'],
  kind: 'unit',
} as const satisfies Omit<Mutant, 'name' | 'replace'>;

test('a change that no test can see survives, and one that does not load is not taken for a kill', { timeout: 120_000 }, async () => {
  const harmless = await tryMutant({ ...base, name: 'harmless', replace: 'Math.min(backoff.capMs + 0,' });
  const unreadable = await tryMutant({ ...base, name: 'unreadable', replace: 'Math.min(((' });
  const real = await tryMutant({ ...base, name: 'no cap', replace: 'Math.max(backoff.capMs,' });
  expect([harmless.verdict, unreadable.verdict, real.verdict]).toEqual(['survived', 'broken', 'killed']);
});

test('a mutant whose text is no longer there is an error, not a pass', () => {
  expect(() => plant({ ...base, name: 'gone', find: 'no such text anywhere', replace: '' })).toThrow(/occurs 0 times/);
});
