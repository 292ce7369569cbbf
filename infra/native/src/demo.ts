import { barView, parseMapping, plotView, sendFile, tableView, type FileProgress } from '@tidegate/cli';
import { createClient, type Client, type Question } from '@tidegate/sdk';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pc from 'picocolors';
import { repositoryRoot } from './home.ts';
import type { Progress } from './progress.ts';
import { asStep } from './progress.ts';

/** What the demo replays, and the number of its events (`data/README.md`). */
const FILE = join(repositoryRoot, 'data/wikipedia/wikipedia_edits_2015-09-12.json.gz');
const MAPPING = join(repositoryRoot, 'packs/wikipedia/mapping.yaml');
const EDITS = 39_199;
const COUNTED_WITHIN_MS = 120_000;

const DAY = { metric: 'wiki.edits', from: '2015-09-12', to: '2015-09-13', zone: 'UTC' } as const;
const BY_CHANNEL: Question = { ...DAY, kind: 'table', measures: ['edits', 'added'], group_by: ['channel'], order: '-edits', limit: 8 };
const BY_HOUR: Question = { ...DAY, kind: 'series', measures: ['edits'], grain: 'hour', fill: 'zero' };

/** The part of a running system that the demo needs. */
export interface DemoTarget {
  readonly gateway: string;
  readonly apiKey: string;
  readonly dataDir: string;
}

/** Sends the sample through the gateway as any client would; a start that finds all of it counted sends nothing. */
export async function replaySample(tidegate: DemoTarget, progress: Progress, signal?: AbortSignal): Promise<void> {
  const client = createClient({ gateway: tidegate.gateway, apiKey: tidegate.apiKey });
  if ((await countedEdits(client)) === EDITS)
    return progress.say(`✓ Sample data: all ${EDITS.toLocaleString('en-US')} edits are counted already`);
  const mapping = parseMapping(await readFile(MAPPING, 'utf8'));
  const startedMs = performance.now();
  const onProgress = (now: FileProgress): void => progress.draw(barView('Wikipedia edits', now, performance.now() - startedMs));
  await asStep(progress, 'Sample data', async () => {
    const stateFolder = join(tidegate.dataDir, 'sent');
    const { gateway } = tidegate;
    const report = await sendFile({
      client,
      gateway,
      file: FILE,
      stdin: process.stdin,
      mapping,
      stateFolder,
      onProgress,
      ...(signal === undefined ? {} : { signal }),
    }).finally(() => progress.draw(''));
    if (report.rejected > 0) throw new Error(`${report.rejected} sample events were rejected: ${report.examples[0]?.message ?? ''}`);
    if (!(await client.counted(report.receipts, COUNTED_WITHIN_MS)))
      throw new Error(`the sample was not counted within ${COUNTED_WITHIN_MS / 1000} s`);
    return { value: undefined, detail: `${report.accepted.toLocaleString('en-US')} edits sent and counted` };
  });
}

/** A small table and a drawing, asked of the gateway like any other question. */
export async function sampleAnswer(tidegate: DemoTarget, width: number): Promise<string> {
  const client = createClient({ gateway: tidegate.gateway, apiKey: tidegate.apiKey });
  const [table, series] = [await client.query(BY_CHANNEL), await client.query(BY_HOUR)];
  const heading = (text: string): string => `\n${pc.bold(text)}\n\n`;
  return [
    heading('Wikipedia, 12 September 2015: edits by channel'),
    tableView(table),
    `\n${heading('Edits by hour (UTC)')}`,
    plotView(series, { width }),
    '\n',
  ].join('');
}

async function countedEdits(client: Client): Promise<number> {
  const answer = await client.query({ ...DAY, kind: 'summary', measures: ['edits'] });
  const at = answer.columns.findIndex((column) => column.name === 'edits');
  return Number(answer.rows[0]?.[at] ?? 0);
}
