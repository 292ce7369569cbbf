/** What can be watched: a question and the newest events, known row by row, or a view, whose answer is told whole. */
import type { AnswerColumn, Question } from '@tidegate/core';
import { isOfPerson, toIsoUtc } from '@tidegate/core';
import type { ProblemFault } from '@tidegate/http';
import type { AnswerMeta, Ask, Asker } from '../ask.ts';
import type { ChangedNames } from '../changed-names.ts';
import type { ReadLog } from '../read-log.ts';
import type { RecentMeta } from '../recent/recent-route.ts';
import type { LiveRow } from './live-rows.ts';
import type { RunView, ViewAsk } from '../views/run-view.ts';
import type { ViewMeta } from '../views/view-meta.ts';

export type WatchedColumn = AnswerColumn | { readonly name: string; readonly type: 'object' };

/** `rows` of a view: one, with its answer in it. */
export interface WatchedAnswer {
  readonly ok: true;
  readonly columns: readonly WatchedColumn[];
  readonly rows: readonly LiveRow[];
  readonly meta: AnswerMeta | ViewMeta | RecentMeta;
  /** Pseudonyms of those whose rows it holds; `*`: of several. */
  readonly persons: readonly string[];
}

export type WatchedOutcome = WatchedAnswer | { readonly ok: false; readonly problem: ProblemFault };

export interface Watched {
  /** The same for two who may be told the same. */
  readonly id: string;
  /** Values by which a row is known; null: the answer is told whole. */
  readonly keys: number | null;
  ask(signal: AbortSignal): Promise<WatchedOutcome>;
  /** Whether one of these changes may be one of its answer; `changed`: metrics and names, each behind its tenant. */
  isTouchedBy(changed: ReadonlySet<string>): boolean;
}

export function changedKey(tenant: string, name: string): string {
  return `${tenant} ${name}`;
}

export function watchedQuestion(ask: Ask, question: Question, { tenant, rows }: Omit<Asker, 'signal'>): Watched {
  const of = changedKey(tenant, question.metric);
  return {
    id: JSON.stringify([tenant, rows, question]),
    keys: (question.kind === 'series' ? 1 : 0) + question.group_by.length,
    async ask(signal) {
      const outcome = await ask(question, { tenant, rows, signal });
      if (!outcome.ok) return outcome;
      const { columns, rows: found, meta } = outcome.answer;
      return { ok: true, columns, rows: found, meta, persons: outcome.person === undefined ? [] : [outcome.person] };
    },
    isTouchedBy: (changed) => changed.has(of),
  };
}

export interface ViewToWatch {
  /** As it was sent. */
  readonly given: readonly (readonly [string, readonly string[]])[];
  readonly first: ViewAsk;
  /** Read anew at each asking: `now` moves on, and the pack may have changed. */
  readonly read: () => { readonly ok: true; readonly value: ViewAsk } | { readonly ok: false; readonly fault: ProblemFault };
  /** Without what is kept, and without sealed members. */
  readonly runView: RunView;
  readonly names: Pick<ChangedNames, 'ofMetric' | 'ofEntity'>;
  readonly nowMs: () => number;
}

export function watchedView({ given, first, read, runView, names, nowMs }: ViewToWatch): Watched {
  const { view, asker, callerSubject } = first;
  const { tenant, rows } = asker;
  let [touched, wasThere] = [new Set<string>(), false];
  return {
    id: JSON.stringify([tenant, rows, view.namesCaller || isOfPerson(view) ? callerSubject : null, view.pack, view.view, given]),
    keys: null,
    async ask(signal) {
      const asked = read();
      if (!asked.ok) return { ok: false, problem: asked.fault };
      // A name is noted before what it stands for is read: a change that comes before that is in the answer.
      touched = new Set();
      const outcome = await runView({ ...asked.value, asker: { tenant, rows, signal, reads: createReadNames(touched, tenant, names) } });
      if (!outcome.ok) return wasThere && outcome.problem.code === 'not_found' ? goneAt(nowMs()) : outcome;
      wasThere = true;
      const { body, meta, persons } = outcome.answer;
      return { ok: true, columns: [], rows: [[body]], meta, persons };
    },
    isTouchedBy: (changed) => [...touched].some((name) => changed.has(name)),
  };
}

/** There was such a thing when somebody began to watch it. */
function goneAt(nowMs: number): WatchedAnswer {
  return { ok: true, columns: [], rows: [[null]], meta: { generated_at: toIsoUtc(nowMs) }, persons: [] };
}

function createReadNames(found: Set<string>, tenant: string, names: ViewToWatch['names']): ReadLog {
  const log: ReadLog = {
    metric: async (metric, person) => void found.add(changedKey(tenant, names.ofMetric(metric, person))),
    entity: async (of, which) => void found.add(changedKey(tenant, names.ofEntity(of, which))),
    untold: () => undefined,
    // Who watches is told of every change.
    mayAge: () => log,
  };
  return log;
}
