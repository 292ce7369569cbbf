import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../scripts/command.ts';
import { configDefinitions } from '../../scripts/reference/config.ts';

/** What an operator switches off by one variable: named so, or the address of a collector. */
const isSwitch = (env: string): boolean => /^ENABLE_|_ENABLED$/.test(env) || env === 'OTEL_EXPORTER_OTLP_ENDPOINT';

test('the page of what goes on without what names every switch of every service, with the state it is shipped in', async () => {
  const page = readFileSync(join(root, 'docs/operations/without.md'), 'utf8');
  const [, table = ''] = page.split('\n## ');
  const told = [...table.matchAll(/^\| `([A-Z_]+)` +\| `([^`]+)`/gm)].map(([, env, shipped]) => `${env}=${shipped}`);
  const fields = (await configDefinitions()).flatMap((definition) => Object.values(definition.fields));
  const switches = new Set(fields.filter(({ env }) => isSwitch(env)).map(({ env, default: shipped }) => `${env}=${shipped}`));
  expect(told.toSorted()).toEqual([...switches].toSorted());
  expect(told.length).toBeGreaterThanOrEqual(6);
});
