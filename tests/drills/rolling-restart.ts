import { setTimeout as delay } from 'node:timers/promises';
import type { Balancer } from './balancer.ts';
import type { Scene } from './stream-drill.ts';

export interface RollingRestartOptions {
  /** Before gateway, ingest and query. */
  readonly balancers: Readonly<Record<string, Balancer>>;
  readonly apiKey: string;
  /** From when no new connection goes to a process until it is told to end, as preStop does in the chart. */
  readonly preStopMs: number;
}

const ASK_EVERY_MS = 20;
const STOP_WITHIN_MS = 25_000;
const DAY_MS = 86_400_000;

/** Every process is told to end and started again, one at a time, while events come and questions are asked. */
export async function rollingRestart(scene: Scene, options: RollingRestartOptions): Promise<Readonly<Record<string, number>>> {
  const { tidegate, history, say } = scene;
  const asking = askOn(scene, options.apiKey);
  let [restarts, badExits, stopMsMax] = [0, 0, 0];
  for (const name of tidegate.services.names) {
    const balancer = options.balancers[name.replace(/-\d+$/, '')];
    balancer?.takeOut(name);
    await delay(options.preStopMs);
    history.write({ kind: 'fault', at_ms: history.nowMs(), fault: 'restart', target: name, for_ms: 0 });
    const startedMs = performance.now();
    const code = await tidegate.services.kill(name, 'SIGTERM');
    const tookMs = Math.round(performance.now() - startedMs);
    say(`${name} ended with ${code} after ${tookMs} ms`);
    if (code !== 0 || tookMs > STOP_WITHIN_MS) badExits += 1;
    stopMsMax = Math.max(stopMsMax, tookMs);
    await tidegate.services.start(name);
    balancer?.putBack(name);
    restarts += 1;
  }
  return { restarts, bad_exits: badExits, stop_ms_max: stopMsMax, ...(await asking.stop()) };
}

/** Asks the same question all the time; every one has to be answered at the first try. */
export function askOn(
  { tidegate, history, say }: Scene,
  apiKey: string,
  everyMs: number = ASK_EVERY_MS,
): { stop(): Promise<{ questions: number; failed_questions: number }> } {
  let isOver = false;
  let [questions, failed] = [0, 0];
  const [from, to] = [-1, 1].map((days) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10));
  const body = JSON.stringify({ metric: 'wiki.edits', kind: 'summary', measures: ['edits'], from, to });
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const ask = async (): Promise<string | null> => {
    const response = await fetch(`${tidegate.gateway}/v1/query`, { method: 'POST', headers, body });
    const text = await response.text();
    return response.ok ? null : `${response.status} ${text.slice(0, 200)}`;
  };
  const run = async (): Promise<void> => {
    for (; !isOver; await delay(everyMs)) {
      questions += 1;
      const fault = await ask().catch((error: unknown) => String(error instanceof Error ? (error.cause ?? error) : error));
      if (fault === null) continue;
      failed += 1;
      say(`after ${history.nowMs()} ms a question failed: ${fault}`);
    }
  };
  const running = run();
  return {
    async stop() {
      isOver = true;
      await running;
      return { questions, failed_questions: failed };
    },
  };
}
