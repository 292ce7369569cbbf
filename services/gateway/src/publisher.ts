import type { LogProducer } from '@tidegate/kafka';
import { createRecordBatch, encodeHeaders } from '@tidegate/kafka';
import type { ControlChange, ControlOutbox } from '@tidegate/postgres';
import { CONTROL_KEYS } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';
import type { ControlView } from './control.ts';

export interface PublisherOptions {
  readonly outbox: ControlOutbox;
  readonly producer: Pick<LogProducer, 'append'>;
  readonly topic: string;
  readonly control: Pick<ControlView, 'versions' | 'read'>;
  /** Names this process among the gateways; a fresh random text. */
  readonly holder: string;
  /** Time from one look to the next where nobody wakes it; default a second. */
  readonly beatMs?: number;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface Publisher {
  /** Something changed: look now rather than at the next beat. */
  wake(): void;
  /** Ends the loop and gives the lease up. */
  stop(): Promise<void>;
}

const BEAT_MS = 1_000;
const LEASE_MS = 5_000;
const COMPARE_EVERY_MS = 600_000;
/** Well below the broker's 1 MB a batch. */
const BATCH_BYTES = 200_000;
const JSON_RECORD = encodeHeaders([{ name: 'v', value: new TextEncoder().encode('1') }]);

/**
 * Copies control records from Postgres to the control topic. One gateway does it, the holder of the lease; a former holder
 * that still writes does no harm, because readers take a record only if its version is greater.
 *
 * A turn: prolong the lease → what is marked unpublished, or at its start and every 10 minutes all that the topic lacks →
 * append → mark → look again until there is nothing → beat. Dying after the append repeats it, which changes nothing.
 *
 * The version of a beat is the time just before that last look, so whoever has read it knows all that was recorded by then.
 */
export function startPublisher(options: PublisherOptions): Publisher {
  const { outbox, holder, clock, log, beatMs = BEAT_MS } = options;
  const turn = createTurn(options);
  const stopping = Promise.withResolvers<void>();
  let isStopping = false;
  let knock = Promise.withResolvers<void>();

  async function loop(): Promise<void> {
    // What the topic lacks is known only once it was read.
    await Promise.race([options.control.read, stopping.promise]);
    while (!isStopping) {
      const startedMs = clock.monotonicMs();
      knock = Promise.withResolvers();
      try {
        await turn();
      } catch (error) {
        log.warn('publishing_failed', { error });
      }
      await waitFor(knock.promise, Math.max(0, beatMs - (clock.monotonicMs() - startedMs)));
    }
  }

  const looping = loop();
  return {
    wake: () => knock.resolve(),
    async stop() {
      isStopping = true;
      stopping.resolve();
      knock.resolve();
      await looping;
      await outbox.releaseLease(holder).catch((error: unknown) => log.warn('lease_not_released', { error }));
    },
  };
}

function createTurn({ outbox, producer, topic, control, holder, clock, metrics, log }: PublisherOptions): () => Promise<void> {
  const lag = metrics.gauge('control_version_lag');
  let term: number | null = null;
  let comparedMs = Number.NEGATIVE_INFINITY;
  let beats = 0;
  let beatMs = Number.NEGATIVE_INFINITY;

  async function append(changes: readonly ControlChange[]): Promise<void> {
    for (const group of inBatches(changes)) {
      const batch = createRecordBatch();
      for (const { key, text } of group) batch.add(Buffer.from(key), Buffer.from(text), JSON_RECORD);
      await producer.append(topic, 0, batch);
    }
  }

  async function missing(): Promise<readonly ControlChange[]> {
    const isDue = clock.monotonicMs() - comparedMs >= COMPARE_EVERY_MS;
    if (!isDue) return outbox.readUnpublished();
    const all = await outbox.readAll();
    comparedMs = clock.monotonicMs();
    return all.filter(({ key, version }) => version > (control.versions.get(key) ?? 0));
  }

  async function publish(): Promise<{ readonly atMs: number; readonly hasPublished: boolean }> {
    for (let hasPublished = false; ; hasPublished = true) {
      const atMs = clock.nowMs();
      const changes = await missing();
      lag.set(changes.length);
      if (changes.length === 0) return { atMs, hasPublished };
      await append(changes);
      await outbox.markPublished(changes);
    }
  }

  return async function publishTurn() {
    const held = await outbox.holdLease(holder, LEASE_MS);
    if (held !== term) {
      if (held !== null) log.info('publishing', { detail: { term: held } });
      term = held;
      comparedMs = Number.NEGATIVE_INFINITY;
    }
    if (held === null) return;
    const { atMs, hasPublished } = await publish();
    if (!hasPublished && clock.monotonicMs() - beatMs < BEAT_MS / 2) return;
    beatMs = clock.monotonicMs();
    await append([{ key: CONTROL_KEYS.beat, version: atMs, value: { term: held, beat: (beats += 1) } }]);
  };
}

interface Encoded {
  readonly key: string;
  readonly text: string;
}

function inBatches(changes: readonly ControlChange[]): Encoded[][] {
  const batches: Encoded[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const { key, version, value } of changes) {
    const text = JSON.stringify({ version, value });
    if (size + text.length > BATCH_BYTES) {
      batches.push([]);
      size = 0;
    }
    size += text.length;
    batches.at(-1)?.push({ key, text });
  }
  return batches;
}

async function waitFor(knock: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const rest = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([knock, rest]);
  clearTimeout(timer);
}
