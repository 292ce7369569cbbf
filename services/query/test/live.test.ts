import { NOTHING_SEALED } from '@tidegate/core';
import type { Advance } from '@tidegate/redis';
import { afterEach, describe, expect, it } from 'vitest';
import { createRepeatableSealer } from '@tidegate/runtime';
import type { Answer, Ask } from '../src/ask.ts';
import { advanced, isWithin, openVector, sealVector } from '../src/live/commit-vector.ts';
import type { CommitVector } from '../src/live/commit-vector.ts';
import { createLiveHub } from '../src/live/live-hub.ts';
import type { LiveHub } from '../src/live/live-hub.ts';
import type { LiveChannel } from '../src/live/live-channel.ts';
import { streamTopic } from '../src/live/live-stream.ts';
import { LiveRows } from '../src/live/live-rows.ts';
import { answerWith, serveAsk } from './serve-ask.ts';
import type { ServedAsk } from './serve-ask.ts';

/** For a busy machine. */
const DEADLINE = { timeout: 20_000 };
const QUESTION = { metric: 'wiki.edits', kind: 'table', last: '1h', group_by: ['page'] };
const AS = { tenant: 'acme', rows: null };

function vectorOf(...triples: readonly [number, number, number][]): CommitVector {
  return new Map(triples.map(([partition, term, commitNo]) => [partition, { term, commitNo }]));
}

function commit(partition: number, commitNo: number, term = 1): Advance {
  const at = { partition, term, commitNo, nextOffset: commitNo, logGeneration: 1, backfill: null, completeThroughMs: 0 };
  return { progress: { ...at, sealed: NOTHING_SEALED, rollupsOffset: commitNo }, offset: commitNo, previousCommitNo: commitNo - 1 };
}

function chunk(tenant: string, metric = 'wiki.edits') {
  return { name: { tenant, metric, version: 1, setNo: 0, grain: 2, utcDay: 1, subject: null } } as const;
}

describe('rows that are watched', () => {
  it('are told once they changed, in their newest state, and once they are gone', () => {
    const rows = new LiveRows(1);
    rows.take([
      ['Oslo', 1],
      ['Bergen', 5],
    ]);
    const before = rows.seq;
    expect(
      rows.take([
        ['Oslo', 2],
        ['Bergen', 5],
      ]),
    ).toBe(true);
    expect(
      rows.take([
        ['Oslo', 3],
        ['Bergen', 5],
      ]),
    ).toBe(true);
    expect(rows.since(before)).toEqual({ rows: [['Oslo', 3]], removed: [] });
    rows.take([['Oslo', 3]]);
    expect(rows.since(before)).toEqual({ rows: [['Oslo', 3]], removed: [['Bergen']] });
    expect(rows.take([['Oslo', 3]])).toBe(false);
    rows.take([
      ['Oslo', 3],
      ['Bergen', 1],
    ]);
    expect(rows.since(before)).toEqual({
      rows: [
        ['Oslo', 3],
        ['Bergen', 1],
      ],
      removed: [],
    });
  });
});

describe('what a watcher has', () => {
  it('moves forwards alone, and another term is not within it', () => {
    const first = advanced(new Map(), [commit(0, 5), commit(1, 7), commit(0, 4)]);
    expect(first).toEqual(vectorOf([0, 1, 5], [1, 1, 7]));
    const later = advanced(first, [commit(0, 6)]);
    expect([isWithin(first, later), isWithin(later, first), isWithin(first, first)]).toEqual([true, false, true]);
    expect(isWithin(first, advanced(first, [commit(0, 9, 2)]))).toBe(false);
  });

  it('is sealed, and read again by any instance of the installation', () => {
    const [mine, other] = [5, 6].map((byte) => createRepeatableSealer(new Uint8Array(32).fill(byte)));
    if (mine === undefined || other === undefined) throw new Error('no sealers');
    const id = sealVector(mine, vectorOf([0, 1, 5], [11, 3, 9_007_199_254_740_991]));
    expect(openVector(mine, id)).toEqual(vectorOf([0, 1, 5], [11, 3, 9_007_199_254_740_991]));
    expect([openVector(other, id), openVector(mine, 'nonsense'), openVector(mine, '')]).toEqual([null, null, null]);
  });
});

