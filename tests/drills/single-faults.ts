import { setTimeout as delay } from 'node:timers/promises';
import { injectFaults } from './faults.ts';
import type { PlannedFault } from './fault-plan.ts';
import type { Scene } from './stream-drill.ts';

type Done = Promise<Readonly<Record<string, number>>>;

const emptyRedis = (): Promise<void> => Promise.resolve();

/** Aggregators die at random moments, `kills` times; traffic goes on. */
export async function aggregatorKills(scene: Scene, of: { readonly durationMs: number; readonly kills: number }): Done {
  const names = aggregatorsOf(scene);
  const plan: readonly PlannedFault[] = Array.from({ length: of.kills }, () => scene.random() * of.durationMs)
    .toSorted((a, b) => a - b)
    .map((atMs) => ({ atMs, fault: 'kill', target: names[Math.floor(scene.random() * names.length)] ?? 'aggregator', forMs: 0 }));
  // However slow the machine, all of them are carried out.
  const done = await injectFaults(plan, { ...scene, emptyRedis, durationMs: Infinity });
  return { kills: sum(done), standstill_ms: standstillMs(scene) };
}

/** The broker is stopped for `forMs` and goes on; ingest has to stay ready and to say when to come again. */
export async function brokerPause(scene: Scene, of: { readonly forMs: number }): Done {
  const watched = watchIngest(scene);
  await delay(of.forMs / 4);
  const plan: readonly PlannedFault[] = [{ atMs: 0, fault: 'pause', target: 'kafka', forMs: of.forMs }];
  await injectFaults(plan, { ...scene, emptyRedis, durationMs: of.forMs });
  await delay(of.forMs / 4);
  return { pauses: 1, paused_ms: of.forMs, ...(await watched.stop()), standstill_ms: standstillMs(scene) };
}

/** The broker is away for `forMs`: killed, and started again at the same address. */
export async function brokerDown(scene: Scene, of: { readonly forMs: number }): Done {
  const { tidegate, history, say } = scene;
  const watched = watchIngest(scene);
  await delay(of.forMs / 4);
  history.write({ kind: 'fault', at_ms: history.nowMs(), fault: 'down', target: 'kafka', for_ms: of.forMs });
  say(`kafka is down for ${of.forMs} ms`);
  await tidegate.kafka?.kill();
  await delay(of.forMs);
  await tidegate.kafka?.restart();
  await delay(of.forMs / 4);
  return { kafka_restarts: tidegate.kafka === null ? 0 : 1, down_ms: of.forMs, ...(await watched.stop()) };
}

/** Members leave the group and join it, one after the other, as often as they can within `durationMs`. */
export async function rebalanceStorm(scene: Scene, of: { readonly durationMs: number; readonly everyMs: number }): Done {
  const { tidegate, history, say } = scene;
  const [, ...moving] = aggregatorsOf(scene);
  const endMs = performance.now() + of.durationMs;
  let rebalances = 0;
  for (let round = 0; performance.now() < endMs; round += 1) {
    const name = moving[round % moving.length];
    if (name === undefined) throw new Error('a storm needs at least two aggregators');
    history.write({ kind: 'fault', at_ms: history.nowMs(), fault: 'leave and join', target: name, for_ms: 0 });
    say(`${name} leaves and joins`);
    await tidegate.services.kill(name, 'SIGTERM');
    await delay(of.everyMs);
    await tidegate.services.start(name);
    await delay(of.everyMs);
    rebalances += 2;
  }
  return { rebalances, standstill_ms: standstillMs(scene) };
}

/** Longest time between two changes of positions, while clients were sending all the time. */
function standstillMs({ history }: Scene): number {
  const times = history.entries().flatMap((entry) => (entry.kind === 'positions' ? [entry.at_ms] : []));
  return Math.max(0, ...times.map((at, i) => at - (times[i - 1] ?? at)));
}

function aggregatorsOf({ tidegate }: Scene): readonly string[] {
  return tidegate.services.names.filter((name) => name.startsWith('aggregator'));
}

function sum(done: ReadonlyMap<string, number>): number {
  return [...done.values()].reduce((total, count) => total + count, 0);
}

const LOOK_EVERY_MS = 500;

/** Counts how often ingest said that it is not ready. A broker that is away is no reason to be taken out of service. */
function watchIngest({ tidegate }: Scene): { stop(): Promise<{ looks: number; not_ready: number }> } {
  let isOver = false;
  let [looks, notReady] = [0, 0];
  const run = async (): Promise<void> => {
    while (!isOver) {
      const response = await fetch(`http://127.0.0.1:${tidegate.metricsPort('ingest')}/readyz`).catch(() => null);
      await response?.body?.cancel();
      looks += 1;
      if (response?.ok !== true) notReady += 1;
      await delay(LOOK_EVERY_MS);
    }
  };
  const running = run();
  return {
    async stop() {
      isOver = true;
      await running;
      return { looks, not_ready: notReady };
    },
  };
}
