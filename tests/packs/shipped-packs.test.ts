import { readdirSync, readFileSync } from 'node:fs';
import { compilePack, EventJudge, EventTypes, parsePack } from '@tidegate/core';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

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

  test('fills by its mapping fields that it declares, and all that it requires', () => {
    if (!parsed.ok) throw new Error('the pack has faults');
    const mapping = parse(readFileSync(new URL('mapping.yaml', folder), 'utf8')) as { event_type: string; data: Record<string, unknown> };
    const fields = parsed.value.events[mapping.event_type]?.fields ?? {};
    const required = Object.entries(fields).flatMap(([field, { optional }]) => (optional === true ? [] : [field]));
    expect(Object.keys(fields)).toEqual(expect.arrayContaining(Object.keys(mapping.data)));
    expect(Object.keys(mapping.data)).toEqual(expect.arrayContaining(required));
  });
});
