import { setTimeout as delay } from 'node:timers/promises';
import { testServers } from '@tidegate/testkit';
import { expect, it, vi } from 'vitest';
import { createLogClient, type GroupMember, type LogClient } from '../src/index.ts';

/** Longer than any test waits: what would have to wait for a session to end does not come in time. */
const SESSION_MS = 60_000;

const openClient = (clientId: string): Promise<LogClient> =>
  createLogClient({ kind: 'platformatic', brokers: testServers().kafkaBrokers.split(','), clientId });

const topicSpec = (name: string) => ({ name, partitions: 6, replicationFactor: 1, configs: {} });

interface JoinAs {
  readonly topic: string;
  readonly held: Set<number>;
  readonly onError?: (error: Error) => void;
  /** What the member waits for before it lets partitions go. */
  readonly untilFree?: () => Promise<void>;
}

function join(client: LogClient, { topic, held, onError, untilFree = () => Promise.resolve() }: JoinAs): Promise<GroupMember> {
  return client.joinGroup({
    groupId: `group-${topic}`,
    ...{ topic, sessionTimeoutMs: SESSION_MS },
    onAssigned: (partitions) => partitions.forEach((partition) => held.add(partition)),
    onRevoked: async (partitions) => {
      await untilFree();
      for (const partition of partitions) held.delete(partition);
    },
    ...(onError === undefined ? {} : { onError }),
  });
}

it('a member whose join fails half-way goes on as the same member: nobody has to wait for the one that it was', async () => {
  const topic = `half-way-${performance.now()}-${process.pid}`;
  const client = await openClient('half-way');
  const held = new Set<number>();
  const failed = Promise.withResolvers<Error>();
  // It leads the group and cannot distribute what is not there.
  const joining = join(client, { topic, held, onError: failed.resolve });
  await failed.promise;
  const admin = client.createAdmin();
  await admin.ensureTopics([topicSpec(topic)]);
  await vi.waitFor(() => expect(held.size).toBe(6), { timeout: 30_000 });
  await (await joining).close();
  await admin.deleteTopics([topic]);
  await admin.close();
  await client.close();
});

it('a member leaves while the join of the others is being waited for', async () => {
  const topic = `leaves-${performance.now()}-${process.pid}`;
  const clients = await Promise.all(['slow', 'leaving', 'new'].map(openClient));
  const [slowClient, leavingClient, newClient] = clients;
  if (slowClient === undefined || leavingClient === undefined || newClient === undefined) throw new Error('three clients');
  const admin = slowClient.createAdmin();
  await admin.ensureTopics([topicSpec(topic)]);
  const gate = Promise.withResolvers<void>();
  const held = { slow: new Set<number>(), leaving: new Set<number>(), new: new Set<number>() };
  let isHolding = false;
  const slow = await join(slowClient, {
    ...{ topic, held: held.slow },
    untilFree: async () => {
      if (isHolding) await gate.promise;
    },
  });
  const leaving = await join(leavingClient, { topic, held: held.leaving });
  await vi.waitFor(() => expect([held.slow.size, held.leaving.size]).toEqual([3, 3]), { timeout: 30_000 });
  isHolding = true;
  const joining = join(newClient, { topic, held: held.new });
  // The new one is given a partition of each; `leaving` has let its go and joins again, which waits for `slow`.
  await vi.waitFor(() => expect(held.leaving.size).toBe(2), { timeout: 30_000 });
  const end = await Promise.race([leaving.close().then(() => 'left'), delay(20_000, 'still there')]);
  expect(end).toBe('left');
  gate.resolve();
  isHolding = false;
  const third = await joining;
  await vi.waitFor(() => expect([held.slow.size, held.new.size]).toEqual([3, 3]), { timeout: 30_000 });
  await Promise.all([slow.close(), third.close()]);
  await admin.deleteTopics([topic]);
  await admin.close();
  await Promise.all(clients.map((client) => client.close()));
});
