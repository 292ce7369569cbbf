import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A file system of a fixed size, with room in it that a drill takes and gives. */
export interface SmallDisk {
  /** Takes all room that is left, and what others give back, until `giveRoom`. */
  fill(): void;
  giveRoom(): void;
}

const LARGE = Buffer.alloc(1 << 20);
const SMALL = Buffer.alloc(1 << 12);
const TOP_UP_EVERY_MS = 20;

/** `folder` is where it is mounted. */
export function smallDisk(folder: string, bytes: number): SmallDisk {
  const { blocks, bsize } = statfsSync(folder);
  if (blocks * bsize > bytes) throw new Error(`${folder} is no file system of ${bytes} bytes: filling it would fill the machine's disk`);
  const ballast = join(folder, 'ballast');
  const topUp = (): void => [LARGE, SMALL].forEach((piece) => appendUntilFull(ballast, piece));
  let timer: NodeJS.Timeout | undefined;
  return {
    fill() {
      topUp();
      timer = setInterval(topUp, TOP_UP_EVERY_MS);
    },
    giveRoom() {
      clearInterval(timer);
      rmSync(ballast);
    },
  };
}

function appendUntilFull(file: string, piece: Buffer): void {
  for (;;) {
    try {
      appendFileSync(file, piece);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return;
      throw error;
    }
  }
}

export interface InSmallDisks {
  /** Empty folders; each becomes a file system of its own, in memory, which is seen by the program alone and is gone with it. */
  readonly folders: readonly string[];
  readonly bytes: number;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Told what it writes on standard error. */
  readonly say: (line: string) => void;
}

/** Runs a program and gives what it wrote on standard output; throws where the system lets nobody mount. */
export async function runInSmallDisks(options: InSmallDisks): Promise<string> {
  const why = whyNoDisks();
  if (why !== null) {
    throw new Error(
      `a disk that runs full needs a file system of its own, and this machine lets nobody mount one (${why}): run it as root with CAP_SYS_ADMIN, or where user namespaces are allowed (sysctl user.max_user_namespaces; on Debian kernel.unprivileged_userns_clone, on Ubuntu kernel.apparmor_restrict_unprivileged_userns)`,
    );
  }
  const [enter = '', ...namespace] = mountNamespace();
  const { folders, bytes, command, args } = options;
  const mounts = folders.map((_, index) => `mount -t tmpfs -o size=${bytes},mode=0755 tidegate-drill "$${index + 1}"`);
  // Postgres does not run as root: who is somebody else outside is that again inside.
  const again = process.getuid?.() === 0 ? '' : `unshare --user --map-user=${process.getuid?.()} --map-group=${process.getgid?.()} `;
  const script = [...mounts, `shift ${folders.length}`, `exec ${again}"$@"`].join(' && ');
  const child = spawn(enter, [...namespace, 'sh', '-c', script, 'sh', ...folders, command, ...args], {
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  createInterface({ input: child.stderr }).on('line', (line) => {
    said = `${said}${line}\n`.slice(-2_000);
    options.say(line);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ended with ${String(code)} in its mount namespace: ${said}`);
  return stdout;
}

/** What begins a command line that may mount what only it sees. */
function mountNamespace(): readonly string[] {
  return ['unshare', ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']), '--mount', '--propagation', 'private'];
}

/** What the system says where it lets nobody mount, as in most containers; null: it does. */
export function whyNoDisks(): string | null {
  const [command = '', ...args] = mountNamespace();
  const { status, error, stderr } = spawnSync(command, [...args, 'mount', '-t', 'tmpfs', 'tidegate-drill', '/mnt'], { encoding: 'utf8' });
  return status === 0 ? null : (error?.message ?? stderr.trim());
}
