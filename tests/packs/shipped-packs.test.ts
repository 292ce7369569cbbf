import { readdirSync, readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { parseMapping, runProgram, type Mapping } from '@tidegate/cli';
import { compilePack, EventJudge, EventTypes, parsePack } from '@tidegate/core';
import type { QuestionInput } from '@tidegate/core';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { runPack } from './pack-in-process.ts';

const root = new URL('../../packs/', import.meta.url);
const names = readdirSync(root, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
const NOW_MS = Date.UTC(2026, 10, 21);

describe.each(names)('the shipped pack %s', (name) => {
  const folder = new URL(`${name}/`, root);
  const parsed = parsePack(parse(readFileSync(new URL('pack.yaml', folder), 'utf8')));

  test('has no fault and carries the name of its folder', () => {
    expect(parsed.ok ? parsed.value.pack : parsed.fault).toBe(name);
  });

  test('accepts its samples, of which there is at least one', () => {
    if (!parsed.ok) throw new Error('the pack has faults');
    const types = new EventTypes([compilePack({ tenant: 'sample', version: 1, metricVersions: {}, pack: parsed.value })]);
    const judge = new EventJudge();
    const samples = new URL('samples/', folder);
    const lines = readdirSync(samples).flatMap((file) => readFileSync(new URL(file, samples), 'utf8').trim().split('\n'));
    expect(lines.length).toBeGreaterThan(0);
    const faults = lines.map((line) => {
      const bytes = new TextEncoder().encode(line);
      return judge.judge(bytes, { start: 0, end: bytes.length }, { types, nowMs: NOW_MS });
    });
    expect(faults).toEqual(lines.map(() => null));
  });

  test.each(mappingsOf(folder))('fills by %s fields that it declares, and all that it requires', (file) => {
    if (!parsed.ok) throw new Error('the pack has faults');
    const mapping = parseMapping(readFileSync(new URL(file, folder), 'utf8'));
    const { events } = parsed.value;
    const typed = typesOf(mapping).map((type) => events[type] ?? Object.values(events).find((event) => event.aliases?.includes(type)));
    const fields = typed.map((event) => event?.fields ?? {});
    expect(fields.flatMap((own) => Object.keys(own))).toEqual(expect.arrayContaining(Object.keys(mapping.data)));
    for (const own of fields) {
      const required = Object.entries(own).filter(([, { optional, derive }]) => optional !== true && derive === undefined);
      expect(Object.keys(mapping.data)).toEqual(expect.arrayContaining(required.map(([name]) => name)));
    }
  });

  test('answers each question of its README', async () => {
    const readme = readFileSync(new URL('README.md', folder), 'utf8');
    const commands = [...readme.matchAll(/^tidegate query (.+)$/gm)].map(([, flags = '']) => flags.split(' '));
    expect(commands.length).toBeGreaterThan(0);
    const pack = runPack(name);
    for (const flags of commands) expect(pack.ask(await questionOf(flags))).toBeInstanceOf(Array);
  });
});

function mappingsOf(folder: URL): readonly string[] {
  return readdirSync(folder).filter((file) => file.startsWith('mapping'));
}

function typesOf({ event_type: type }: Mapping): readonly string[] {
  if (typeof type === 'string') return [type];
  return [...Object.values(type.values), ...(type.otherwise === undefined ? [] : [type.otherwise])];
}

/** What the command line asks the gateway. */
async function questionOf(flags: readonly string[]): Promise<QuestionInput> {
  const asked: unknown[] = [];
  const said: string[] = [];
  const write = (text: string) => said.push(text);
  const terminal = {
    env: { TIDEGATE_API_KEY: 'key' },
    stdin: new PassThrough(),
    stdout: { write },
    stderr: { write },
    fetch: async (_url: unknown, init?: RequestInit) => {
      asked.push(await new Response(init?.body).json());
      return Response.json({ columns: [], rows: [], meta: {} });
    },
  };
  await runProgram(['query', ...flags, '--json'], terminal);
  if (asked.length !== 1) throw new Error(said.join(''));
  return asked[0] as QuestionInput;
}
