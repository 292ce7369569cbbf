import { join } from 'node:path';
import { startServers } from '@tidegate/native';
import { diskFull } from './disk-full.ts';
import type { DrillReport } from './drill.ts';
import { ownEnvironment, withGround } from './own-system.ts';
import { smallDisk } from './small-disks.ts';
import { streamDrill } from './stream-drill.ts';

/** What the drill tells the program that runs among the small disks. */
export interface InsideOptions {
  /** Of servers and services. */
  readonly dataDir: string;
  /** Where the disks of the servers are mounted. */
  readonly disks: Readonly<Record<'postgres' | 'kafka', string>>;
  readonly diskBytes: number;
  /** Of the history. */
  readonly folder: string;
  readonly seed: number;
  readonly minutes: number | undefined;
}

const MINUTES = 1;

async function run({ dataDir, disks, diskBytes, folder, seed, minutes = MINUTES }: InsideOptions): Promise<DrillReport> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const servers = await startServers({ dataDir, tuning: 'test', env: ownEnvironment(), log: say });
  try {
    const full = { postgres: smallDisk(disks.postgres, diskBytes), kafka: smallDisk(disks.kafka, diskBytes) };
    return await withGround({ dataDir: join(dataDir, 'services'), servers, folder }, (ground) =>
      streamDrill({
        ...{ ...ground, drill: 'disk-full', seed, say },
        act: (scene) => diskFull(scene, { ground, disks: full, logDir: join(dataDir, 'logs'), durationMs: minutes * 60_000 }),
      }),
    );
  } finally {
    await servers.stop();
  }
}

process.stdout.write(`${JSON.stringify(await run(JSON.parse(process.argv[2] ?? '{}')))}\n`);
