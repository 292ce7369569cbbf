import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeWhole } from './write-whole.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-write-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('a file is written into folders that are made, over the one before, and nothing is left beside it', async () => {
  const path = join(folder, 'a', 'b', 'c.txt');
  await writeWhole(path, bytes('first, and longer'));
  await writeWhole(path, bytes('second'), { folder: 0o700, file: 0o600 });
  expect(readFileSync(path, 'utf8')).toBe('second');
  expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['c.txt']);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('folders and file are for the account alone where that is asked for', async () => {
  await writeWhole(join(folder, 'mine', 'c.txt'), bytes('c'), { folder: 0o700, file: 0o600 });
  expect([statSync(join(folder, 'mine')), statSync(join(folder, 'mine', 'c.txt'))].map(({ mode }) => mode & 0o777)).toEqual([0o700, 0o600]);
});

test('what cannot be put in place leaves what was there', async () => {
  await writeWhole(join(folder, 'place', 'c.txt'), bytes('c'));
  await expect(writeWhole(join(folder, 'place'), bytes('no folder'))).rejects.toThrow('EISDIR');
  expect(readFileSync(join(folder, 'place', 'c.txt'), 'utf8')).toBe('c');
});
