import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createCallerVerifier } from '@tidegate/http';
import { systemClock } from '@tidegate/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { GateOptions, GateUnderTest } from './gate-fixture.ts';
import { CALLER_KEY, startGate } from './gate-fixture.ts';

/** For a busy machine. */
const DEADLINE = { timeout: 20_000 };
const PROBLEM = { 'content-type': 'application/problem+json', 'retry-after': '7' };

interface Watched {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  tell(name: string, data: unknown, id?: string): void;
}

/** Stands for the query service: what is asked there for is told by the test. */
async function startService() {
  const watched: Watched[] = [];
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://query').searchParams;
    const subject = query.get('user_id');
    if (query.get('view') === 'zoo/refused') return void response.writeHead(422, PROBLEM).end('{"code":"request_invalid"}');
    if (query.get('view') === 'zoo/broken') return void response.writeHead(500, { 'content-type': 'text/plain' }).end('oh');
    response.writeHead(200, { 'content-type': 'text/event-stream', ...(subject === null ? {} : { 'x-tidegate-subject': `p-${subject}` }) });
    response.write('retry: 2000\n\n');
    watched.push({
      ...{ request, response, query },
      tell: (name, data, id) =>
        void response.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`),
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, watched, close };
}

type Message = Readonly<Record<string, unknown>>;

interface Client {
  readonly socket: WebSocket;
  readonly heard: Message[];
  say(message: unknown): void;
  subscribe(topic: string, more?: Message): void;
  /** Null: it is open. */
  closed(): { readonly code: number; readonly reason: string } | null;
}

let gate: GateUnderTest;
let service: Awaited<ReturnType<typeof startService>>;
const clients: WebSocket[] = [];

async function start(options: GateOptions = {}): Promise<void> {
  gate = await startGate({ scopes: ['live:read'], upstreamUrl: service.url, ...options });
}

async function connect(): Promise<Client> {
  const socket = new WebSocket(`ws://127.0.0.1:${gate.port}/v1/live`, ['tidegate.v1', `tidegate.key.${gate.key}`]);
  clients.push(socket);
  const heard: Message[] = [];
  let closed: ReturnType<Client['closed']> = null;
  socket.on('message', (data: Buffer) => void heard.push(JSON.parse(data.toString()) as Message));
  socket.on('close', (code, reason) => (closed = { code, reason: reason.toString() })).on('error', () => undefined);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const say = (message: unknown): void => socket.send(JSON.stringify(message));
  const subscribe = (topic: string, more: Message = {}): void => say({ op: 'subscribe', topic, ...more });
  return { socket, heard, say, subscribe, closed: () => closed };
}

const watchedOf = async (count: number): Promise<readonly Watched[]> => {
  await expect.poll(() => service.watched.length, DEADLINE).toBe(count);
  return service.watched;
};
const askedFor = async (part: string): Promise<Watched> => {
  const found = (): Watched | undefined => service.watched.find(({ request }) => request.url?.includes(part));
  await expect.poll(found, DEADLINE).toBeDefined();
  const watched = found();
  if (watched === undefined) throw new Error(part);
  return watched;
};
const heardOf = async ({ heard }: Client, count: number): Promise<readonly Message[]> => {
  await expect.poll(() => heard.length, DEADLINE).toBeGreaterThanOrEqual(count);
  return heard;
};

beforeEach(async () => {
  service = await startService();
});
afterEach(async () => {
  for (const socket of clients.splice(0)) socket.terminate();
  await gate.close();
  await service.close();
});

describe('subscriptions of one socket', () => {
  it('are requests of the same caller, with what the topic and the parameters say', async () => {
    await start();
    const client = await connect();
    expect(client.socket.protocol).toBe('tidegate.v1');
    const question = { kind: 'table', group_by: ['page'], where: { robot: { eq: true } } };
    client.subscribe('metric/wiki.edits', { params: question });
    client.subscribe('view/zoo/pages', { params: { days: 7, only: ['a', 'b'] }, last_event_id: 'abc-1' });
    client.subscribe('events', { params: { limit: 5 } });
    client.subscribe('events/shop.sale');
    expect((await askedFor('events=*')).query.toString()).toBe('events=*&limit=5');
    expect((await askedFor('shop.sale')).query.toString()).toBe('events=shop.sale');
    const [edits, pages] = [await askedFor('wiki.edits'), await askedFor('view=zoo')];
    expect([...edits.query].map(([name, json]) => [name, JSON.parse(json) as unknown])).toEqual([
      ['q', { ...question, metric: 'wiki.edits' }],
    ]);
    expect(pages.query.toString()).toBe('view=zoo%2Fpages&days=7&only=a&only=b');
    expect([edits, pages].map(({ request }) => request.headers['last-event-id'])).toEqual([undefined, 'abc-1']);
    for (const { request } of service.watched) {
      const signed = createCallerVerifier(CALLER_KEY, systemClock)(String(request.headers['x-tidegate-caller']));
      expect(signed).toMatchObject({ ok: true, caller: { tenant: 'acme', keyId: 'key_1' } });
      expect(JSON.stringify(request.rawHeaders)).not.toContain(gate.key);
    }
  });

  it('are told each under its name, until it is unsubscribed', async () => {
    await start();
    const client = await connect();
    client.subscribe('metric/wiki.edits', { subscription: 'edits' });
    client.subscribe('view/zoo/pages');
    const [edits, pages] = [await askedFor('wiki.edits'), await askedFor('view=zoo')];
    edits.tell('snapshot', { rows: [['Oslo', 1]] }, 'e-1');
    pages.tell('snapshot', { answer: { pages: ['å'] } }, 'p-1');
    edits.tell('ping', {});
    edits.tell('update', { rows: [['Oslo', 2]], removed: [] }, 'e-2');
    await heardOf(client, 3);
    expect(client.heard.filter(({ subscription }) => subscription === 'edits')).toEqual([
      { type: 'snapshot', subscription: 'edits', id: 'e-1', rows: [['Oslo', 1]] },
      { type: 'update', subscription: 'edits', id: 'e-2', rows: [['Oslo', 2]], removed: [] },
    ]);
    expect(client.heard).toContainEqual({ type: 'snapshot', subscription: 'view/zoo/pages', id: 'p-1', answer: { pages: ['å'] } });
    client.say({ op: 'unsubscribe', subscription: 'edits' });
    await heardOf(client, 4);
    expect(client.heard.at(-1)).toEqual({ type: 'unsubscribed', subscription: 'edits' });
    // The service need not go on with it, the other goes on, and the name is free.
    await expect.poll(() => edits.response.closed, DEADLINE).toBe(true);
    pages.tell('update', { answer: null }, 'p-2');
    client.subscribe('metric/wiki.edits', { subscription: 'edits' });
    await watchedOf(3);
    await heardOf(client, 5);
    expect(client.heard.slice(4)).toEqual([{ type: 'update', subscription: 'view/zoo/pages', id: 'p-2', answer: null }]);
  });

  it('show no row of a person before the record of that access is kept, and none where it cannot be', async () => {
    const kept: { readonly subject: string | null; readonly route: string; resolve(isKept: boolean): void }[] = [];
    const keep: NonNullable<GateOptions['auditLog']>['keep'] = ({ subject, route }) =>
      new Promise((resolve) => kept.push({ subject, route, resolve }));
    await start({ auditLog: { note: () => undefined, keep } });
    const client = await connect();
    for (const id of [1, 2]) client.subscribe('view/zoo/own', { subscription: `s${id}`, params: { user_id: id } });
    for (const watched of await watchedOf(2)) watched.tell('snapshot', { answer: watched.query.get('user_id') }, 'x');
    await expect.poll(() => kept.length, DEADLINE).toBe(2);
    expect(kept.map(({ subject, route }) => `${route} ${subject}`).toSorted()).toEqual(['GET /v1/live p-1', 'GET /v1/live p-2']);
    expect(client.heard).toEqual([]);
    for (const { subject, resolve } of kept) resolve(subject === 'p-2');
    await heardOf(client, 2);
    // What is not shown is not watched on either.
    const open = () => service.watched.filter(({ response }) => !response.closed).map(({ query }) => query.get('user_id'));
    await expect.poll(open, DEADLINE).toEqual(['2']);
    expect(client.heard.toSorted((a, b) => (String(a['type']) < String(b['type']) ? -1 : 1))).toMatchObject([
      { type: 'error', subscription: 's1', problem: { code: 'audit_unavailable', status: 503 }, retry_after_s: 1 },
      { type: 'snapshot', subscription: 's2', answer: '2' },
    ]);
  });

  it('that show nobody are written down like the requests that they are, the socket itself as one', async () => {
    await start();
    const client = await connect();
    client.subscribe('metric/edits');
    await watchedOf(1);
    client.subscribe('view/zoo/refused');
    await heardOf(client, 1);
    client.socket.close();
    await expect.poll(() => gate.audited.map(({ status_code }) => status_code).toSorted(), DEADLINE).toEqual([101, 200, 422]);
    expect(new Set(gate.audited.map(({ route, subject, actor }) => `${actor} ${route} ${subject}`))).toEqual(
      new Set(['key_1 GET /v1/live null']),
    );
  });

  it('each take a token of the caller, who is told when there is none, as by a request', async () => {
    await start({ perMinute: 2 });
    const client = await connect();
    client.subscribe('metric/one');
    await watchedOf(1);
    client.subscribe('metric/two');
    await heardOf(client, 1);
    expect(client.heard[0]).toMatchObject({
      type: 'error',
      subscription: 'metric/two',
      problem: { code: 'quota_exceeded', scope: 'api_key' },
    });
    expect(client.heard[0]?.['retry_after_s']).toBeGreaterThan(0);
    service.watched[0]?.tell('snapshot', { rows: [] }, 'e');
    await heardOf(client, 2);
    expect(client.heard[1]).toMatchObject({ type: 'snapshot', subscription: 'metric/one' });
  });

  it('count as answers that stay open, and are free when they end', async () => {
    await start({ live: { perKeyMax: 2, perTenantMax: 9 } });
    const client = await connect();
    client.subscribe('metric/one');
    await watchedOf(1);
    client.subscribe('metric/two');
    await heardOf(client, 1);
    expect(client.heard[0]).toMatchObject({
      subscription: 'metric/two',
      problem: { code: 'live_connections_exceeded', scope: 'api_key', limit: 2 },
    });
    client.say({ op: 'unsubscribe', subscription: 'metric/one' });
    await expect.poll(() => gate.metrics.expose(), DEADLINE).toMatch(/^live_connections\{[^}]*\} 1$/m);
    client.subscribe('metric/two');
    await watchedOf(2);
  });

  it('end with a reason that the service gives, and with another where it breaks off', async () => {
    await start();
    const client = await connect();
    for (const name of ['one', 'two']) client.subscribe(`metric/${name}`);
    const [one, two] = (await watchedOf(2)).toSorted((a, b) => (String(a.query.get('q')) < String(b.query.get('q')) ? -1 : 1));
    one?.response.end(`event: error\ndata: {"reason":"renew"}\n\n`);
    await heardOf(client, 1);
    two?.response.destroy();
    await heardOf(client, 2);
    expect(client.heard).toEqual([
      { type: 'error', subscription: 'metric/one', reason: 'renew' },
      { type: 'error', subscription: 'metric/two', reason: 'lost' },
    ]);
    client.subscribe('view/zoo/broken');
    await heardOf(client, 3);
    expect(client.heard[2]).toEqual({ type: 'error', subscription: 'view/zoo/broken', problem: { status: 500 } });
    // One that is bad ends no socket.
    client.subscribe('metric/one');
    await watchedOf(3);
    expect(client.closed()).toBe(null);
  });

  it('end with their socket', async () => {
    await start();
    const client = await connect();
    client.subscribe('metric/one');
    client.subscribe('metric/two');
    const watched = await watchedOf(2);
    client.socket.terminate();
    await expect.poll(() => watched.map(({ response }) => response.closed), DEADLINE).toEqual([true, true]);
    await expect.poll(() => gate.metrics.expose(), DEADLINE).toMatch(/^live_connections\{[^}]*\} 0$/m);
  });

  it('are so many at most', async () => {
    await start({ subscriptionsMax: 2 });
    const client = await connect();
    for (const name of ['one', 'two', 'three']) client.subscribe(`metric/${name}`);
    await heardOf(client, 1);
    await watchedOf(2);
    expect(client.heard).toMatchObject([
      { type: 'error', subscription: 'metric/three', problem: { code: 'live_connections_exceeded', scope: 'socket', limit: 2 } },
    ]);
  });
});

