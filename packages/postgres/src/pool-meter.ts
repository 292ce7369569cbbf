import type { HistogramHandle, Metrics } from '@tidegate/telemetry';
import type pg from 'pg';
import { statementName } from './statements.ts';

/** Tells how long statements take and how much of the pools is in use. One for all pools of a service: their sum is shown. */
export interface PoolMeter {
  watch(pool: pg.Pool): void;
}

type Asked = (...given: unknown[]) => unknown;

/**
 * The duration is that of a round trip: from the moment in which the driver is given the statement to its answer, whatever
 * the answer. In a session that pipelines it holds the wait behind the statements before it. The gauges are read at scrape.
 */
export function createPoolMeter(metrics: Metrics, monotonicMs: () => number): PoolMeter {
  const pools: pg.Pool[] = [];
  const usage = metrics.gauge('db_connection_pool_usage');
  const active = metrics.gauge('db_connections_active');
  // A handle is kept for each statement: to ask for one by its labels builds an object each time.
  const durations = new Map<string, HistogramHandle>();

  metrics.onScrape(() => {
    const busy = sumOf(pools, (pool) => pool.totalCount - pool.idleCount);
    const most = sumOf(pools, (pool) => pool.options.max);
    active.set(busy);
    usage.set(most === 0 ? 0 : busy / most);
  });

  function durationOf(statement: string): HistogramHandle {
    const known = durations.get(statement);
    if (known !== undefined) return known;
    const fresh = metrics.histogram('db_query_duration_seconds', { statement });
    durations.set(statement, fresh);
    return fresh;
  }

  function time(client: pg.ClientBase): void {
    const ask: Asked = client.query.bind(client);
    const timed: Asked = (...given) => {
      const startedMs = monotonicMs();
      const duration = durationOf(statementName(textOf(given[0])));
      const answered = (): void => duration.observe((monotonicMs() - startedMs) / 1_000);
      hearAnswer(given, answered);
      const answer = ask(...given);
      if (answer instanceof Promise) answer.then(answered, answered);
      return answer;
    };
    Reflect.set(client, 'query', timed);
  }

  return {
    watch(pool) {
      pools.push(pool);
      pool.on('connect', time);
    },
  };
}

/** Where the driver answers by a callback (the pool, a COPY) its answer is heard on the way; a promise is heard by itself. */
function hearAnswer(given: unknown[], answered: () => void): void {
  const last = given.length - 1;
  if (isFunction(given[last])) given[last] = heard(given[last], answered);
  const [query] = given;
  const callback: unknown = typeof query === 'object' && query !== null ? Reflect.get(query, 'callback') : undefined;
  if (typeof query === 'object' && query !== null && isFunction(callback)) Reflect.set(query, 'callback', heard(callback, answered));
}

function heard(callback: Asked, answered: () => void): Asked {
  return (...results) => {
    answered();
    return callback(...results);
  };
}

function isFunction(value: unknown): value is Asked {
  return typeof value === 'function';
}

function textOf(query: unknown): string {
  if (typeof query === 'string') return query;
  const text: unknown = typeof query === 'object' && query !== null ? Reflect.get(query, 'text') : undefined;
  return typeof text === 'string' ? text : '';
}

function sumOf(pools: readonly pg.Pool[], of: (pool: pg.Pool) => number): number {
  return pools.reduce((sum, pool) => sum + of(pool), 0);
}
