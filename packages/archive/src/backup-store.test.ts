import { randomBytes } from 'node:crypto';
import type { S3Server } from '@tidegate/testkit';
import { S3_CREDENTIALS, startS3Server } from '@tidegate/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createBackupStore, type BackupFile } from './backup-store.ts';
import { createS3Store } from './s3-store.ts';

let server: S3Server;
beforeEach(async () => void (server = await startS3Server()));
afterEach(() => server.close());

const PIECE = 1_000;
const open = () => createBackupStore(createS3Store({ ...S3_CREDENTIALS, endpoint: server.endpoint }), PIECE);
const contents = new Map<string, Buffer>();

/** A dump of two and a half pieces, sums, and an empty file. */
function filesOf(backup: string): readonly BackupFile[] {
  const sizes = { 'database.dump.enc': 2_500, SHA256SUMS: 7, 'roles.sql.enc': 0 };
  return Object.entries(sizes).map(([name, bytes]) => {
    const content = randomBytes(bytes);
    contents.set(`${backup}/${name}`, content);
    return { name, bytes, read: async (from, to) => content.subarray(from, to) };
  });
}

async function pulled(name: string): Promise<Map<string, Buffer>> {
  const found = (await open().list()).find((one) => one.name === name);
  if (found === undefined) throw new Error(`${name} is not listed`);
  const files = new Map<string, Buffer>();
  await open().pull(found, async (file, piece) => void files.set(file, Buffer.concat([files.get(file) ?? Buffer.alloc(0), piece])));
  return files;
}

const names = async () => (await open().list()).map(({ name }) => name);
const piecesOf = (backup: string) => [...server.objects.keys()].filter((key) => key.startsWith(`/cold/backups/${backup}/`)).length;

it('what was pushed is pulled, byte for byte, and the newest that are to stay do', async () => {
  expect(await names()).toEqual([]);
  for (const name of ['1', '2', '3']) expect(await open().push(name, { files: filesOf(name), keep: 3 })).toEqual([]);
  const gone = await open().push('4', { files: filesOf('4'), keep: 2 });
  expect(gone.map(({ name }) => name)).toEqual(['1', '2']);
  expect(await names()).toEqual(['3', '4']);
  // Three pieces of the dump, one of the sums; and the list.
  expect(['1', '2', '3', '4'].map(piecesOf)).toEqual([0, 0, 4, 4]);
  expect(server.objects.size).toBe(9);
  for (const file of ['database.dump.enc', 'SHA256SUMS']) expect((await pulled('3')).get(file)).toEqual(contents.get(`3/${file}`));
});

it('a push that breaks off anywhere is no backup, and the next one takes what it left away', async () => {
  await open().push('1', { files: filesOf('1'), keep: 5 });
  // Of six puts: the list, four pieces, the list again.
  for (let at = 1; at <= 6; at++) {
    let puts = 0;
    server.mayPut = () => (puts += 1) !== at;
    await expect(open().push('2', { files: filesOf('2'), keep: 5 })).rejects.toThrow('403');
    server.mayPut = () => true;
    expect(await names()).toEqual(['1']);
  }
  expect(piecesOf('2')).toBe(4);
  await open().push('3', { files: filesOf('3'), keep: 5 });
  expect([await names(), piecesOf('2')]).toEqual([['1', '3'], 0]);
});

it('one whose oldest could not be taken away is a backup, and they go the next time', async () => {
  for (const name of ['1', '2']) await open().push(name, { files: filesOf(name), keep: 5 });
  let lists = 0;
  server.mayPut = (path) => !path.endsWith('list.json') || (lists += 1) < 3;
  await expect(open().push('3', { files: filesOf('3'), keep: 1 })).rejects.toThrow('403');
  server.mayPut = () => true;
  expect(await names()).toEqual(['3']);
  await open().push('4', { files: filesOf('4'), keep: 1 });
  expect([await names(), server.objects.size]).toEqual([['4'], 5]);
});

it('the same again is left as it is', async () => {
  await open().push('1', { files: filesOf('1'), keep: 5 });
  const before = new Map(server.objects);
  await open().push('1', { files: filesOf('1'), keep: 5 });
  expect(server.objects).toEqual(before);
});

it('a piece that is missing or short, and a list that cannot be read, are told; such a list is not written over', async () => {
  await open().push('1', { files: filesOf('1'), keep: 5 });
  const key = '/cold/backups/1/database.dump.enc/000001';
  const piece = server.objects.get(key);
  server.objects.delete(key);
  await expect(pulled('1')).rejects.toThrow('a piece of database.dump.enc is not in the object store');
  server.objects.set(key, piece?.subarray(1) ?? Buffer.alloc(0));
  await expect(pulled('1')).rejects.toThrow('database.dump.enc has 2499 bytes in the object store, and had 2500');
  server.objects.set('/cold/backups/list.json', Buffer.from('{"v":2}'));
  await expect(open().push('2', { files: filesOf('2'), keep: 5 })).rejects.toThrow('cannot be read');
  expect(server.objects.get('/cold/backups/list.json')?.toString()).toBe('{"v":2}');
});
