import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { providePromtool, repositoryRoot } from '@tidegate/native';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { ruleFiles } from './alert-rules.ts';

/** What the text of a pack says, read without the program that makes rules of it. */
interface Aims {
  readonly pack: string;
  readonly aims?: { readonly rejected_pct?: number; readonly fresh_s?: number };
  readonly cache?: Readonly<Record<string, { readonly hit_aim_pct?: number }>>;
  readonly insights?: Readonly<Record<string, { readonly event?: unknown }>>;
}

interface Sample {
  readonly labels: string;
  readonly value: number;
}

const packs = globSync('packs/*/pack.yaml', { cwd: repositoryRoot }).map(
  (file) => parse(readFileSync(join(repositoryRoot, file), 'utf8')) as Aims,
);

let promtool = '';
const folder = mkdtempSync(join(tmpdir(), 'tidegate-aims-'));
beforeAll(async () => {
  promtool = await providePromtool();
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Of a thousand each minute, `first` of the one kind. */
function twoOf(metric: string, labels: string, [one, other]: readonly [string, string], first: number) {
  const values = (n: number): string => `0+${String(n)}x60`;
  return [
    { series: metric.replace('%', one) + labels.replace('%', one), values: values(first) },
    { series: metric.replace('%', other) + labels.replace('%', other), values: values(1_000 - first) },
  ];
}

/** Everything that the packs aim at, off by a thousandth or a second on one side or the other. */
function seriesOf(off: -1 | 1) {
  return packs.flatMap(({ pack, aims = {}, cache = {}, insights = {} }) => [
    ...twoOf('events_judged_total', `{pack="${pack}", verdict="%"}`, ['refused', 'taken'], 10 * (aims.rejected_pct ?? 5) + off),
    ...Object.entries(cache).flatMap(([name, { hit_aim_pct: pct }]) =>
      pct === undefined ? [] : twoOf('cache_%', `{class="${pack}.${name}"}`, ['hits', 'misses'], 10 * pct - off),
    ),
    ...toldBy(insights).map((insight) => ({
      series: `findings_told_total{pack="${pack}", insight="${insight}"}`,
      values: off > 0 ? '0x20 1x40' : '1x60',
    })),
  ]);
}

/** All packs see the lag of the same partitions: it is more than any allows, or no more than each does. */
function lagOf(off: -1 | 1) {
  const allowed = packs.flatMap(({ aims }) => aims?.fresh_s ?? []);
  return { series: 'lag_seconds{partition="0"}', values: `${String(off > 0 ? Math.max(...allowed) + 1 : Math.min(...allowed))}x60` };
}

/** Others are found when somebody reads, and told to nobody. */
function toldBy(insights: NonNullable<Aims['insights']>): readonly string[] {
  return Object.entries(insights).flatMap(([insight, { event }]) => (event === undefined ? [] : [insight]));
}

function alertsOf(): readonly Sample[] {
  const labels = packs.flatMap(({ pack, aims = {}, cache = {}, insights = {} }) => [
    `{alertname="RejectedEventsMany", pack="${pack}"}`,
    ...Object.entries(cache).flatMap(([name, { hit_aim_pct: pct }]) =>
      pct === undefined ? [] : [`{alertname="CacheHitRateLow", pack="${pack}", class="${pack}.${name}"}`],
    ),
    ...toldBy(insights).map((insight) => `{alertname="FindingsTold", pack="${pack}", insight="${insight}"}`),
    ...(aims.fresh_s === undefined ? [] : [`{alertname="AnswersNotFresh", pack="${pack}"}`]),
  ]);
  return labels.map((one) => ({ labels: one, value: 1 }));
}

function testRules(off: -1 | 1, expected: readonly Sample[]): string {
  const file = join(folder, 'aims.yaml');
  const expr = 'count by (alertname, pack, class, insight) (ALERTS{alertstate="firing", pack!=""})';
  const test = {
    interval: '1m',
    input_series: [...seriesOf(off), lagOf(off)],
    promql_expr_test: [{ expr, eval_time: '45m', exp_samples: expected }],
  };
  writeFileSync(file, stringify({ rule_files: ruleFiles(), evaluation_interval: '1m', tests: [test] }));
  const { status, stdout, stderr } = spawnSync(promtool, ['test', 'rules', file], { encoding: 'utf8' });
  return status === 0 ? 'as expected' : stdout + stderr;
}

it('whatever a pack aims at has an alert that fires when it is missed, and one alone', () => {
  expect(alertsOf().length).toBeGreaterThan(packs.length);
  expect(testRules(1, alertsOf())).toBe('as expected');
});

it('no pack alerts while its aims are kept', () => {
  expect(testRules(-1, [])).toBe('as expected');
  expect(testRules(1, [])).toContain('CacheHitRateLow');
});
