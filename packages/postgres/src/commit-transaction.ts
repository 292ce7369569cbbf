import type { ChangedEntities, SealState } from '@tidegate/core';
import type pg from 'pg';
import { byteaArray, dateArray, int4Array, int8Array, textArray, timestamptzArray } from './binary-array.ts';
import { encodeCellKeys } from './cell-keys.ts';
import { admitValues, askedOf } from './commit-budgets.ts';
import { absentOf, furtherOf, readStored, resolveCells, resolveSlices, writeCells } from './commit-cells.ts';
import {
  cellCommits,
  changedEntities,
  joinWrites,
  lockEntities,
  mergeEntities,
  resolveEntityCells,
  writeEntities,
} from './commit-entities.ts';
import type { MergedCommit } from './commit-entities.ts';
import { copyIn } from './copy-in.ts';
import { writeDrifts } from './drifts.ts';
import { writeErasures } from './commit-erasure.ts';
import { encodeEntityKeys } from './entity-keys.ts';
import { fromSealColumns } from './seal-columns.ts';
import type { SealColumns } from './seal-columns.ts';
import { writeSeal } from './seal-slice.ts';
import { run, statement } from './statements.ts';
import { writeTasks } from './tasks.ts';
import type { CellWrite, CommitBatch, CommitFault, CommitOutcome, Lane, OffsetMove, PartitionCommit, RejectedBeyond } from './store.ts';

/**
 * The flush: one transaction for one or more partitions of one owner. Statements are sent without waiting for one another;
 * the server runs them in this order, and after one that fails none. Three answers are waited for: what the fence and the read
 * say, that everything is written, that it is committed. What survives when the process dies after each step:
 *
 * 1. begin: nothing.
 * 2. fence (progress rows of all lanes that move, in partition order; every one must move): nothing; the row locks go with the session, at the latest
 *    after its pause limit.
 * 3. admit values of dimensions that the owner does not know, under the locks of their budgets: nothing; whoever asks next may
 *    find room that this one saw taken.
 * 4. lock and read rows of entities; read absent cell states (once more where something that is sealed changes, or that waited for
 *    step 3; steps 3 and 4 again for the cells of metrics over rows that changed), 5. COPY of raw rows and their days, 6. upsert
 *    series, cells and rows, 7. journal, 8. rejected rows: nothing; the next owner reads again from the same offset.
 * 9. COMMIT sent, answer lost: the progress row says whether all of it is there or nothing.
 */
export function createCommitTransaction(deps: {
  readonly pool: pg.Pool;
  readonly fault: CommitFault;
}): (batch: CommitBatch) => Promise<CommitOutcome> {
  return async function commitTransaction(batch) {
    const attempt: Attempt = { client: null, commitSent: false };
    try {
      attempt.client = await deps.pool.connect();
      const outcome = await writeAll({ client: attempt.client, fault: deps.fault }, batch, attempt);
      attempt.client.release();
      return outcome;
    } catch (error) {
      attempt.client?.release(true);
      return classify(error, attempt.commitSent);
    }
  };
}

interface Attempt {
  client: pg.PoolClient | null;
  commitSent: boolean;
}

interface Session {
  readonly client: pg.PoolClient;
  readonly fault: CommitFault;
}

