import { readdirSync, readFileSync } from 'node:fs';
import { compileViews, parsePack } from '@tidegate/core';
import type { CompiledParam, CompiledView } from '@tidegate/core';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { packFile, runPack } from './pack-in-process.ts';

// What D-03 and D-04 ask of every route of a pack: its views are asked without any event, and then over the samples of the pack.

const PACKS = ['fitness', 'healthtrack', 'marb', 'novamind', 'studyin', 'wikipedia'] as const;

/** Members that hold a rate in percent. */
const RATE = /(^|_)(rate|pct)$/;
/** Digits after the point where two are not what is asked for. */
const FINER: Readonly<Record<string, number>> = {
  // Metres a heart beat, and their rolling mean (D-F3, D-F5).
  ...{ efficiency: 4, rolling: 4 },
  ...{ r: 4, slope: 4, p: 6, q: 6, p_value: 6 },
  // Of one: a probability (D-S9), and what a factor adds to a score of a hundred that has two digits (D-M6).
  ...{ risk: 4, value: 4 },
};

interface Sample {
  readonly subject?: string;
  readonly occurred_at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

function samplesOf(pack: string): readonly string[] {
  const folder = packFile(pack, 'samples/');
  return readdirSync(folder).flatMap((file) => readFileSync(new URL(file, folder), 'utf8').trim().split('\n'));
}

/** Without those of findings, which lie in a store of their own. */
function viewsOf(pack: string): readonly CompiledView[] {
  const parsed = parsePack(parse(readFileSync(packFile(pack, 'pack.yaml'), 'utf8')));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  const { views = {} } = parsed.value;
  const isOfFindings = (view: string): boolean => Object.values(views[view]?.queries ?? {}).some((query) => 'insights' in query);
  return [...compileViews(parsed.value).values()].filter(({ view }) => !isOfFindings(view));
}

/** Who and what most of the samples are of, and when the last of them was. */
function createAsked(samples: readonly Sample[]): (view: CompiledView) => Readonly<Record<string, string>> {
  const latest =
    samples
      .map(({ occurred_at: at }) => at)
      .sort()
      .at(-1) ?? '';
  const person = commonest(samples.flatMap(({ subject }) => subject ?? []));
  const sampleOf = (name: string): string => commonest(samples.flatMap(({ data }) => [data[name] ?? []].flat()));
  const textOf = ({ name, type, values, min = 1 }: CompiledParam): string => {
    if (type === 'subject') return person;
    if (type === 'list') return (values ?? [sampleOf(name.replace(/s$/, '')), 'another']).slice(0, min).join(',');
    return type === 'integer' || type === 'number' ? String(min) : (values?.[0] ?? sampleOf(name));
  };
  return ({ params, window }) => {
    const needed = params.filter(({ type, isOptional, default: value }) => type === 'subject' || (!isOptional && value === undefined));
    const isOfInstant = window !== null || params.some(({ name }) => name === 'as_of');
    const given = Object.fromEntries(needed.map((param) => [param.name, textOf(param)]));
    return isOfInstant ? { ...given, as_of: new Date(Date.parse(latest) + 1).toISOString() } : given;
  };
}

/** Digits after the point of the number as it is written. */
function digitsOf(value: number): number {
  const [, digits = '', exponent = '0'] = /^-?\d+(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  return Math.max(0, digits.length - Number(exponent));
}

function commonest(values: readonly unknown[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'none';
}

/** Every value of an answer that is neither a list nor an object, with the name of the member that it stands under. */
function* leavesOf(value: unknown, name = ''): Iterable<readonly [name: string, value: unknown]> {
  if (Array.isArray(value)) for (const one of value) yield* leavesOf(one, name);
  else if (typeof value === 'object' && value !== null) for (const [key, one] of Object.entries(value)) yield* leavesOf(one, key);
  else yield [name, value];
}

describe.each(PACKS)('answers of %s', (name) => {
  const samples = samplesOf(name);
  const asked = createAsked(samples.map((text) => JSON.parse(text) as Sample));
  const empty = runPack(name);
  const filled = runPack(name);
  filled.send(samples);
  let looked = 0;

  test.each(viewsOf(name).map((view) => [view.view, view] as const))('%s: of nothing a rate is null', async (_name, view) => {
    const rates = [...leavesOf(await empty.view(view.view, asked(view)))].filter(([member]) => RATE.test(member));
    expect(rates.filter(([, value]) => value !== null)).toEqual([]);
  });

  test.each(viewsOf(name).map((view) => [view.view, view] as const))('%s: numbers are rounded', async (_name, view) => {
    const leaves = [...leavesOf(await filled.view(view.view, asked(view)))];
    expect(leaves.filter(([member, value]) => typeof value === 'number' && digitsOf(value) > (FINER[member] ?? 2))).toEqual([]);
    looked += leaves.length;
  });

  test('hold values of what the samples tell', () => {
    expect(looked).toBeGreaterThan(10);
  });
});
