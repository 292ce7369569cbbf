import { randomBytes } from 'node:crypto';
import { createSealer } from '@tidegate/runtime';
import { expect, it } from 'vitest';
import { sealEntry } from './kept-entry.ts';
import type { KeptEntry } from './kept-entry.ts';
import { createOpenedEntries } from './opened-entries.ts';

const ENTRY: KeptEntry = {
  ...{ atMs: 1, epoch: 'e', marks: new Map([['m', { mark: 'a', mayAgeMs: 0 }]]) },
  answer: { body: { n: 1 }, meta: { generated_at: '2026-11-01T00:00:00.000Z' }, mayAgeMs: 0, persons: ['p'] },
} as KeptEntry;

it('an entry that is the same bytes is opened once, and other bytes under its key are opened anew', () => {
  const sealer = createSealer(randomBytes(32));
  const { open, last } = createOpenedEntries(sealer);
  const bytes = sealEntry(sealer, ENTRY);
  const opened = open('k', bytes);
  expect(opened).toEqual(ENTRY);
  expect(open('k', Uint8Array.from(bytes))).toBe(opened);
  expect([last('k'), last('other')]).toEqual([opened, null]);
  const changed = sealEntry(sealer, { ...ENTRY, epoch: 'f' });
  expect(open('k', changed)).toMatchObject({ epoch: 'f' });
  // Where nothing is there any more under the key, nobody asks; and what was there before is known by its bytes alone.
  expect(open('k', bytes)).not.toBe(opened);
});

it('bytes that are no entry are none, however often they come, and take nothing from what is held', () => {
  const sealer = createSealer(randomBytes(32));
  const { open } = createOpenedEntries(sealer);
  const bytes = sealEntry(sealer, ENTRY);
  const opened = open('k', bytes);
  const damaged = Uint8Array.from(bytes);
  damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
  expect([open('k', damaged), open('k', damaged), open('k', new Uint8Array(0))]).toEqual([null, null, null]);
  expect(open('k', bytes)).toBe(opened);
});
