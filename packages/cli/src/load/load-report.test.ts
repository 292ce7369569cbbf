import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { climb, isBroken, parseLevels } from './levels.ts';
import { loadReportView } from './load-report.ts';
import { toLoadPlan } from './load-plan.ts';
import { progressView } from './progress-view.ts';
import { createTally, type Outcome } from './tally.ts';
import { judgeThresholds, parseThreshold } from './thresholds.ts';

function outcome(tookMs: number, more: Partial<Outcome> = {}): Outcome {
  return { endpoint: 'GET /a', status: 200, error: null, tookMs, lateMs: 0, events: 0, cache: null, ...more };
}

function reportOf(outcomes: readonly Outcome[], durationMs = 2_000) {
  const tally = createTally();
  for (const one of outcomes) tally.add(one);
  return tally.report(durationMs);
}

const FOUR = [10, 20, 30, 40].map((ms) => outcome(ms));
const FAILED = outcome(50, { endpoint: 'POST /b', status: 503, error: '503 not_ready', events: 5 });
const UNANSWERED = outcome(30_000, { endpoint: 'POST /b', status: null, error: 'no answer: ECONNRESET' });

it('gives mean, median, deviation of the sample and percentiles in seconds', () => {
  const { times } = reportOf(FOUR).all;
  // Deviations from 25 are ±15 and ±5: √(500 / 3) = 12.9099. p95 lies at place 2.85, p99 at 2.97 of 0 to 3.
  expect(times).toMatchObject({ mean: 0.025, median: 0.025, min: 0.01, max: 0.04 });
  expect(times?.sd).toBeCloseTo(0.0129099, 6);
  expect(times?.p95).toBeCloseTo(0.0385, 9);
  expect(times?.p99).toBeCloseTo(0.0397, 9);
});

it('knows no deviation of a single answer, and no times of none', () => {
  expect(reportOf([outcome(12)]).all.times).toMatchObject({ mean: 0.012, sd: 0, p99: 0.012 });
  expect(reportOf([UNANSWERED]).all).toMatchObject({ requests: 1, errors: 1, times: null });
});

it('counts answers with an error in the times, and requests without an answer in the errors alone', () => {
  const report = reportOf([...FOUR, FAILED, UNANSWERED]);
  expect(report.all).toMatchObject({ requests: 6, errors: 2 });
  expect(report.all.times?.max).toBe(0.05);
  expect(report.byStatus).toEqual({ 200: 4, 503: 1 });
  expect(report.endpoints.map(({ endpoint, requests, errors }) => [endpoint, requests, errors])).toEqual([
    ['GET /a', 4, 0],
    ['POST /b', 2, 2],
  ]);
  expect(report.errors).toEqual([
    { text: '503 not_ready', count: 1 },
    { text: 'no answer: ECONNRESET', count: 1 },
  ]);
  expect(report.events).toBe(0);
});

it('shows seconds with three decimals and success with one, for all and for each route', () => {
  const heading = {
    scenario: 'basic',
    asks: '',
    gateway: 'http://g',
    load: '6 requests, 2 at once',
    startedAt: '',
    isOpenLoop: false,
    watched: null,
  };
  const text = stripVTControlCharacters(loadReportView(heading, reportOf([...FOUR, outcome(20, { events: 7 }), FAILED, UNANSWERED]), []));
  expect(text).toContain('requests      7\nerrors        2\nsuccess rate  71.4 %\nrequests/s    3.5\nevents/s      3.5');
  expect(text).toMatch(/GET \/a +5 {2}100\.0 % {2}0\.024 {3}0\.020 {2}0\.010 {2}0\.040 {2}0\.011 {2}0\.038 {2}0\.040/);
  expect(text).toMatch(/POST \/b +2 {2}0\.0 % {4}0\.050 {3}0\.050 {2}0\.050 {2}0\.050 {2}0\.000/);
  expect(text).toMatch(/503 not_ready +1/);
});

it('judges what it is held to, and calls a figure that is not there unmet', () => {
  const report = reportOf([...FOUR, FAILED]);
  const claims = ['p95<0.5', 'GET /a p95<0.03', 'error_rate<20', 'error_rate < 21', 'requests_per_s>2.4', 'GET /none p99<1'];
  expect(judgeThresholds(report, claims.map(parseThreshold)).map(({ threshold, met }) => [threshold, met])).toEqual([
    ['p95<0.5', true],
    ['GET /a p95<0.03', false],
    ['error_rate<20', false],
    ['error_rate<21', true],
    ['requests_per_s>2.4', true],
    ['GET /none p99<1', false],
  ]);
  for (const wrong of ['p95', 'p95<', 'p12<3', 'p95=3']) expect(() => parseThreshold(wrong)).toThrow('figure<number');
});

