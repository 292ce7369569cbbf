/** What the services and Redis say of themselves while a load goes on, read once a second (M-49). */
import { readMetricsPage, type Reading } from './metrics-page.ts';

/** Of a service, by the name that it has in its metrics. */
export interface PoolFigures {
  readonly service: string;
  /** Share of the connection pool in use, percent. */
  readonly meanPct: number;
  readonly maxPct: number;
  readonly statementsPerS: number;
}

export interface ClassFigures {
  readonly class: string;
  readonly hits: number;
  readonly misses: number;
}

export interface WatchedFigures {
  readonly pools: readonly PoolFigures[];
  /** Cache classes that were looked up. */
  readonly classes: readonly ClassFigures[];
  /** Null: nobody said where it is, or it did not answer at the beginning and at the end. */
  readonly redis: { readonly memoryBytesMax: number; readonly cpuPct: number } | null;
  /** Readings that failed, and of how many. */
  readonly failed: number;
  readonly readings: number;
}

/** Memory, and processor time since its start, by Redis' own account. */
export interface RedisReading {
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
}

export interface WatchSources {
  /** Pages of metrics, each of one process. */
  readonly urls: readonly string[];
  readonly readPage: (url: string) => Promise<string>;
  /** Null: Redis is not watched. */
  readonly readRedis: (() => Promise<RedisReading>) | null;
  readonly nowMs: () => number;
}

export interface LoadWatch {
  /** Reads all once. A source that fails is left out of this reading. */
  look(): Promise<void>;
  /** Between the first look and the last. */
  figures(): WatchedFigures;
}

interface Page {
  readonly first: readonly Reading[];
  readonly firstMs: number;
  last: readonly Reading[];
  lastMs: number;
  readonly pool: number[];
}

export function createLoadWatch({ urls, readPage, readRedis, nowMs }: WatchSources): LoadWatch {
  const pages = new Map<string, Page>();
  const redis: (RedisReading & { readonly atMs: number })[] = [];
  let failed = 0;
  let readings = 0;

  async function attempt(reading: Promise<void>): Promise<void> {
    readings += 1;
    await reading.catch(() => (failed += 1));
  }

  async function lookAt(url: string): Promise<void> {
    const series = readMetricsPage(await readPage(url));
    const atMs = nowMs();
    const page = pages.get(url) ?? { first: series, firstMs: atMs, last: series, lastMs: atMs, pool: [] };
    pages.set(url, page);
    page.last = series;
    page.lastMs = atMs;
    page.pool.push(...series.filter(({ name }) => name === 'db_connection_pool_usage').map(({ value }) => value));
  }

  async function lookAtRedis(read: () => Promise<RedisReading>): Promise<void> {
    redis.push({ ...(await read()), atMs: nowMs() });
  }

  return {
    async look() {
      const all = urls.map(async (url) => attempt(lookAt(url)));
      if (readRedis !== null) all.push(attempt(lookAtRedis(readRedis)));
      await Promise.all(all);
    },
    figures: () => ({
      pools: poolsOf([...pages.values()]),
      classes: classesOf([...pages.values()]),
      redis: redisOf(redis),
      failed,
      readings,
    }),
  };
}

/** Processes of one service together. */
function poolsOf(pages: readonly Page[]): readonly PoolFigures[] {
  const byService = Map.groupBy(
    pages.filter(({ pool }) => pool.length > 0),
    ({ last }) => last.find(({ name }) => name === 'db_connection_pool_usage')?.labels['service'] ?? '',
  );
  return [...byService]
    .map(([service, own]) => {
      const shares = own.flatMap(({ pool }) => pool);
      return {
        service,
        meanPct: (100 * shares.reduce((sum, share) => sum + share, 0)) / shares.length,
        maxPct: 100 * Math.max(...shares),
        statementsPerS: own.reduce((sum, page) => sum + statementRate(page), 0),
      };
    })
    .toSorted((a, b) => (a.service < b.service ? -1 : 1));
}

function statementRate(page: Page): number {
  const seconds = (page.lastMs - page.firstMs) / 1_000;
  const grown = sumOf(page.last, 'db_query_duration_seconds_count') - sumOf(page.first, 'db_query_duration_seconds_count');
  return seconds === 0 ? 0 : grown / seconds;
}

function sumOf(series: readonly Reading[], metric: string, of?: string): number {
  return series
    .filter(({ name, labels }) => name === metric && (of === undefined || labels['class'] === of))
    .reduce((sum, { value }) => sum + value, 0);
}

function classesOf(pages: readonly Page[]): readonly ClassFigures[] {
  const names = new Set(pages.flatMap(({ last }) => last.flatMap(({ labels }) => labels['class'] ?? [])));
  const grown = (metric: string, of: string): number =>
    pages.reduce((sum, { first, last }) => sum + sumOf(last, metric, of) - sumOf(first, metric, of), 0);
  return [...names]
    .toSorted()
    .map((of) => ({ class: of, hits: grown('cache_hits', of), misses: grown('cache_misses', of) }))
    .filter(({ hits, misses }) => hits + misses > 0);
}

function redisOf(readings: readonly (RedisReading & { readonly atMs: number })[]): WatchedFigures['redis'] {
  const first = readings[0];
  const last = readings.at(-1);
  if (first === undefined || last === undefined || last.atMs === first.atMs) return null;
  const seconds = (last.atMs - first.atMs) / 1_000;
  return {
    memoryBytesMax: Math.max(...readings.map(({ memoryBytes }) => memoryBytes)),
    cpuPct: (100 * (last.cpuSeconds - first.cpuSeconds)) / seconds,
  };
}
