import { numberText, tableView } from '../table-view.ts';
import type { WatchedFigures } from './watched.ts';

/** What was watched beside a load, for people. */
export function watchedView({ pools, classes, redis, failed, readings }: WatchedFigures): string {
  return [
    ...(failed === 0 ? [] : [`${failed} of ${readings} readings of the servers failed: the figures below lack them.`]),
    `Database pools\n${table(
      ['service', 'mean %', 'max %', 'statements/s'],
      pools.map(({ service, meanPct, maxPct, statementsPerS }) => [service, shown(meanPct), shown(maxPct), shown(statementsPerS)]),
    )}`,
    `Cache classes\n${table(
      ['class', 'hits', 'misses', 'hit rate %'],
      classes.map(({ class: of, hits, misses }) => [of, hits, misses, shown(hitPct({ hits, misses }))]),
    )}`,
    redis === null
      ? 'Redis was not watched.'
      : `Redis: ${numberText(redis.memoryBytesMax)} bytes of memory at most, ${shown(redis.cpuPct)} % of a processor`,
  ].join('\n\n');
}

/** The same for programs. */
export function watchedJson({ pools, classes, redis, failed, readings }: WatchedFigures): unknown {
  return {
    readings,
    failed,
    pools: pools.map(({ service, meanPct, maxPct, statementsPerS }) => ({
      ...{ service, mean_pct: rounded(meanPct), max_pct: rounded(maxPct), statements_per_s: rounded(statementsPerS) },
    })),
    classes: classes.map((one) => ({ ...one, hit_rate: rounded(hitPct(one)) })),
    redis: redis === null ? null : { memory_bytes_max: redis.memoryBytesMax, cpu_pct: rounded(redis.cpuPct) },
  };
}

function hitPct({ hits, misses }: { readonly hits: number; readonly misses: number }): number {
  return (100 * hits) / (hits + misses);
}

function table(names: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  if (rows.length === 0) return 'none';
  return tableView({ columns: names.map((name, at) => ({ name, type: at === 0 ? 'string' : 'decimal' })), rows });
}

function shown(value: number): string {
  return value.toFixed(1);
}

function rounded(value: number): number {
  return Number(value.toFixed(3));
}