async function writeAll(session: Session, batch: CommitBatch, attempt: Attempt): Promise<CommitOutcome> {
  const { client, fault } = session;
  const commits = batch.partitions.toSorted((a, b) => a.partition - b.partition);
  const steps = createSteps();
  steps.send(client.query('BEGIN'));
  await fault('flush.begun');
  const fenced = steps.ask(fence(client, commits));
  const spent = steps.ask(admitValues(client, askedOf(commits)));
  const rows = steps.ask(lockEntities(client, commits));
  const stored = steps.ask(readStored(client, absentOf(commits)));
  await fault('flush.fenced');
  steps.send(writeRawRows(client, commits));
  await fault('flush.raw_copied');
  const { lost, seals } = await fenced;
  if (lost.length > 0) {
    await steps.settled();
    await client.query('ROLLBACK');
    return { kind: 'lost', partitions: lost };
  }
  const decided = await spent;
  for (const { cells } of commits) cells.values?.decide(decided);
  const further = await steps.ask(readStored(client, furtherOf(commits, seals)));
  const made = await steps.ask(resolveSlices(client, commits));
  const own = resolveCells(commits, [await stored, further], made);
  const merged = mergeEntities(commits, await rows);
  const ofRows = cellCommits(merged);
  const rowWrites = await steps.ask(resolveEntityCells(client, ofRows, seals));
  const writes = joinWrites(own, rowWrites);
  await fault('flush.cells_read');
  steps.send(writeCells(client, commits, own));
  steps.send(writeCells(client, ofRows, rowWrites));
  steps.send(writeEntities(client, merged));
  for (const [commit, sealed] of made) steps.send(writeSeal(client, commit, sealed));
  for (const commit of commits) if (commit.tasks !== undefined) steps.send(writeTasks(client, commit.partition, commit.tasks));
  await fault('flush.cells_written');
  steps.send(writeJournal(client, commits, { cells: writes, entities: changedEntities(merged) }));
  await fault('flush.journaled');
  steps.send(writeRestated(client, commits, merged));
  steps.send(writeErasures(client, commits));
  steps.send(writeDrifts(client, commits));
  const beyond = steps.ask(writeRejected(client, commits, batch.rejectedBytesMax));
  await fault('flush.rejected_written');
  await steps.done();
  attempt.commitSent = true;
  const { command } = await client.query('COMMIT');
  if (command !== 'COMMIT') throw new Error(`COMMIT was answered by ${command}`);
  await fault('flush.committed');
  return { kind: 'committed', writes, rejectedBeyond: await beyond };
}

/** Statements under way. They are answered in their order, so the first that fails tells why. */
interface Steps {
  send(step: Promise<unknown>): void;
  /** The same where the answer is wanted before all are there. */
  ask<T>(step: Promise<T>): Promise<T>;
  /** @throws what the first step that failed threw */
  done(): Promise<void>;
  /** Resolves when all are answered, whatever the answers. */
  settled(): Promise<void>;
}

function createSteps(): Steps {
  const steps: Promise<unknown>[] = [];
  const send = (step: Promise<unknown>): void => {
    steps.push(step);
    // Looked at in `done`; until then a failure is nobody's.
    step.catch(() => undefined);
  };
  return {
    send,
    // Not async: that would give out another promise, of whose failure nobody is told when the flush ends before it is awaited.
    ask(step) {
      send(step);
      return step;
    },
    done: async () => void (await Promise.all(steps)),
    settled: async () => void (await Promise.allSettled(steps)),
  };
}

interface Fenced {
  /** Partitions of which a row did not move. */
  readonly lost: readonly number[];
  /** What is sealed, by partition: as of this transaction, which holds the rows. */
  readonly seals: ReadonlyMap<number, SealState>;
}

async function fence(client: pg.PoolClient, commits: readonly PartitionCommit[]): Promise<Fenced> {
  const moves = commits.flatMap(movesOf);
  const moved = await run<SealColumns & { lane: string; partition: number }>(client, 'fence', [
    textArray(moves.map((m) => m.lane)),
    int4Array(moves.map((m) => m.commit.partition)),
    int8Array(moves.map((m) => m.move.expected)),
    int8Array(moves.map((m) => m.move.next)),
    byteaArray(moves.map((m) => m.move.lastRecordSha256)),
    timestamptzArray(moves.map((m) => m.throughMs)),
    int8Array(moves.map((m) => m.commit.commitNo)),
    byteaArray(moves.map((m) => m.commit.token)),
  ]);
  const seals = new Map(moved.filter((row) => row.lane === 'live').map((row) => [row.partition, fromSealColumns(row)]));
  if (moved.length === moves.length) return { lost: [], seals };
  const held = new Set(moved.map((row) => `${row.lane}/${row.partition}`));
  const lost = new Set(moves.filter((m) => !held.has(`${m.lane}/${m.commit.partition}`)).map((m) => m.commit.partition));
  return { lost: [...lost], seals };
}

interface LaneMove {
  readonly lane: Lane;
  readonly commit: PartitionCommit;
  readonly move: OffsetMove;
  readonly throughMs: number | null;
}

function movesOf(commit: PartitionCommit): LaneMove[] {
  const moves: LaneMove[] = [{ lane: 'live', commit, move: commit.live, throughMs: commit.completeThroughMs }];
  const { backfill, rejectedLane } = commit;
  if (backfill !== null) moves.push({ lane: 'backfill', commit, move: backfill, throughMs: backfill.throughMs });
  if (rejectedLane !== null) moves.push({ lane: 'rejected', commit, move: rejectedLane, throughMs: null });
  return moves;
}

