import { request as httpRequest } from 'node:http';
import { createCallerVerifier } from '@tidegate/http';
import { systemClock } from '@tidegate/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EchoUpstream } from './echo-upstream.ts';
import { startEchoUpstream, valueOf } from './echo-upstream.ts';
import type { GateOptions, GateUnderTest } from './gate-fixture.ts';
import { CALLER_KEY, startGate } from './gate-fixture.ts';
import { sendRaw, statusesOf } from './raw-client.ts';

/** Rules of a proxy that must not be walked around. The client writes bytes of its own; the service keeps each that it gets. */
let gate: GateUnderTest;
let echo: EchoUpstream;

async function restart(options: GateOptions = {}, answer?: string): Promise<void> {
  await Promise.all([gate.close(), echo.close()]);
  echo = await startEchoUpstream(answer);
  gate = await startGate({ ...options, upstreamUrl: echo.url });
}

beforeEach(async () => {
  echo = await startEchoUpstream();
  gate = await startGate({ upstreamUrl: echo.url });
});
afterEach(() => Promise.all([gate.close(), echo.close()]));

const verify = createCallerVerifier(CALLER_KEY, systemClock);
const head = (line: string, lines: readonly string[] = []): string =>
  [line, 'host: gate.example', `x-api-key: ${gate.key}`, ...lines, '', ''].join('\r\n');
/** One request, and all that comes until the gateway closes. */
function send(line: string, lines: readonly string[] = [], body = ''): Promise<string> {
  const closing = lines.some((one) => one.startsWith('connection:')) ? lines : [...lines, 'connection: close'];
  return sendRaw(gate.port, head(line, closing) + body, { quietMs: 5_000 });
}
const POST = 'POST /v1/events HTTP/1.1';
const GET = 'GET /v1/metrics HTTP/1.1';

describe('1, bodies stream: a service', () => {
  it('has the first bytes of an upload before the last ones are sent, and no more than them', async () => {
    const client = httpRequest({ port: gate.port, method: 'POST', path: '/v1/events', headers: { 'x-api-key': gate.key } });
    client.on('error', () => undefined);
    client.write('x'.repeat(100_000));
    await expect.poll(() => echo.bytes().split('x'.repeat(1_000)).length).toBeGreaterThan(90);
    expect(echo.requests).toEqual([]);
    client.destroy();
  });

  it.each(['held until its access is written down', 'let through'])('answers with any bytes, as they are: %s', async (way) => {
    const everyByte = Array.from({ length: 256 }, (_, at) => String.fromCharCode(at)).join('');
    const person = way.startsWith('held') ? 'x-tidegate-subject: s\r\n' : '';
    await restart({}, `HTTP/1.1 200 OK\r\n${person}content-length: 256\r\n\r\n${everyByte}`);
    const answer = await send('GET /v1/views/any/any HTTP/1.1');
    expect(answer.slice(answer.indexOf('\r\n\r\n') + 4)).toBe(everyByte);
  });
});

describe('2, what is meant for one connection goes no further:', () => {
  it('the headers that RFC 9110 names, those that Connection names, and trailers', async () => {
    await send(
      POST,
      [
        'connection: close, x-hop, "x-quoted", X-API-Key, host, traceparent, via, x-tidegate-caller, content-length',
        'x-hop: 1',
        'keep-alive: timeout=1',
        'proxy-connection: keep-alive',
        'proxy-authorization: Basic eDp5',
        'te: trailers, deflate;q=0.5',
        'trailer: x-late',
        'transfer-encoding: chunked',
        'upgrade: h2c',
        'http2-settings: AAMAAABkAAQAAP__',
        'x-kept: yes',
      ],
      '3\r\nabc\r\n0\r\nx-late: 1\r\n\r\n',
    );
    const [seen] = echo.requests;
    expect(seen?.headers.map((header) => header.split(':', 1)[0]?.toLowerCase()).toSorted()).toEqual(
      [
        ...['connection', 'host', 'transfer-encoding', 'via', 'x-kept', 'x-request-id'],
        ...['http2-settings', 'traceparent', 'x-tidegate-caller'],
      ].toSorted(),
    );
    expect([valueOf(seen?.headers ?? [], 'connection'), seen?.body]).toEqual(['keep-alive', '3\r\nabc\r\n0\r\n\r\n']);
    expect(echo.bytes()).not.toContain('x-late');
  });

  it('those of an answer', async () => {
    await restart(
      {},
      'HTTP/1.1 200 OK\r\nconnection: x-hop\r\nx-hop: 1\r\nkeep-alive: timeout=9\r\nupgrade: h2c\r\ncontent-length: 0\r\n\r\n',
    );
    const answer = await send(GET);
    expect([statusesOf(answer), /^(?:x-hop|upgrade):/im.test(answer), /^keep-alive: timeout=9/im.test(answer)]).toEqual([
      [200],
      false,
      false,
    ]);
  });
});

