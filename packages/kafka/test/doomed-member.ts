import { createLogClient } from '../src/index.ts';
import type { LogClientKind } from '../src/index.ts';

// A process that joins a group, says so, and waits to be killed.
const [kind, brokers = '', groupId = '', topic = '', sessionTimeoutMs = ''] = process.argv.slice(2);

function isKind(value: string | undefined): value is LogClientKind['kind'] {
  return value === 'platformatic' || value === 'kafkajs';
}

if (!isKind(kind)) throw new Error(`there is no client ${kind}`);
const client = await createLogClient({ kind, brokers: brokers.split(','), clientId: 'doomed' });
await client.joinGroup({
  groupId,
  topic,
  sessionTimeoutMs: Number(sessionTimeoutMs),
  onAssigned: (partitions) => {
    process.stdout.write(`assigned ${partitions.join(',')}\n`);
  },
  onRevoked: () => undefined,
});
