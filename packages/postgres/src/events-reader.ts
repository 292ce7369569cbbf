/**
 * Raw events wherever they lie: rows that are stored, and those that are in the archive alone (docs/design/archive.md, "Reading").
 * What happens between, and why nothing is missed or twice:
 *
 * 1. Which rounds the archive has of what raw_event may lack. Their files are opened and what is asked for is gathered, which may take
 *    long, so no transaction is open meanwhile.
 * 2. One transaction: the table is locked against the dropping of days, then its snapshot is taken. It looks at the rounds again.
 *    Others than in step 1 (a day was archived, or dropped, or written anew without a person): from the beginning. A file that is not
 *    there while its round still names it is lost: whoever writes a round anew lets it name the new files before the old ones go.
 * 3. Both are read in one order. A row that is in both (a day that was restored, or of which a type is being pruned) has the same
 *    place in the log, and is given once.
 */
import type pg from 'pg';
import { inTransaction, SNAPSHOT } from './in-transaction.ts';
import type { Archived, ArchivedRound, EventsAsk, EventsOrder, EventsWanted, OpenArchive } from './archived-events.ts';
import { toArchivedRow } from './archive-store.ts';
import type { ArchivedRow, ArchiveRawRow } from './archive-store.ts';
import { textArray } from './binary-array.ts';
import { mergeEvents } from './merge-events.ts';
import { readCountedProgress } from './read-store.ts';
import type { CountedProgress } from './read-store.ts';
import { run } from './statements.ts';

export interface EventsRead {
  /** Of the same instant as the stored rows. */
  readonly progress: readonly CountedProgress[];
  /** What was read of the archive; null: there was nothing of it to read. */
  readonly archive: ArchiveShare | null;
  readonly rows: AsyncIterable<readonly ArchivedRow[]>;
}

export interface ArchiveShare {
  readonly files: number;
  readonly bytes: number;
  /** Those that are stored too among them. */
  readonly events: number;
}

export type EventsOutcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: EventsFault };

/**
 * `too_much`: the archive holds more of it than one reading may open. `unread`: it holds some of it, and this process was not told where.
 * `damaged`: a file of it is lost, is not what was written, or no key opens it. `away`: where the files are does not answer.
 */
export type EventsFault = 'too_much' | 'unread' | 'damaged' | 'away';

export interface EventsReader {
  /** `work` reads the rows before it resolves. Rows of persons who are erased are not among them. */
  withEvents<T>(ask: EventsAsk, order: EventsOrder, work: (read: EventsRead) => Promise<T>): Promise<EventsOutcome<T>>;
}

export interface EventsReaderDeps {
  readonly pool: pg.Pool;
  /** Null: this process was not told where the archive is. */
  readonly openArchive: OpenArchive | null;
  /** Which file it was, for who can mend it. */
  readonly onUnreadable?: (error: Error) => void;
}

const TRIES = 4;
const DAY_MS = 86_400_000;

export function createEventsReader(deps: EventsReaderDeps): EventsReader {
  return {
    async withEvents(ask, order, work) {
      let lacking: string | null = null;
      for (let left = TRIES; left > 0; left -= 1) {
        const found = await readRounds(deps.pool, ask);
        const archived = await openRounds(deps, ask, found);
        if (archived?.kind === 'lacks' && lacking !== nameOf(found)) {
          lacking = nameOf(found);
          continue;
        }
        if (archived !== null && archived.kind !== 'opened') return { ok: false, fault: faultOf(deps, archived) };
        try {
          const done = await readBoth(deps.pool, { ask, order, found, archived }, work);
          if (done !== 'changed') return { ok: true, value: done.value };
        } finally {
          await archived?.close();
        }
      }
      throw new Error('the archive was written anew each time that it was read');
    },
  };
}

interface Found {
  readonly rounds: readonly ArchivedRound[];
  readonly erased: readonly string[];
}