describe('3, one framing: a request', () => {
  it.each([
    [
      'both lengths, the first short',
      ['content-length: 4', 'transfer-encoding: chunked'],
      '0\r\n\r\nGET /v1/packs HTTP/1.1\r\nhost: x\r\n\r\n',
    ],
    ['both lengths, the coding first', ['transfer-encoding: chunked', 'content-length: 6'], '0\r\n\r\nG'],
    ['two lengths', ['content-length: 4', 'content-length: 5'], 'abcde'],
    ['the same length twice', ['content-length: 4', 'content-length: 4'], 'abcd'],
    ['two lengths in one line', ['content-length: 4, 4'], 'abcd'],
    ['a length that is no number', ['content-length: 4x'], 'abcd'],
    ['a length with a sign', ['content-length: +4'], 'abcd'],
    ['a negative length', ['content-length: -1'], ''],
    ['a length in hex', ['content-length: 0x4'], 'abcd'],
    ['a coding in disguise', ['transfer-encoding: xchunked'], '0\r\n\r\n'],
    ['a coding twice', ['transfer-encoding: chunked', 'transfer-encoding: identity'], '0\r\n\r\n'],
    ['chunked that is not the last coding', ['transfer-encoding: chunked, gzip'], '0\r\n\r\n'],
    ['a vertical tab before the coding', ['transfer-encoding:\u000bchunked'], '0\r\n\r\n'],
    ['a folded header', ['x-a: 1', ' transfer-encoding: chunked'], '0\r\n\r\n'],
    ['a space before the colon', ['transfer-encoding : chunked'], '0\r\n\r\n'],
    ['a header that ends with a line feed alone', ['x-a: 1\nx-b: 2', 'content-length: 0'], ''],
    ['a carriage return within a header', ['x-a: 1\rx-tidegate-caller: y'], ''],
    ['a null byte in a header', ['x-a: 1\u0000'], ''],
    ['a chunk size that is no number', ['transfer-encoding: chunked'], 'zz\r\nabc\r\n0\r\n\r\n'],
    ['a chunk longer than it says', ['transfer-encoding: chunked'], '3\r\nabcd\r\n0\r\n\r\n'],
    ['a chunk size beyond all numbers', ['transfer-encoding: chunked'], 'fffffffffffffffff\r\nabc\r\n0\r\n\r\n'],
    ['line feeds alone about a chunk', ['transfer-encoding: chunked'], '3\nabc\n0\n\n'],
  ])('with %s is refused, and no service ever takes it for whole', async (_, framing, body) => {
    const received = await send(POST, framing, body);
    expect(statusesOf(received)).toEqual([400]);
    expect(echo.requests).toEqual([]);
  });

  it.each([
    ['without a host', `GET /v1/metrics HTTP/1.1\r\n\r\n`],
    ['of a version that is none', 'GET /v1/metrics HTTP/1.9\r\nhost: x\r\n\r\n'],
    ['after a line that is none', 'hello\r\n\r\n'],
  ])('%s is refused', async (_, bytes) => {
    expect(statusesOf(await sendRaw(gate.port, bytes))).toEqual([400]);
    expect(echo.bytes()).toBe('');
  });

  it('that is a DELETE with a chunked body keeps it to itself (CVE-2026-29057)', async () => {
    await restart({ scopes: ['query:read'] });
    const smuggled = 'GET /v1/packs HTTP/1.1\r\nhost: x\r\n\r\n';
    const chunk = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`;
    await send('DELETE /v1/jobs/0199c1d2-0000-7000-8000-000000000000 HTTP/1.1', ['transfer-encoding: chunked'], chunk);
    expect(echo.requests.map(({ line, body }) => [line, body])).toEqual([
      ['DELETE /v1/jobs/0199c1d2-0000-7000-8000-000000000000 HTTP/1.1', chunk],
    ]);
  });

  it('has its chunks framed anew: extensions and padded sizes end at the gateway', async () => {
    await send(POST, ['transfer-encoding: chunked'], '0003;n=v\r\nxyz\r\n2\r\nuv\r\n0\r\n\r\n');
    const [seen] = echo.requests;
    expect([seen?.body.replaceAll(/[0-9a-f]+\r\n|\r\n/g, ''), seen?.body.includes(';')]).toEqual(['xyzuv', false]);
  });

  it('behind garbage on a connection is never read, and an answer under way is cut rather than mixed with the refusal', async () => {
    await restart({}, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n');
    const received = await sendRaw(gate.port, head(GET), {
      quietMs: 2_000,
      more: async (write) => {
        await expect.poll(() => echo.requests.length).toBe(1);
        write('garbage\r\n\r\n');
      },
    });
    expect([statusesOf(received), received.includes('half')]).toEqual([[200], true]);
  });
});

describe('4, who somebody is, the gateway says alone:', () => {
  it('headers of identity, routing and forwarding are taken away, in any case of letters and however often', async () => {
    const forged = [
      ...[
        'X-User-Id: 1',
        'x-tenant-id: 1',
        'X-Internal-Token: 1',
        'x-tidegate-caller: a.b',
        'X-TIDEGATE-CALLER: a.b',
        'x-real-ip: 1.1.1.1',
      ],
      ...['x-forwarded-for: 1.1.1.1', 'x-forwarded-host: evil', 'x-forwarded-proto: https', 'forwarded: for=1.1.1.1', 'x-original-url: /'],
      ...['x-rewrite-url: /v1/admin/keys', 'authorization: Basic eDp5', 'cookie: a=b', 'via: 1.0 fred'],
    ];
    await send(GET, forged);
    const names = new Set(forged.map((line) => line.split(':', 1)[0]?.toLowerCase()));
    // With a wrong `authorization` it is refused; without it, passed on without the others.
    expect(echo.requests).toEqual([]);
    await send(
      GET,
      forged.filter((line) => !line.startsWith('authorization')),
    );
    const [seen] = echo.requests;
    const told = seen?.headers.filter((header) => names.has(header.split(':', 1)[0]?.toLowerCase())) ?? [];
    expect(told.map((header) => header.split(':', 1)[0]?.toLowerCase()).toSorted()).toEqual(['via', 'x-tidegate-caller']);
    expect(valueOf(seen?.headers ?? [], 'via')).toBe('1.1 tidegate');
    expect(verify(valueOf(seen?.headers ?? [], 'x-tidegate-caller'))).toMatchObject({
      ok: true,
      caller: { tenant: 'acme', keyId: 'key_1' },
    });
    expect(echo.bytes()).not.toContain(gate.key);
  });
});

describe('7, what may have been done is not done twice:', () => {
  const closing = async (line: string, body = ''): Promise<readonly [number[], number]> => {
    // An answer that ends the connection at once, before its first line.
    await restart({}, '');
    const sent = send(line, body === '' ? [] : [`content-length: ${body.length}`], body);
    await expect.poll(() => echo.requests.length).toBe(1);
    echo.cut();
    await expect.poll(() => echo.requests.length + (line.startsWith('POST') ? 1 : 0)).toBe(2);
    echo.cut();
    return [statusesOf(await sent), echo.requests.length];
  };

  it('a question whose connection breaks is asked once more and no further', async () => {
    expect(await closing(GET)).toEqual([[502], 2]);
  });

  it('a request with a body is sent once', async () => {
    expect(await closing(POST, '{}')).toEqual([[502], 1]);
  });
});

describe('9, one path, of bounded length:', () => {
  it.each([
    ...['//v1/metrics', '/v1/../v1/metrics', '/v1/./metrics', '/v1/%2e%2e/metrics', '/v1/%2E%2E/metrics', '/v1/.%2e/metrics'],
    ...[
      '/v1%2fmetrics',
      '/v1%2Fmetrics',
      '/v1\\metrics',
      '/v1%5cmetrics',
      '/v1/metrics%00',
      '/v1/%252e%252e/metrics',
      '/v1/metrics%0d%0aa:b',
    ],
    ...[
      '/health/../v1/metrics',
      '/health//x',
      '/v1/metrics/%c0%ae',
      '/v1/metrics#x',
      'http://evil.example/v1/metrics',
      '*',
      '/v1/metrics/..;/x',
    ],
    `/v1/metrics?${'x'.repeat(8_192)}`,
  ])('a target that can be read in two ways, or is too long, is refused: %s', async (path) => {
    const received = await send(`GET ${path} HTTP/1.1`);
    expect(statusesOf(received)[0]).toBeGreaterThanOrEqual(400);
    expect(echo.bytes()).toBe('');
  });

  it('what is checked is, to the byte, what is forwarded', async () => {
    await send('GET /api/v1/receipts/tgr1.abc?wait_ms=5&x=%2e%2e%2f HTTP/1.1');
    expect(echo.requests.map(({ line }) => line)).toEqual(['GET /v1/receipts/tgr1.abc?wait_ms=5&x=%2e%2e%2f HTTP/1.1']);
  });

  it('more headers, or longer ones, than any client sends are 431', async () => {
    const many = await send(
      GET,
      Array.from({ length: 98 }, (_, at) => `x-${at}: 1`),
    );
    const long = await send(GET, [`x-long: ${'x'.repeat(16 * 1_024)}`]);
    expect([statusesOf(many), statusesOf(long), echo.bytes()]).toEqual([[431], [431], '']);
    expect(
      statusesOf(
        await send(
          GET,
          Array.from({ length: 97 }, (_, at) => `x-${at}: 1`),
        ),
      ),
    ).toEqual([200]);
  });
});

describe('10, a request can be followed:', () => {
  it('the service learns its name and its trace, and that it came by the gateway', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const answer = await send(GET, ['x-request-id: build-4711-abc', `traceparent: 00-${traceId}-00f067aa0ba902b7-01`, 'tracestate: a=b']);
    const headers = echo.requests[0]?.headers ?? [];
    expect([valueOf(headers, 'x-request-id'), valueOf(headers, 'via')]).toEqual(['build-4711-abc', '1.1 tidegate']);
    expect(valueOf(headers, 'traceparent')).toMatch(new RegExp(`^00-${traceId}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
    expect(answer).toMatch(/^x-request-id: build-4711-abc\r$/m);
  });
});
