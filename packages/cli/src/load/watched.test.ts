import { expect, it } from 'vitest';
import { readMetricsPage } from './metrics-page.ts';
import { createLoadWatch, type WatchedFigures } from './watched.ts';
import { watchedView } from './watched-view.ts';

it('reads series with and without labels, and passes over everything else', () => {
  const text = '# HELP a {b="c"} 1\n\na{b="c, \\"d\\" }",e="f"} 1.5\ng 2e3 1700000000\nh{le="+Inf"} NaN';
  expect(readMetricsPage(text)).toEqual([
    { name: 'a', labels: { b: 'c, \\"d\\" }', e: 'f' }, value: 1.5 },
    { name: 'g', labels: {}, value: 2_000 },
    { name: 'h', labels: { le: '+Inf' }, value: Number.NaN },
  ]);
});

const usage = (service: string, share: number): string => `db_connection_pool_usage{service="${service}"} ${share}`;

/** What each page says at each look; null: it does not answer. */
const PAGES: Readonly<Record<string, readonly (string | null)[]>> = {
  'http://q1': [0, 1, 2].map(
    (look) => `${usage('query', look / 2)}
db_query_duration_seconds_count{service="query",statement="a"} ${100 + look * 50}
db_query_duration_seconds_count{service="query",statement="b"} ${look * 10}
cache_hits{service="query",class="x"} ${1_000 + look * 45}
cache_misses{service="query",class="x"} ${7 + look * 5}`,
  ),
  'http://q2': [0, 1, 2].map(() => `${usage('query', 0.2)}\ncache_hits{service="query",class="never"} 5`),
  'http://i': [usage('ingest', 0.1), null, usage('ingest', 0.3)],
};

/** Three looks, ten seconds apart. */
async function watched(redis: readonly number[] | null): Promise<WatchedFigures> {
  let look = 0;
  const watch = createLoadWatch({
    urls: Object.keys(PAGES),
    async readPage(url) {
      const page = PAGES[url]?.[look] ?? null;
      if (page === null) throw new Error('away');
      return page;
    },
    readRedis: redis === null ? null : async () => ({ memoryBytes: redis[look] ?? 0, cpuSeconds: 50 + look * 4 }),
    nowMs: () => look * 10_000,
  });
  for (; look < 3; look += 1) await watch.look();
  return watch.figures();
}

it('tells how full pools were, what was looked up and what Redis took, from the first look to the last', async () => {
  const figures = await watched([10, 900, 30]);
  // Query: (0 + 0.5 + 1 + 3 × 0.2) / 6 = 35 %; 120 statements in 20 s. Redis: 8 s of processor time in 20.
  expect(figures.pools).toEqual([
    { service: 'ingest', meanPct: expect.closeTo(20), maxPct: 30, statementsPerS: 0 },
    { service: 'query', meanPct: expect.closeTo(35), maxPct: 100, statementsPerS: 6 },
  ]);
  expect(figures.classes).toEqual([{ class: 'x', hits: 90, misses: 10 }]);
  expect(figures.redis).toEqual({ memoryBytesMax: 900, cpuPct: 40 });
  expect([figures.failed, figures.readings]).toEqual([1, 12]);
});

it('shows the same to people, and what it lacks', async () => {
  const text = watchedView(await watched([10, 900, 30]));
  expect(text).toContain('1 of 12 readings of the servers failed');
  expect(text).toMatch(/query +35\.0 +100\.0 +6\.0/);
  expect(text).toMatch(/x +90 +10 +90\.0/);
  expect(text).toContain('Redis: 900 bytes of memory at most, 40.0 % of a processor');
  expect(watchedView(await watched(null))).toContain('Redis was not watched.');
});
