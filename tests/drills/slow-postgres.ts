import { setTimeout as delay } from 'node:timers/promises';
import type { TcpProxy } from '@tidegate/testkit';
import type { Scene } from './stream-drill.ts';

/** How long answers come through between two times of silence. */
const BREATH_MS = 100;

export interface SlowPostgresOptions {
  /** Stands before Postgres for all services. */
  readonly proxy: TcpProxy;
  readonly durationMs: number;
  /** How long a statement is kept waiting at most. */
  readonly statementMs: number;
}

/** Postgres answers each statement up to `statementMs` late: lag grows, memory must not, and nothing may be lost when it is over. */
export async function slowPostgres({ history, say }: Scene, options: SlowPostgresOptions): Promise<Readonly<Record<string, number>>> {
  const { proxy, durationMs, statementMs } = options;
  const endMs = performance.now() + durationMs;
  let silences = 0;
  try {
    while (performance.now() < endMs) {
      history.write({ kind: 'fault', at_ms: history.nowMs(), fault: 'slow', target: 'postgres', for_ms: statementMs });
      proxy.stall();
      await delay(statementMs);
      proxy.resume();
      silences += 1;
      await delay(BREATH_MS);
    }
  } finally {
    proxy.resume();
  }
  say(`Postgres was silent ${silences} times for ${statementMs} ms`);
  return { silences };
}