describe('questions that are watched', () => {
  let hub: LiveHub | null = null;
  afterEach(() => hub?.end());

  function watched({ topicsMax = 10, idleMs = 60_000 } = {}) {
    const asked: unknown[] = [];
    let answer: () => Answer = () => answerWith([['Oslo', asked.length]]);
    const ask: Ask = async (question) => {
      asked.push(question);
      return { ok: true, answer: answer(), mayAgeMs: 0 };
    };
    const made = createLiveHub({
      ...{ ask, monotonicMs: () => performance.now(), paceMs: 1, idleMs, topicsMax },
      ...{ onFailed: () => undefined, onTopics: () => undefined },
    });
    hub = made;
    return { hub: made, asked, answerWith: (next: () => Answer) => (answer = next) };
  }

  const enter = async (of: LiveHub, question: unknown = QUESTION, as: Parameters<LiveHub['enter']>[1] = AS) => {
    const watching = await of.enter(question, as);
    if (!watching.ok) throw new Error(watching.problem.code);
    return watching.topic;
  };

  it('are asked once for all who may see the same, and by themselves for those who may not', async () => {
    const { hub: of, asked } = watched();
    const [one, same, narrow, other] = await Promise.all([
      enter(of),
      enter(of),
      enter(of, QUESTION, { tenant: 'acme', rows: { metrics: null, where: { page: ['Oslo'] }, subject: null } }),
      enter(of, QUESTION, { tenant: 'other', rows: null }),
    ]);
    expect(same).toBe(one);
    expect(new Set([one, narrow, other]).size).toBe(3);
    expect(asked.length).toBe(3);
  });

  it('are asked again when cells of their metric were materialised, and not for those of another metric or tenant', async () => {
    const { hub: of, asked } = watched();
    const topic = await enter(of);
    const before = topic.messageFor(-1)?.seq ?? 0;
    const told = Promise.withResolvers<void>();
    topic.watch(told.resolve);
    of.materialised([chunk('other'), chunk('acme', 'wiki.views')], [commit(0, 1)]);
    of.materialised([chunk('acme')], [commit(0, 2)]);
    await told.promise;
    expect(asked.length).toBe(2);
    expect(topic.messageFor(-1)).toMatchObject({ message: { kind: 'snapshot', rows: [['Oslo', 2]] } });
    expect(topic.messageFor(before)).toMatchObject({ message: { kind: 'update', rows: [['Oslo', 2]] }, vector: vectorOf([0, 1, 2]) });
    expect(topic.messageFor(topic.messageFor(before)?.seq ?? 0)).toBe(null);
  });

  it('are asked again each so often while Redis is away and nothing is announced, and say where the answer is from', async () => {
    const { hub: of, answerWith: answerBy } = watched({ idleMs: 20 });
    const topic = await enter(of);
    const before = topic.messageFor(-1)?.seq ?? 0;
    const away = answerWith([['Oslo', 41]]);
    answerBy(() => ({ ...away, meta: { ...away.meta, cache: { ...away.meta.cache, state: 'bypass' } } }));
    await expect
      .poll(() => topic.messageFor(before)?.message, DEADLINE)
      .toMatchObject({
        ...{ kind: 'update', rows: [['Oslo', 41]] },
        meta: { cache: { state: 'bypass' } },
      });
  });

  it('go on for who comes back with what it had, and begin anew for who had less than is remembered', async () => {
    const { hub: of } = watched();
    const topic = await enter(of);
    for (const commitNo of [4, 5, 6]) {
      const told = Promise.withResolvers<void>();
      const unwatch = topic.watch(told.resolve);
      of.materialised([chunk('acme')], [commit(0, commitNo)]);
      await told.promise;
      unwatch();
    }
    const rowsFor = (vector: CommitVector) => topic.messageFor(topic.seqOf(vector))?.message;
    // What came in with the commit that the watcher has is told again: that answer may have held more than it saw.
    expect(rowsFor(vectorOf([0, 1, 6]))).toMatchObject({ kind: 'update', rows: [['Oslo', 4]] });
    expect(rowsFor(vectorOf([0, 1, 4]))).toMatchObject({ kind: 'update', rows: [['Oslo', 4]] });
    // Less than is remembered, another term, a partition that is not known.
    for (const vector of [vectorOf([0, 1, 3]), vectorOf([0, 2, 6]), vectorOf([0, 1, 6], [1, 1, 1])]) {
      expect(rowsFor(vector)?.kind).toBe('snapshot');
    }
  });

  it('are told the same in one text, written and sealed once', async () => {
    const { hub: of } = watched();
    const topic = await enter(of);
    let sealed = 0;
    const { seal, open } = createRepeatableSealer(new Uint8Array(32));
    const sealer = {
      open,
      seal(plain: Uint8Array): Uint8Array {
        sealed += 1;
        return seal(plain);
      },
    };
    const gone = new AbortController();
    const texts = Array.from({ length: 50 }, () => '');
    const streams = texts.map(async (_, at) => {
      const say = (text: string): boolean => (texts[at] += text) !== '';
      const channel: LiveChannel = {
        ...{ isFull: false, onTaken: () => undefined, ping: () => true, end: () => undefined },
        tell: ({ kind, id, json }) => say(`${kind} ${id} ${json} `),
      };
      await streamTopic({
        topic,
        channel,
        lastEventId: null,
        sealer,
        monotonicMs: () => 0,
        signal: gone.signal,
        isTold: () => true,
        lifeMs: 60_000,
      });
    });
    await expect.poll(() => texts.every((text) => text.startsWith('snapshot '))).toBe(true);
    const told = Promise.withResolvers<void>();
    topic.watch(told.resolve);
    of.materialised([chunk('acme')], [commit(0, 4)]);
    await told.promise;
    await expect.poll(() => texts.every((text) => text.includes(' update '))).toBe(true);
    gone.abort();
    await Promise.all(streams);
    // A snapshot and an update.
    expect([sealed, new Set(texts).size]).toEqual([2, 1]);
  });

  it('are refused beyond so many, and room is made when the last watcher leaves', async () => {
    const { hub: of } = watched({ topicsMax: 1 });
    const topic = await enter(of);
    expect(await of.enter({ ...QUESTION, last: '2h' }, AS)).toMatchObject({ ok: false, problem: { code: 'overloaded' } });
    of.leave(topic);
    expect(await of.enter({ ...QUESTION, last: '2h' }, AS)).toMatchObject({ ok: true });
  });

  it.each([
    ['kind', { ...QUESTION, kind: 'heatmap' }],
    ['cursor', { ...QUESTION, cursor: 'abc' }],
    ['after', { ...QUESTION, after: 'tgr1.x' }],
    ['metric', { kind: 'table', last: '1h' }],
  ])('that have no answer that goes on are refused (%s)', async (path, question) => {
    expect(await watched().hub.enter(question, AS)).toMatchObject({ problem: { code: 'question_invalid', errors: [{ path }] } });
  });

  it('of columns that are other ones now begin with a snapshot', async () => {
    const { hub: of, answerWith: answers } = watched();
    const topic = await enter(of);
    const { seq = 0 } = topic.messageFor(-1) ?? {};
    const columns = [{ name: 'page', type: 'string' as const }];
    answers(() => answerWith([['Oslo']], {}, { columns }));
    const told = Promise.withResolvers<void>();
    topic.watch(told.resolve);
    topic.wake();
    await told.promise;
    expect(topic.messageFor(seq)).toMatchObject({ message: { kind: 'snapshot', columns, rows: [['Oslo']] } });
  });
});

