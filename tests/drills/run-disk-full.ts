import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InsideOptions } from './disk-full-inside.ts';
import type { DrillOptions, DrillReport } from './drill.ts';
import { drillFolder } from './own-system.ts';
import { runInSmallDisks } from './small-disks.ts';

/** Room for an empty cluster and its write-ahead log; what is left is filled by the drill. */
const DISK_BYTES = 384 << 20;

/** Servers whose data lie on disks of a fixed size, which only a process of its own can see. */
export async function runDiskFull({ seed, minutes, say, folder = drillFolder('disk-full', seed) }: DrillOptions): Promise<DrillReport> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-disks-'));
  // As root Postgres may have to run under another account.
  chmodSync(dataDir, 0o711);
  const disks = { postgres: join(dataDir, 'postgres'), kafka: join(dataDir, 'kafka') };
  for (const disk of Object.values(disks)) mkdirSync(disk);
  const inside: InsideOptions = { dataDir, disks, diskBytes: DISK_BYTES, folder, seed, minutes };
  const program = fileURLToPath(new URL('./disk-full-inside.ts', import.meta.url));
  try {
    const answer = await runInSmallDisks({
      ...{ folders: Object.values(disks), bytes: DISK_BYTES, cwd: dataDir, say },
      ...{ command: process.execPath, args: [program, JSON.stringify(inside)] },
    });
    return JSON.parse(answer) as DrillReport;
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}
