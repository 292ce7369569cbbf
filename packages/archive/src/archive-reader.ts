/**
 * Events of the archive as questions and exports read them: the files that may hold one are opened one after the other, what is
 * asked for is taken over into a table of DuckDB, and that is read in order (docs/design/archive.md).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import type { Archived, ArchivedRound, ArchivedRow, EventsOrder, EventsWanted, OpenArchive } from '@tidegate/postgres';
import { ArchiveLacks, openFile, readManifest } from './archive-files.ts';
import type { ReadingFilesDeps } from './archive-files.ts';
import { ArchiveDamaged } from './manifest.ts';
import type { ManifestFile } from './manifest.ts';
import { DUCKDB_SETTINGS, ROW_COLUMNS, SELECTED_ROW, toRow } from './parquet.ts';

export interface ArchiveReaderDeps extends ReadingFilesDeps {
  /** Most bytes of files, as they are stored, that one reading opens. */
  readonly bytesMax: number;
}

/** Of two rounds that hold the same row one is given. */
const ONCE = `(SELECT DISTINCT ON (is_backfill, log_generation, "partition", log_offset) * FROM found)`;

/** Where the objects are does not answer, or refuses. */
class ArchiveAway extends Error {
  override readonly name = 'ArchiveAway';
}

export function createArchiveReader({ objects, ...others }: ArchiveReaderDeps): OpenArchive {
  const deps = { ...others, objects: tellingAway(objects) };
  return async function openArchive(rounds, wanted) {
    try {
      const files = await filesOf(deps, rounds, wanted);
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      return bytes > deps.bytesMax ? { kind: 'too_much' } : await gather(deps, files, wanted);
    } catch (error) {
      if (error instanceof ArchiveLacks) return { kind: 'lacks', error };
      if (error instanceof ArchiveDamaged) return { kind: 'damaged', error };
      if (error instanceof ArchiveAway) return { kind: 'away', error };
      throw error;
    }
  };
}

function tellingAway({ get }: ReadingFilesDeps['objects']): ReadingFilesDeps['objects'] {
  return {
    async get(key) {
      try {
        return await get(key);
      } catch (error) {
        throw new ArchiveAway(`${key} of the archive cannot be fetched`, { cause: error });
      }
    },
  };
}

async function filesOf(deps: ArchiveReaderDeps, rounds: readonly ArchivedRound[], wanted: EventsWanted): Promise<readonly ManifestFile[]> {
  const manifests = await Promise.all(rounds.map(async (round) => readManifest(deps, round)));
  return manifests.flatMap(({ files }) => files).filter((file) => mayHold(file, wanted));
}

function mayHold({ tenant, group, rows }: ManifestFile, wanted: EventsWanted): boolean {
  if (tenant !== wanted.tenant || rows === 0) return false;
  if (wanted.of === 'person') return wanted.subject.startsWith(group);
  return group !== '-' || !wanted.isOfPersons;
}

async function gather(
  deps: ArchiveReaderDeps,
  files: readonly ManifestFile[],
  wanted: EventsWanted,
): Promise<Extract<Archived, { kind: 'opened' }>> {
  const folder = await mkdtemp(join(tmpdir(), 'tidegate-archive-'));
  const instance = await DuckDBInstance.create(':memory:', { ...DUCKDB_SETTINGS, temp_directory: folder });
  const connection = await instance.connect();
  const close = async (): Promise<void> => {
    connection.closeSync();
    instance.closeSync();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await connection.run(`CREATE TABLE found (${ROW_COLUMNS})`);
    const path = join(folder, 'rows.parquet');
    for (const file of files) {
      await openFile(deps, path, file);
      await take(connection, path, wanted);
    }
    await rm(path, { force: true });
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${ONCE}`);
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    return {
      ...{ kind: 'opened', files: files.length, bytes, events: Number(counted.getRows()[0]?.[0] ?? 0), close },
      rows: (order) => rowsOf(connection, order),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The rows of one file that are asked for. */
async function take(connection: DuckDBConnection, path: string, wanted: EventsWanted): Promise<void> {
  const values: DuckDBValue[] = [path];
  const given = (value: DuckDBValue): string => `$${values.push(value)}`;
  const anyOf = (all: readonly string[]): string => (all.length === 0 ? 'NULL' : all.map(given).join(', '));
  const conditions =
    wanted.of === 'person'
      ? [`subject = ${given(wanted.subject)}`]
      : [
          `type IN (${anyOf(wanted.types)})`,
          `epoch_us(occurred_at) >= ${given(microseconds(wanted.fromMs))}::BIGINT`,
          `epoch_us(occurred_at) < ${given(microseconds(wanted.toMs))}::BIGINT`,
          ...(wanted.isOfPersons ? ['subject IS NOT NULL'] : []),
          ...(wanted.without.length === 0 ? [] : [`(subject IS NULL OR subject NOT IN (${anyOf(wanted.without)}))`]),
        ];
  const columns = wanted.of === 'person' || wanted.readsData ? '*' : `* REPLACE ('{}' AS data, NULL AS attributes)`;
  const text = `INSERT INTO found SELECT ${columns} FROM read_parquet($1) WHERE tenant = ${given(wanted.tenant)} AND ${conditions.join(' AND ')}`;
  await connection.run(text, values);
}

function microseconds(ms: number): bigint {
  return BigInt(ms) * 1_000n;
}

/** Texts of DuckDB are compared by their bytes, as Postgres compares them under "C". */
async function* rowsOf(connection: DuckDBConnection, order: EventsOrder): AsyncGenerator<readonly ArchivedRow[]> {
  const within = 'occurred_at, event_id, source, is_backfill, log_generation, "partition", log_offset';
  const types = order.by === 'type' ? order.types : [];
  const ranks = types.map((_, at) => `WHEN $${at + 1} THEN ${at + 1}`).join(' ');
  const first = order.by === 'subject' ? 'subject NULLS FIRST' : `${types.length === 0 ? '' : `CASE type ${ranks} ELSE 0 END, `}type`;
  const result = await connection.stream(`SELECT ${SELECTED_ROW} FROM ${ONCE} ORDER BY ${first}, ${within}`, [...types]);
  for await (const rows of result.yieldRows()) yield rows.map(toRow);
}
