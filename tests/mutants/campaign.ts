import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServers } from '@tidegate/native';
import { loadMutants } from './list.ts';
import type { Mutant } from './mutant.ts';
import { plant } from './planted-source.ts';
import { passesUnmutated, tryMutant, type Trial } from './trial.ts';

export interface CampaignOptions {
  /** Part of the name or file of the mutants to plant; empty: all. */
  readonly wanted: string;
  /** Told of each mutant before it is planted, and of how it ended. */
  readonly onPlant: (mutant: Mutant, place: { readonly index: number; readonly count: number }) => void;
  readonly onTrial: (mutant: Mutant, trial: Trial) => void;
}

export interface Campaign {
  readonly trials: readonly { readonly mutant: Mutant; readonly trial: Trial }[];
  /** Kinds whose tests fail without a mutant: what they see proves nothing then. */
  readonly redWithout: readonly Mutant['kind'][];
}

/** Plants every bug of the list, one at a time, and runs the tests that must see it; servers are started where some need them. */
export async function runCampaign(options: CampaignOptions): Promise<Campaign> {
  const { wanted } = options;
  const mutants = (await loadMutants()).filter((mutant) => mutant.name.includes(wanted) || mutant.file.includes(wanted));
  const needsServers = mutants.some((mutant) => mutant.kind === 'integration');
  return withServers(needsServers, () => tryAll(mutants, options));
}

export function isAllKilled({ trials, redWithout }: Campaign): boolean {
  return trials.length > 0 && redWithout.length === 0 && trials.every(({ trial }) => trial.verdict === 'killed');
}

async function tryAll(mutants: readonly Mutant[], { onPlant, onTrial }: CampaignOptions): Promise<Campaign> {
  const redWithout: Mutant['kind'][] = [];
  for (const kind of ['unit', 'integration'] as const) {
    const tests = mutants.filter((mutant) => mutant.kind === kind).flatMap((mutant) => mutant.tests);
    if (tests.length > 0 && !(await passesUnmutated(kind, tests))) redWithout.push(kind);
  }
  const trials: { mutant: Mutant; trial: Trial }[] = [];
  for (const [index, mutant] of mutants.entries()) {
    plant(mutant);
    onPlant(mutant, { index, count: mutants.length });
    const trial = await tryMutant(mutant);
    onTrial(mutant, trial);
    trials.push({ mutant, trial });
  }
  return { trials, redWithout };
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
