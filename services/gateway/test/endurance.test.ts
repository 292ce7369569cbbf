import type { IncomingMessage, Server } from 'node:http';
import { createServer, request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { GateOptions, GateUnderTest } from './gate-fixture.ts';
import { startGate } from './gate-fixture.ts';
import { answerWhenRead } from './recording-upstream.ts';
import { sendRaw, statusesOf } from './raw-client.ts';

let gate: GateUnderTest;
const open: Socket[] = [];
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await gate.close();
});

const head = (line: string, lines: readonly string[] = []): string =>
  [line, 'host: gate.example', `x-api-key: ${gate.key}`, ...lines, '', ''].join('\r\n');
const POST = 'POST /v1/events HTTP/1.1';

interface Slow {
  readonly socket: Socket;
  /** All that came; resolves at the end of the connection. */
  readonly all: Promise<string>;
}

function begin(bytes: string): Slow {
  const socket = connect(gate.port, '127.0.0.1');
  open.push(socket);
  let received = '';
  const all = new Promise<string>((resolve) => socket.on('close', () => resolve(received)).on('error', () => undefined));
  socket.on('data', (chunk) => (received += chunk.toString('latin1')));
  socket.write(bytes, 'latin1');
  return { socket, all };
}

describe('a client that is slow on purpose', () => {
  it('with its headers is told so and cut, however many there are, and others are served meanwhile', async () => {
    gate = await startGate({ listener: { headersTimeoutMs: 1_000 } });
    const slow = Array.from({ length: 200 }, () => begin(`GET /v1/metrics HTTP/1.1\r\nhost: x\r\nx-a: `));
    const trickle = setInterval(() => slow.forEach(({ socket }) => socket.writable && socket.write('a')), 50);
    const answer = await fetch(`http://127.0.0.1:${gate.port}/v1/metrics`, { headers: { 'x-api-key': gate.key } });
    expect(answer.status).toBe(200);
    const ends = await Promise.all(slow.map(({ all }) => all));
    clearInterval(trickle);
    expect(new Set(ends.flatMap(statusesOf))).toEqual(new Set([408]));
  });

  it.each([
    ['a short body', ['content-length: 1000']],
    ['a long body', ['content-length: 100000']],
    ['a body without a length', ['transfer-encoding: chunked']],
  ])('within %s is 408 after its silence, and the service never takes it for whole', async (_, framing) => {
    gate = await startGate({ clientIdleMs: 200 });
    let wasWhole = false;
    gate.upstream.respond = (request) => request.on('end', () => (wasWhole = true)).on('error', () => undefined);
    const { all } = begin(head(POST, framing));
    const received = await all;
    expect([statusesOf(received), received.includes('"request_timeout"'), wasWhole]).toEqual([[408], true, false]);
    await expect.poll(() => gate.upstream.sockets.size).toBe(0);
  });

  it('but never silent for so long is waited for', async () => {
    gate = await startGate({ clientIdleMs: 1_500 });
    const { socket, all } = begin(head(POST, ['content-length: 20000', 'connection: close']));
    // Ten pieces, each well within the time, all of them together well beyond it.
    for (let sent = 0; sent < 20_000; sent += 2_000) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      socket.write('x'.repeat(2_000));
    }
    expect(statusesOf(await all)).toEqual([200]);
  });

  it('to read an answer is cut, and the service gets its connection back', async () => {
    gate = await startGate({ clientIdleMs: 200 });
    gate.upstream.respond = (_, response) => response.writeHead(200).write(Buffer.alloc(64 << 20));
    const { socket } = begin(head('GET /v1/metrics HTTP/1.1'));
    socket.pause();
    await expect.poll(() => gate.upstream.seen.length).toBe(1);
    await expect.poll(() => gate.upstream.sockets.size).toBe(0);
  });
});

describe('what is left of a body that the service did not read', () => {
  const MAX = 1 << 20;
  const tooMuch: GateUnderTest['upstream']['respond'] = (request, response) =>
    request.url === '/v1/events' ? response.writeHead(413, { 'content-length': '8' }).end('too much') : answerWhenRead(request, response);

  it('is dropped, so that a client that sends to the end before it reads gets the answer, and its next one too', async () => {
    gate = await startGate({ bodyBytesMax: MAX });
    gate.upstream.respond = tooMuch;
    const body = 'y'.repeat(MAX);
    const received = await sendRaw(
      gate.port,
      `${head(POST, [`content-length: ${body.length}`])}${body}${head('GET /v1/metrics HTTP/1.1', ['connection: close'])}`,
      { quietMs: 10_000 },
    );
    expect(statusesOf(received)).toEqual([413, 200]);
  });

  it('is not dropped for ever: beyond what a request may have the connection ends', async () => {
    gate = await startGate({ bodyBytesMax: MAX });
    gate.upstream.respond = tooMuch;
    const { socket, all } = begin(head(POST, ['transfer-encoding: chunked']));
    const piece = `${(1 << 16).toString(16)}\r\n${'x'.repeat(1 << 16)}\r\n`;
    let sent = 0;
    const timer = setInterval(() => {
      if (socket.writableLength > 1 << 18 || sent >= 64 << 20) return;
      socket.write(piece);
      sent += 1 << 16;
    }, 1);
    expect(statusesOf(await all)).toEqual([413]);
    clearInterval(timer);
    // What the service had, what was dropped, and what lay in buffers on the way.
    expect(sent).toBeLessThan(2 * MAX + (16 << 20));
  });
});

describe('a gigabyte', () => {
  const GIGABYTE = 1 << 30;
  const PIECE = Buffer.alloc(1 << 20, 'x');
  /** Of this process, in which the client, the gateway and the service are: what none of them may hold on to. */
  const GROWTH_BYTES_MAX = 200 << 20;

  async function withService(
    answer: (request: IncomingMessage, count: () => number) => string,
    options: GateOptions,
    use: () => Promise<void>,
  ): Promise<void> {
    const server: Server = createServer((request, response) => {
      let bytes = 0;
      request.on('data', (chunk: Buffer) => (bytes += chunk.length));
      request.on('end', () => response.end(answer(request, () => bytes)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    gate = await startGate({ ...options, upstreamUrl: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` });
    try {
      await use();
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  it('goes up to the service whole, while nobody holds more of it than a few buffers', async () => {
    await withService(
      (_, count) => String(count()),
      { bodyBytesMax: GIGABYTE },
      async () => {
        const client = httpRequest({
          ...{ port: gate.port, method: 'POST', path: '/v1/events' },
          headers: { 'x-api-key': gate.key, 'content-length': String(GIGABYTE) },
        });
        const answered = new Promise<IncomingMessage>((resolve, reject) => client.on('response', resolve).on('error', reject));
        const beforeBytes = process.memoryUsage.rss();
        let mostBytes = 0;
        for (let sent = 0; sent < GIGABYTE; sent += PIECE.length) {
          if (!client.write(PIECE)) await new Promise((resolve) => client.once('drain', resolve));
          mostBytes = Math.max(mostBytes, process.memoryUsage.rss() - beforeBytes);
        }
        client.end();
        const parts: Buffer[] = await (await answered).toArray();
        expect(Buffer.concat(parts).toString()).toBe(String(GIGABYTE));
        expect(mostBytes).toBeLessThan(GROWTH_BYTES_MAX);
      },
    );
  }, 120_000);
});