describe('a message', () => {
  const subscribe = { op: 'subscribe', topic: 'metric/edits' };

  it.each([
    ['is no JSON', '{"op"', 'bad_json', undefined],
    ['is no object', '[]', 'request_invalid', undefined],
    ['says something else', { op: 'publish', topic: 'x' }, 'request_invalid', 'op'],
    ['has no topic', { op: 'subscribe' }, 'request_invalid', 'topic'],
    ['has a topic of no kind', { ...subscribe, topic: 'tenant/other' }, 'request_invalid', 'topic'],
    ['has a member of its own', { ...subscribe, tenant: 'other' }, 'request_invalid', ''],
    ['names an event that is none', { ...subscribe, last_event_id: 'a\r\nb: c' }, 'request_invalid', 'last_event_id'],
    ['has parameters that no address holds', { ...subscribe, topic: 'view/zoo/a', params: { a: { b: 1 } } }, 'request_invalid', 'params'],
    ['is too long for an address', { ...subscribe, params: { a: 'x'.repeat(12_400) } }, 'request_invalid', 'params'],
    ['unsubscribes from nothing', { op: 'unsubscribe', subscription: 'none' }, 'request_invalid', 'subscription'],
  ])('that %s is refused by itself', async (_, message, code, path) => {
    await start();
    const client = await connect();
    client.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
    await heardOf(client, 1);
    expect(client.heard[0]).toMatchObject({ type: 'error', problem: { code } });
    if (path !== undefined) expect(client.heard[0]).toMatchObject({ problem: { errors: [{ path }] } });
    // And the next is heard.
    client.say(subscribe);
    await watchedOf(1);
  });

  it('names one subscription at a time', async () => {
    await start();
    const client = await connect();
    client.say({ ...subscribe, subscription: 'a' });
    client.say({ ...subscribe, subscription: 'a', topic: 'metric/other' });
    await heardOf(client, 1);
    expect(client.heard[0]).toMatchObject({ subscription: 'a', problem: { errors: [{ path: 'subscription', code: 'invalid_value' }] } });
    const [watched] = await watchedOf(1);
    expect(watched?.query.get('q')).toContain('"edits"');
  });

  it('cannot name another thing beside its topic', async () => {
    await start();
    const client = await connect();
    client.say({ ...subscribe, params: { metric: 'secrets' } });
    client.say({ ...subscribe, topic: 'view/zoo/pages', params: { view: 'zoo/own' } });
    const [a, b] = await watchedOf(2);
    const queries = [a, b].map((one) => one?.query.get('view') ?? one?.query.get('q')).toSorted();
    expect(queries).toEqual(['zoo/pages', '{"metric":"edits"}']);
  });

  it('that comes to nothing may come a hundred times', async () => {
    await start();
    const client = await connect();
    for (let i = 0; i < 120; i += 1) client.socket.send('no');
    await expect.poll(() => client.closed(), DEADLINE).toEqual({ code: 1_008, reason: 'too_many_errors' });
    expect(client.heard).toHaveLength(101);
  });

  it('of more than 16 KiB ends the socket', async () => {
    await start();
    const client = await connect();
    client.socket.send('x'.repeat(16_385));
    await expect.poll(() => client.closed()?.code, DEADLINE).toBe(1_009);
  });
});

