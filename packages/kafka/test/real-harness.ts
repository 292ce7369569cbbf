import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { testServers } from '@tidegate/testkit';
import { Kafka, logLevel } from 'kafkajs';
import { createLogClient } from '../src/index.ts';
import type { LogClientKind } from '../src/index.ts';
import type { DoomedMember, LogHarness, MemberRequest } from './log-under-test.ts';

/** Appends of the contract wait this long for what never comes. */
const DELIVERY_TIMEOUT_MS = 2_000;

export function createRealHarness(kind: LogClientKind['kind']): LogHarness {
  const { kafkaBrokers } = testServers();
  const brokers = kafkaBrokers.split(',');
  return {
    client: (clientId) => createLogClient({ kind, brokers, clientId, deliveryTimeoutMs: DELIVERY_TIMEOUT_MS }),
    doomedMember: (request) => spawnMember(kind, kafkaBrokers, request),
    trim: async (topic, partition, startOffset) => {
      const admin = new Kafka({ brokers, clientId: 'trim', logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      // Loads the topic's leaders, which the next call needs and does not do.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(startOffset) }] });
      await admin.disconnect();
    },
    close: () => Promise.resolve(),
  };
}

async function spawnMember(kind: string, brokers: string, { groupId, topic, sessionTimeoutMs }: MemberRequest): Promise<DoomedMember> {
  const script = fileURLToPath(new URL('doomed-member.ts', import.meta.url));
  const child = spawn(process.execPath, [script, kind, brokers, groupId, topic, String(sessionTimeoutMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  await Promise.race([
    once(child.stdout, 'data'),
    exited.then(() => {
      throw new Error('the member ended before it held a partition');
    }),
  ]);
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
