import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Client, Rejection } from '@tidegate/sdk';
import { joinRows, type CompleteRow } from './joined-rows.ts';
import { createRowMapper, type Mapping, type Row } from './mapping.ts';
import { fileDigest, openRows, type RowFormat, type RowSource } from './row-source.ts';
import { readState, stateFile, writeState } from './send-state.ts';

export interface SendFileOptions {
  readonly client: Pick<Client, 'send'>;
  /** Names the state file together with the content. */
  readonly gateway: string;
  readonly file: string;
  readonly stdin: Readable;
  readonly format?: RowFormat;
  /** Absent: the lines are events already. */
  readonly mapping?: Mapping;
  /** Where the state of files is kept; null keeps none. */
  readonly stateFolder: string | null;
  readonly gzip?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FileProgress) => void;
}

export interface FileProgress {
  /** Share of the file that was read; null for a stream. */
  readonly share: number | null;
  readonly settled: number;
  readonly accepted: number;
  readonly rejected: number;
}

/** What this run did; rows that an earlier one had settled are only in `resumedAt`. */
export interface FileReport {
  readonly accepted: number;
  readonly rejected: number;
  /** The first rejections, as many as a person would read; their index is the number of the event from 0. */
  readonly examples: readonly Rejection[];
  readonly resumedAt: number;
  readonly receipts: readonly string[];
}

const EXAMPLES = 20;
/** The state is written at most this often; what was settled after it is sent again and counts once. */
const STATE_EVERY_MS = 250;

/**
 * Sends a file of events or rows. A row without an id of its own gets SHA-256(digest of the file, row number), so any resend
 * of the same file carries the same ids and counts once; the state file only saves the time.
 */
export async function sendFile(options: SendFileOptions): Promise<FileReport> {
  const digest = options.file === '-' ? null : await fileDigest(options.file);
  const state = openState(options, digest);
  const { mapping, format, gzip, signal } = options;
  const source = await openRows({
    file: options.file,
    stdin: options.stdin,
    ...(format === undefined ? {} : { format }),
  });
  const complete = await joinRows(mapping?.join, options.file);
  const report = await options.client.send(eventsOf(source, { mapping, digest, complete, skip: state.resumedAt }), {
    ...(gzip === undefined ? {} : { gzip }),
    ...(signal === undefined ? {} : { signal }),
    onProgress: ({ settledThrough, settled, accepted, rejected }) => {
      state.note(settledThrough);
      options.onProgress?.({ share: source.readShare(), settled: state.resumedAt + settled, accepted, rejected });
    },
  });
  const rejected = report.rejected.length;
  state.finish(report.accepted + rejected);
  const examples = report.rejected.slice(0, EXAMPLES).map((rejection) => ({ ...rejection, index: rejection.index + state.resumedAt }));
  return { accepted: report.accepted, rejected, examples, resumedAt: state.resumedAt, receipts: report.receipts };
}

interface OpenState {
  readonly resumedAt: number;
  /** Takes down, now and then, how many rows of this run are settled from its first one on. */
  note(settledThrough: number): void;
  finish(settled: number): void;
}

function openState(options: SendFileOptions, digest: string | null): OpenState {
  if (digest === null || options.stateFolder === null) return { resumedAt: 0, note: () => undefined, finish: () => undefined };
  const reading = JSON.stringify([options.format, options.mapping]);
  const file = stateFile(options.stateFolder, { gateway: options.gateway, digest, reading });
  const { rows } = readState(file);
  let writtenMs = -Infinity;
  return {
    resumedAt: rows,
    note(settledThrough) {
      if (performance.now() - writtenMs < STATE_EVERY_MS) return;
      writtenMs = performance.now();
      writeState(file, { rows: rows + settledThrough });
    },
    finish: (settled) => writeState(file, { rows: rows + settled }),
  };
}

interface Reading {
  readonly mapping: Mapping | undefined;
  readonly complete: CompleteRow;
  readonly digest: string | null;
  readonly skip: number;
}

async function* eventsOf(source: RowSource, reading: Reading): AsyncGenerator<string> {
  let eventNo = 0;
  if (reading.mapping === undefined) {
    for await (const line of source.lines) if (eventNo++ >= reading.skip) yield line;
    return;
  }
  const toEvent = createRowMapper(reading.mapping);
  let rowNo = 0;
  for await (const row of source.rows) {
    // What is settled counts events, of which a mapping with conditions makes fewer than there are rows.
    const event = mapRow(toEvent, reading.complete(row), { rowNo: rowNo++, digest: reading.digest });
    if (event !== null && eventNo++ >= reading.skip) yield event;
  }
}

// A row that cannot be read ends the send: a file that is silently half counted is worse than one that is not.
function mapRow(
  toEvent: ReturnType<typeof createRowMapper>,
  row: Row,
  at: { readonly rowNo: number; readonly digest: string | null },
): string | null {
  try {
    return toEvent(row, () => rowId(at.digest, at.rowNo));
  } catch (error) {
    throw new Error(`row ${at.rowNo + 1}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** SHA-256 of the file's digest and the row number (from 0, in decimal), in hex. */
export function rowId(digest: string | null, rowNo: number): string {
  if (digest === null) throw new Error('standard input has no digest to make ids from: the mapping has to name an id column');
  return createHash('sha256').update(`${digest}:${rowNo}`).digest('hex');
}
