import { createHash } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { createCallerVerifier, ROUTES } from '@tidegate/http';
import type { NamedRoute } from '@tidegate/http';
import { systemClock } from '@tidegate/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GateOptions, GateUnderTest } from './gate-fixture.ts';
import { CALLER_KEY, startGate } from './gate-fixture.ts';

/** A live route, as a feature of the query service will declare it, and one that is none. */
const LIVE: NamedRoute = { ...ROUTES.listMetrics, name: 'listMetrics', path: '/v1/live', isLive: true };
const PLAIN: NamedRoute = { ...ROUTES.listMetrics, name: 'listMetrics', path: '/v1/plain' };

interface LiveService {
  readonly url: string;
  readonly upgrades: IncomingMessage[];
  readonly sockets: Set<Socket>;
  /** Answers of events that are open. */
  readonly streams: ServerResponse[];
  /** Says no to WebSockets. */
  refuses: boolean;
  /** Further lines of the head of its answer. */
  told: string;
  close(): Promise<void>;
}

/** Speaks both: events that the test writes, and WebSockets that give back every byte. */
async function startLiveService(): Promise<LiveService> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((request, response) => {
    if (request.url !== '/v1/live') return void response.end('plain');
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    service.streams.push(response);
  });
  server.on('connection', (socket) => sockets.add(socket.on('close', () => sockets.delete(socket))));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    service.upgrades.push(request);
    socket.on('error', () => undefined);
    if (service.refuses) return void socket.end('HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nno');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n${service.told}sec-websocket-accept: ${acceptOf(request)}\r\n\r\nhello`,
    );
    socket.write(head);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const service: LiveService = {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    ...{ upgrades: [], streams: [], sockets, refuses: false, told: '' },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return service;
}

/** RFC 6455 section 1.3. */
function acceptOf({ headers }: IncomingMessage): string {
  return createHash('sha1').update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

interface Reader {
  readonly socket: Socket;
  text(): string;
  isClosed(): boolean;
}

let gate: GateUnderTest;
let service: LiveService;
const readers: Reader[] = [];

async function start(options: GateOptions = {}): Promise<void> {
  gate = await startGate({ routes: [LIVE, PLAIN], upstreamUrl: service.url, ...options });
}

function read(lines: readonly string[], path = '/v1/live'): Reader {
  const socket = connect(gate.port, '127.0.0.1');
  let text = '';
  let isClosed = false;
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  socket.on('close', () => (isClosed = true)).on('error', () => undefined);
  socket.write([`GET ${path} HTTP/1.1`, 'host: x', ...lines, '', ''].join('\r\n'));
  const reader: Reader = { socket, text: () => text, isClosed: () => isClosed };
  readers.push(reader);
  return reader;
}

const keyed = (): string => `x-api-key: ${gate.key}`;
// The key and its answer are the example of RFC 6455 section 1.3.
const WISH = [
  'connection: keep-alive, Upgrade',
  'upgrade: WebSocket',
  'sec-websocket-version: 13',
  'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
];
/** What is watched stands in the address. */
const WATCHED = '/v1/live?metric=edits';
const webSocket = (path = WATCHED): Reader => read([keyed(), ...WISH], path);

beforeEach(async () => {
  service = await startLiveService();
});
afterEach(async () => {
  for (const { socket } of readers.splice(0)) socket.destroy();
  await gate.close();
  await service.close();
});

describe('a WebSocket', () => {
  it('that shows rows of a person opens once the access is written down, and not at all where that cannot be', async () => {
    const gates: ((kept: boolean) => void)[] = [];
    await start({ auditLog: { note: () => undefined, keep: () => new Promise((resolve) => gates.push(resolve)) } });
    service.told = 'x-tidegate-subject: p-1\r\n';
    const [kept, lost] = [webSocket(), webSocket()];
    await expect.poll(() => gates.length, { timeout: 20_000 }).toBe(2);
    expect([kept.text(), lost.text()]).toEqual(['', '']);
    gates[0]?.(true);
    gates[1]?.(false);
    const ends = () => [kept, lost].map((one) => [one.text().slice(9, 12), one.text().endsWith('hello')]).toSorted();
    await expect.poll(ends, { timeout: 20_000 }).toEqual([
      ['101', true],
      ['503', false],
    ]);
    expect(kept.text() + lost.text()).not.toContain('x-tidegate-subject');
    expect(lost.text() + kept.text()).toContain('audit_unavailable');
    const open = kept.text().startsWith('HTTP/1.1 101') ? kept : lost;
    open.socket.write('ping');
    await expect.poll(() => open.text(), { timeout: 20_000 }).toContain('helloping');
  });

  it('reaches the service signed, and from there on every byte of both sides passes', async () => {
    await start();
    const reader = webSocket();
    await expect.poll(() => reader.text()).toContain('hello');
    expect(reader.text()).toMatch(/^HTTP\/1\.1 101 /);
    expect(reader.text().toLowerCase()).toContain('\r\nsec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n');
    expect(reader.text()).toMatch(/\r\nx-ratelimit-limit: \d+\r\n/i);
    const [seen] = service.upgrades;
    expect(createCallerVerifier(CALLER_KEY, systemClock)(String(seen?.headers['x-tidegate-caller']))).toMatchObject({ ok: true });
    expect([seen?.headers['x-api-key'], seen?.headers.connection, seen?.headers.upgrade]).toEqual([undefined, 'Upgrade', 'websocket']);
    const bytes = 'x'.repeat(300_000);
    reader.socket.write(bytes);
    await expect.poll(() => reader.text().endsWith(`hello${bytes}`)).toBe(true);
  });

  it('of a page is known by the credential among its subprotocols, which ends at the gateway', async () => {
    await start();
    const page = (protocols: string): Reader => read([...WISH, `sec-websocket-protocol: ${protocols}`], WATCHED);
    const reader = page(`tidegate.v1, tidegate.key.${gate.key}, other`);
    await expect.poll(() => reader.text()).toContain('hello');
    const alone = page(`tidegate.key.${gate.key}`);
    await expect.poll(() => alone.text()).toContain('hello');
    expect(service.upgrades.map(({ headers }) => headers['sec-websocket-protocol'])).toEqual(['tidegate.v1, other', undefined]);
    expect(JSON.stringify(service.upgrades.map(({ rawHeaders, url }) => [rawHeaders, url]))).not.toContain(gate.key);
    const wrong = page('tidegate.v1, tidegate.key.tg_live_wrong');
    await expect.poll(() => wrong.text()).toMatch(/^HTTP\/1\.1 401 /);
    // Only where a WebSocket is asked for: elsewhere there are headers for it.
    const plain = read([`sec-websocket-protocol: tidegate.key.${gate.key}`], '/v1/plain');
    await expect.poll(() => plain.text()).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('that comes with its first bytes loses none of them', async () => {
    await start();
    const reader = webSocket();
    reader.socket.write('early');
    await expect.poll(() => reader.text()).toContain('helloearly');
  });

  it.each([
    ['without a key', (): Reader => read(WISH, WATCHED), 401],
    ['on a path that is none', (): Reader => webSocket('/v1/nothing'), 404],
  ])('%s is refused by the gateway, and no service hears of it', async (_, ask, status) => {
    await start();
    const reader = ask();
    await expect.poll(() => reader.isClosed()).toBe(true);
    expect(reader.text()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(reader.text()).toContain('application/problem+json');
    expect(service.upgrades).toEqual([]);
  });

  it('that the service refuses is answered with what the service said', async () => {
    await start();
    service.refuses = true;
    const reader = webSocket();
    await expect.poll(() => reader.isClosed()).toBe(true);
    expect([reader.text().slice(0, 12), reader.text().endsWith('no')]).toEqual(['HTTP/1.1 403', true]);
  });

  it('is not to be had where the route gives none: the request is one like all others', async () => {
    await start();
    const reader = webSocket('/v1/plain');
    await expect.poll(() => reader.isClosed()).toBe(true);
    expect([reader.text().slice(0, 12), reader.text().endsWith('plain'), service.upgrades]).toEqual(['HTTP/1.1 200', true, []]);
  });

  it('is a 502 where no service is there', async () => {
    await start();
    await service.close();
    const reader = webSocket();
    await expect.poll(() => reader.isClosed()).toBe(true);
    expect(reader.text()).toMatch(/^HTTP\/1\.1 502 .*"upstream_unreachable"/s);
  });

  it('ends on both sides where either leaves', async () => {
    await start();
    const [one, other] = [webSocket(), webSocket()];
    await expect.poll(() => [one, other].every(({ text }) => text().includes('hello'))).toBe(true);
    one.socket.destroy();
    await expect.poll(() => service.sockets.size).toBe(1);
    for (const socket of service.sockets) socket.destroy();
    await expect.poll(() => other.isClosed()).toBe(true);
  });

  it('in which nobody says anything is ended', async () => {
    await start({ liveIdleMs: 200 });
    const reader = webSocket();
    await expect.poll(() => reader.isClosed()).toBe(true);
    await expect.poll(() => service.sockets.size).toBe(0);
  });
});

describe('Server-Sent Events', () => {
  it('begin before there is an event, and each comes when it is written', async () => {
    await start();
    const reader = read([keyed()]);
    await expect.poll(() => reader.text()).toMatch(/^HTTP\/1\.1 200 [\s\S]*text\/event-stream[\s\S]*\r\n\r\n/);
    service.streams[0]?.write('id: 1\ndata: {}\n\n');
    await expect.poll(() => reader.text()).toContain('id: 1\ndata: {}\n\n');
  });

  it('are cut where the service says nothing for long, and leave nothing where the reader goes', async () => {
    await start({ liveIdleMs: 300 });
    const silent = read([keyed()]);
    await expect.poll(() => silent.isClosed()).toBe(true);
    const leaving = read([keyed()]);
    await expect.poll(() => service.streams.length).toBe(2);
    leaving.socket.destroy();
    await expect.poll(() => service.sockets.size).toBe(0);
  });

  it('take no connection that a question needs, however many are open', async () => {
    await start({ live: { perKeyMax: 200, perTenantMax: 200 } });
    // More than the 128 connections that the gateway has for questions.
    const many = Array.from({ length: 140 }, () => read([keyed()]));
    await expect.poll(() => service.streams.length).toBe(many.length);
    const answer = await fetch(`http://127.0.0.1:${gate.port}/v1/plain`, { headers: { 'x-api-key': gate.key } });
    expect(await answer.text()).toBe('plain');
  });
});

