import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Whether a folder lies on a volume that this machine encrypts (dm-crypt, which LUKS uses), directly or below others such as LVM.
 * Null: it does not see that: there is no such layer here, and one beneath the machine, of a cloud's volumes say, cannot be seen.
 * @throws Error where the folder is not there
 */
export async function isOnEncryptedDisk(folder: string, devices = '/sys/dev/block'): Promise<true | null> {
  const { dev } = await stat(folder);
  return isEncryptedBelow(join(devices, deviceName(dev)));
}

/** `major:minor` of Linux's 64-bit device number. */
export function deviceName(dev: number): string {
  const number = BigInt(dev);
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & 0xfffff000n);
  const minor = (number & 0xffn) | ((number >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}

async function isEncryptedBelow(device: string): Promise<true | null> {
  const uuid = await readFile(join(device, 'dm/uuid'), 'utf8').catch(() => '');
  if (uuid.startsWith('CRYPT-')) return true;
  const below = await readdir(join(device, 'slaves')).catch(() => []);
  if (below.length === 0) return null;
  const found = await Promise.all(below.map(async (name) => isEncryptedBelow(join(device, 'slaves', name))));
  // Data may lie on any of several disks.
  return found.every((one) => one === true) ? true : null;
}
