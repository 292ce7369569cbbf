/** The same question asked of raw rows, as one would without rollups. */
import { median } from '../quantile.ts';
import { nowMs } from '../road.ts';
import { withClient } from '../with-client.ts';
import type { Week } from './history.ts';

const ASKINGS = 5;

interface RawRow {
  readonly hour: string;
  readonly edits: string;
  readonly added: string;
}

export interface AskedRaw {
  /** As the columns `bucket`, `edits`, `added` of an answer. */
  readonly rows: readonly (readonly [string, number, number])[];
  readonly p50Ms: number;
  /** All that lie in the table, of the range and around it. */
  readonly rawRows: number;
}

/** Edits and characters added by hour; asked once for the caches and then five times. */
export async function askRaw(databaseUrl: string, { fromMs, toMs }: Week): Promise<AskedRaw> {
  return withClient(databaseUrl, async (client) => {
    await client.query("SET TIME ZONE 'UTC'");
    const question = {
      text: `SELECT to_char(date_trunc('hour', occurred_at), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS hour, count(*) AS edits, sum((data->>'added')::bigint) AS added
             FROM raw_event WHERE tenant = 'demo' AND type = 'wiki.edit' AND occurred_at >= $1 AND occurred_at < $2 GROUP BY 1 ORDER BY 1`,
      values: [new Date(fromMs), new Date(toMs)],
    };
    await client.query('VACUUM ANALYZE raw_event');
    await client.query(question);
    const times: number[] = [];
    let rows: readonly RawRow[] = [];
    while (times.length < ASKINGS) {
      const askedMs = nowMs();
      rows = (await client.query<RawRow>(question)).rows;
      times.push(nowMs() - askedMs);
    }
    const [counted] = (await client.query<{ n: string }>('SELECT count(*) AS n FROM raw_event')).rows;
    return {
      rows: rows.map(({ hour, edits, added }) => [hour, Number(edits), Number(added)] as const),
      p50Ms: median(times),
      rawRows: Number(counted?.n ?? 0),
    };
  });
}
