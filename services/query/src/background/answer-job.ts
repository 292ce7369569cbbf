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

const SEALED_SCHEMA = z.object({ v: z.literal(1), sealed: z.string() });
const RESULT_SCHEMA = z.object({ answer: z.record(z.string(), z.unknown()), about: z.array(z.string()) });

/** Sealed, because it may name a person; `sealer` seals equal calls to equal texts. */
export function paramsText(sealer: Sealer, call: CallOf): string {
  return sealedText(sealer, call);
}

/** Null where the text is no result of this installation. */
export function openResult(sealer: Sealer, text: string): JobResult | null {
  const read = RESULT_SCHEMA.safeParse(openedText(sealer, text));
  return read.success ? read.data : null;
}

function sealedText(sealer: Sealer, value: unknown): string {
  return JSON.stringify({ v: 1, sealed: Buffer.from(sealer.seal(Buffer.from(JSON.stringify(value)))).toString('base64url') });
}

/** Undefined where the text is none of ours. */
function openedText(sealer: Sealer, text: string): unknown {
  const json = decodeJson(Buffer.from(text));
  const read = json.ok ? SEALED_SCHEMA.safeParse(json.value) : null;
  const plain = read?.success === true ? sealer.open(Buffer.from(read.data.sealed, 'base64url')) : null;
  const opened = plain === null ? null : decodeJson(plain);
  return opened?.ok === true ? opened.value : undefined;
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
      // What was asked about a person names that person.
      return sealedText(sealer, made.result);
    },
  });
}

/** Sealed by this installation, of calls that have this shape. */
function openCall(sealer: Sealer, params: string): CallOf {
  const call = openedText(sealer, params);
  if (call === undefined) throw new JobFault('job_failed');
  return call as CallOf;
}
