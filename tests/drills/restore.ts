import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { postgresPrograms, repositoryRoot, startDatabase } from '@tidegate/native';
import type { Ground } from './catalogue.ts';
import type { Scene } from './stream-drill.ts';
import { ask, commitsIn, directUrl, moveBehind, untilSeen } from './taken-back.ts';

const run = promisify(execFile);
const SCRIPTS = join(repositoryRoot, 'k8s/chart/files/backup');

/**
 * A backup is made under load by the script that the chart's job runs; more is counted; the database is destroyed and brought back
 * out of the backup on a server that knows nothing. What was counted since has to be counted again from the log, once.
 */
export async function restore(
  scene: Scene,
  ground: Ground,
  of: { readonly durationMs: number },
): Promise<Readonly<Record<string, number>>> {
  const { history, say } = scene;
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-restore-'));
  ground.database.keep({ stop: async () => rmSync(folder, { recursive: true, force: true }) });
  const log = (): void => undefined;
  const programs = await postgresPrograms({ dataDir: join(folder, 'server'), log });
  const [backups, keyFile] = [join(folder, 'backups'), join(folder, 'key')];
  mkdirSync(backups);
  writeFileSync(keyFile, `key of the drill ${history.nowMs()}\n`, { mode: 0o600 });
  const env = { PATH: `${programs}:${process.env['PATH'] ?? ''}`, BACKUP_DIR: backups, BACKUP_KEY_FILE: keyFile };

  const lostUrl = directUrl(ground);
  await untilSeen(
    'something to back up',
    () => commitsIn(lostUrl),
    (commits) => commits > 0,
  );
  await delay(of.durationMs / 3);
  await run('sh', [join(SCRIPTS, 'backup.sh')], { env: { ...env, DATABASE_URL: lostUrl } });
  const saved = await commitsIn(lostUrl);
  say(`backed up at about ${saved} commits`);
  await delay(of.durationMs / 3);
  const before = await untilSeen(
    'commits after the backup',
    () => commitsIn(lostUrl),
    (commits) => commits > saved,
  );

  history.write({ kind: 'fault', at_ms: history.nowMs(), fault: 'destroy', target: 'postgres', for_ms: 0 });
  say('the database is destroyed');
  const lostMs = performance.now();
  await ground.proxy.cut();
  const name = new URL(lostUrl).pathname.slice(1);
  await ask(directUrl(ground, '/postgres'), `DROP DATABASE ${name} WITH (FORCE)`);
  const fresh = await startDatabase({ dataDir: join(folder, 'server'), env: { ...process.env, DATABASE_URL: '' }, log });
  ground.database.keep(fresh);
  await untilSeen(
    'the new server',
    () => ask(fresh.databaseUrl, `CREATE DATABASE ${name}`),
    () => true,
  );
  const freshUrl = new URL(fresh.databaseUrl);
  freshUrl.pathname = `/${name}`;
  await run('sh', [join(SCRIPTS, 'restore.sh')], { env: { ...env, DATABASE_URL: freshUrl.href } });
  const moved = await moveBehind(scene, ground, { by: 'restore', before, serverUrl: fresh.databaseUrl });
  const backMs = Math.round(performance.now() - lostMs);
  await delay(of.durationMs / 3);
  return { restores: 1, ...moved, writes_back_ms: backMs };
}
