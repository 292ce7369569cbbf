import { setTimeout as delay } from 'node:timers/promises';
import type { TcpProxy } from '@tidegate/testkit';
import type { Scene } from './stream-drill.ts';
import { untilSeen } from './taken-back.ts';

export interface CutOffOptions {
  /** By what they lead to: each carries all that anybody says to it. */
  readonly links: Readonly<Record<string, TcpProxy>>;
  /** Of all faults together. */
  readonly durationMs: number;
}

interface Question {
  readonly atMs: number;
  readonly tookMs: number;
  /** Null: no answer came. */
  readonly status: number | null;
}

const ASK_EVERY_MS = 100;
const ASKERS = 2;
/** Longer than the longest time that a caller of the gateway is kept waiting for an answer. */
const ANSWER_WITHIN_MS = 20_000;
const SILENT_MS = 300;
const BREATH_MS = 100;
const DAY_MS = 86_400_000;

type Fault = (link: TcpProxy, forMs: number) => Promise<void>;

const FAULTS: Readonly<Record<string, Fault>> = {
  /** Nothing comes through and nobody is told: a network that is gone. */
  async stall(link, forMs) {
    link.stall();
    await delay(forMs);
    link.resume();
  },
  async cut(link, forMs) {
    await link.cut();
    await delay(forMs);
    await link.restore();
  },
  async slow(link, forMs) {
    for (const endMs = performance.now() + forMs; performance.now() < endMs; await delay(BREATH_MS)) {
      link.stall();
      await delay(SILENT_MS);
      link.resume();
    }
  },
};

/**
 * Services are cut off from each other and from their servers, one link after the other, in each of three ways. Whoever asks is told
 * something in time, and after each fault questions are answered and events taken by themselves: nobody is started again.
 */
export async function cutOff(scene: Scene, { links, durationMs }: CutOffOptions): Promise<Readonly<Record<string, number>>> {
  const { history, say, tidegate } = scene;
  const forMs = durationMs / (Object.keys(links).length * Object.keys(FAULTS).length);
  const asking = ask(scene);
  let backMsMax = 0;
  for (const [target, link] of Object.entries(links)) {
    for (const [fault, befall] of Object.entries(FAULTS)) {
      history.write({ kind: 'fault', at_ms: history.nowMs(), fault, target, for_ms: forMs });
      await befall(link, forMs);
      const backMs = await untilServed(scene, asking);
      backMsMax = Math.max(backMsMax, backMs);
      say(`${fault} ${target} for ${Math.round(forMs)} ms: served again after ${backMs} ms`);
    }
  }
  const questions = await asking.stop();
  await Promise.all(tidegate.services.names.map((name) => tidegate.services.ready(name)));
  return {
    ...{ faults: Object.keys(links).length * Object.keys(FAULTS).length, served_again_ms_max: backMsMax, questions: questions.length },
    questions_answered: questions.filter(({ status }) => status === 200).length,
    answer_ms_max: Math.max(0, ...questions.map(({ tookMs }) => tookMs)),
    hung_questions: questions.filter(({ status }) => status === null).length,
  };
}

/** From now until a question that is asked, and an event that is sent, after now are answered well. */
async function untilServed({ history }: Scene, asking: Asking): Promise<number> {
  const sinceMs = history.nowMs();
  await untilSeen(
    'questions are answered and events taken again',
    () => {
      const isAnswered = asking.soFar().some(({ atMs, status }) => atMs >= sinceMs && status === 200);
      const isTaken = history.entries().some((entry) => entry.kind === 'outcome' && entry.outcome === 'ok' && entry.at_ms > sinceMs);
      return Promise.resolve(isAnswered && isTaken);
    },
    (isServed) => isServed,
  );
  return history.nowMs() - sinceMs;
}

interface Asking {
  soFar(): readonly Question[];
  stop(): Promise<readonly Question[]>;
}

/** Asks another question each time, so that no kept answer hides what is away. */
function ask({ tidegate, history }: Scene): Asking {
  const questions: Question[] = [];
  let [asked, isOver] = [0, false];
  const headers = { authorization: `Bearer ${tidegate.apiKey}`, 'content-type': 'application/json' };
  const once = async (client: number): Promise<void> => {
    const [atMs, request] = [history.nowMs(), (asked += 1)];
    const [from, to] = [-1 - (request % 300), 1].map((days) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10));
    const body = JSON.stringify({ metric: 'wiki.edits', kind: 'summary', measures: ['edits'], from, to });
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const status = await fetch(`${tidegate.gateway}/v1/query`, { method: 'POST', headers, body, signal }).then(
      async (response) => {
        const text = await response.text();
        const refused = { status: response.status, retry_after: response.headers.get('retry-after'), text: text.slice(0, 200) };
        if (!response.ok) history.write({ kind: 'refused', at_ms: history.nowMs(), client, request, ...refused });
        return response.status;
      },
      () => null,
    );
    questions.push({ atMs, tookMs: history.nowMs() - atMs, status });
  };
  const run = async (client: number): Promise<void> => {
    for (; !isOver; await delay(ASK_EVERY_MS)) await once(client);
  };
  const running = Promise.all(Array.from({ length: ASKERS }, (_, index) => run(100 + index)));
  return {
    soFar: () => questions,
    async stop() {
      isOver = true;
      await running;
      return questions;
    },
  };
}
