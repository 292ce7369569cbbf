import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPgBouncer, type PgBouncer } from '@tidegate/native';
import { testServers } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataFile, WIKIPEDIA_FILE } from '../oracle/tables.ts';
import { replay } from '../system/replay.ts';
import { startSystem, type RunningSystem } from '../system/running-system.ts';

// The whole system by other ways to its servers: the other Kafka client, and a pooler of transactions before Postgres.
const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-pooler-'));
let pooler: PgBouncer;
let system: RunningSystem;

beforeAll(async () => {
  const { databaseUrl } = testServers();
  // Fewer sessions than the services have connections: each of them changes hands.
  const users = [new URL(databaseUrl).username];
  pooler = await startPgBouncer({ databaseUrl, users, sessionsMax: 6, dataDir, log: () => undefined });
  system = await startSystem('kafkajs', {
    packs: ['wikipedia'],
    settings: (addresses) => ({
      KAFKA_CLIENT: 'kafkajs',
      DATABASE_POOLER: 'transaction',
      DATABASE_URL: pooler.through(addresses.databaseUrl),
      DATABASE_DIRECT_URL: addresses.databaseUrl,
    }),
  });
});

afterAll(async () => {
  await system?.stop();
  await pooler?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

test('every service works over kafkajs and behind a pooler of transactions, and all edits are counted with the published sums', async () => {
  const report = await replay(system, { pack: 'wikipedia', file: dataFile(WIKIPEDIA_FILE) });
  expect(report).toMatchObject({ accepted: 39_199, rejected: 0 });
  const answer = await system.client.query({
    ...{ metric: 'wiki.edits', kind: 'summary', measures: ['edits', 'added', 'deleted', 'delta'] },
    ...{ from: '2015-09-12', to: '2015-09-13' },
  } as const);
  // data/README.md
  expect(answer.rows).toEqual([[39_199, 9_382_966, 393_972, 8_988_994]]);
});
