import type { LogClient, RecordSlab } from '@tidegate/kafka';

export interface ProbeRange {
  readonly topic: string;
  readonly partition: number;
  readonly fromOffset: number;
  readonly toOffset: number;
}

/** Reads short ranges of logs, beside the reader that follows them. */
export interface LogProbe {
  /**
   * Visits the records `fromOffset` ≤ offset < `toOffset`; fewer where the log does not hold them all. Rejects when the probe is
   * closed before that is known: what was not read must not pass for what is not there.
   */
  read(range: ProbeRange, visit: (slab: RecordSlab, index: number) => void): Promise<void>;
  close(): Promise<void>;
}

interface Asked {
  readonly range: ProbeRange;
  readonly visit: (slab: RecordSlab, index: number) => void;
  readonly done: () => void;
  readonly fail: (error: Error) => void;
}

export function createLogProbe(client: LogClient, onError: (error: Error) => void): LogProbe {
  const asked = new Map<string, Asked>();
  const reader = client.createReader({
    onSlab: (slab) => {
      const key = `${slab.topic}/${slab.partition}`;
      const request = asked.get(key);
      if (request === undefined) return;
      for (let i = 0; i < slab.count; i += 1) {
        const offset = slab.offsets[i] ?? 0;
        if (offset >= request.range.fromOffset && offset < request.range.toOffset) request.visit(slab, i);
      }
      if (slab.nextOffset >= request.range.toOffset) finish(key, request);
    },
    onOutOfRange: ({ topic, partition }) => {
      const request = asked.get(`${topic}/${partition}`);
      if (request !== undefined) finish(`${topic}/${partition}`, request);
    },
    onError,
  });

  function finish(key: string, request: Asked): void {
    asked.delete(key);
    reader.unassign(request.range.topic, request.range.partition);
    request.done();
  }

  return {
    read: (range, visit) => {
      if (range.fromOffset >= range.toOffset) return Promise.resolve();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      asked.set(`${range.topic}/${range.partition}`, { range, visit, done: resolve, fail: reject });
      reader.assign(range.topic, range.partition, range.fromOffset);
      return promise;
    },
    close: async () => {
      for (const request of asked.values()) request.fail(new Error('the probe is closed'));
      asked.clear();
      await reader.close();
    },
  };
}
