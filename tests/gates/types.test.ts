import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/command.ts';
import { plantTree } from './planted-tree.ts';

const CORE = {
  'packages/core/tsconfig.json': readFileSync(join(root, 'packages/core/tsconfig.json'), 'utf8'),
  'packages/core/src/globals.d.ts': readFileSync(join(root, 'packages/core/src/globals.d.ts'), 'utf8'),
};

/** What core must not see, with the compiler's word for it. */
const IMPURE: readonly (readonly [what: string, text: string, message: string])[] = [
  ['node:fs', "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n", 'TS2591'],
  ['process', 'export const pid = process.pid;\n', 'TS2591'],
  ['Buffer', "export const bytes = Buffer.from('x');\n", 'TS2591'],
  ['setTimeout', 'export const timer = setTimeout(() => undefined, 1);\n', 'TS2304'],
  ['fetch', "export const answer = fetch('http://localhost');\n", 'TS2304'],
  ['console', "console.log('x');\n", 'TS2584'],
];

const LOOSE: readonly (readonly [what: string, text: string, message: string])[] = [
  ['a missing element taken for present', 'export const first = (list: string[]): string => list[0];\n', 'TS2322'],
  ['undefined for an optional member', 'export const value: { a?: number } = { a: undefined };\n', 'TS2375'],
  ['an enum', 'export enum Colour {\n  Red,\n}\n', 'TS1294'],
  ['a value import of a type', "import { Writable } from './types.ts';\nexport const value: Writable = 1;\n", 'TS1484'],
];

const planted = [...IMPURE, ...LOOSE].map(([what, text, message], index) => ({ what, file: `planted-${index}.ts`, text, message }));

test('core without a violation compiles', async () => {
  using tree = plantTree({ ...CORE, 'packages/core/src/fine.ts': 'export const bytes = new TextEncoder().encode("x");\n' });
  expect(await tree.run('tsc', '-p', 'packages/core/tsconfig.json')).toMatchObject({ code: 0, output: '' });
});

describe('planted violations', () => {
  let lines: readonly string[] = [];
  let code = 0;
  beforeAll(async () => {
    const files = Object.fromEntries(planted.map(({ file, text }) => [`packages/core/src/${file}`, text]));
    using tree = plantTree({ ...CORE, ...files, 'packages/core/src/types.ts': 'export type Writable = number;\n' });
    const outcome = await tree.run('tsc', '-p', 'packages/core/tsconfig.json');
    lines = outcome.output.split('\n');
    code = outcome.code;
  });

  test('the compiler ends with an error', () => {
    expect(code).not.toBe(0);
  });

  test.each(planted)('$what in core does not compile', ({ file, message }) => {
    expect(lines.filter((line) => line.includes(file)).join('\n')).toContain(message);
  });
});