async function writeRawRows(client: pg.PoolClient, commits: readonly PartitionCommit[]): Promise<void> {
  const rows = commits.map((commit) => commit.rawRows).filter((part) => part.length > 0);
  const old = commits.flatMap(({ backfill }) => (backfill === null || backfill.rawRows.length === 0 ? [] : [backfill.rawRows]));
  const days = commits.flatMap((commit) => commit.arrivalDays);
  const copied = rows.length === 0 ? null : copyIn(client, statement('copy-raw-rows'), rows);
  const copiedOld = old.length === 0 ? null : copyIn(client, statement('copy-backfill-rows'), old);
  const listed =
    days.length === 0
      ? null
      : run(client, 'insert-arrival-days', [
          dateArray(days.map((day) => day.arrivalDay)),
          dateArray(days.map((day) => day.eventDay)),
          textArray(days.map((day) => day.tenant)),
        ]);
  await Promise.all([copied, copiedOld, listed]);
}

/** By partition. */
interface Changed {
  readonly cells: ReadonlyMap<number, readonly CellWrite[]>;
  readonly entities: ReadonlyMap<number, readonly ChangedEntities[]>;
}

async function writeJournal(client: pg.PoolClient, commits: readonly PartitionCommit[], changed: Changed): Promise<void> {
  await run(client, 'insert-journal', [
    int4Array(commits.map((c) => c.partition)),
    int8Array(commits.map((c) => c.commitNo)),
    int8Array(commits.map((c) => c.term)),
    int4Array(commits.map((c) => c.generation)),
    timestamptzArray(commits.map((c) => c.arrivalFromMs)),
    timestamptzArray(commits.map((c) => c.arrivalToMs)),
    int8Array(commits.map((c) => c.live.next)),
    byteaArray(commits.map((c) => c.identities)),
    byteaArray(commits.map((c) => encodeCellKeys(changed.cells.get(c.partition) ?? []))),
    byteaArray(commits.map((c) => encodeEntityKeys(changed.entities.get(c.partition) ?? []))),
  ]);
}

async function writeRejected(
  client: pg.PoolClient,
  commits: readonly PartitionCommit[],
  bytesMax: number | undefined,
): Promise<readonly RejectedBeyond[]> {
  const rows = commits.flatMap((commit) => commit.rejected);
  if (rows.length === 0) return [];
  return run<RejectedBeyond>(client, 'insert-rejected', [
    textArray(rows.map((r) => r.tenant)),
    textArray(rows.map((r) => r.topic)),
    int4Array(rows.map((r) => r.logGeneration)),
    int4Array(rows.map((r) => r.partition)),
    int8Array(rows.map((r) => r.logOffset)),
    textArray(rows.map((r) => r.code)),
    textArray(rows.map((r) => r.path)),
    textArray(rows.map((r) => r.lane)),
    int8Array(rows.map((r) => r.lengthBytes)),
    byteaArray(rows.map((r) => r.sha256)),
    byteaArray(rows.map((r) => r.sealed)),
    timestamptzArray(rows.map((r) => r.receivedAtMs)),
    textArray(rows.map((r) => r.format)),
    byteaArray(rows.map((r) => r.eventIdHash ?? null)),
    bytesMax ?? null,
  ]);
}

async function writeRestated(client: pg.PoolClient, commits: readonly PartitionCommit[], merged: readonly MergedCommit[]): Promise<void> {
  const rows = [
    ...commits.flatMap(({ partition, restated = [] }) => restated.map((bucket) => ({ ...bucket, partition }))),
    ...merged.flatMap(({ commit: { partition }, merged: { restated } }) => restated.map((bucket) => ({ ...bucket, partition }))),
  ];
  if (rows.length === 0) return;
  await run(client, 'upsert-restated', [
    textArray(rows.map((r) => r.tenant)),
    textArray(rows.map((r) => r.metric)),
    int4Array(rows.map((r) => r.version)),
    int8Array(rows.map((r) => r.bucketS)),
    textArray(rows.map((r) => r.cause)),
    int4Array(rows.map((r) => r.partition)),
  ]);
}

/** Data errors (classes 22 and 23) are the record's fault, or that of a day without a place (23514): the flush tells them apart. All else is the server's and is waited out. */
function classify(error: unknown, commitSent: boolean): CommitOutcome {
  const message = error instanceof Error ? error.message : String(error);
  const sqlState = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (!commitSent && /^2[23]/.test(sqlState)) return { kind: 'data_error', sqlState, message };
  return { kind: 'failed', commitSent, message };
}