it('tells answers of the cache from others, and at most how many reads reached the database', () => {
  const hits = [2, 4].map((ms) => outcome(ms, { cache: 'hit' }));
  const failed = outcome(900, { cache: 'miss', status: 500, error: 'HTTP 500' });
  const unsaid = outcome(70, { endpoint: 'GET /c' });
  const write = outcome(8, { endpoint: 'POST /b', events: 1 });
  const report = reportOf([...hits, outcome(50, { cache: 'miss' }), failed, unsaid, write]);
  const [own, other] = report.endpoints;
  expect(own?.cache).toMatchObject({ hit: { requests: 2, times: { median: 0.003 } }, miss: { requests: 1, times: { p95: 0.05 } } });
  expect(other).toMatchObject({ endpoint: 'GET /c', cache: null });
  // Reads are three of /a and one of /c; two of four did not come from the cache.
  const claims = ['hit p95<0.004', 'GET /a miss median>0.04', 'hit_rate>66', 'GET /c hit_rate>0', 'database_share<51', 'database_share<50'];
  expect(judgeThresholds(report, claims.map(parseThreshold)).map(({ threshold, met }) => [threshold, met])).toEqual([
    ['hit p95<0.004', true],
    ['GET /a miss median>0.04', true],
    ['hit_rate>66', true],
    ['GET /c hit_rate>0', false],
    ['database_share<51', true],
    ['database_share<50', false],
  ]);
  expect(() => parseThreshold('hit error_rate<1')).toThrow('figure<number');
  const heading = { scenario: 'basic', asks: '', gateway: 'http://g', load: '', startedAt: '', isOpenLoop: false, watched: null };
  const text = stripVTControlCharacters(loadReportView(heading, report, []));
  expect(text).toMatch(/GET \/a +66\.7 +0\.003 +0\.004 +0\.050 +0\.050/);
  expect(text).toContain('Of 4 reads at most 50 % reached the database.');
});

it('goes up until one step has more than 1 % errors or a p95 above a second', async () => {
  expect(parseLevels('50:200:50')).toEqual([50, 100, 150, 200]);
  for (const wrong of ['50', '0:10:1', '10:5:1', '1:5:0']) expect(parseLevels(wrong)).toBeNull();
  const calm = reportOf(Array.from({ length: 100 }, () => outcome(100)));
  expect(isBroken(calm)).toBe(false);
  expect(isBroken(reportOf([...Array.from({ length: 99 }, () => outcome(1)), FAILED]))).toBe(false);
  expect(isBroken(reportOf([...Array.from({ length: 98 }, () => outcome(1)), FAILED]))).toBe(true);
  const slow = reportOf(Array.from({ length: 100 }, () => outcome(1_001)));
  expect(await climb([1, 2, 3], async (level) => (level === 3 ? slow : calm))).toEqual({ lastGood: 2, firstBroken: 3 });
  expect(await climb([1, 2], async () => calm)).toEqual({ lastGood: 2, firstBroken: null });
  expect(await climb([1, 2], async () => slow)).toEqual({ lastGood: null, firstBroken: 1 });
});

it('reads the documented sizes, schedules and mistakes from the flags', () => {
  const text = (flags: Omit<Parameters<typeof toLoadPlan>[0], 'duration'>): string => {
    const plan = toLoadPlan({ duration: 30, ...flags }, 5_000);
    return plan.kind === 'run' ? `${plan.load.loop}: ${plan.load.text}` : `climb ${plan.levels.join(' ')}`;
  };
  expect(text({})).toBe('closed: 100 requests, 10 at once');
  expect(text({ size: 'targeted' })).toBe('closed: 200 requests, 20 at once');
  expect(text({ size: 'heavy' })).toBe('closed: 1000 requests, 50 at once');
  expect(text({ size: 'heavy', requests: 7 })).toBe('closed: 7 requests, 50 at once');
  expect(text({ users: 1_000, ramp: '10' })).toBe('open: 1000 users, each one request in 5 s');
  expect(text({ users: 10, think: 0.5 })).toBe('open: 10 users, each one request in 0.5 s');
  expect(text({ rate: 167 })).toBe('open: 167 requests a second, evenly');
  expect(text({ ramp: '10:30:10' })).toBe('climb 10 20 30');
  for (const ramp of ['31', '-1', 'x', '10:30:0']) expect(() => text({ ramp, users: 5 })).toThrow('--ramp');
  expect(() => text({ ramp: '5' })).toThrow('--ramp goes with --users or --rate');
});

it('draws how it goes while it goes', () => {
  const moments = [5, 10].map((ms, index) => ({
    ...{ elapsedS: index + 1, recentS: 1, requests: 50 * (index + 1), errors: index, recentP95Ms: ms, recentRequests: 50 },
  }));
  const text = stripVTControlCharacters(progressView('fitness', moments, 60));
  expect(text).toContain('p95 (ms)');
  expect(text).toContain('fitness 2 s · 100 requests · 50/s · p95 0.010 s · 1 errors');
});
