import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate } from '../src/migrate.ts';
import { createScratchDatabase } from './scratch-database.ts';
import type { ScratchDatabase } from './scratch-database.ts';

const SHIPPED = fileURLToPath(new URL('../migrations/', import.meta.url));

describe('migrations', () => {
  let database: ScratchDatabase;
  let directory: string;
  beforeEach(async () => {
    database = await createScratchDatabase();
    directory = await mkdtemp(join(tmpdir(), 'tidegate-migrations-'));
    await cp(SHIPPED, directory, { recursive: true });
  });
  afterEach(async () => {
    await database.drop();
    await rm(directory, { recursive: true });
  });

  it('bring an empty database to the newest schema once, however many migrators begin together', async () => {
    const shipped = (await readdir(SHIPPED)).sort();
    const results = await Promise.all([1, 2, 3].map(() => migrate({ databaseUrl: database.url })));
    expect(results.flatMap((result) => result.applied)).toEqual(shipped);
    expect(await migrate({ databaseUrl: database.url })).toEqual({ applied: [], present: shipped.length });
  });

  it('go on from a database that an older release has migrated', async () => {
    await migrate({ databaseUrl: database.url, directory });
    const next = (await readdir(directory)).length + 1;
    const name = `${String(next).padStart(4, '0')}-later.sql`;
    await writeFile(join(directory, name), 'CREATE TABLE later (id int)');
    expect((await migrate({ databaseUrl: database.url, directory })).applied).toEqual([name]);
  });

  it('refuse a file that was edited after it was applied, and apply nothing behind it', async () => {
    await migrate({ databaseUrl: database.url, directory });
    await writeFile(join(directory, '0001-data-plane.sql'), 'SELECT 1');
    const next = (await readdir(directory)).length + 1;
    await writeFile(join(directory, `${String(next).padStart(4, '0')}-later.sql`), 'CREATE TABLE later (id int)');
    await expect(migrate({ databaseUrl: database.url, directory })).rejects.toThrow('0001-data-plane.sql was edited');
    expect(await database.query(`SELECT FROM pg_class WHERE relname = 'later'`)).toEqual([]);
  });

  it('leave nothing of a file that fails half way', async () => {
    const next = (await readdir(directory)).length + 1;
    await writeFile(join(directory, `${String(next).padStart(4, '0')}-broken.sql`), 'CREATE TABLE half (id int); SELECT nonsense;');
    await expect(migrate({ databaseUrl: database.url, directory })).rejects.toThrow('broken.sql failed');
    expect(await database.query(`SELECT FROM pg_class WHERE relname = 'half'`)).toEqual([]);
    expect(await database.query('SELECT FROM schema_migration')).toHaveLength(next - 1);
  });
});
