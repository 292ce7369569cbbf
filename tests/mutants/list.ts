import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Mutant } from './mutant.ts';

/** All mutants of `tests/mutants/*.mutants.ts`, in the order of their names. */
export async function loadMutants(): Promise<readonly Mutant[]> {
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.mutants.ts'));
  const lists = await Promise.all(files.map((file) => importMutants(join(import.meta.dirname, file))));
  return lists.flat().toSorted((one, other) => one.name.localeCompare(other.name));
}

/** A handful that changes with the seed, so that every run of the suite plants some and all get their turn. */
export function drawMutants(mutants: readonly Mutant[], seed: number, count: number): readonly Mutant[] {
  const weight = (mutant: Mutant): string => createHash('sha256').update(`${seed}:${mutant.name}`).digest('hex');
  return mutants.toSorted((one, other) => weight(one).localeCompare(weight(other))).slice(0, count);
}

async function importMutants(path: string): Promise<readonly Mutant[]> {
  const module: { readonly mutants: readonly Mutant[] } = await import(path);
  return module.mutants;
}