describe('a socket of subscriptions', () => {
  it('is refused like any request: without the scope, and without a key', async () => {
    await start({ scopes: ['query:read'] });
    const statusOf = async (protocols: string[]): Promise<number | undefined> =>
      new Promise((resolve) => {
        const socket = new WebSocket(`ws://127.0.0.1:${gate.port}/v1/live`, protocols);
        socket.on('error', () => undefined).once('unexpected-response', (_request, response) => resolve(response.statusCode));
      });
    expect([await statusOf(['tidegate.v1', `tidegate.key.${gate.key}`]), await statusOf(['tidegate.v1'])]).toEqual([403, 401]);
  });

  it('that has no subscription is ended after a while, and one that has is not', async () => {
    await start({ liveIdleMs: 300 });
    const [idle, busy] = [await connect(), await connect()];
    busy.subscribe('metric/edits');
    const [watched] = await watchedOf(1);
    const told = setInterval(() => watched?.tell('ping', {}), 50);
    await expect.poll(() => idle.closed(), DEADLINE).toEqual({ code: 1_000, reason: 'idle' });
    expect(busy.closed()).toBe(null);
    clearInterval(told);
    busy.say({ op: 'unsubscribe', subscription: 'metric/edits' });
    await expect.poll(() => busy.closed(), DEADLINE).toEqual({ code: 1_000, reason: 'idle' });
  });

  it('whose client does not read holds back the service, which tells the newest state once it reads again', async () => {
    await start();
    const client = await connect();
    client.subscribe('metric/edits');
    const [watched] = await watchedOf(1);
    const big = 'x'.repeat(1_000_000);
    client.socket.pause();
    let told = 0;
    while (watched?.response.writableNeedDrain === false || told === 0) {
      watched?.tell('update', { big, n: (told += 1) });
      // Whatever lies between takes some of it: the loop ends because that is bounded.
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(told).toBeLessThan(200);
    }
    client.socket.resume();
    await expect.poll(() => client.heard.length, DEADLINE).toBe(told);
    expect(client.heard.map(({ n }) => n)).toEqual(Array.from({ length: told }, (_, i) => i + 1));
    expect(watched?.response.writableNeedDrain).toBe(false);
  });

  it('counts as its client wherever that comes from, so a limit by address holds', async () => {
    await start({ policies: { ip: { limit: 2, burst: 2 } } });
    const client = await connect();
    for (const name of ['one', 'two']) client.subscribe(`metric/${name}`);
    await heardOf(client, 1);
    expect(client.heard).toMatchObject([{ problem: { code: 'quota_exceeded', scope: 'ip' } }]);
    await watchedOf(1);
  });

  it('ends with the gateway', async () => {
    await start();
    const client = await connect();
    client.subscribe('metric/edits');
    const [watched] = await watchedOf(1);
    await gate.close();
    await expect.poll(() => [client.closed() === null, watched?.response.closed], DEADLINE).toEqual([false, true]);
    await start();
  });
});
