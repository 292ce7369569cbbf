import { setTimeout as delay } from 'node:timers/promises';
import type { DatabaseTier } from '@tidegate/native';
import pg from 'pg';
import { untilCommitting } from './patroni.ts';
import type { Scene } from './stream-drill.ts';
import { commitsIn, untilSeen } from './taken-back.ts';

const KILLS = 3;
const AWAY_MS = 2_000;
/** As many as the pool of a login and database has sessions. */
const SESSIONS = 25;
const HELD_MS = 5_000;

/** The pooler dies and comes back under load, then others hold every session that it has: services wait, and go on after that. */
export async function poolerRestarts(
  scene: Scene,
  { pooler }: DatabaseTier,
  of: { readonly durationMs: number },
): Promise<Readonly<Record<string, number>>> {
  const { history, say, tidegate } = scene;
  const fault = (name: string, forMs: number): void =>
    history.write({ kind: 'fault', at_ms: history.nowMs(), fault: name, target: 'pgbouncer', for_ms: forMs });
  let writesBackMsMax = 0;
  for (let kill = 1; kill <= KILLS; kill += 1) {
    await delay(of.durationMs / (KILLS + 2));
    fault('kill', AWAY_MS);
    await pooler.kill();
    await delay(AWAY_MS);
    await pooler.restart();
    const backMs = performance.now();
    await untilCommitting(scene);
    writesBackMsMax = Math.max(writesBackMsMax, Math.round(performance.now() - backMs));
    say(`${kill} of ${KILLS}: PgBouncer was away for ${AWAY_MS} ms, commits again after ${Math.round(performance.now() - backMs)} ms`);
  }
  await delay(of.durationMs / (KILLS + 2));
  fault('exhaust', HELD_MS);
  const holders = await holdSessions(pooler.through(tidegate.addresses.databaseUrl));
  const before = await commitsIn(tidegate.addresses.databaseUrl);
  await delay(HELD_MS);
  const meanwhile = (await commitsIn(tidegate.addresses.databaseUrl)) - before;
  await Promise.all(holders.map((holder) => holder.end()));
  const freeMs = performance.now();
  await untilCommitting(scene);
  const freedMs = Math.round(performance.now() - freeMs);
  say(`all ${SESSIONS} sessions were held for ${HELD_MS} ms: ${meanwhile} commits meanwhile, again after ${freedMs} ms`);
  await delay(of.durationMs / (KILLS + 2));
  return {
    pooler_kills: KILLS,
    ...{ away_ms: AWAY_MS, writes_back_ms_max: writesBackMsMax },
    ...{ held_sessions: SESSIONS, held_ms: HELD_MS, commits_while_held: meanwhile, freed_writes_back_ms: freedMs },
  };
}

/** Clients of the pooler, each in a transaction of its own, until they are ended: no session is left for anybody else. */
async function holdSessions(pooledUrl: string): Promise<readonly pg.Client[]> {
  return Promise.all(
    Array.from({ length: SESSIONS }, async () => {
      const client = new pg.Client({ connectionString: pooledUrl });
      client.on('error', () => undefined);
      await client.connect();
      await untilSeen(
        'a session of the pool',
        () => client.query('BEGIN'),
        () => true,
      );
      return client;
    }),
  );
}
