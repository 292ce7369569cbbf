import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAULTS } from '@tidegate/core';
import { ROUTES } from '@tidegate/http';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../../scripts/command.ts';

/** Members of a pack that people read. */
const READ = new Set(['title', 'message', 'description', 'advice', 'text', 'label']);

/**
 * Words that blame, shame or hurry whoever reads about their own body, work or learning. Not judged is what a word stands for
 * in a figure of a pack: values and names are not texts.
 */
const WORDS = [
  ...['bad', 'lazy', 'shame', 'ashamed', 'shameful', 'guilt', 'guilty', 'blame', 'fault', 'failing', 'failure', 'failed', 'loser'],
  ...['neglect', 'neglected', 'careless', 'disappointing', 'embarrassing', 'pathetic', 'terrible', 'awful', 'inexcusable', 'excuse'],
  ...['poor', 'obese', 'fat', 'unfit', 'overweight', 'cheat', 'cheated', 'punish', 'penalty', 'sinful', 'weak', 'worst', 'wrong'],
  ...['urgent', 'urgently', 'immediately', 'hurry', 'last chance', 'right now', 'or else', 'too late'],
  ...['you must', 'you should', 'you have to', 'you need to', 'you never', 'you always', 'you only', 'you still'],
];
const PATTERN = new RegExp(`\\b(?:${WORDS.join('|')})\\b`, 'i');

interface Finding {
  readonly path: string;
  readonly text: string;
}

/** Texts in which a word is found; what an expression puts in (`${…}`) is not a text. */
function findings(value: unknown, path = ''): readonly Finding[] {
  if (typeof value === 'string') {
    const member = path.slice(path.lastIndexOf('.') + 1);
    const text = value.replaceAll(/\$\{[^}]*\}/g, '');
    return READ.has(member) && PATTERN.test(text) ? [{ path, text }] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => findings(inner, `${path}.${name}`));
}

const packs = globSync('packs/*/pack.yaml', { cwd: root }).toSorted();

test('there are packs with texts', () => {
  expect(packs.length).toBeGreaterThan(5);
});

test.each(packs)('%s says nothing to people that blames, shames or hurries them', (file) => {
  expect(findings(parse(readFileSync(join(root, file), 'utf8')))).toEqual([]);
});

test.each([
  ['You should have slept more.', true],
  ['Your sleep was bad.', true],
  ['See a doctor IMMEDIATELY.', true],
  ['On the days with data the mean was ${round(avg(days.sleep), 1)} hours; the target is ${target.wrong}.', false],
  ['A badge for each week.', false],
])('of "%s" it is said: %s', (message, isFound) => {
  expect(findings({ rules: [{ message }] }).length > 0).toBe(isFound);
});

describe('answers to whoever asks for their data, or for its deletion', () => {
  /** What makes them: routes with their schemas, the steps of both services, the commands. */
  const sources = [
    ...['packages/http/src/routes/privacy-routes.ts', 'packages/http/src/*{export,erasure}*.ts', 'packages/cli/src/commands/privacy.ts'],
    ...['services/ingest/src/privacy.ts', 'services/query/src/export/*.ts', 'services/aggregator/src/erasure/*.ts'],
  ];

  /** Texts of several words that stand in a source between quotation marks, comments apart. */
  function textsIn(source: string): readonly string[] {
    const code = source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '').replaceAll(/\$\{[^}]*\}/g, '');
    return [...code.matchAll(/'([^'\n]* [^'\n]*)'|"([^"\n]* [^"\n]*)"|`([^`\n]* [^`\n]*)`/g)].map(
      ([, ...groups]) => groups.find((one) => one !== undefined) ?? '',
    );
  }

  function judged(texts: readonly string[]): readonly string[] {
    return texts.filter((text) => PATTERN.test(text));
  }

  test('blame, shame and hurry nobody in any text of their sources', () => {
    const files = sources.flatMap((pattern) => globSync(pattern, { cwd: root }));
    const texts = files.flatMap((file) => textsIn(readFileSync(join(root, file), 'utf8')));
    expect(files.length).toBeGreaterThan(15);
    expect(texts.length).toBeGreaterThan(50);
    expect(judged(texts)).toEqual([]);
  });

  test('nor in what they say where they are refused', () => {
    const routes = Object.values(ROUTES).filter(({ path }) => /^\/v1\/(?:privacy|gdpr)\//.test(path));
    const codes = [...new Set(routes.flatMap(({ faults }): readonly string[] => faults))];
    expect(routes.length).toBeGreaterThan(5);
    expect(codes.length).toBeGreaterThan(3);
    expect(
      judged(Object.entries(FAULTS).flatMap(([code, { title, meaning, next }]) => (codes.includes(code) ? [title, meaning, next] : []))),
    ).toEqual([]);
  });

  test('a planted text is found, and what is no text is not', () => {
    const planted = `/** It is your fault alone. */\nconst a = { note: 'You should not have left.', failed: failed('request_invalid'), b: \`Right now, \${wrong + 1} of it.\` };`;
    expect(judged(textsIn(planted))).toEqual(['You should not have left.', 'Right now,  of it.']);
  });
});

/** Of fields, files and jobs an error may say that they failed or are wrong; of people it says nothing. */
const OF_THINGS = new Set(['fault', 'failed', 'wrong', 'bad']);

test('no error of the engine blames, shames or hurries whoever reads it', () => {
  const texts = Object.values(FAULTS).flatMap(({ title, meaning, next }) => [title, meaning, next]);
  const found = texts.flatMap((text) =>
    [...text.matchAll(new RegExp(PATTERN.source, 'gi'))].map(([word]) => [word.toLowerCase(), text] as const),
  );
  expect(texts.length).toBeGreaterThan(250);
  expect(found.filter(([word]) => !OF_THINGS.has(word))).toEqual([]);
  expect(texts.filter((text) => /\byou(?:r|rs)?\b[^.]*\b(?:fault|failed|wrong|bad)\b/i.test(text))).toEqual([]);
});
