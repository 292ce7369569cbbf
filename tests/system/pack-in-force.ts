import { setTimeout as delay } from 'node:timers/promises';
import type { RunningSystem } from './running-system.ts';

/** Promised are two seconds; these tests share the machine with others. */
const WITHIN_MS = 30_000;

export interface DeclaredPack {
  readonly yaml: string;
  /** An event type that it declares, with a subject or fields that an event must have. */
  readonly eventType: string;
  /** A metric that it declares. */
  readonly metric: string;
}

/**
 * Applies a pack and waits until ingest and the query service work with it; the aggregator waits for packs by itself. Ingest is
 * asked with an event that says nothing: refused for its type before the pack is known, for what it lacks after that.
 */
export async function putInForce({ client, admin }: Pick<RunningSystem, 'client' | 'admin'>, pack: DeclaredPack): Promise<void> {
  await admin.applyPack(pack.yaml);
  const probe = JSON.stringify({ id: `probe-${pack.eventType}`, type: pack.eventType });
  await until('ingest', async () => {
    const { rejected } = await client.send([probe]);
    if (rejected.length !== 1) throw new Error(`${pack.eventType} takes an event that says nothing`);
    return rejected[0]?.code !== 'type_unknown';
  });
  await until('query', async () => JSON.stringify(await client.metrics()).includes(JSON.stringify(pack.metric)));
}

async function until(service: string, isKnown: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + WITHIN_MS;
  while (!(await isKnown())) {
    if (performance.now() > deadlineMs) throw new Error(`${service} does not know the pack after ${WITHIN_MS / 1_000} s`);
    await delay(20);
  }
}