describe('open answers are counted', () => {
  it.each([
    ['of a key', { perKeyMax: 2, perTenantMax: 9 }, 'api_key'],
    ['of a tenant', { perKeyMax: 9, perTenantMax: 2 }, 'tenant'],
  ])('%s, whichever kind they are, and a place is free when one closes', async (_, live, scope) => {
    await start({ live });
    const [stream, socket] = [read([keyed()]), webSocket()];
    await expect.poll(() => [service.streams.length, service.upgrades.length]).toEqual([1, 1]);
    const refused = await fetch(`http://127.0.0.1:${gate.port}/v1/live`, { headers: { 'x-api-key': gate.key } });
    expect([refused.status, await refused.json(), refused.headers.get('retry-after')]).toMatchObject([
      429,
      { code: 'live_connections_exceeded', scope, limit: 2 },
      '1',
    ]);
    expect(await gate.metrics.expose()).toMatch(/^live_connections\{[^}]*\} 2$/m);
    socket.socket.destroy();
    await expect.poll(() => gate.metrics.expose()).toMatch(/^live_connections\{[^}]*\} 1$/m);
    const next = webSocket();
    await expect.poll(() => next.text()).toContain('hello');
    expect(stream.isClosed()).toBe(false);
  });

  it('and end with the gateway, which need not wait for them', async () => {
    await start();
    const [stream, socket] = [read([keyed()]), webSocket()];
    await expect.poll(() => [service.streams.length, service.upgrades.length]).toEqual([1, 1]);
    const startedMs = performance.now();
    await gate.close();
    await expect.poll(() => [stream.isClosed(), socket.isClosed()]).toEqual([true, true]);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    await start();
  });
});
