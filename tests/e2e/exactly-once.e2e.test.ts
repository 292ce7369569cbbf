import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runExactlyOnce } from '../drills/own-system.ts';

// The drill that anyone can run with `npm run drill -- exactly-once`, with a fixed seed and shorter; servers and services are its alone.
test('what clients were told is what is counted through kills and pauses of aggregators, ingest, Kafka and Postgres, and an emptied Redis', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-exactly-once-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const report = await runExactlyOnce({ seed: 20_261_128, say: () => undefined, minutes: 0.5, folder });
  expect(report).toMatchObject({
    verdict: 'pass',
    discrepancies: [],
    checks: {
      ...{
        lost: 0,
        doubled: 0,
        phantom: 0,
        unrecorded: 0,
        recount_differences: 0,
        went_back: 0,
        above_sent: 0,
        no_retry_after: 0,
        uncounted_receipts: 0,
      },
      ...{ ingest_kills: 1, kafka_restarts: 1, postgres_restarts: 1, redis_flushes: 1 },
    },
  });
  expect(report.checks['kills']).toBeGreaterThan(0);
});
