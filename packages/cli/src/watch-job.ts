import { z } from 'zod';
import type { Client } from '@tidegate/sdk';
import { createBar, type Terminal } from './terminal.ts';

const JOB = z.looseObject({
  job_id: z.string(),
  status: z.enum(['queued', 'processing', 'completed', 'failed', 'cancelled']),
  progress_pct: z.number().nullable(),
  progress: z.record(z.string(), z.number()),
  error_code: z.string().nullable(),
  poll_url: z.string(),
});

/** A job as a route shows it. */
export type WatchedJob = z.output<typeof JOB>;

const POLL_MS = 500;

export function readJob(answer: unknown): WatchedJob {
  return JOB.parse(answer);
}

/** Follows a job with a bar until it is finished; leaving off ends the watching, not the job. */
export async function watchJob(
  { client, terminal }: { readonly client: Client; readonly terminal: Terminal },
  label: string,
  begun: WatchedJob,
): Promise<WatchedJob> {
  const bar = createBar(terminal, label);
  let job = begun;
  try {
    while (job.status === 'queued' || job.status === 'processing') {
      draw(bar, job);
      await pause(terminal.signal);
      job = readJob(await client.call({ method: 'GET', path: job.poll_url }));
    }
    draw(bar, job);
  } finally {
    bar.end();
  }
  return job;
}

function draw(bar: ReturnType<typeof createBar>, { progress_pct: percent, progress }: WatchedJob): void {
  const { done = 0, replayed = 0, refused = 0 } = progress;
  bar.draw({ share: percent === null ? null : percent / 100, settled: done, accepted: replayed, rejected: refused });
}

function pause(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(resolve, POLL_MS);
    const stop = (): void => {
      clearTimeout(timer);
      reject(new Error('no longer watched; the job goes on'));
    };
    signal?.addEventListener('abort', stop, { once: true });
  });
}
