import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../home.ts';

/** A settings file of `infra/native/data-tier` with its `{{names}}` filled in; each has to be given, and none too many. */
export function fillConfig(file: string, values: Readonly<Record<string, string | number>>): string {
  const unused = new Set(Object.keys(values));
  const text = readFileSync(join(repositoryRoot, 'infra/native/data-tier', file), 'utf8').replaceAll(
    /\{\{(\w+)\}\}/g,
    (_, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`${file} needs a value for ${name}`);
      unused.delete(name);
      return String(value);
    },
  );
  if (unused.size > 0) throw new Error(`${file} has no place for ${[...unused].join(', ')}`);
  return text;
}
