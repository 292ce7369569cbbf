import { readFileSync } from 'node:fs';
import { compileViews, parsePack, parseParams, toQuestion, WORK_MAX } from '@tidegate/core';
import type { Json, QuestionInput } from '@tidegate/core';
import { parse } from 'yaml';
import { packFile, type PackInProcess } from './pack-in-process.ts';

/** Answers views of a shipped pack over what was sent to it in process: parameters, questions, the tree of the answer. */
export function viewsOf(name: string, pack: PackInProcess): (view: string, given?: Readonly<Record<string, string>>) => Json {
  const parsed = parsePack(parse(readFileSync(packFile(name, 'pack.yaml'), 'utf8')));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  const views = compileViews(parsed.value);
  return function answer(viewName, given = {}) {
    const view = views.get(viewName);
    if (view === undefined) throw new Error(`the pack has no view ${viewName}`);
    const texts = new Map(Object.entries(given).map(([param, text]) => [param, [text]]));
    const values = must(parseParams(view, { given: texts, nowMs: Date.UTC(2026, 10, 21), callerSubject: null, pseudonymOf: (id) => id }));
    const work = { left: WORK_MAX };
    const known: Record<string, unknown> = { ...values, now: '2026-11-21T00:00:00.000Z', caller: { subject: null }, meta: {} };
    for (const { name: query, body } of view.queries) {
      const question = toQuestion(must(body.fill(known, work)), view, values) as unknown as QuestionInput;
      known[query] = pack.askObjects(question);
    }
    return must(view.answer.fill(known, work));
  };
}

function must<T>(result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: unknown }): T {
  if (!result.ok) throw new Error(JSON.stringify(result.fault));
  return result.value;
}
