/** The job `query.answer`: an answer that took too long to be waited for (docs/design/background-answers.md). */
import { decodeJson } from '@tidegate/http';
import type { DeclaredJob } from '@tidegate/postgres';
import { declareJob, JobFault } from '@tidegate/postgres';
import type { Sealer } from '@tidegate/runtime';
import type { RowScope } from '@tidegate/core';
import { z } from 'zod';

export const ANSWER_JOB = 'query.answer';
/** No longer than what it found may be given again, with time to fetch it. */
const KEEP_S = 300;

/** What was asked, as it was sent: equal ones are one job. */
export type AskedCall =
  | { readonly of: 'question'; readonly question: unknown }
  | {
      readonly of: 'view';
      readonly pack: string;
      readonly view: string;
      readonly given: readonly (readonly [string, readonly string[]])[];
    };

export interface CallOf {
  readonly tenant: string;
  /** Id of the key. */
  readonly owner: string;
  readonly rows: RowScope | null;
  readonly callerSubject: string | null;
  readonly call: AskedCall;
}

export interface JobResult {
  /** As its route answers it. */
  readonly answer: Readonly<Record<string, unknown>>;
  /** Pseudonyms of those whose rows it holds; `*`: of several. */
  readonly about: readonly string[];
}

/** Refused: with which code. */
export type Made = { readonly ok: true; readonly result: JobResult } | { readonly ok: false; readonly code: string };

const PARAMS_SCHEMA = z.object({ v: z.literal(1), sealed: z.string() });
const RESULT_SCHEMA = z.object({ answer: z.record(z.string(), z.unknown()), about: z.array(z.string()) });

/** Sealed, because it may name a person; `sealer` seals equal calls to equal texts. */
export function paramsText(sealer: Sealer, call: CallOf): string {
  const sealed = Buffer.from(sealer.seal(Buffer.from(JSON.stringify(call)))).toString('base64url');
  return JSON.stringify({ v: 1, sealed });
}

export function readResult(text: string): JobResult | null {
  const json = decodeJson(Buffer.from(text));
  const read = json.ok ? RESULT_SCHEMA.safeParse(json.value) : null;
  return read?.success === true ? read.data : null;
}

export interface AnswerJobDeps {
  readonly sealer: Sealer;
  /** What this process has begun for the call, or begins now. */
  readonly make: (params: string, call: CallOf, signal: AbortSignal) => Promise<Made>;
}

export function createAnswerJob({ sealer, make }: AnswerJobDeps): DeclaredJob {
  return declareJob<string>({
    name: ANSWER_JOB,
    keepS: KEEP_S,
    readParams: (text) => text,
    async run({ params, signal, advance }) {
      await advance({ progress: { done: 0, total: 1 }, cursor: null });
      const made = await make(params, openCall(sealer, params), signal);
      if (!made.ok) throw new JobFault(made.code);
      return JSON.stringify(made.result);
    },
  });
}

/** Sealed by this installation, of calls that have this shape. */
function openCall(sealer: Sealer, params: string): CallOf {
  const json = decodeJson(Buffer.from(params));
  const read = json.ok ? PARAMS_SCHEMA.safeParse(json.value) : null;
  const plain = read?.success === true ? sealer.open(Buffer.from(read.data.sealed, 'base64url')) : null;
  const call = plain === null ? null : decodeJson(plain);
  if (call?.ok !== true) throw new JobFault('job_failed');
  return call.value as CallOf;
}
