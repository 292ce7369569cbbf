import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';
import { deviceName, isOnEncryptedDisk } from './disk-encryption.ts';

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tidegate-disk-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** A device as /sys shows it, with what lies below. */
function device(path: string, uuid: string | null): string {
  mkdirSync(join(path, 'slaves'), { recursive: true });
  mkdirSync(join(path, 'dm'));
  if (uuid !== null) writeFileSync(join(path, 'dm/uuid'), `${uuid}\n`);
  return path;
}

const own = (): string => join(folder, deviceName(statSync(folder).dev));

it('names a device as /sys does', () => {
  // 8:1 is 0x801; 259:66304 has bits above the first bytes of both: major 0x103, minor 0x10300.
  expect(deviceName(0x801)).toBe('8:1');
  expect(deviceName((0x103 << 8) + 0x10300 * 2 ** 12)).toBe('259:66304');
});

it('sees a volume that is encrypted, and one below another', async () => {
  const top = device(own(), 'CRYPT-LUKS2-0f');
  expect(await isOnEncryptedDisk(folder, folder)).toBe(true);
  rmSync(top, { recursive: true });
  device(join(device(own(), 'LVM-1a'), 'slaves/dm-0'), 'CRYPT-LUKS2-0f');
  expect(await isOnEncryptedDisk(folder, folder)).toBe(true);
});

it('does not claim what it does not see', async () => {
  expect(await isOnEncryptedDisk(folder, folder)).toBeNull();
  const top = device(own(), 'LVM-1a');
  device(join(top, 'slaves/dm-0'), 'CRYPT-LUKS2-0f');
  device(join(top, 'slaves/sdb'), null);
  expect(await isOnEncryptedDisk(folder, folder)).toBeNull();
  await expect(isOnEncryptedDisk(join(folder, 'none'), folder)).rejects.toThrow('ENOENT');
});

it('`tidegate preflight --data` looks where the data lie, and fails where there is nothing', async () => {
  const told = await runCommand(['preflight', '--data', folder, '--json'], () => Response.json({}));
  expect(told.out).toContain('the disk of the data is encrypted');
  expect((await runCommand(['preflight', '--data', join(folder, 'none')], () => Response.json({}))).err).toContain('none');
});
