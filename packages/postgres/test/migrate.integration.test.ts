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

  async function nextName(what: string, after = 1): Promise<string> {
    const numbers = (await readdir(directory)).map((name) => Number(name.slice(0, 4)));
    return `${String(Math.max(...numbers) + after).padStart(4, '0')}-${what}.sql`;
  }

  it('bring an empty database to the newest schema once, however many migrators begin together', async () => {
    const shipped = (await readdir(SHIPPED)).sort();
    const results = await Promise.all([1, 2, 3].map(() => migrate({ databaseUrl: database.url })));
    expect(results.flatMap((result) => result.applied)).toEqual(shipped);
    expect(await migrate({ databaseUrl: database.url })).toEqual({
      applied: [],
      present: shipped.length,
      indexes: { made: [], waiting: [] },
    });
  });

  it('go on from a database that an older release has migrated', async () => {
    await migrate({ databaseUrl: database.url, directory });
    const name = await nextName('later');
    await writeFile(join(directory, name), 'CREATE TABLE later (id int)');
    expect((await migrate({ databaseUrl: database.url, directory })).applied).toEqual([name]);
  });

  it('apply a number that comes later than the one above it, and refuse one that is taken', async () => {
    const [below, above] = [await nextName('below'), await nextName('above', 2)];
    await writeFile(join(directory, above), 'CREATE TABLE above (id int)');
    await migrate({ databaseUrl: database.url, directory });
    await writeFile(join(directory, below), 'CREATE TABLE below (id int)');
    expect((await migrate({ databaseUrl: database.url, directory })).applied).toEqual([below]);
    await writeFile(join(directory, above.replace('above', 'again')), 'CREATE TABLE again (id int)');
    await expect(migrate({ databaseUrl: database.url, directory })).rejects.toThrow('expected a number of its own');
  });

  it('refuse a file that was edited after it was applied, and apply nothing behind it', async () => {
    await migrate({ databaseUrl: database.url, directory });
    await writeFile(join(directory, '0001-data-plane.sql'), 'SELECT 1');
    await writeFile(join(directory, await nextName('later')), 'CREATE TABLE later (id int)');
    await expect(migrate({ databaseUrl: database.url, directory })).rejects.toThrow('0001-data-plane.sql was edited');
    expect(await database.query(`SELECT FROM pg_class WHERE relname = 'later'`)).toEqual([]);
  });

  it('leave nothing of a file that fails half way', async () => {
    const shipped = await readdir(directory);
    await writeFile(join(directory, await nextName('broken')), 'CREATE TABLE half (id int); SELECT nonsense;');
    await expect(migrate({ databaseUrl: database.url, directory })).rejects.toThrow('broken.sql failed');
    expect(await database.query(`SELECT FROM pg_class WHERE relname = 'half'`)).toEqual([]);
    expect(await database.query('SELECT FROM schema_migration')).toHaveLength(shipped.length);
  });
});
