/** One subscription: a `GET /v1/live` of its own, whose events are told as they come. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { decodeJson } from '@tidegate/http';
import type { ServerEvent } from './server-events.ts';
import { createEventReader } from './server-events.ts';

export interface SubscriptionTold {
  /** `snapshot` or `update`. */
  onEvent(event: ServerEvent): void;
  /** Nothing more comes of it. Members of the message that says so. */
  onEnd(why: Readonly<Record<string, unknown>>): void;
}

export interface Subscription {
  /** While the client takes nothing nothing is read; what the service has not told yet it tells in its newest state. */
  pause(): void;
  resume(): void;
  /** Without a word. */
  end(): void;
}

const OK = 200;
/** A problem is a page of text. */
const PROBLEM_CHARS_MAX = 65_536;
/** The service, or the way to it, broke off: who wants to goes on after the last event. */
const LOST = { reason: 'lost' };

export function followSubscription(request: ClientRequest, told: SubscriptionTold): Subscription {
  let [answer, isPaused, isOver]: [IncomingMessage | null, boolean, boolean] = [null, false, false];

  function finish(why: Readonly<Record<string, unknown>> | null): void {
    if (isOver) return;
    isOver = true;
    request.destroy();
    if (why !== null) told.onEnd(why);
  }

  request
    .on('error', () => finish(LOST))
    .once('response', (found) => {
      answer = found.setEncoding('utf8');
      if (found.statusCode === OK) readEvents(found, (event) => isOver || told.onEvent(event), finish);
      else readProblem(found, finish);
      found.once('close', () => finish(LOST)).on('error', () => finish(LOST));
      if (isPaused) found.pause();
    })
    .end();
  return {
    pause: () => {
      isPaused = true;
      answer?.pause();
    },
    resume: () => {
      isPaused = false;
      answer?.resume();
    },
    end: () => finish(null),
  };
}

type Finish = (why: Readonly<Record<string, unknown>>) => void;

function readEvents(answer: IncomingMessage, onEvent: (event: ServerEvent) => void, finish: Finish): void {
  const read = createEventReader();
  answer.on('data', (text: string) => {
    for (const event of read(text)) {
      if (event.name === 'error') return finish(membersOf(event.data) ?? LOST);
      // Each socket has its own sign of life.
      if (event.name !== 'ping') onEvent(event);
    }
  });
}

function readProblem(answer: IncomingMessage, finish: Finish): void {
  let text = '';
  answer.on('data', (part: string) => {
    if (text.length < PROBLEM_CHARS_MAX) text += part;
  });
  answer.once('end', () => {
    const { statusCode: status, headers } = answer;
    const retryAfter = headers['retry-after'];
    // Whoever refused it may have said why in no words of ours.
    finish({ problem: membersOf(text) ?? { status }, ...(retryAfter === undefined ? {} : { retry_after_s: Number(retryAfter) }) });
  });
}

function membersOf(text: string): Readonly<Record<string, unknown>> | null {
  const decoded = decodeJson(Buffer.from(text));
  return decoded.ok && typeof decoded.value === 'object' ? (decoded.value as Readonly<Record<string, unknown>> | null) : null;
}
