import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@tidegate/sdk';
import type pg from 'pg';
import type { History } from './history.ts';

export interface WatchOptions {
  readonly database: pg.Pool;
  readonly client: Client;
  readonly history: History;
  /** Days, half open, that hold all events of the drill. */
  readonly days: { readonly from: string; readonly to: string };
  /** What the question answered before the drill began. */
  readonly before: number;
}

export interface Watch {
  /** Looks once more, then ends. */
  stop(): Promise<void>;
}

const POSITIONS_EVERY_MS = 200;
const TOTAL_EVERY_MS = 400;

/** Writes down, while faults are going on, where Postgres stands and what questions answer. A server that is away is passed over. */
export function startWatch({ database, client, history, days, before }: WatchOptions): Watch {
  let isOver = false;
  let known = '';

  async function lookAtPositions(): Promise<void> {
    const { rows } = await database.query<{ name: string; generation: number; next: string }>(
      `SELECT lane || '/' || partition AS name, log_generation AS generation, next_offset::text AS next FROM partition_progress ORDER BY 1`,
    );
    const positions = Object.fromEntries(rows.map(({ name, generation, next }) => [name, [generation, Number(next)] as const]));
    const text = JSON.stringify(positions);
    if (text !== known) history.write({ kind: 'positions', at_ms: history.nowMs(), positions });
    known = text;
  }

  async function askTotal(): Promise<void> {
    const answer = await client.query({ metric: 'wiki.edits', kind: 'summary', measures: ['edits'], ...days });
    history.write({ kind: 'total', at_ms: history.nowMs(), events: Number(answer.rows[0]?.[0] ?? 0) - before });
  }

  async function repeat(look: () => Promise<void>, everyMs: number): Promise<void> {
    for (let isLast = false; !isLast; await delay(everyMs)) {
      isLast = isOver;
      await look().catch(() => undefined);
    }
  }

  const running = Promise.all([repeat(lookAtPositions, POSITIONS_EVERY_MS), repeat(askTotal, TOTAL_EVERY_MS)]);
  return {
    async stop() {
      isOver = true;
      await running;
    },
  };
}
