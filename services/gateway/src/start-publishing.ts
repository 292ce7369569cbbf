import { randomUUID } from 'node:crypto';
import type { LogClient } from '@tidegate/kafka';
import type { ControlOutbox } from '@tidegate/postgres';
import { systemClock as clock } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';
import type { ControlView } from './control.ts';
import type { Publisher } from './publisher.ts';
import { startPublisher } from './publisher.ts';

export interface Publishing {
  readonly client: LogClient;
  readonly outbox: ControlOutbox;
  /** Calls at each change of the control plane. */
  readonly listen: (onChange: () => void) => { close(): Promise<void> };
  readonly topic: string;
  readonly control: ControlView;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Copies the control plane to its topic, told by Postgres of each change. */
export function startPublishing({ outbox, listen, log, metrics, client, control, topic }: Publishing): Pick<Publisher, 'wake' | 'stop'> {
  const producer = client.createProducer();
  const publisher = startPublisher({
    outbox,
    producer: { append: async (name, partition, batch) => (await producer).append(name, partition, batch) },
    topic,
    control,
    holder: randomUUID(),
    clock,
    metrics,
    log,
  });
  const listener = listen(publisher.wake);
  return {
    wake: publisher.wake,
    stop: async () => {
      await Promise.all([publisher.stop(), listener.close()]);
      await Promise.all([outbox.close(), producer.then((open) => open.close())]);
    },
  };
}
