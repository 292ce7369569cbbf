/**
 * Postgres alone: four connections insert the workload's own requests, one transaction for each, without Kafka and without
 * HTTP. Invalid events are left out by the one rule that they break. Prints the number of distinct events, then ends.
 *
 * Environment: DATABASE_URL, WORKLOAD_FILE, SEED, REQUESTS, EVENTS_PER_REQUEST.
 */
import pg from 'pg';
import { createWorkload } from '../workload.ts';
import { countBatch, type PeerData, type PeerEvent } from './count-batch.ts';

const { DATABASE_URL = '', WORKLOAD_FILE = '', SEED = '1', REQUESTS = '0', EVENTS_PER_REQUEST = '500' } = process.env;
const CONNECTIONS = 4;

const workload = createWorkload(WORKLOAD_FILE, Number(SEED));
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: CONNECTIONS });
let left = Number(REQUESTS);
let distinct = 0;

async function work(): Promise<void> {
  const client = await pool.connect();
  while (left > 0) {
    left -= 1;
    const chunk = workload.next(Number(EVENTS_PER_REQUEST), Date.now());
    distinct += chunk.distinct;
    const lines = chunk.body.toString('utf8').trimEnd().split('\n');
    await countBatch(
      client,
      lines.map(toEvent).filter(({ data }) => data.added >= 0),
    );
  }
  client.release();
}

await Promise.all(Array.from({ length: CONNECTIONS }, work));
await pool.end();
process.stdout.write(`${distinct}\n`);

function toEvent(line: string): PeerEvent {
  const { id, occurred_at: occurredAtMs, data } = JSON.parse(line) as { id: string; occurred_at: number; data: PeerData };
  return { id, occurredAtMs, data, json: JSON.stringify(data) };
}
