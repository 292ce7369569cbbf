import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServers } from '@tidegate/native';
import { loadMutants } from './list.ts';
import type { Mutant } from './mutant.ts';
import { plant } from './planted-source.ts';
import { passesUnmutated, tryMutant } from './trial.ts';

/**
 * `npm run mutants [-- part of a name]`: plants every bug of the list, one at a time, and tells which tests saw it.
 * Red where one survived, does not load, or where the tests fail without it.
 */
async function tryAll(mutants: readonly Mutant[]): Promise<boolean> {
  let isGreen = true;
  for (const kind of ['unit', 'integration'] as const) {
    const tests = mutants.filter((mutant) => mutant.kind === kind).flatMap((mutant) => mutant.tests);
    if (tests.length > 0 && !(await passesUnmutated(kind, tests))) {
      print(`✗ the ${kind} tests named by mutants fail without a mutant\n`);
      isGreen = false;
    }
  }
  for (const mutant of mutants) {
    plant(mutant);
    const trial = await tryMutant(mutant);
    const mark = trial.verdict === 'killed' ? '✓' : '✗';
    print(`${mark} ${trial.verdict.padEnd(8)} §${mutant.section} ${mutant.name}, ${mutant.file} (${(trial.ms / 1000).toFixed(1)} s)\n`);
    for (const killer of trial.killers.slice(0, 3)) print(`    by: ${killer}\n`);
    isGreen &&= trial.verdict === 'killed';
  }
  return isGreen;
}

async function withServers<T>(isNeeded: boolean, action: () => Promise<T>): Promise<T> {
  if (!isNeeded) return action();
  const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-mutants-'));
  try {
    const servers = await startServers({ dataDir });
    Object.assign(process.env, { KAFKA_BROKERS: servers.kafkaBrokers, DATABASE_URL: servers.databaseUrl, REDIS_URL: servers.redisUrl });
    try {
      return await action();
    } finally {
      await servers.stop();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function print(text: string): void {
  process.stdout.write(text);
}

const wanted = process.argv[2] ?? '';
const mutants = (await loadMutants()).filter((mutant) => mutant.name.includes(wanted) || mutant.file.includes(wanted));
const needsServers = mutants.some((mutant) => mutant.kind === 'integration');
const isGreen = await withServers(needsServers, () => tryAll(mutants));
print(`${mutants.length} mutants, ${isGreen ? 'all killed' : 'not all killed'}\n`);
process.exitCode = isGreen && mutants.length > 0 ? 0 : 1;
