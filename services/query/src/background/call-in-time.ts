import type { Exchange } from '@tidegate/http';
import { visibleRows } from '@tidegate/http';
import type { AskedCall } from './answer-job.ts';
import type { Background, InBackground, KeptResult } from './background.ts';
import { sendJob } from './send-job.ts';

export interface CallInTime<T> extends Pick<InBackground<T>, 'looksFirst' | 'withinMs' | 'toMade'> {
  readonly call: AskedCall;
  /** The signal is never raised: whoever asked may leave, and a job goes on with what was begun. */
  readonly begin: (signal: AbortSignal) => Promise<T>;
  /** Of what a job found before, and when. */
  readonly fromJob: (kept: KeptResult) => T;
}

const NEVER = new AbortController().signal;

/** What the call comes to in time; null: a job goes on with it, and the caller was told. */
export async function callInTime<T>(background: Background, exchange: Exchange, asked: CallInTime<T>): Promise<T | null> {
  const { caller } = exchange;
  const { call, begin, fromJob, ...how } = asked;
  const by = { tenant: caller.tenant, owner: caller.keyId, rows: visibleRows(caller), callerSubject: caller.subject ?? null };
  const settled = await background.settle({ ...how, call: { ...by, call }, begin: async () => begin(NEVER) });
  if (settled.kind === 'made') return settled.outcome;
  if (settled.kind === 'kept') return fromJob(settled.kept);
  sendJob(exchange, settled.job);
  return null;
}
