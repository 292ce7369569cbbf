/** One watcher over Server-Sent Events: newest states at its own pace, a sign of life, an end. */
import type { ServerResponse } from 'node:http';
import type { Sealer } from '@tidegate/runtime';
import { openVector, sealVector } from './commit-vector.ts';
import type { LiveSeq, LiveTold, LiveTopic } from './live-topic.ts';

export interface LiveStreamOptions {
  readonly topic: LiveTopic;
  readonly response: ServerResponse;
  /** `Last-Event-ID` of a watcher who was here before. */
  readonly lastEventId: string | null;
  readonly sealer: Sealer;
  readonly monotonicMs: () => number;
  /** Aborted when the watcher has gone or the service drains. */
  readonly signal: AbortSignal;
  /** After which the watcher has to pass the gateway again: its key may be revoked by then. */
  readonly lifeMs: number;
}

const PING_MS = 25_000;
/** A reader that takes nothing for so long is let go. */
const STALLED_MS = 30_000;
const LOOK_MS = 1_000;
const RETRY_MS = 2_000;

/** Resolves when the stream is over. */
export async function streamTopic(options: LiveStreamOptions): Promise<void> {
  const { topic, response, lastEventId, sealer, monotonicMs, signal, lifeMs } = options;
  const over = Promise.withResolvers<void>();
  const vector = lastEventId === null ? null : openVector(sealer, lastEventId);
  const begunMs = monotonicMs();
  let seq: LiveSeq = vector === null ? -1 : topic.seqOf(vector);
  let [spokenMs, takenMs] = [begunMs, begunMs];

  const say = (text: string): void => {
    spokenMs = monotonicMs();
    if (!response.write(text)) return;
    takenMs = spokenMs;
  };
  const pump = (): void => {
    // What is not taken yet stays in the topic: the reader gets the newest state of each row when it reads again.
    if (response.writableNeedDrain) return;
    const next = topic.messageFor(seq);
    if (next === null) return;
    seq = next.seq;
    say(textOf(sealer, next));
  };
  const look = (): void => {
    const nowMs = monotonicMs();
    if (response.writableNeedDrain && nowMs - takenMs >= STALLED_MS) finish('slow_reader');
    else if (nowMs - begunMs >= lifeMs) finish('renew');
    else if (nowMs - spokenMs >= PING_MS) say('event: ping\ndata: {}\n\n');
  };
  const finish = (reason: 'slow_reader' | 'renew' | 'draining'): void => {
    if (response.writable) response.end(`event: error\ndata: ${JSON.stringify({ reason })}\n\n`);
    over.resolve();
  };
  response.on('drain', () => {
    takenMs = monotonicMs();
    pump();
  });
  const unwatch = topic.watch(pump);
  const timer = setInterval(look, LOOK_MS);
  signal.addEventListener('abort', () => finish('draining'), { once: true });
  say(`retry: ${RETRY_MS}\n\n`);
  pump();
  if (signal.aborted) finish('draining');
  try {
    await over.promise;
  } finally {
    clearInterval(timer);
    unwatch();
  }
}

/** By message: a thousand watchers of a topic are told the same. */
const texts = new WeakMap<LiveTold, string>();

function textOf(sealer: Sealer, told: LiveTold): string {
  const known = texts.get(told);
  if (known !== undefined) return known;
  const { kind, ...data } = told.message;
  const text = `id: ${sealVector(sealer, told.vector)}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
  texts.set(told, text);
  return text;
}
