import { setTimeout as delay } from 'node:timers/promises';
import type { EventStream, StreamEvent } from './event-stream.ts';
import type { History, Outcome } from './history.ts';

export interface ClientOptions {
  readonly gateway: string;
  readonly apiKey: string;
  readonly history: History;
  readonly stream: EventStream;
  readonly random: () => number;
  readonly number: number;
  /** Longest pause between two requests. */
  readonly pauseMsMax: number;
  readonly isOver: () => boolean;
  /** Share of requests whose answer the client does not wait for, and that it sends again later, or not; default 8 %. */
  readonly lostAnswers?: number;
}

const LOST_ANSWERS = 0.08;
const LOST_AFTER_MS_MAX = 120;
/** Share of requests that carry, beside new events, some that were sent before. */
const WITH_COPIES = 0.3;
/** Share of what did not certainly arrive that is sent again. */
const RESENT = 0.8;
const ANSWER_WITHIN_MS = 15_000;
/** Characters of a refusal that a history keeps: its code is among them. */
const TOLD_MAX = 400;
const EVENTS_MAX = 60;
const REMEMBERED = 500;
/** After a request of which nothing was taken. */
const REFUSED_PAUSE_MS = 600;

/** Sends until it is over, as an unreliable client does; the history says what it was told. Resolves with its receipts. */
export async function runClient(options: ClientOptions): Promise<readonly string[]> {
  const { random, stream } = options;
  const below = (limit: number): number => Math.floor(random() * limit);
  const receipts: string[] = [];
  const known: StreamEvent[] = [];
  let again: StreamEvent[] = [];
  for (let request = 1; !options.isOver(); request += 1) {
    const copies = random() < WITH_COPIES ? Array.from({ length: below(8) }, () => known[below(known.length)] ?? []).flat() : [];
    const events = [...stream.take(1 + below(EVENTS_MAX)), ...copies, ...again];
    const told = await sendOnce(options, { request, events });
    receipts.push(...told.receipts);
    again = told.uncertain.filter(() => random() < RESENT);
    known.push(...events);
    known.splice(0, known.length - REMEMBERED);
    const isTaken = told.receipts.length > 0;
    await delay(isTaken ? random() * options.pauseMsMax : REFUSED_PAUSE_MS);
  }
  return receipts;
}

interface Sending {
  readonly request: number;
  readonly events: readonly StreamEvent[];
}

interface Told {
  readonly receipts: readonly string[];
  /** Not certainly in the log, and not refused for themselves. */
  readonly uncertain: readonly StreamEvent[];
}

/** Sends one request, once, and writes down what became of each of its events. */
export async function sendOnce(options: ClientOptions, { request, events }: Sending): Promise<Told> {
  const { history, number: client } = options;
  history.write({ kind: 'sent', at_ms: history.nowMs(), client, request, events: events.map(({ name }) => name) });
  const answer = await post(options, events);
  const at = history.nowMs();
  if (answer.refused !== null) history.write({ kind: 'refused', at_ms: at, client, request, ...answer.refused });
  const uncertain: StreamEvent[] = [];
  for (const [index, { name }] of events.entries()) {
    const { outcome, code, ...why } = answer.ofEvent(index);
    history.write({ kind: 'outcome', at_ms: at, client, request, event: name, outcome, code, ...why });
    const event = events[index];
    if (outcome !== 'ok' && code === null && event !== undefined) uncertain.push(event);
  }
  return { receipts: answer.receipt === null ? [] : [answer.receipt], uncertain };
}

interface Answered {
  readonly receipt: string | null;
  /** Set where nothing of the request was looked at. */
  readonly refused: { readonly status: number; readonly retry_after: string | null; readonly text: string } | null;
  readonly ofEvent: (index: number) => { readonly outcome: Outcome; readonly code: string | null; readonly cause?: string };
}

function allFailed(refused: NonNullable<Answered['refused']>): Answered {
  return { receipt: null, refused, ofEvent: () => ({ outcome: 'failed', code: null }) };
}

function allUnknown(cause: string): Answered {
  return { receipt: null, refused: null, ofEvent: () => ({ outcome: 'unknown', code: null, cause }) };
}

async function post(
  { gateway, apiKey, random, lostAnswers = LOST_ANSWERS }: ClientOptions,
  events: readonly StreamEvent[],
): Promise<Answered> {
  const patienceMs = random() < lostAnswers ? random() * LOST_AFTER_MS_MAX : ANSWER_WITHIN_MS;
  try {
    const response = await fetch(`${gateway}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/x-ndjson' },
      body: `${events.map(({ line }) => line).join('\n')}\n`,
      signal: AbortSignal.timeout(Math.ceil(patienceMs)),
    });
    return toAnswered(response, await response.text());
  } catch (error) {
    return allUnknown(error instanceof Error ? String(error.cause ?? error) : String(error));
  }
}

/** 503 and refusals of the whole say that nothing was sent to the log; a gateway that got no answer knows no more than we do. */
function toAnswered({ status, headers }: Response, text: string): Answered {
  if (![202, 207, 422].includes(status)) {
    const isRefused = status === 503 || (status >= 400 && status < 500);
    return isRefused
      ? allFailed({ status, retry_after: headers.get('retry-after'), text: text.slice(0, TOLD_MAX) })
      : allUnknown(`${status} ${text.slice(0, TOLD_MAX)}`);
  }
  const body = JSON.parse(text) as {
    readonly receipt: string | null;
    readonly rejected: readonly { readonly index: number; readonly code: string }[];
    readonly retry: readonly { readonly index: number }[];
  };
  const codes = new Map(body.rejected.map(({ index, code }) => [index, code]));
  const retry = new Set(body.retry.map(({ index }) => index));
  return {
    receipt: body.receipt,
    refused: null,
    ofEvent: (index) => {
      const code = codes.get(index) ?? null;
      if (code !== null) return { outcome: 'failed', code };
      return retry.has(index) ? { outcome: 'unknown', code: null, cause: 'retry' } : { outcome: 'ok', code: null };
    },
  };
}
