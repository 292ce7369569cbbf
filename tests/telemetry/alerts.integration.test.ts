import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { providePromtool } from '@tidegate/native';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ALERTS_FOLDER, readAlerts, ruleFiles } from './alert-rules.ts';

const TESTS = ['fires.yaml', 'quiet.yaml'];
let promtool = '';
let folder = '';
beforeAll(async () => {
  promtool = await providePromtool();
  folder = mkdtempSync(join(tmpdir(), 'tidegate-alerts-'));
  cpSync(ALERTS_FOLDER, folder, { recursive: true });
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(promtool, [...args], { encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}

it('Prometheus takes the rules', () => {
  expect(run(['check', 'rules', '--lint-fatal', ...ruleFiles()])).toMatchObject({ status: 0 });
});

it('each alert fires just above its threshold, and none just below', () => {
  expect(run(['test', 'rules', ...TESTS.map((name) => join(ALERTS_FOLDER, 'tests', name))])).toMatchObject({ status: 0 });
});

it('no alert is left out of these tests', () => {
  const fires = readFileSync(join(ALERTS_FOLDER, 'tests/fires.yaml'), 'utf8');
  expect(readAlerts().filter(({ alert }) => !fires.includes(`labels: '{alertname="${alert}"`))).toEqual([]);
});

it.each([
  ['an error rate of 5 %', 'requests.yaml', 'ratio_rate5m > 0.01\n', 'ratio_rate5m > 0.05\n', 'fires.yaml'],
  ['a latency that 96 % keep', 'requests.yaml', 'histogram_quantile(0.95', 'histogram_quantile(0.97', 'quiet.yaml'],
  ['a pool that may be full', 'stores.yaml', 'db_connection_pool_usage) > 0.9', 'db_connection_pool_usage) > 0.99', 'fires.yaml'],
  ['a pool that may not be used', 'stores.yaml', 'db_connection_pool_usage) > 0.9', 'db_connection_pool_usage) > 0.8', 'quiet.yaml'],
  ['hits of a handful', 'stores.yaml', '>= 1000', '>= 10', 'quiet.yaml'],
  [
    'progress that does not count',
    'counting.yaml',
    ' unless max by (partition) (changes(complete_through_seconds[1m])) > 0',
    '',
    'quiet.yaml',
  ],
  ['whoever is fenced', 'counting.yaml', 'flush_failures_total{reason!="fenced"}', 'flush_failures_total', 'quiet.yaml'],
  [
    'absence of one service alone',
    'platform.yaml',
    'absent(partitions_owned{service="aggregator"})',
    'absent(requests_total{service="gateway"})',
    'fires.yaml',
  ],
])('the tests see a rule about %s', (_, file, found, planted, seenBy) => {
  const path = join(folder, file);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(found);
  try {
    writeFileSync(path, text.replace(found, planted));
    expect(run(['test', 'rules', join(folder, 'tests', seenBy)])).toMatchObject({ status: 1 });
  } finally {
    writeFileSync(path, text);
  }
});
