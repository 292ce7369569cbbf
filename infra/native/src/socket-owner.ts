import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTEN = '0A';

/**
 * Whether the process itself listens on the TCP port, of whatever address: the kernel's own word, so that an answer of
 * another program on the same port is not taken for the one that was started. A process that has ended listens on nothing. Null
 * where the system does not tell (no `/proc`, or a process whose descriptors are not ours to read).
 */
export function listensOn(pid: number, port: number): boolean | null {
  try {
    const sockets = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => socketOf(`/proc/${pid}/fd/${fd}`)));
    return ['tcp', 'tcp6'].some((table) => listeners(`/proc/${pid}/net/${table}`, port).some((inode) => sockets.has(inode)));
  } catch (error) {
    const isGone = error instanceof Error && Reflect.get(error, 'code') === 'ENOENT' && existsSync('/proc/self/fd');
    return isGone ? false : null;
  }
}

/** Inode of the socket that a descriptor stands for; empty for anything else, one that was just closed among them. */
function socketOf(path: string): string {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.[1] ?? '';
  } catch {
    return '';
  }
}

/** Inodes of the sockets that listen on the port. Columns: number, local address:port in hex, remote, state, …, inode. */
function listeners(table: string, port: number): readonly string[] {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync(table, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(ending) === true && columns[3] === LISTEN)
    .map((columns) => columns[9] ?? '');
}
