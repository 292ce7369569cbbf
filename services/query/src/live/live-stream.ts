/** One watcher: newest states at its own pace, a sign of life, an end. */
import type { Sealer } from '@tidegate/runtime';
import { openVector } from './commit-vector.ts';
import type { LiveChannel, LiveEnd } from './live-channel.ts';
import { writtenOf } from './live-channel.ts';
import type { LiveSeq, LiveTopic } from './live-topic.ts';

export interface LiveStreamOptions {
  readonly topic: LiveTopic;
  readonly channel: LiveChannel;
  /** `Last-Event-ID` of a watcher who was here before. */
  readonly lastEventId: string | null;
  readonly sealer: Sealer;
  readonly monotonicMs: () => number;
  /** Aborted when the watcher has gone or the service drains. */
  readonly signal: AbortSignal;
  /** Whether whose rows the topic shows now is what the gateway was told when the stream began. */
  readonly isTold: () => boolean;
  /** After which the watcher has to pass the gateway again: its key may be revoked by then. */
  readonly lifeMs: number;
}

const PING_MS = 25_000;
/** A reader that takes nothing for so long is let go. */
const STALLED_MS = 30_000;
const LOOK_MS = 1_000;

/** Resolves when the stream is over. */
export async function streamTopic(options: LiveStreamOptions): Promise<void> {
  const { topic, channel, lastEventId, sealer, monotonicMs, signal, isTold, lifeMs } = options;
  const over = Promise.withResolvers<void>();
  const vector = lastEventId === null ? null : openVector(sealer, lastEventId);
  const begunMs = monotonicMs();
  let seq: LiveSeq = vector === null ? -1 : topic.seqOf(vector);
  let [spokenMs, takenMs, isOver] = [begunMs, begunMs, false];

  const said = (isTaken: boolean): void => {
    spokenMs = monotonicMs();
    if (isTaken) takenMs = spokenMs;
  };
  const pump = (): void => {
    // What is not taken yet stays in the topic: the reader gets the newest state of each row when it reads again.
    if (channel.isFull || isOver) return;
    // Who saw rows of whom is written down by the gateway, at the beginning of a stream.
    if (!isTold()) return finish('renew');
    const next = topic.messageFor(seq);
    if (next === null) return;
    seq = next.seq;
    said(channel.tell(writtenOf(sealer, next)));
  };
  const look = (): void => {
    const nowMs = monotonicMs();
    if (channel.isFull && nowMs - takenMs >= STALLED_MS) finish('slow_reader');
    else if (nowMs - begunMs >= lifeMs) finish('renew');
    else if (nowMs - spokenMs >= PING_MS) said(channel.ping());
  };
  const finish = (reason: LiveEnd): void => {
    if (isOver) return;
    isOver = true;
    channel.end(reason);
    over.resolve();
  };
  channel.onTaken(() => {
    takenMs = monotonicMs();
    pump();
  });
  const unwatch = topic.watch(pump);
  const timer = setInterval(look, LOOK_MS);
  signal.addEventListener('abort', () => finish('draining'), { once: true });
  pump();
  if (signal.aborted) finish('draining');
  try {
    await over.promise;
  } finally {
    clearInterval(timer);
    unwatch();
  }
}
