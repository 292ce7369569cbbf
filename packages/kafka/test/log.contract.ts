import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KafkaFailure, NO_HEADERS, createRecordBatch, encodeHeaders, followTable, traceparentOf } from '../src/index.ts';
import type { GroupMember, LogClient } from '../src/index.ts';
import { batchOf, LogUnderTest, numbered, recordsOf, SESSION_MS, until } from './log-under-test.ts';
import type { LogHarness, ReadRecord } from './log-under-test.ts';

type CreateHarness = () => Promise<LogHarness>;

function describeLog(title: string, createHarness: CreateHarness, tests: (log: () => LogUnderTest) => void): void {
  describe(title, () => {
    let log: LogUnderTest | undefined;
    beforeAll(async () => {
      log = await LogUnderTest.open(await createHarness());
    });
    afterAll(() => log?.close());
    tests(() => {
      if (!log) throw new Error('the log is not open');
      return log;
    });
  });
}

/** Every promise that all clients keep. */
export function describeLogContract(name: string, createHarness: CreateHarness): void {
  describeLog(`the log through ${name}`, createHarness, (log) => {
    recordTests(log);
    readingTests(log);
    topicTests(log);
    groupTests(log);
  });
}

/** What clients promise that know topic ids and lead the group by a protocol of two rounds. */
export function describeModernLogContract(name: string, createHarness: CreateHarness): void {
  describeLog(`the log of a modern broker through ${name}`, createHarness, modernTests);
}

