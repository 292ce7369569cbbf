/** The rows of one piece, a file's worth at a time. */
import { toIsoDate, toIsoUtc } from '@tidegate/core';
import { decodeExactly } from '@tidegate/http';
import type { ArchivedRow, EventsReader } from '@tidegate/postgres';
import { JobFault } from '@tidegate/postgres';
import { archiveJobFault } from '../archive-fault.ts';
import { answerPages } from '../answer-pages.ts';
import type { Ask } from '../ask.ts';
import { shownData } from '../recent/event-data.ts';
import { dayStartMs } from './warehouse-plan.ts';
import type { EventTable, RollupTable } from './warehouse-plan.ts';

export interface FileColumn {
  readonly name: string;
  readonly type: string;
}

export interface FileRows {
  readonly columns: readonly FileColumn[];
  readonly rows: readonly (readonly unknown[])[];
  /** Pseudonyms of those whose rows these are. */
  readonly subjects: ReadonlySet<string>;
}

export type TakeRows = (file: FileRows) => Promise<void>;

export interface WarehouseRowsDeps {
  readonly events: EventsReader;
  readonly ask: Ask;
  readonly rowsPerFile: number;
}

interface PieceRows<T> {
  readonly tenant: string;
  readonly table: T;
  readonly day: number;
  readonly signal: AbortSignal;
}

/** Data and attributes are JSON; numbers in them have the digits that they were sent with. */
const EVENT_COLUMNS: readonly FileColumn[] = [
  ...['event_id', 'source', 'type', 'subject'].map((name) => ({ name, type: 'string' })),
  ...['occurred_at', 'received_at'].map((name) => ({ name, type: 'time' })),
  ...['data', 'attributes'].map((name) => ({ name, type: 'json' })),
];
/** All of every event. */
const WHOLE = { isOfPersons: false, readsData: true, rowsMax: null } as const;
/** Characters of data that one file is made of. */
const LENGTH_PER_FILE = 64_000_000;
const PAGE_ROWS = 10_000;

/**
 * Events that occurred on the day, counted ones alone, each once. Sealed fields are left out. `without`: persons who are erased or are to
 * be, whose rows may be there still. Returns through which instant they are complete.
 */
export async function eventRows(
  { events, rowsPerFile }: WarehouseRowsDeps,
  { tenant, table: { type }, day, signal, without }: PieceRows<EventTable> & { readonly without: ReadonlySet<string> },
  take: TakeRows,
): Promise<number | null> {
  const ask = { of: 'types', tenant, types: [type], fromMs: dayStartMs(day), toMs: dayStartMs(day + 1), ...WHOLE } as const;
  const outcome = await events.withEvents(ask, { by: 'subject' }, async ({ rows, progress }) => {
    let held: ArchivedRow[] = [];
    let length = 0;
    const flush = async (): Promise<void> => {
      if (held.length > 0) await take(fileOf(held));
      [held, length] = [[], 0];
    };
    for await (const page of rows) {
      signal.throwIfAborted();
      for (const row of page) {
        if (row.subject !== null && without.has(row.subject)) continue;
        held.push(row);
        length += row.data.length;
        if (held.length >= rowsPerFile || length >= LENGTH_PER_FILE) await flush();
      }
    }
    await flush();
    return leastOf(progress.map(({ completeThroughMs }) => completeThroughMs));
  });
  if (!outcome.ok) throw archiveJobFault(outcome.fault);
  return outcome.value;
}

function fileOf(rows: readonly ArchivedRow[]): FileRows {
  return {
    columns: EVENT_COLUMNS,
    rows: rows.map((row) => [
      ...[row.eventId, row.source, row.type, row.subject, toIsoUtc(row.occurredAtMs), toIsoUtc(row.receivedAtMs)],
      ...[shownData(row.data).data, row.attributes === null ? null : decodeExactly(row.attributes)],
    ]),
    subjects: new Set(rows.flatMap(({ subject }) => subject ?? [])),
  };
}

/** Figures of the buckets that begin on the day, in UTC, as a question answers them. */
export async function rollupRows(
  { ask, rowsPerFile }: WarehouseRowsDeps,
  { tenant, table: { metric, groupBy, grain }, day, signal }: PieceRows<RollupTable>,
  take: TakeRows,
): Promise<number | null> {
  const question = {
    kind: 'series',
    metric,
    group_by: groupBy,
    grain,
    zone: 'UTC',
    from: toIsoDate(day),
    to: toIsoDate(day + 1),
    limit: PAGE_ROWS,
  };
  const complete: (number | null)[] = [];
  let columns: readonly FileColumn[] = [];
  let held: (readonly unknown[])[] = [];
  const flush = async (): Promise<void> => {
    if (held.length > 0) await take({ columns, rows: held, subjects: new Set() });
    held = [];
  };
  for await (const outcome of answerPages(ask, question, { tenant, rows: null, signal })) {
    if (!outcome.ok) throw new JobFault(outcome.problem.code);
    const { answer } = outcome;
    columns = answer.columns;
    complete.push(answer.meta.complete_through === null ? null : Date.parse(answer.meta.complete_through));
    held.push(...answer.rows);
    if (held.length >= rowsPerFile) await flush();
  }
  await flush();
  return leastOf(complete);
}

/** Null where it is not known of one of them. */
export function leastOf(instants: readonly (number | null)[]): number | null {
  return instants.reduce<number | null>(
    (least, one) => (least === null || one === null ? null : Math.min(least, one)),
    instants[0] ?? null,
  );
}
