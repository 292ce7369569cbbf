/** Makes the answer of a job whose call came to another process, or to one that died. */
import { parseParams } from '@tidegate/core';
import type { Ask, Asker } from '../ask.ts';
import type { Registry } from '../registry.ts';
import type { RunView, ViewOutcome } from '../views/run-view.ts';
import { mayName } from '../views/run-view.ts';
import type { Made } from './answer-job.ts';
import type { MakeAnew } from './background.ts';
import { madeOfAnswer } from './question-in-time.ts';

export interface MakeAnewDeps {
  readonly ask: Ask;
  readonly runView: RunView;
  readonly registry: Pick<Registry, 'view'>;
  readonly pseudonymOf: (tenant: string, id: string) => string;
  readonly nowMs: () => number;
}

export function createMakeAnew({ ask, runView, registry, pseudonymOf, nowMs }: MakeAnewDeps): MakeAnew {
  return async function makeAnew({ tenant, rows, callerSubject, call }, signal) {
    const asker: Asker = { tenant, rows, signal };
    if (call.of === 'question') return madeOfAnswer(await ask(call.question, asker));
    const view = registry.view(tenant, call.pack, call.view);
    if (view === null) return { ok: false, code: 'not_found' };
    const given = new Map(call.given);
    const values = parseParams(view, { given, nowMs: nowMs(), callerSubject, pseudonymOf: (id) => pseudonymOf(tenant, id) });
    if (!values.ok) return { ok: false, code: 'request_invalid' };
    if (!mayName(rows, { view, values: values.value })) return { ok: false, code: 'row_refused' };
    return madeOfView(await runView({ view, values: values.value, asker, callerSubject }));
  };
}

export function madeOfView(outcome: ViewOutcome): Made {
  if (!outcome.ok) return { ok: false, code: outcome.problem.code };
  const { body, meta, persons } = outcome.answer;
  return { ok: true, result: { answer: { ...body, meta }, about: persons } };
}
