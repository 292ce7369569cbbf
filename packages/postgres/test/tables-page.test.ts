import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const MIGRATIONS = new URL('../migrations/', import.meta.url);
const PAGE = new URL('../../../docs/operations/tables.md', import.meta.url);

it('every table that a migration makes is on the page that says who deletes from it, and no other', () => {
  const made = readdirSync(MIGRATIONS)
    .flatMap((name) => [...readFileSync(new URL(name, MIGRATIONS), 'utf8').matchAll(/^CREATE TABLE (?:IF NOT EXISTS )?(\w+)/gm)])
    .map(([, table]) => table);
  const rows = readFileSync(PAGE, 'utf8').matchAll(/^\| (`[^|]+?) +\|/gm);
  const told = [...rows].flatMap(([, cell = '']) => [...cell.matchAll(/`(\w+)`/g)].map(([, table]) => table));
  expect(told.toSorted()).toEqual([...new Set(made)].toSorted());
});
