import { setTimeout as delay } from 'node:timers/promises';
import { signalAll, treeOf, type Tidegate } from '@tidegate/native';
import type { PlannedFault } from './fault-plan.ts';
import type { History } from './history.ts';

/** Something that a drill can kill, pause and bring back. */
interface Victim {
  readonly pid: () => number;
  readonly kill: () => Promise<void>;
  /** Resolves when it is up and ready. */
  readonly start: () => Promise<void>;
}

export interface InjectOptions {
  readonly tidegate: Tidegate;
  readonly history: History;
  readonly say: (line: string) => void;
  readonly emptyRedis: () => Promise<void>;
  /** Later than this faults of aggregators, which are many, are left out: on a slow machine each waits for the start before it. */
  readonly durationMs: number;
}

const START_WITHIN_MS = 120_000;

/**
 * Carries the plan out. A fault is not waited for: the next one may come while this one is being recovered from; those of one
 * victim follow each other. Resolves when everything is up again, with what was done, by `fault target`.
 */
export async function injectFaults(plan: readonly PlannedFault[], options: InjectOptions): Promise<ReadonlyMap<string, number>> {
  const startedMs = performance.now();
  const done = new Map<string, number>();
  const chains = new Map<string, Promise<void>>();
  for (const [index, planned] of plan.entries()) {
    await delay(Math.max(0, planned.atMs - (performance.now() - startedMs)));
    const { fault, target } = planned;
    const chain = (chains.get(target) ?? Promise.resolve()).then(async () => {
      if (target.startsWith('aggregator') && performance.now() - startedMs > options.durationMs) return;
      options.history.write({ kind: 'fault', at_ms: options.history.nowMs(), fault, target, for_ms: planned.forMs });
      options.say(`${index + 1} of ${plan.length}: ${fault} ${target}${fault === 'pause' ? ` for ${planned.forMs} ms` : ''}`);
      await carryOut(planned, options);
      done.set(`${fault} ${target}`, (done.get(`${fault} ${target}`) ?? 0) + 1);
    });
    // Looked at in the end, with all others.
    chain.catch(() => undefined);
    chains.set(target, chain);
  }
  await Promise.all(chains.values());
  return done;
}

async function carryOut({ fault, target, forMs }: PlannedFault, { tidegate, emptyRedis }: InjectOptions): Promise<void> {
  if (fault === 'empty') return emptyRedis();
  const victim = victimOf(tidegate, target);
  if (victim === null) return;
  if (fault === 'pause') return pause(victim, forMs);
  await victim.kill();
  await startAgain(victim, target);
}

function victimOf(tidegate: Tidegate, target: string): Victim | null {
  if (target === 'kafka' || target === 'postgres') {
    const server = tidegate[target];
    return server === null ? null : { pid: server.pid, kill: () => server.kill(), start: () => server.restart() };
  }
  const { services } = tidegate;
  return { pid: () => services.pid(target), kill: async () => void (await services.kill(target)), start: () => services.start(target) };
}

/** A service may end at its start because a server is down just then: an orchestrator would start it again. */
async function startAgain(victim: Victim, target: string): Promise<void> {
  const deadlineMs = performance.now() + START_WITHIN_MS;
  for (;;) {
    try {
      return await victim.start();
    } catch (error) {
      if (performance.now() > deadlineMs) throw new Error(`${target} did not come back`, { cause: error });
      await delay(200);
    }
  }
}

/** Stops the process and those that it made (Postgres has one for each session), and lets them go on. */
async function pause(victim: Victim, forMs: number): Promise<void> {
  const stopped = signalAll(treeOf(victim.pid()), 'SIGSTOP');
  try {
    await delay(forMs);
  } finally {
    signalAll(stopped, 'SIGCONT');
  }
}