/** What is appended is what is read. */
function recordTests(log: () => LogUnderTest): void {
  it('gives back keys, values, headers, offsets and append times as they were appended', async () => {
    const { producer, topicOf, read } = log();
    const topic = await topicOf(1);
    const headers = [
      { name: 'kind', value: Uint8Array.from(Buffer.from('event')) },
      { name: 'identity', value: Uint8Array.from([0, 255, 128]) },
      { name: 'empty', value: new Uint8Array(0) },
      { name: 'traceparent', value: Uint8Array.from(Buffer.from('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')) },
    ];
    const batch = createRecordBatch();
    batch.add(Buffer.from('key'), Buffer.from('värde'), encodeHeaders(headers));
    batch.add(null, Buffer.from(''), NO_HEADERS);
    batch.add(Buffer.from(''), null, NO_HEADERS);
    const first = await producer.append(topic, 0, batch);
    const second = await producer.append(topic, 0, batchOf(['last']));
    expect([first.baseOffset, second.baseOffset]).toEqual([0, 3]);

    const found: ReadRecord[] = [];
    let trace: string | null = null;
    const reader = read({
      onSlab: (slab) => {
        if (slab.offsets[0] === 0) trace = traceparentOf(slab, 0);
        found.push(...recordsOf(slab));
      },
    });
    reader.assign(topic, 0, 0);
    await until(() => found.length === 4, 'four records');
    expect(found).toEqual([
      { key: 'key', value: 'värde', headers, offset: 0, appendTimeMs: first.appendTimeMs },
      { key: null, value: '', headers: [], offset: 1, appendTimeMs: first.appendTimeMs },
      { key: '', value: null, headers: [], offset: 2, appendTimeMs: first.appendTimeMs },
      { key: 'k', value: 'last', headers: [], offset: 3, appendTimeMs: second.appendTimeMs },
    ]);
    expect(trace).toBe('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
  });

  it('appends the batches of a partition in the order of the calls, also when none is waited for', async () => {
    const { producer, topicOf, read } = log();
    const topic = await topicOf(2);
    const receipts = await Promise.all(numbered(0, 60).map((n) => producer.append(topic, Number(n) % 2, batchOf([`${n}a`, `${n}b`]))));
    expect(receipts.map(({ baseOffset }) => baseOffset)).toEqual(numbered(0, 60).map((n) => Math.floor(Number(n) / 2) * 2));

    const values: [string[], string[]] = [[], []];
    const reader = read({
      onSlab: (slab) => {
        values[slab.partition === 0 ? 0 : 1].push(...recordsOf(slab).map(({ value }) => value ?? ''));
      },
    });
    reader.assign(topic, 0, 0);
    reader.assign(topic, 1, 0);
    await until(() => values[0].length + values[1].length === 120, 'all records');
    const sent = (remainder: number): string[] => numbered(0, 60).flatMap((n) => (Number(n) % 2 === remainder ? [`${n}a`, `${n}b`] : []));
    expect(values).toEqual([sent(0), sent(1)]);
  });

  it('carries a batch of nearly a megabyte whole', async () => {
    const { producer, topicOf, read } = log();
    const topic = await topicOf(1);
    const values = numbered(0, 1_500).map((n) => n.padEnd(600, 'x'));
    await producer.append(topic, 0, batchOf(values));
    const found: (string | null)[] = [];
    const reader = read({
      maxPartitionBytes: 64 * 1024,
      onSlab: (slab) => void found.push(...recordsOf(slab).map(({ value }) => value)),
    });
    reader.assign(topic, 0, 0);
    await until(() => found.length >= values.length, 'the batch');
    expect(found).toEqual(values);
  });

  it('begins at the offset that was asked for, also in the middle of a batch, and tells how far the log reaches', async () => {
    const { producer, topicOf, read } = log();
    const topic = await topicOf(1);
    await producer.append(topic, 0, batchOf(numbered(0, 10)));
    const slabs: { values: (string | null)[]; next: number; end: number }[] = [];
    const reader = read({
      onSlab: (slab) => {
        slabs.push({ values: recordsOf(slab).map(({ value }) => value), next: slab.nextOffset, end: slab.endOffset });
      },
    });
    reader.assign(topic, 0, 7);
    await until(() => slabs.length > 0, 'a slab');
    expect(slabs[0]).toEqual({ values: ['7', '8', '9'], next: 10, end: 10 });
  });
}

/** Positions, back-pressure and failing handlers. */
function readingTests(log: () => LogUnderTest): void {
  it('reads on from where it was moved to', async () => {
    const { producer, topicOf, read } = log();
    const topic = await topicOf(1);
    await producer.append(topic, 0, batchOf(numbered(0, 4)));
    const found: (string | null)[] = [];
    const reader = read({ onSlab: (slab) => void found.push(...recordsOf(slab).map(({ value }) => value)) });
    reader.assign(topic, 0, 2);
    await until(() => found.length === 2, 'two records');
    reader.assign(topic, 0, 0);
    await until(() => found.length === 6, 'four more');
    expect(found).toEqual(['2', '3', '0', '1', '2', '3']);
  });

  it('reports an offset above the end or below the start with both, and reads when assigned anew', async () => {
    const { harness, producer, topicOf, read } = log();
    const topic = await topicOf(2);
    await producer.append(topic, 0, batchOf(numbered(0, 5)));
    await producer.append(topic, 1, batchOf(numbered(0, 5)));
    await producer.append(topic, 1, batchOf(numbered(5, 8)));
    await harness.trim(topic, 1, 5);
    const reports: object[] = [];
    const found: (string | null)[] = [];
    const reader = read({
      onSlab: (slab) => void found.push(...recordsOf(slab).map(({ value }) => value)),
      onOutOfRange: (at) => void reports.push(at),
    });
    reader.assign(topic, 0, 9);
    await until(() => reports.length === 1, 'the report above');
    reader.assign(topic, 1, 2);
    await until(() => reports.length === 2, 'the report below');
    expect(reports).toEqual([
      { topic, partition: 0, requested: 9, startOffset: 0, endOffset: 5 },
      { topic, partition: 1, requested: 2, startOffset: 5, endOffset: 8 },
    ]);
    reader.assign(topic, 1, 5);
    await until(() => found.length === 3, 'the records that are left');
    expect(found).toEqual(['5', '6', '7']);
  });

  it('gives a partition nothing more while its handler works, and others go on', async () => {
    const { producer, topicOf, read } = log();
    const topic = await topicOf(2);
    const gate = Promise.withResolvers<void>();
    const calls: [number, number] = [0, 0];
    let others = 0;
    const reader = read({
      onSlab: async (slab) => {
        calls[slab.partition === 0 ? 0 : 1]++;
        if (slab.partition === 0) await gate.promise;
        else others += slab.count;
      },
    });
    reader.assign(topic, 0, 0);
    reader.assign(topic, 1, 0);
    await producer.append(topic, 0, batchOf(['a']));
    await until(() => calls[0] === 1, 'the slow handler');
    for (let i = 0; i < 5; i++) {
      await producer.append(topic, 0, batchOf(['b']));
      await producer.append(topic, 1, batchOf(['c']));
      await until(() => others === i + 1, 'the other partition');
    }
    expect(calls[0]).toBe(1);
    gate.resolve();
    await until(() => calls[0] >= 2, 'the slow partition again');
  });

  it('delivers the same records again when a handler fails', async () => {
    const { producer, topicOf, read } = log();
    const topic = await topicOf(1);
    await producer.append(topic, 0, batchOf(['a', 'b']));
    const tries: (string | null)[][] = [];
    const errors: Error[] = [];
    const reader = read({
      onError: (error) => void errors.push(error),
      onSlab: async (slab) => {
        tries.push(recordsOf(slab).map(({ value }) => value));
        if (tries.length === 1) throw new Error('ill');
        await Promise.resolve();
      },
    });
    reader.assign(topic, 0, 0);
    await until(() => tries.length === 2, 'a second try');
    expect(tries).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(errors.map((error) => error.message)).toContain('ill');
  });

  it('waits for a running handler when it closes, and never runs two for one partition', async () => {
    const { client, producer, topicOf } = log();
    const topic = await topicOf(1);
    await producer.append(topic, 0, batchOf(['a']));
    const gate = Promise.withResolvers<void>();
    const events: string[] = [];
    const reader = client.createReader({
      onOutOfRange: () => undefined,
      onSlab: async () => {
        events.push('begin');
        await gate.promise;
        events.push('end');
      },
    });
    reader.assign(topic, 0, 0);
    await until(() => events.length === 1, 'the handler');
    // Moved while the handler runs: the same records must not be handled beside it.
    reader.assign(topic, 0, 0);
    const closed = reader.close().then(() => events.push('closed'));
    gate.resolve();
    await closed;
    expect(events).toEqual(['begin', 'end', 'closed']);
  });

  it('stops delivering an unassigned partition', async () => {
    const { producer, topicOf, read } = log();
    const topic = await topicOf(2);
    const counts: [number, number] = [0, 0];
    const reader = read({ onSlab: (slab) => void (counts[slab.partition === 0 ? 0 : 1] += slab.count) });
    reader.assign(topic, 0, 0);
    reader.assign(topic, 1, 0);
    await producer.append(topic, 0, batchOf(['a']));
    await until(() => counts[0] === 1, 'the first record');
    reader.unassign(topic, 0);
    await producer.append(topic, 0, batchOf(['b']));
    for (let i = 0; i < 3; i++) {
      await producer.append(topic, 1, batchOf(['c']));
      await until(() => counts[1] === i + 1, 'the other partition');
    }
    expect(counts).toEqual([1, 3]);
  });
}

/** Administration, and what is built on it. */
function topicTests(log: () => LogUnderTest): void {
  it('gives a topic more partitions, never fewer, and none at a trial', async () => {
    const { admin, producer, topicOf } = log();
    const topic = await topicOf(2);
    await producer.append(topic, 1, batchOf(['a']));
    await admin.addPartitions(topic, 5, { isTrial: true });
    expect(await admin.describeTopic(topic)).toMatchObject({ partitions: 2 });
    await admin.addPartitions(topic, 5);
    await admin.addPartitions(topic, 3);
    await expect.poll(() => admin.describeTopic(topic)).toMatchObject({ partitions: 5 });
    expect((await admin.offsets(topic, [1])).get(1)).toEqual({ start: 0, end: 1 });
    // A client that knew the topic before may have to ask for it again.
    await expect.poll(() => producer.append(topic, 4, batchOf(['b'])).catch(() => null), { timeout: 20_000 }).not.toBeNull();
  });

  // Behind those that append: kafkajs asks for every topic that it ever wrote to, and fails where one of them is gone.
  it('creates what is missing, leaves what exists, describes and deletes', async () => {
    const { admin, producer, topicOf } = log();
    const topic = await topicOf(3);
    await producer.append(topic, 1, batchOf(['a', 'b']));
    await admin.ensureTopics([{ name: topic, partitions: 7, replicationFactor: 1, configs: {} }]);
    expect(await admin.describeTopic(topic)).toMatchObject({ name: topic, partitions: 3, replicationFactor: 1 });
    const offsets = await admin.offsets(topic, [0, 1]);
    expect(offsets.get(0)).toEqual({ start: 0, end: 0 });
    expect(offsets.get(1)).toEqual({ start: 0, end: 2 });
    expect(await admin.clusterId()).not.toBe('');
    await admin.deleteTopics([topic, `${topic}-never-was`]);
    // The broker that answers may hear of it a moment later.
    await expect.poll(() => admin.describeTopic(topic)).toBeNull();
  });

  it('fails an append that cannot be done within its time, and the next one is not held up by it', async () => {
    const { forget, admin, producer } = log();
    const topic = `contract-${randomUUID()}`;
    const failure: unknown = await producer.append(topic, 0, batchOf(['a'])).catch((cause: unknown) => cause);
    expect(failure).toBeInstanceOf(KafkaFailure);
    forget(topic);
    await admin.ensureTopics([{ name: topic, partitions: 1, replicationFactor: 1, configs: {} }]);
    // 0, or 1 where the outcome was unknown and the first batch arrived after all.
    const { baseOffset } = await producer.append(topic, 0, batchOf(['b']));
    expect(failure instanceof KafkaFailure && failure.outcome === 'unknown' ? [0, 1] : [0]).toContain(baseOffset);
  });

  it('reads a table to its end and then follows it', async () => {
    const { client, producer, topicOf } = log();
    const topic = await topicOf(1, { 'cleanup.policy': 'compact' });
    const add = (key: string, value: string | null): Promise<unknown> => {
      const batch = createRecordBatch();
      batch.add(Buffer.from(key), value === null ? null : Buffer.from(value), NO_HEADERS);
      return producer.append(topic, 0, batch);
    };
    await add('a', '1');
    await add('b', '1');
    await add('a', '2');
    const table = new Map<string, string | null>();
    const followed = followTable({
      client,
      topic,
      onRecord: ({ key, value }) => {
        table.set(Buffer.from(key).toString(), value === null ? null : Buffer.from(value).toString());
      },
    });
    await followed.ready;
    expect([...table]).toEqual([
      ['a', '2'],
      ['b', '1'],
    ]);
    await add('b', null);
    await until(() => table.get('b') === null, 'the deletion');
    await followed.close();
  });

  it('is ready at once with an empty table', async () => {
    const { client, topicOf } = log();
    let records = 0;
    const followed = followTable({ client, topic: await topicOf(1), onRecord: () => void records++ });
    await followed.ready;
    expect(records).toBe(0);
    await followed.close();
  });
}

/** Who reads what. */
function groupTests(log: () => LogUnderTest): void {
  it('shares partitions between members, and hands over when one leaves', async () => {
    const { harness, topicOf } = log();
    const topic = await topicOf(4);
    const groupId = `group-${topic}`;
    const held: [Set<number>, Set<number>] = [new Set(), new Set()];
    let handlers = 0;
    let work = Promise.resolve();
    const join = (who: 0 | 1, memberClient: LogClient) =>
      memberClient.joinGroup({
        groupId,
        topic,
        sessionTimeoutMs: SESSION_MS,
        onAssigned: (partitions) => {
          for (const partition of partitions) held[who].add(partition);
        },
        onRevoked: async (partitions) => {
          handlers++;
          await work;
          handlers--;
          for (const partition of partitions) held[who].delete(partition);
        },
      });
    const clients = [await harness.client('member-0'), await harness.client('member-1')] as const;
    const first = await join(0, clients[0]);
    await until(() => held[0].size === 4, 'all partitions with the first');
    const second = await join(1, clients[1]);
    await until(() => held[0].size === 2 && held[1].size === 2, 'two each');
    expect([...held[0], ...held[1]].sort()).toEqual([0, 1, 2, 3]);
    await commitOnceSettled(first, topic, new Map([...held[0]].map((partition) => [partition, 1])));
    const rest = Promise.withResolvers<void>();
    work = rest.promise;
    let isClosed = false;
    const closing = second.close().then(() => (isClosed = true));
    await until(() => handlers === 1, 'the second is asked for its partitions');
    expect(isClosed).toBe(false);
    rest.resolve();
    await closing;
    expect(handlers).toBe(0);
    expect(held[1].size).toBe(0);
    await until(() => held[0].size === 4, 'all partitions with the one that is left');
    await first.close();
    await Promise.all(clients.map((memberClient) => memberClient.close()));
  });

  it('shares out what the topic has got since, when a member asks for it', async () => {
    const { admin, harness, topicOf } = log();
    const topic = await topicOf(2);
    const held = [new Set<number>(), new Set<number>()];
    const clients = [await harness.client('grown-0'), await harness.client('grown-1')];
    const members = await Promise.all(
      clients.map((memberClient, who) =>
        memberClient.joinGroup({
          ...{ groupId: `group-${topic}`, topic, sessionTimeoutMs: SESSION_MS },
          onAssigned: (partitions) => partitions.forEach((partition) => held[who]?.add(partition)),
          onRevoked: (partitions) => partitions.forEach((partition) => held[who]?.delete(partition)),
        }),
      ),
    );
    await until(() => held.every(({ size }) => size === 1), 'one each');
    await admin.addPartitions(topic, 6);
    for (const member of members) member.rejoin();
    await until(() => held.every(({ size }) => size === 3), 'three each');
    expect(held.flatMap((of) => [...of]).sort()).toEqual([0, 1, 2, 3, 4, 5]);
    await Promise.all(members.map((member) => member.close()));
    await Promise.all(clients.map((memberClient) => memberClient.close()));
  });

  it('gives the partitions of a member that died to the others within the session time and ten seconds', async () => {
    const { harness, topicOf } = log();
    const topic = await topicOf(4);
    const request = { groupId: `group-${topic}`, topic, sessionTimeoutMs: SESSION_MS };
    const held = new Set<number>();
    const survivor = await harness.client('survivor');
    const doomed = await harness.doomedMember(request);
    const member = await survivor.joinGroup({
      ...request,
      onAssigned: (partitions) => partitions.forEach((partition) => held.add(partition)),
      onRevoked: (partitions) => partitions.forEach((partition) => held.delete(partition)),
    });
    await until(() => held.size === 2, 'two partitions each');
    const diedMs = performance.now();
    await doomed.kill();
    await until(() => held.size === 4, 'all four partitions');
    expect(performance.now() - diedMs).toBeLessThan(SESSION_MS + 10_000);
    await member.close();
    await survivor.close();
  });
}

/** Topic identity and the orderly hand-over. */
function modernTests(log: () => LogUnderTest): void {
  it('tells a topic that was made anew from the one that it was reading', async () => {
    const { admin, producer, topicOf, read } = log();
    const topic = await topicOf(1);
    await producer.append(topic, 0, batchOf(['a', 'b']));
    const before = await admin.describeTopic(topic);
    let read0 = 0;
    const reports: object[] = [];
    const reader = read({ onSlab: (slab) => void (read0 += slab.count), onOutOfRange: (at) => void reports.push(at) });
    reader.assign(topic, 0, 0);
    await until(() => read0 === 2, 'the old records');
    await admin.deleteTopics([topic]);
    await admin.ensureTopics([{ name: topic, partitions: 1, replicationFactor: 1, configs: {} }]);
    await producer.append(topic, 0, batchOf(['c', 'd', 'e']));
    await until(() => reports.length === 1, 'the report');
    expect(reports).toMatchObject([{ topic, partition: 0, requested: 2, startOffset: 0 }]);
    const after = await admin.describeTopic(topic);
    expect(after?.topicId).not.toBe(before?.topicId);
  });

  it('lets a member finish with a partition before another one is given it', async () => {
    const { harness, topicOf } = log();
    const request = { groupId: `group-${randomUUID()}`, topic: await topicOf(4), sessionTimeoutMs: SESSION_MS };
    const events: string[] = [];
    const handler = Promise.withResolvers<void>();
    const clients = [await harness.client('early'), await harness.client('late')] as const;
    const early = await clients[0].joinGroup({
      ...request,
      onAssigned: () => void events.push('early has it'),
      onRevoked: async () => {
        events.push('early is asked for it');
        await handler.promise;
        events.push('early let it go');
      },
    });
    const joining = clients[1].joinGroup({
      ...request,
      onAssigned: () => void events.push('late has it'),
      onRevoked: () => undefined,
    });
    await until(() => events.includes('early is asked for it'), 'the rebalance');
    // That nothing happens is no fact to poll for. Longer than a heartbeat: a group that did not wait would have gone on.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    events.push('the handler ends');
    handler.resolve();
    await until(() => events.includes('late has it'), 'the new owner');
    expect(events).toEqual(['early has it', 'early is asked for it', 'the handler ends', 'early let it go', 'late has it']);
    const late = await joining;
    await Promise.all([early.close(), late.close()]);
    await Promise.all(clients.map((client) => client.close()));
  });
}

/** The second may hold its partitions a moment before the first knows of the group's new generation; until then it is refused. */
async function commitOnceSettled(member: GroupMember, topic: string, offsets: ReadonlyMap<number, number>): Promise<void> {
  for (;;) {
    try {
      return await member.commitOffsets(topic, offsets);
    } catch (error) {
      if (!String(error).includes('generation')) throw error;
    }
  }
}