type Opened = Extract<Archived, { readonly kind: 'opened' }>;

type Unopened = Exclude<Archived, Opened> | { readonly kind: 'unread' };

async function openRounds({ openArchive }: EventsReaderDeps, ask: EventsAsk, { rounds, erased }: Found): Promise<Opened | Unopened | null> {
  if (rounds.length === 0) return null;
  return openArchive === null ? { kind: 'unread' } : openArchive(rounds, wantedOf(ask, erased));
}

function faultOf({ onUnreadable }: EventsReaderDeps, unopened: Unopened): EventsFault {
  if ('error' in unopened) onUnreadable?.(unopened.error);
  return unopened.kind === 'lacks' ? 'damaged' : unopened.kind;
}

function wantedOf(ask: EventsAsk, erased: readonly string[]): EventsWanted {
  return ask.of === 'person' ? ask : { ...ask, without: erased };
}

interface RoundRow {
  readonly day: number;
  readonly round: number;
  readonly manifest_key: string;
  readonly manifest_sha256: Buffer;
}

async function readRounds(on: pg.Pool | pg.ClientBase, ask: EventsAsk): Promise<Found> {
  const days = ask.of === 'person' ? [null, null] : [ask.fromMs, ask.toMs - 1].map((ms) => Math.floor(ms / DAY_MS));
  const rows = await run<RoundRow>(on, 'read-archived-rounds', [ask.tenant, ...days]);
  if (rows.length === 0) return { rounds: [], erased: [] };
  const erased = await run<{ subject: string }>(on, 'read-erased-in-archive', [ask.tenant]);
  const rounds = rows.map(({ day, round, manifest_key: manifestKey, manifest_sha256: manifestSha256 }) => ({
    ...{ day, round, manifestKey, manifestSha256 },
  }));
  return { rounds, erased: erased.map(({ subject }) => subject) };
}

interface Reading {
  readonly ask: EventsAsk;
  readonly order: EventsOrder;
  readonly found: Found;
  readonly archived: Opened | null;
}

async function readBoth<T>(
  pool: pg.Pool,
  { ask, order, found, archived }: Reading,
  work: (read: EventsRead) => Promise<T>,
): Promise<{ readonly value: T } | 'changed'> {
  return inTransaction<{ readonly value: T } | 'changed'>(
    pool,
    async (client) => {
      await run(client, 'lock-raw-event', []);
      const progress = await readCountedProgress(client);
      if (!isSame(found, await readRounds(client, ask))) return 'changed';
      await declare(client, ask, order);
      const rows = archived === null ? stored(client) : mergeEvents(stored(client), archived.rows(order), order);
      const share = archived === null ? null : { files: archived.files, bytes: archived.bytes, events: archived.events };
      return { value: await work({ progress, archive: share, rows }) };
    },
    { begin: SNAPSHOT },
  );
}

function isSame(a: Found, b: Found): boolean {
  return nameOf(a) === nameOf(b);
}

function nameOf({ rounds, erased }: Found): string {
  return JSON.stringify([rounds.map(({ manifestKey }) => manifestKey), erased]);
}

async function declare(client: pg.ClientBase, ask: EventsAsk, order: EventsOrder): Promise<void> {
  if (ask.of === 'person') {
    await run(client, 'declare-person-events', [ask.tenant, ask.subject, textArray(order.by === 'type' ? order.types : [])]);
    return;
  }
  const range = [ask.fromMs, ask.toMs].map((ms) => new Date(ms).toISOString());
  await run(client, 'declare-events', [ask.tenant, textArray(ask.types), ...range, ask.isOfPersons, ask.readsData, ask.rowsMax]);
}

async function* stored(client: pg.ClientBase): AsyncGenerator<readonly ArchivedRow[]> {
  for (;;) {
    const rows = await run<ArchiveRawRow>(client, 'fetch-events', []);
    if (rows.length === 0) return;
    yield rows.map(toArchivedRow);
  }
}
