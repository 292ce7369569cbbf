import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { Ground } from './catalogue.ts';
import { askOn } from './rolling-restart.ts';
import type { Scene } from './stream-drill.ts';
import { ask, directUrl, untilSeen } from './taken-back.ts';

const MIGRATIONS = fileURLToPath(new URL('../../packages/postgres/migrations/', import.meta.url));
const MIGRATOR = fileURLToPath(new URL('./migrator.ts', import.meta.url));

/** A key may ask 1,000 times a minute, which a drill of a minute must stay below. */
const ASK_EVERY_MS = 200;

/** A column of two tables that every commit writes to: it comes, is filled, gets an index, and goes. */
const EXPAND = [
  ['expand', 'ALTER TABLE partition_progress ADD COLUMN drill_note text; ALTER TABLE series ADD COLUMN drill_note text;'],
  ['backfill', 'UPDATE series SET drill_note = metric WHERE drill_note IS NULL;'],
  ['index', 'CREATE INDEX CONCURRENTLY series_drill_note ON series (drill_note);'],
] as const;
const CONTRACT = [
  ['contract', 'ALTER TABLE series DROP COLUMN drill_note; ALTER TABLE partition_progress DROP COLUMN drill_note;'],
] as const;

const COLUMNS = `SELECT table_name FROM information_schema.columns WHERE column_name = 'drill_note'`;
const WAITING = `SELECT pid FROM pg_stat_activity WHERE application_name = 'tidegate-migrate' AND wait_event_type = 'Lock' AND datname = current_database()`;

/**
 * The schema changes by the steps that every migration takes, under load and behind a reader that goes on for long: the first migrator
 * is killed while it waits, the second has to find nothing half done. Between its coming and its going services of before the
 * column and one that was started after it work side by side.
 */
export async function migration(
  scene: Scene,
  ground: Ground,
  of: { readonly durationMs: number },
): Promise<Readonly<Record<string, number>>> {
  const { tidegate, history, say } = scene;
  const databaseUrl = directUrl(ground);
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-drill-migrations-'));
  cpSync(MIGRATIONS, folder, { recursive: true });
  const [before] = await ask<{ last: number }>(databaseUrl, 'SELECT max(number) AS last FROM schema_migration');
  const last = before?.last ?? 0;
  const migrator = migratorOf({ databaseUrl, folder });
  const asking = askOn(scene, tidegate.apiKey, ASK_EVERY_MS);
  try {
    await delay(of.durationMs / 4);
    const uncleanReruns = await behindReader({ databaseUrl, say }, async (readerEnds) => {
      writeNext(folder, EXPAND);
      const first = migrator.start();
      await untilWaiting(databaseUrl, 1);
      history.write({ kind: 'fault', at_ms: history.nowMs(), fault: 'kill', target: 'migrator', for_ms: 0 });
      await first.kill();
      // Its session ends once it is given up waiting.
      await untilWaiting(databaseUrl, 0);
      const halfDone = (await ask(databaseUrl, COLUMNS)).length;
      const second = migrator.start();
      await untilWaiting(databaseUrl, 1);
      await readerEnds();
      return halfDone + countUnclean(await second.applied(), EXPAND.length);
    });
    await delay(of.durationMs / 4);
    const later = tidegate.services.names.findLast((name) => name.startsWith('aggregator')) ?? '';
    say(`${later} is started after the column came, all others before`);
    await tidegate.services.kill(later, 'SIGTERM');
    await tidegate.services.start(later);
    await delay(of.durationMs / 4);
    writeNext(folder, CONTRACT);
    const contracted = countUnclean(await migrator.start().applied(), CONTRACT.length);
    const again = countUnclean(await migrator.start().applied(), 0);
    await delay(of.durationMs / 4);
    const left = (await ask(databaseUrl, COLUMNS)).length;
    return {
      migrations: EXPAND.length + CONTRACT.length,
      migrators_killed: 1,
      unclean_reruns: uncleanReruns + contracted + again + left,
      ...(await asking.stop()),
    };
  } finally {
    await asking.stop();
    // What comes next on this system knows nothing of these migrations.
    await ask(databaseUrl, `DELETE FROM schema_migration WHERE number > ${last}`);
    rmSync(folder, { recursive: true });
  }
}

async function untilWaiting(databaseUrl: string, migrators: number): Promise<void> {
  await untilSeen(
    `${migrators} migrators wait for the reader`,
    () => ask(databaseUrl, WAITING),
    (found) => found.length === migrators,
  );
}

/** 0 where as many were applied as had to be. */
function countUnclean(applied: readonly string[], wanted: number): number {
  return Math.abs(applied.length - wanted);
}

function writeNext(folder: string, steps: readonly (readonly [name: string, sql: string])[]): void {
  const [newest = '0000'] = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
    .toReversed();
  for (const [at, [name, sql]] of steps.entries()) {
    const number = String(Number(newest.slice(0, 4)) + 1 + at).padStart(4, '0');
    writeFileSync(join(folder, `${number}-drill-${name}.sql`), `-- Of a drill.\n${sql}\n`);
  }
}

interface Reading {
  readonly databaseUrl: string;
  readonly say: (line: string) => void;
}

/** While a transaction has read both tables and goes on. */
async function behindReader<T>({ databaseUrl, say }: Reading, work: (readerEnds: () => Promise<void>) => Promise<T>): Promise<T> {
  const reader = new pg.Client({ connectionString: databaseUrl, application_name: 'drill-reader' });
  await reader.connect();
  try {
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await reader.query('SELECT count(*) FROM partition_progress, series');
    say('a reader reads and goes on');
    return await work(async () => void (await reader.query('COMMIT')));
  } finally {
    await reader.end();
  }
}

function migratorOf({ databaseUrl, folder }: { readonly databaseUrl: string; readonly folder: string }) {
  return {
    start() {
      const child = spawn(process.execPath, [MIGRATOR, folder], {
        env: { ...process.env, DATABASE_URL: databaseUrl },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(child, 'exit');
      const output = text(child.stdout);
      return {
        async kill(): Promise<void> {
          child.kill('SIGKILL');
          await ended;
        },
        /** @throws where it ended otherwise than by itself and well */
        async applied(): Promise<readonly string[]> {
          const [code] = (await ended) as [number | null];
          if (code !== 0) throw new Error(`a migrator ended with ${code}`);
          return JSON.parse(await output) as string[];
        },
      };
    },
  };
}
