import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
