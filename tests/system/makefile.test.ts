import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { ANALYTICS_TESTS } from '../../scripts/analytics-tests.ts';
import { root, run } from '../../scripts/command.ts';

const makefile = readFileSync(join(root, 'Makefile'), 'utf8');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

/** Commands by target: two targets of one rule have the same. */
const rules = new Map(
  [...makefile.matchAll(/^([a-z][a-z -]*):\n((?:\t.+\n?)+)/gm)].flatMap(([, names = '', commands = '']) =>
    names.split(' ').map((name) => [name, commands.trim().split(/\n\t?/)] as const),
  ),
);

test('the Makefile has the names that people look for, and each does something', () => {
  const names = ['install', 'db-up', 'db-dev', 'dev', 'test', 'lint', 'migration', 'upgrade', 'db-migration', 'db-migrate-upgrade'];
  expect([...rules.keys()]).toEqual(expect.arrayContaining(names));
  const [, phony = ''] = /^\.PHONY: (.+)$/m.exec(makefile) ?? [];
  expect(phony.split(' ').toSorted()).toEqual([...rules.keys()].toSorted());
});

test('every npm script and every container that it names is there', () => {
  const { services } = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8')) as { services: Record<string, unknown> };
  for (const command of [...rules.values()].flat()) {
    const script = /^npm (?:run ([\w:-]+)|(start|test))/.exec(command);
    if (script !== null) expect(Object.keys(scripts)).toContain(script[1] ?? script[2]);
    else expect(command).toMatch(/^docker compose (up|down)/);
    const container = /^docker compose up (?:--\w+ )*(\w+)$/.exec(command)?.[1];
    if (container !== undefined) expect(Object.keys(services)).toContain(container);
  }
});

test('a migration is numbered after the last one, and a name that is no file name is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-migrations-'));
  const make = (name: string) => run({ program: process.execPath, args: [join(root, 'scripts/new-migration.ts'), name, folder] });
  try {
    writeFileSync(join(folder, '0041-users.sql'), '');
    expect(await make('orders-by-day')).toMatchObject({ code: 0 });
    expect(readdirSync(folder)).toEqual(['0041-users.sql', '0042-orders-by-day.sql']);
    const refused = await make('../Evil');
    expect([refused.code, refused.output]).toEqual([1, expect.stringContaining('npm run migration -- orders-by-day')]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the command for the tests of analytics reaches the cache, the limiter, its gate and the answers, and no other service', () => {
  const files = globSync('{packages,services,tests}/**/*.test.ts', { cwd: root, exclude: ['**/node_modules/**'] });
  const reached = files.filter((file) => ANALYTICS_TESTS.some((part) => file.includes(part)));
  expect(reached).toEqual(
    expect.arrayContaining([
      'packages/redis/test/cells.integration.test.ts',
      'packages/redis/test/buckets.integration.test.ts',
      'services/gateway/src/limits/limit.test.ts',
      'services/gateway/test/gate.test.ts',
      'services/query/test/cache-faults.integration.test.ts',
      'tests/packs/novamind.test.ts',
    ]),
  );
  expect(reached.filter((file) => /^services\/(ingest|aggregator)|^packages\/kafka/.test(file))).toEqual([]);
  for (const part of ANALYTICS_TESTS) expect(reached.some((file) => file.includes(part))).toBe(true);
});
