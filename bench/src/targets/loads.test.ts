import { globSync, readFileSync } from 'node:fs';
import { parseThreshold } from '@tidegate/cli';
import { repositoryRoot } from '@tidegate/native';
import { describe, expect, it } from 'vitest';
import { ADVICE_LOAD, CACHED, CLIMB_ROWS, UNCACHED } from './loads.ts';

const read = (path: string): string => readFileSync(`${repositoryRoot}/${path}`, 'utf8');
const ids = new Set(read('docs/reference/requirement-ids.txt').trim().split('\n'));
/** Routes of the packs, a parameter of any name. */
const routes = new Set(
  globSync('packs/*/pack.yaml', { cwd: repositoryRoot }).flatMap((file) =>
    [...read(file).matchAll(/^ {4}route: (GET .*)$/gm)].map(([, route = '']) => anonymous(route)),
  ),
);
const LOADS = [...CACHED, ...UNCACHED, ADVICE_LOAD];

function anonymous(route: string): string {
  return route.replaceAll(/\{\w+\}/g, '{}');
}

function pathsOf(flags: readonly string[]): readonly string[] {
  const at = flags.indexOf('--endpoints');
  return at < 0 ? [] : (flags[at + 1] ?? '').split(',').map((path) => `GET ${path.split('?')[0] ?? ''}`);
}

describe.each(LOADS)('load "$name"', ({ flags, targets, rows, share }) => {
  it('asks routes that packs declare, for figures of routes that it asks', () => {
    const paths = pathsOf(flags);
    for (const path of paths) expect(routes).toContain(anonymous(path));
    const thresholds = targets.map(parseThreshold);
    expect(thresholds.length).toBeGreaterThan(0);
    for (const { endpoint } of thresholds) {
      if (endpoint === undefined) continue;
      if (paths.length > 0) expect(paths).toContain(endpoint);
      else expect(routes).toContain(anonymous(endpoint));
    }
    expect(flags.includes('--requests')).toBe(share === 0);
  });

  it('says which rows it measures', () => {
    expect(rows.length).toBeGreaterThan(0);
    for (const row of [...rows, ...CLIMB_ROWS]) expect(ids).toContain(row);
  });
});
