/**
 * The job `rejected.replay`: open rows of a tenant, oldest first, page by page, each through judge → bind → append → close as
 * `replay.ts` does it with one.
 *
 * | step of a page                      | the process dies after it                                                            |
 * |-------------------------------------|--------------------------------------------------------------------------------------|
 * | 1 read, correct, judge              | nothing happened                                                                     |
 * | 2 bind identities to rows           | the page comes again; the same events are bound to the same rows                     |
 * | 3 raise the attempts of the refused | the page comes again without them: the rows name the job that refused them           |
 * | 4 append                            | the page comes again; the same identities, which the window drops as copies          |
 * | 5 close rows with their receipts    | the page comes again without them                                                    |
 * | 6 advance cursor and progress       | the next page                                                                        |
 *
 * No event counts twice and no row is raised twice. What an attempt did with its last page before it died is missing in `progress`:
 * the rows tell it.
 */
import { BULK_REPLAY_SCHEMA, decodeExactly } from '@tidegate/http';
import type { EventTypes, Fault } from '@tidegate/core';
import type { BulkRejected, DeclaredJob, JobProgress, OpenPage, RejectedPlace, RunningJob } from '@tidegate/postgres';
import { declareJob, parseRejectedRef, rejectedRef } from '@tidegate/postgres';
import { z } from 'zod';
import { Ledger } from './ledger.ts';
import { mergePatch } from './merge-patch.ts';
import type { ReceiveDeps } from './receive.ts';
import type { ReplayEvents, ReplayJudgement, ReplayRow } from './replay-event.ts';
import { isUnreadable, keepsId } from './replay-event.ts';

export const REPLAY_JOB = 'rejected.replay';

export interface ReplayJobDeps extends Pick<ReceiveDeps, 'clock' | 'registry' | 'pressure' | 'admit' | 'metrics'> {
  readonly bulk: BulkRejected;
  readonly events: ReplayEvents;
  readonly sealReceipt: (tenant: string, ledger: Ledger) => string;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly newTraceparent: () => string;
}

type Params = z.output<typeof BULK_REPLAY_SCHEMA>;
type Job = RunningJob<Params>;

const PAGE_ROWS = 200;
const PAUSE_MS = 1_000;
const WEEK_S = 7 * 86_400;

const CURSOR_SCHEMA = z.object({ received_at_ms: z.number(), ref: z.string() });

export function createReplayJob(deps: ReplayJobDeps): DeclaredJob {
  return declareJob<Params>({
    name: REPLAY_JOB,
    keepS: WEEK_S,
    readParams: (text) => BULK_REPLAY_SCHEMA.parse(decodeExactly(text)),
    run: async (job) => JSON.stringify(await replayAll(deps, job)),
  });
}

async function replayAll(deps: ReplayJobDeps, job: Job): Promise<JobProgress> {
  const { since, until, code } = job.params;
  const rows = {
    tenant: job.tenant,
    sinceMs: since === undefined ? null : Date.parse(since),
    untilMs: until === undefined ? job.submittedAtMs : Date.parse(until),
    code: code ?? null,
  };
  let { progress } = job;
  if (progress['total'] === undefined) progress = { ...NOTHING_DONE, total: await deps.bulk.count(rows) };
  let after = readCursor(job.cursor);
  await job.advance({ progress, cursor: writeCursor(after) });
  for (;;) {
    await roomFor(deps, job.signal);
    const page = await deps.bulk.page({ ...rows, after, jobId: job.id, rowsMax: PAGE_ROWS });
    const last = page.at(-1);
    if (last === undefined) return progress;
    const done = await replayPage(
      deps,
      job,
      page.map((detail) => deps.events.rowOf(job.tenant, placeOf(detail), detail)),
    );
    progress = sumOf(progress, done);
    after = last;
    await job.advance({ progress, cursor: writeCursor(after) });
  }
}

const NOTHING_DONE = { done: 0, replayed: 0, refused: 0, passed_over: 0, need_event: 0, differ: 0 };
type Counts = typeof NOTHING_DONE;

interface ToSend {
  readonly row: ReplayRow;
  readonly judged: ReplayJudgement;
  readonly identity: Uint8Array;
}

interface ToRefuse {
  readonly row: ReplayRow;
  readonly fault: Fault;
}

