import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseMapping, sendFile, type FileReport } from '@tidegate/cli';
import type { RunningSystem } from './running-system.ts';

const COUNTED_WITHIN_MS = 120_000;

/** A shipped file, sent as the command line would send it. */
export interface ReplayOrder {
  readonly pack: string;
  /** Default: the pack's `mapping.yaml`. */
  readonly mapping?: string;
  readonly file: string;
  /** What `--source` would be: exports that may hold the same ids get sources of their own. */
  readonly source?: string;
  /** Default: two minutes. */
  readonly countedWithinMs?: number;
}

/** Sends the file through the public API and waits until every receipt says that its events are counted. */
export async function replay(system: RunningSystem, order: ReplayOrder): Promise<FileReport> {
  const mappingFile = fileURLToPath(new URL(`../../packs/${order.pack}/${order.mapping ?? 'mapping.yaml'}`, import.meta.url));
  const mapping = parseMapping(readFileSync(mappingFile, 'utf8'));
  const report = await sendFile({
    client: system.client,
    gateway: system.tidegate.gateway,
    file: order.file,
    stdin: process.stdin,
    mapping: order.source === undefined ? mapping : { ...mapping, source: order.source },
    stateFolder: null,
  });
  if (!(await system.client.counted(report.receipts, order.countedWithinMs ?? COUNTED_WITHIN_MS)))
    throw new Error(`${order.file} was not counted in time`);
  return report;
}
