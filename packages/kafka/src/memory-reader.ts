import { backoffMs, delay, toError } from './delay.ts';
import type { MemoryLog } from './memory-log.ts';
import type { LogReader, LogReaderOptions, RecordSlab } from './port.ts';

/** What readers share: the log, and a way to wait until something in it has changed. */
export interface MemorySource {
  readonly log: MemoryLog;
  /** Resolves at the next append, cut, trim, deletion or release of held deliveries. */
  changed(): Promise<void>;
  isHeld(): boolean;
}

interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly topicId: string | undefined;
  offset: number;
}

export function createMemoryReader(source: MemorySource, options: LogReaderOptions): LogReader {
  return new MemoryReader(source, options);
}

class MemoryReader implements LogReader {
  readonly #source: MemorySource;
  readonly #options: LogReaderOptions;
  readonly #positions = new Map<string, Position>();
  readonly #running = new Set<Promise<void>>();
  readonly #handlers = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();
  readonly #stopped: Promise<void>;

  constructor(source: MemorySource, options: LogReaderOptions) {
    this.#source = source;
    this.#options = options;
    this.#stopped = new Promise((resolve) => {
      this.#stop.signal.addEventListener('abort', () => resolve());
    });
  }

  assign(topic: string, partition: number, offset: number): void {
    const position = { topic, partition, offset, topicId: this.#source.log.describe(topic)?.topicId };
    const key = `${topic}/${partition}`;
    this.#positions.set(key, position);
    // One handler at a time per partition, also when it is moved while one runs.
    const run: Promise<void> = (this.#handlers.get(key) ?? Promise.resolve())
      .then(() => this.#follow(position))
      .finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  unassign(topic: string, partition: number): void {
    this.#positions.delete(`${topic}/${partition}`);
  }

  async close(): Promise<void> {
    this.#positions.clear();
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  #isCurrent(position: Position): boolean {
    return this.#positions.get(`${position.topic}/${position.partition}`) === position;
  }

  async #follow(position: Position): Promise<void> {
    while (this.#isCurrent(position)) {
      // Asked for before looking, so that a change between the look and the wait is not missed.
      const changed = this.#source.changed();
      const slab = this.#source.isHeld() ? null : this.#next(position);
      if (slab) await this.#deliver(slab, position);
      else if (this.#isCurrent(position)) await Promise.race([changed, this.#stopped]);
    }
  }

  #next(position: Position): RecordSlab | null {
    const { topic, partition } = position;
    const range = this.#source.log.range(topic, partition);
    if (!range) return null;
    const isAnotherTopic = position.topicId !== undefined && this.#source.log.describe(topic)?.topicId !== position.topicId;
    if (isAnotherTopic || position.offset < range.start || position.offset > range.end) {
      this.#positions.delete(`${topic}/${partition}`);
      this.#options.onOutOfRange({ topic, partition, requested: position.offset, startOffset: range.start, endOffset: range.end });
      return null;
    }
    if (position.offset === range.end) return null;
    return this.#source.log.read(topic, partition, {
      fromOffset: position.offset,
      maxBytes: this.#options.maxPartitionBytes ?? 1024 * 1024,
    });
  }

  async #deliver(slab: RecordSlab, position: Position): Promise<void> {
    const key = `${position.topic}/${position.partition}`;
    const handled = this.#handle(slab, position);
    this.#handlers.set(key, handled);
    await handled;
    this.#handlers.delete(key);
  }

  async #handle(slab: RecordSlab, position: Position): Promise<void> {
    try {
      await this.#options.onSlab(slab);
      position.offset = slab.nextOffset;
    } catch (cause) {
      this.#options.onError?.(toError(cause));
      await delay(backoffMs(0), this.#stop.signal);
    }
  }
}
