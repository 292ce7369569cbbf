import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataFile, WIKIPEDIA_FILE } from '../oracle/tables.ts';
import { replay } from '../system/replay.ts';
import { startSystem, type RunningSystem } from '../system/running-system.ts';

// The other Kafka client, for the whole system.
let system: RunningSystem;

beforeAll(async () => {
  system = await startSystem('kafkajs', { packs: ['wikipedia'], settings: { KAFKA_CLIENT: 'kafkajs' } });
});

afterAll(() => system?.stop());

test('every service works over kafkajs, and all edits are counted with the published sums', async () => {
  const report = await replay(system, { pack: 'wikipedia', file: dataFile(WIKIPEDIA_FILE) });
  expect(report).toMatchObject({ accepted: 39_199, rejected: 0 });
  const answer = await system.client.query({
    ...{ metric: 'wiki.edits', kind: 'summary', measures: ['edits', 'added', 'deleted', 'delta'] },
    ...{ from: '2015-09-12', to: '2015-09-13' },
  } as const);
  // data/README.md
  expect(answer.rows).toEqual([[39_199, 9_382_966, 393_972, 8_988_994]]);
});
