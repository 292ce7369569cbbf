import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { nowMs } from './road.ts';

const LOOK_EVERY_MS = 100;

/** When each partition's position in Postgres moved, as seen every tenth of a second. */
export interface PositionWatch {
  /** Resolves with the time at which the last partition had moved from where it stands now. */
  allMoved(withinMs: number): Promise<number>;
  /** The longest time from `sinceMs` on in which a partition's position did not move. */
  longestStandstillSince(sinceMs: number): number;
  stop(): Promise<void>;
}

export async function startPositionWatch(databaseUrl: string): Promise<PositionWatch> {
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  const moves = new Map<string, { position: string; atMs: number[] }>();
  const look = async (): Promise<void> => {
    const { rows } = await database.query<{ name: string; position: string }>(
      `SELECT lane || '/' || partition AS name, log_generation || '/' || next_offset AS position FROM partition_progress WHERE lane = 'live'`,
    );
    const atMs = nowMs();
    for (const { name, position } of rows) {
      const known = moves.get(name);
      if (known === undefined) moves.set(name, { position, atMs: [] });
      else if (known.position !== position) {
        known.position = position;
        known.atMs.push(atMs);
      }
    }
  };
  await look();
  let isOver = false;
  const running = (async () => {
    for (; !isOver; await delay(LOOK_EVERY_MS)) await look();
  })();
  return {
    async allMoved(withinMs) {
      await look();
      const sinceMs = nowMs();
      for (const deadlineMs = nowMs() + withinMs; nowMs() < deadlineMs; await delay(LOOK_EVERY_MS)) {
        const firsts = [...moves.values()].map(({ atMs }) => atMs.find((at) => at > sinceMs));
        if (firsts.every((at) => at !== undefined)) return Math.max(...firsts);
      }
      throw new Error(`not every partition moved within ${withinMs / 1_000} s`);
    },
    longestStandstillSince: (sinceMs) =>
      Math.max(
        ...[...moves.values()].map(({ atMs }) => {
          const times = [sinceMs, ...atMs.filter((at) => at > sinceMs), nowMs()];
          return Math.max(...times.slice(1).map((at, i) => at - (times[i] ?? at)));
        }),
      ),
    async stop() {
      isOver = true;
      await running;
      await database.end();
    },
  };
}
