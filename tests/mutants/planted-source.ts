import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Mutant } from './mutant.ts';

/** One file of the tree with its mutated text, as it is handed to the test process. */
export interface PlantedSource {
  readonly path: string;
  readonly text: string;
}

/** Variable through which the runner tells the test process what to plant; the tree itself is never touched. */
export const PLANTED_VARIABLE = 'TIDEGATE_PLANTED_MUTANT';

const root = join(import.meta.dirname, '../..');

/**
 * The mutated text of a file.
 * @throws Error where the text to replace does not occur exactly once: the mutant no longer says what it meant
 */
export function plant(mutant: Pick<Mutant, 'name' | 'file' | 'find' | 'replace'>): PlantedSource {
  const path = join(root, mutant.file);
  const parts = readFileSync(path, 'utf8').split(mutant.find);
  if (parts.length !== 2) throw new Error(`mutant "${mutant.name}": its text occurs ${parts.length - 1} times in ${mutant.file}`);
  if (mutant.find === mutant.replace) throw new Error(`mutant "${mutant.name}" changes nothing`);
  return { path, text: parts.join(mutant.replace) };
}

/** What the runner asked this process to plant, or null in an ordinary run. */
export function plantedHere(): PlantedSource | null {
  const wanted = process.env[PLANTED_VARIABLE];
  if (wanted === undefined || wanted === '') return null;
  const mutant: Mutant = JSON.parse(wanted);
  return plant(mutant);
}