async function replayPage(deps: ReplayJobDeps, job: Job, rows: readonly ReplayRow[]): Promise<Counts> {
  const { tenant } = job;
  const types = deps.registry.typesOf(tenant);
  const plan = planPage(deps, job, { rows, types });
  const bound = await deps.bulk.bind(
    tenant,
    plan.send.map(({ row, identity }) => ({ ...row.place, identity })),
  );
  const send = plan.send.filter(({ row }) => bound.has(rejectedRef(row.place)));
  await deps.bulk.raise(
    tenant,
    plan.refuse.map(({ row, fault }) => ({ ...row.place, code: fault.code, path: fault.path ?? '' })),
    job.id,
  );
  for (const { fault } of plan.refuse) deps.metrics.counter('events_rejected_total', { code: fault.code }).inc();
  let left: readonly ToSend[] = send;
  while (left.length > 0) {
    left = await sendOnce(deps, { tenant, types, left });
    // The log did not take them, or did not say so: they are sent again unchanged, for as long as it takes.
    if (left.length > 0) await deps.pause(PAUSE_MS, job.signal);
  }
  const { need_event, passed_over } = plan;
  const differ = plan.differ + plan.send.length - send.length;
  return { done: rows.length, replayed: send.length, refused: plan.refuse.length, passed_over, need_event, differ };
}

interface Page {
  readonly rows: readonly ReplayRow[];
  readonly types: EventTypes;
}

function planPage(deps: ReplayJobDeps, job: Job, { rows, types }: Page) {
  const plan = { send: [] as ToSend[], refuse: [] as ToRefuse[], need_event: 0, passed_over: 0, differ: 0 };
  for (const row of rows) {
    if (row.original === null) {
      plan.need_event += 1;
      continue;
    }
    const { bytes, judged } = correct(deps, job, { row, original: row.original, types });
    if (!isWanted(job.params, judged)) plan.passed_over += 1;
    else if (judged.fault !== null) plan.refuse.push({ row, fault: judged.fault });
    else if (judged.identity === null || !keepsId({ bytes, as: 'row', row })) plan.differ += 1;
    else plan.send.push({ row, judged, identity: judged.identity });
  }
  return plan;
}

interface Uncorrected {
  readonly row: ReplayRow;
  readonly original: Uint8Array;
  readonly types: EventTypes;
}

function correct({ events }: ReplayJobDeps, { tenant, params }: Job, { row, original, types }: Uncorrected) {
  const judged = events.judge(tenant, { bytes: original, as: 'row', types, row });
  // A patch would hide what is wrong with bytes that are no JSON, or hold a member twice.
  if (params.correction === undefined || (judged.fault !== null && isUnreadable(judged.fault))) return { bytes: original, judged };
  const bytes = mergePatch(original, params.correction) ?? original;
  return { bytes, judged: events.judge(tenant, { bytes, as: 'row', types, row }) };
}

function isWanted({ type, pack }: Params, judged: ReplayJudgement): boolean {
  return (type === undefined || judged.type?.compiled.type === type) && (pack === undefined || judged.type?.pack === pack);
}

interface Sending {
  readonly tenant: string;
  readonly types: EventTypes;
  readonly left: readonly ToSend[];
}

/** Appends the events and closes the rows of those that the log has; gives those that it may not have. */
async function sendOnce(deps: ReplayJobDeps, { tenant, types, left }: Sending): Promise<readonly ToSend[]> {
  const traceparent = deps.newTraceparent();
  const sent = left.map((one) => {
    // A ledger for each row, so that each has its own receipt.
    const ledger = new Ledger();
    deps
      .admit({ tenant, types, ...one.judged.reading, lane: 'live', ledger, traceparent })
      .event(one.judged.event, 0, one.judged.event.length);
    return { one, ledger };
  });
  await Promise.all(sent.map(async ({ ledger }) => ledger.close()));
  const taken = sent.filter(({ ledger }) => ledger.summary().accepted === 1);
  await deps.bulk.close(
    tenant,
    taken.map(({ one, ledger }) => ({ ...one.row.place, receipt: deps.sealReceipt(tenant, ledger) })),
  );
  return sent.filter(({ ledger }) => ledger.summary().retry.length === 1).map(({ one }) => one);
}

/** What is replayed stands behind what is sent now. */
async function roomFor({ pressure, pause }: ReplayJobDeps, signal: AbortSignal): Promise<void> {
  while (pressure('live') !== null) await pause(PAUSE_MS, signal);
}

function placeOf({ lane, logGeneration, partition, logOffset }: RejectedPlace): RejectedPlace {
  return { lane, logGeneration, partition, logOffset };
}

function sumOf(so: JobProgress, more: Counts): JobProgress {
  const sums = Object.entries(more).map(([name, count]) => [name, (so[name] ?? 0) + count] as const);
  return { ...so, ...Object.fromEntries(sums) };
}

function writeCursor(after: OpenPage['after']): z.input<typeof CURSOR_SCHEMA> | null {
  return after === null ? null : { received_at_ms: after.receivedAtMs, ref: rejectedRef(after) };
}

function readCursor(cursor: unknown): OpenPage['after'] {
  const read = CURSOR_SCHEMA.safeParse(cursor);
  const place = read.success ? parseRejectedRef(read.data.ref) : null;
  return place === null || !read.success ? null : { ...place, receivedAtMs: read.data.received_at_ms };
}
