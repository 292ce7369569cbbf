import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { describeLogContract, describeModernLogContract } from './log.contract.ts';
import { createRealHarness } from './real-harness.ts';

describeLogContract('@platformatic/kafka', () => Promise.resolve(createRealHarness('platformatic')));
describeModernLogContract('@platformatic/kafka', () => Promise.resolve(createRealHarness('platformatic')));

test('a topic is described as it is now, however lately it was asked for: a group shares out by that', async () => {
  const client = await createRealHarness('platformatic').client('asking');
  const admin = client.createAdmin();
  // The other library, whose own looking has nothing to do with ours.
  const other = await createRealHarness('kafkajs').client('growing');
  const growing = other.createAdmin();
  const topic = `grown-${randomUUID()}`;
  await admin.ensureTopics([{ name: topic, partitions: 1, replicationFactor: 1, configs: {} }]);
  let isOver = false;
  const ask = async (): Promise<void> => {
    while (!isOver) await admin.describeTopic(topic);
  };
  const asking = ask();
  for (let partitions = 2; partitions <= 6; partitions += 1) {
    await growing.addPartitions(topic, partitions);
    expect(await admin.describeTopic(topic)).toMatchObject({ partitions });
  }
  isOver = true;
  await asking;
  await admin.deleteTopics([topic]);
  for (const { close } of [growing, admin]) await close();
  for (const one of [other, client]) await one.close();
});
