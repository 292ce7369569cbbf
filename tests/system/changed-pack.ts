import { setTimeout as delay } from 'node:timers/promises';
import type { RunningSystem } from './running-system.ts';

const MADE_WITHIN_MS = 60_000;

interface Making {
  readonly metric: string;
  readonly partitions: number;
  readonly partitions_done: number;
  readonly share: number;
}

/** Waits until questions about a metric are answered from a version of it. */
export async function answeredFrom({ client }: Pick<RunningSystem, 'client'>, metric: string, version: number): Promise<readonly Making[]> {
  const deadlineMs = performance.now() + MADE_WITHIN_MS;
  const seen: Making[] = [];
  while (performance.now() < deadlineMs) {
    const { metrics } = (await client.metrics()) as { metrics: readonly { metric: string; version: number }[] };
    if (metrics.some((one) => one.metric === metric && one.version === version)) return seen;
    const { making = [] } = (await client.status()) as { making?: readonly Making[] };
    seen.push(...making.filter((one) => one.metric === metric));
    await delay(50);
  }
  throw new Error(
    `version ${version} of ${metric} was not made within ${MADE_WITHIN_MS / 1_000} s: ${JSON.stringify(seen.at(-1) ?? null)}`,
  );
}
