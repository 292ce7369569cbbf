/** Who watches what: equal questions, or views, of callers who may see the same are asked once for all of them. */
import { parseQuestion } from '@tidegate/core';
import type { Question } from '@tidegate/core';
import type { ProblemFault } from '@tidegate/http';
import type { Advance, TenantNames } from '@tidegate/redis';
import type { Ask, Asker } from '../ask.ts';
import type { GatheredChunk } from '../chunks.ts';
import { advanced } from './commit-vector.ts';
import type { CommitVector } from './commit-vector.ts';
import { createLiveTopic } from './live-topic.ts';
import type { LiveTopic } from './live-topic.ts';
import { changedKey, watchedQuestion } from './watched.ts';
import type { Watched } from './watched.ts';

export interface LiveHubDeps {
  readonly ask: Ask;
  readonly monotonicMs: () => number;
  readonly paceMs: number;
  /** After so long a question is asked again though nothing was announced. */
  readonly idleMs: number;
  /** Most different questions at once. */
  readonly topicsMax: number;
  readonly onFailed: (error: unknown) => void;
  readonly onTopics: (count: number) => void;
}

export type Watching = { readonly ok: true; readonly topic: LiveTopic } | { readonly ok: false; readonly problem: ProblemFault };

export interface LiveHub {
  /** The topic of a question; whoever got it leaves it by `leave`. */
  enter(value: unknown, asker: Omit<Asker, 'signal'>): Promise<Watching>;
  /** The same of anything that can be watched. */
  enterWatched(watched: Watched): Promise<Watching>;
  leave(topic: LiveTopic): void;
  /** Cells of these are in the chunks, and these commits in the progress; `names`: of all that changed. */
  materialised(chunks: readonly Pick<GatheredChunk, 'name'>[], advances: readonly Advance[], names?: readonly TenantNames[]): void;
  /** Called once, as the service drains: who watches is told to come again elsewhere. */
  end(): void;
  readonly ended: AbortSignal;
}

interface Entry {
  readonly watched: Watched;
  readonly topic: LiveTopic;
  readonly begun: Promise<ProblemFault | null>;
  entered: number;
}

const WATCHABLE: ReadonlySet<string> = new Set(['series', 'table', 'summary']);

export function createLiveHub(deps: LiveHubDeps): LiveHub {
  const entries = new Map<string, Entry>();
  const ending = new AbortController();
  let vector: CommitVector = new Map();

  function entryOf(watched: Watched): Entry | null {
    const known = entries.get(watched.id);
    if (known !== undefined) return known;
    if (entries.size >= deps.topicsMax) return null;
    const topic = createLiveTopic({ ...deps, watched, signal: ending.signal, vector: () => vector });
    const entry = { watched, topic, begun: topic.begin(), entered: 0 };
    entries.set(watched.id, entry);
    deps.onTopics(entries.size);
    return entry;
  }

  function drop(entry: Entry): void {
    entry.entered -= 1;
    if (entry.entered > 0) return;
    entry.topic.end();
    entries.delete(entry.watched.id);
    deps.onTopics(entries.size);
  }

  async function enterWatched(watched: Watched): Promise<Watching> {
    const entry = entryOf(watched);
    if (entry === null) return { ok: false, problem: { code: 'overloaded', retryAfterS: 5 } };
    entry.entered += 1;
    const refused = await entry.begun;
    if (refused === null) return { ok: true, topic: entry.topic };
    drop(entry);
    return { ok: false, problem: refused };
  }

  return {
    ended: ending.signal,
    enterWatched,
    async enter(value, asker) {
      const parsed = parseQuestion(value);
      if (!parsed.ok) return { ok: false, problem: { code: 'question_invalid', errors: parsed.errors } };
      const { question } = parsed;
      const problem = unwatchable(question);
      return problem === null ? enterWatched(watchedQuestion(deps.ask, question, asker)) : { ok: false, problem };
    },
    leave(topic) {
      for (const entry of entries.values()) if (entry.topic === topic) drop(entry);
    },
    materialised(chunks, advances, names = []) {
      vector = advanced(vector, advances);
      if (entries.size === 0) return;
      const changed = new Set(chunks.map(({ name }) => changedKey(name.tenant, name.metric)));
      for (const { tenant, names: ofTenant } of names) for (const name of ofTenant) changed.add(changedKey(tenant, name));
      for (const { watched, topic } of entries.values()) if (watched.isTouchedBy(changed)) topic.wake();
    },
    end() {
      ending.abort();
      for (const { topic } of entries.values()) topic.end();
    },
  };
}

/** A page, or an answer that waits for a receipt, is one answer and not one that goes on. */
function unwatchable({ kind, cursor, after }: Question): ProblemFault | null {
  const [path, message] = !WATCHABLE.has(kind)
    ? ['kind', 'only a series, a table or a summary can be watched']
    : cursor !== null
      ? ['cursor', 'what is watched has no pages']
      : ['after', 'what is watched waits for no receipt'];
  if (WATCHABLE.has(kind) && cursor === null && after === undefined) return null;
  return { code: 'question_invalid', errors: [{ path, code: 'not_allowed_here', message }] };
}