describe('GET /v1/live', () => {
  let served: ServedAsk | null = null;
  afterEach(async () => served?.close());

  /** Reads events until there are `count` of them. */
  async function readEvents(response: Response, count: number): Promise<readonly Record<string, string>[]> {
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const events = () => text.split('\n\n').filter((block) => block.includes('event:'));
    while (reader !== undefined && events().length < count) {
      const { value, done } = await reader.read();
      if (done) break;
      text += value;
    }
    await reader?.cancel();
    return events().map((block) =>
      Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string])),
    );
  }

  it('begins with a snapshot, says what changes, and goes on after the event that the reader had', async () => {
    let edits = 1;
    served = await serveAsk(async () => ({
      ok: true,
      answer: answerWith([
        ['Oslo', edits],
        ['Bergen', 7],
      ]),
      mayAgeMs: 0,
    }));
    const open = (headers: Record<string, string> = {}): Promise<Response> =>
      (served as ServedAsk).call('/v1/live?metric=wiki.edits&kind=table&last=1h&group_by=page', { scopes: ['live:read'], headers });
    const response = await open();
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    const other = await open();
    const [[snapshot], events] = await Promise.all([
      readEvents(response, 1),
      readEvents(other, 2),
      Promise.resolve().then(() => {
        edits = 2;
      }),
    ]);
    expect(snapshot?.['event']).toBe('snapshot');
    const later = events.map(({ event, data = '' }) => ({ event, ...(JSON.parse(data) as object) }));
    expect(later.at(-1)).toMatchObject({ event: 'update', rows: [['Oslo', 2]], removed: [] });
    expect(later[0]).toMatchObject({ event: 'snapshot', columns: [{ name: 'page' }, { name: 'edits' }], meta: { status: 'current' } });
  });

  it('says the same over a WebSocket, goes on after the message that the reader had, and says why it ends', async () => {
    let edits = 1;
    served = await serveAsk(async () => ({ ok: true, answer: answerWith([['Oslo', edits]]), mayAgeMs: 0 }));
    const path = '/v1/live?metric=wiki.edits&kind=table&last=1h&group_by=page';
    const first = served.socket(path, { scopes: ['live:read'] });
    const messages: Record<string, unknown>[] = [];
    first.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as Record<string, unknown>));
    await expect.poll(() => messages.length, DEADLINE).toBe(1);
    expect(messages[0]).toMatchObject({ type: 'snapshot', columns: [{ name: 'page' }, { name: 'edits' }], rows: [['Oslo', 1]] });
    expect(messages[0]).toMatchObject({ id: expect.stringMatching(/^[\w-]+$/), meta: { status: 'current' } });
    edits = 2;
    await expect.poll(() => messages.length, DEADLINE).toBe(2);
    expect(messages[1]).toMatchObject({ type: 'update', rows: [['Oslo', 2]], removed: [] });
    const closed = new Promise<number>((resolve) => first.once('close', resolve));
    // A watcher that sends more than anybody would is let go.
    first.send('x'.repeat(5_000));
    expect(await closed).toBe(1_009);
  });

  it('is told that the service drains, and is refused as any other request before it is a WebSocket', async () => {
    served = await serveAsk(async () => ({ ok: true, answer: answerWith([['Oslo', 1]]), mayAgeMs: 0 }));
    const watcher = served.socket('/v1/live?metric=wiki.edits&kind=table&last=1h&group_by=page', { scopes: ['live:read'] });
    const said: string[] = [];
    watcher.on('message', (data: Buffer) => said.push(data.toString()));
    await expect.poll(() => said.length, DEADLINE).toBe(1);
    const closed = new Promise<readonly [number, string]>((resolve) =>
      watcher.once('close', (code: number, reason: Buffer) => resolve([code, reason.toString()])),
    );
    served.endLive();
    expect(await closed).toEqual([1_001, 'draining']);
    expect(said.at(-1)).toBe('{"type":"error","reason":"draining"}');
    const refused = served.socket('/v1/live?metric=wiki.edits&kind=table', { scopes: ['live:read'] });
    const status = new Promise<number | undefined>((resolve) =>
      refused.once('unexpected-response', (_request: unknown, response: { readonly statusCode?: number }) => resolve(response.statusCode)),
    );
    expect(await status).toBe(422);
    refused.on('error', () => undefined).terminate();
  });

  it.each([
    ['/v1/live?q={', 422],
    ['/v1/live?metric=wiki.edits&colour=red', 422],
    ['/v1/live?metric=wiki.edits&kind=table', 422],
  ])('%s is refused as any other request', async (path, status) => {
    served = await serveAsk(async () => ({ ok: true, answer: answerWith([]), mayAgeMs: 0 }));
    const response = await served.call(path, { scopes: ['live:read'] });
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
  });
});
