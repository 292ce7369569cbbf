import { createMetrics, silentLogger } from '@tidegate/telemetry';
import { createCertificate } from '@tidegate/testkit';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Gate } from '../src/gate.ts';
import type { Listeners, ListenersSettings } from '../src/listeners.ts';
import { createListeners } from '../src/listeners.ts';
import { sendRaw, statusesOf } from './raw-client.ts';

let listeners: Listeners;
let metrics: ReturnType<typeof createMetrics>;
let background: AbortController;
/** What reached the public API. */
let served: (string | undefined)[];

const PLAIN: ListenersSettings = {
  ...{ apiHost: '127.0.0.1', apiPort: 0, redirectPort: 0, redirectToPort: 443, redirectHosts: [] },
  ...{ tlsCertFile: '', tlsKeyFile: '', tlsVersionMin: '1.3', hstsSeconds: 31_536_000, drainLingerMs: 0 },
};

beforeEach(() => {
  metrics = createMetrics('gateway');
  background = new AbortController();
  served = [];
});
afterEach(async () => {
  background.abort();
  await listeners.close();
});

const gate: Gate = (request, response) => {
  served.push(request.url);
  response.end('served');
};

async function listen(given: Partial<ListenersSettings> = {}): Promise<{ port: number; redirectPort: number }> {
  listeners = createListeners(gate, { ...PLAIN, ...given }, { metrics, log: silentLogger, signal: background.signal });
  const { port, redirectPort } = await listeners.listen();
  if (redirectPort === null) throw new Error('there is no port that redirects');
  return { port, redirectPort };
}

/** The header section of one answer: status line and fields but the date. */
function headOf(received: string): readonly string[] {
  const [head = ''] = received.split('\r\n\r\n');
  return head.split('\r\n').filter((line) => !/^date:/i.test(line));
}

const redirected = (location: string): readonly string[] => [
  'HTTP/1.1 308 Permanent Redirect',
  'connection: close',
  `location: ${location}`,
  'content-length: 0',
];

/** A request line and fields, as one request without a body. */
const raw = (line: string, ...fields: readonly string[]): string => `${[line, ...fields].join('\r\n')}\r\n\r\n`;

describe('the plain port', () => {
  it.each([
    ['path and query', raw('GET /v1/query?q=a&b= HTTP/1.1', 'Host: events.example.org'), 'https://events.example.org/v1/query?q=a&b='],
    ['another port than it was asked at', raw('GET / HTTP/1.1', 'Host: events.example.org:8080'), 'https://events.example.org/'],
    ['a name in other letters, which mean the same', raw('GET / HTTP/1.1', 'Host: Events.Example.ORG.'), 'https://events.example.org./'],
    ['an IPv4 address', raw('GET /x HTTP/1.1', 'Host: 127.0.0.1:80'), 'https://127.0.0.1/x'],
    ['an IPv6 address', raw('GET /x HTTP/1.1', 'Host: [2001:db8::1]:80'), 'https://[2001:db8::1]/x'],
    ['an IPv6 address with an IPv4 one in it', raw('GET /x HTTP/1.1', 'Host: [::ffff:192.0.2.1]'), 'https://[::ffff:192.0.2.1]/x'],
    [
      'what is encoded, byte for byte',
      raw("GET /a%2Fb/%2e%2e/%C3%A9%ff//c;d='?%00&+%20&x=http://evil.example/?y HTTP/1.1", 'Host: h'),
      "https://h/a%2Fb/%2e%2e/%C3%A9%ff//c;d='?%00&+%20&x=http://evil.example/?y",
    ],
    ['a path that begins as a host would', raw('GET //evil.example/%2f.. HTTP/1.1', 'Host: h'), 'https://h//evil.example/%2f..'],
    ['a backslash, behind a slash', raw('GET /\\evil.example HTTP/1.1', 'Host: h'), 'https://h/\\evil.example'],
    ['the host in the target before that in the header', raw('GET http://a.example/x?y HTTP/1.1', 'Host: b'), 'https://a.example/x?y'],
    ['a target with a host and no path', raw('GET http://a.example?y HTTP/1.1', 'Host: a.example'), 'https://a.example/?y'],
    ['another method', raw('DELETE /v1/x HTTP/1.1', 'Host: h', 'Authorization: Bearer secret'), 'https://h/v1/x'],
    ['a probe', raw('GET /healthz HTTP/1.1', 'Host: h'), 'https://h/healthz'],
    ['a wish for a WebSocket', raw('GET /v1/live HTTP/1.1', 'Host: h', 'Connection: upgrade', 'Upgrade: websocket'), 'https://h/v1/live'],
  ])('sends on %s, ends the connection and says nothing of HSTS', async (_, request, location) => {
    const { redirectPort } = await listen();
    expect(headOf(await sendRaw(redirectPort, request))).toEqual(redirected(location));
    expect(served).toEqual([]);
  });

  it.each([
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['no host, by an old version', 'GET / HTTP/1.0\r\n\r\n'],
    ['an empty host', raw('GET / HTTP/1.1', 'Host: ')],
    ['two hosts', raw('GET / HTTP/1.1', 'Host: a.example', 'Host: b.example')],
    ['one host twice', raw('GET / HTTP/1.1', 'Host: a.example', 'Host: a.example')],
    ['two hosts beside that of the target', raw('GET http://a.example/ HTTP/1.1', 'Host: a.example', 'Host: a.example')],
    ['two hosts in one field', raw('GET / HTTP/1.1', 'Host: a.example, b.example')],
    ['a user before the host', raw('GET / HTTP/1.1', 'Host: a.example@evil.example')],
    ['a user in the target', raw('GET http://a.example@evil.example/ HTTP/1.1', 'Host: a.example')],
    ['a path in the host', raw('GET / HTTP/1.1', 'Host: evil.example/')],
    ['a backslash in the host', raw('GET / HTTP/1.1', 'Host: evil.example\\.a.example')],
    ['a query in the host', raw('GET / HTTP/1.1', 'Host: evil.example?.a.example')],
    ['a fragment in the host', raw('GET / HTTP/1.1', 'Host: evil.example#.a.example')],
    ['an encoded slash in the host', raw('GET / HTTP/1.1', 'Host: evil.example%2f.a.example')],
    ['a blank in the host', raw('GET / HTTP/1.1', 'Host: a.example evil')],
    ['dots and nothing between', raw('GET / HTTP/1.1', 'Host: a..example')],
    ['a port that is none', raw('GET / HTTP/1.1', 'Host: a.example:80a')],
    ['brackets around no address', raw('GET / HTTP/1.1', 'Host: [evil.example]')],
    ['an address with a zone', raw('GET / HTTP/1.1', 'Host: [fe80::1%25eth0]')],
    ['a name longer than names are', raw('GET / HTTP/1.1', `Host: ${'a.'.repeat(127)}example`)],
    ['bytes of no letter in the host', raw('GET / HTTP/1.1', 'Host: ex\u00e4mple.org')],
    ['no path', raw('OPTIONS * HTTP/1.1', 'Host: h')],
  ])('refuses %s with 400, and names nowhere to go', async (_, request) => {
    const { redirectPort } = await listen();
    const received = await sendRaw(redirectPort, request);
    expect(statusesOf(received)).toEqual([400]);
    expect(received).toMatch(/\r\nconnection: close\r\n/i);
    expect(received).not.toMatch(/\r\nlocation:/i);
  });

  it('sends to the port of TLS where that is another', async () => {
    const { redirectPort } = await listen({ redirectToPort: 8443 });
    const ask = async (host: string) => headOf(await sendRaw(redirectPort, raw('GET /x HTTP/1.1', `Host: ${host}`)));
    expect(await ask('h:8080')).toEqual(redirected('https://h:8443/x'));
    expect(await ask('[::1]')).toEqual(redirected('https://[::1]:8443/x'));
  });

  it('sends on the hosts that are named and no others, where some are', async () => {
    const { redirectPort } = await listen({ redirectHosts: ['Events.example.org', '[::1]'] });
    const ask = async (host: string) => (await sendRaw(redirectPort, raw('GET /x HTTP/1.1', `Host: ${host}`))).split('\r\n')[0];
    const hosts = ['events.example.org:80', '[::1]', 'evil.example', 'events.example.org.evil.example', 'xevents.example.org'];
    const [sent, refused] = ['HTTP/1.1 308 Permanent Redirect', 'HTTP/1.1 421 Misdirected Request'];
    expect(await Promise.all(hosts.map(ask))).toEqual([sent, sent, refused, refused, refused]);
    // By an absolute target too, whatever the header says.
    const absolute = raw('GET http://evil.example/ HTTP/1.1', 'Host: events.example.org');
    expect(statusesOf(await sendRaw(redirectPort, absolute))).toEqual([421]);
    const counted = [...(await metrics.expose()).matchAll(/redirects_total\{.*status="(\d+)".*\} (\d+)/g)];
    expect(counted.map(([, status, count]) => [status, count])).toEqual([
      ['308', '2'],
      ['421', '4'],
    ]);
  });
});

describe('a body at the plain port', () => {
  it('is not asked for from who waits for that', async () => {
    const { redirectPort } = await listen();
    const fields = ['Host: h', 'Content-Length: 1000000', 'Expect: 100-continue'];
    const received = await sendRaw(redirectPort, raw('POST /v1/events HTTP/1.1', ...fields));
    expect(received).not.toContain('100 Continue');
    expect(headOf(received)).toContain('location: https://h/v1/events');
  });

  it.each([
    ['by its length', ['Content-Length: 10000000'], 'x'.repeat(70_000)],
    ['in chunks', ['Transfer-Encoding: chunked'], `11170\r\n${'x'.repeat(70_000)}\r\n`],
  ])('comes after the answer and is dropped, and the connection ends where it is long: %s', async (_, fields, body) => {
    const { redirectPort } = await listen();
    let sentMore = false;
    const received = await sendRaw(redirectPort, raw('POST /v1/events HTTP/1.1', 'Host: h', ...fields), {
      quietMs: 10_000,
      more: async (write) => {
        await expect.poll(async () => await metrics.expose()).toMatch(/redirects_total\{.*status="308".*\} 1/);
        write(body);
        sentMore = true;
      },
    });
    // `sendRaw` ended before the quiet time was over: the connection was ended by the listener.
    expect([sentMore, statusesOf(received)]).toEqual([true, [308]]);
  });

  it('that is short is passed over: the next request of the connection is answered too', async () => {
    const { redirectPort } = await listen();
    const first = raw('POST /a HTTP/1.1', 'Host: h', 'Content-Length: 5');
    const received = await sendRaw(redirectPort, `${first}GET /${raw('GET /b HTTP/1.1', 'Host: h')}`);
    expect([...received.matchAll(/location: (\S+)/g)].map(([, location]) => location)).toEqual(['https://h/a', 'https://h/b']);
  });

  it('and a length at once are refused: two readers would see two requests', async () => {
    const { redirectPort } = await listen();
    const both = raw('POST / HTTP/1.1', 'Host: h', 'Content-Length: 5', 'Transfer-Encoding: chunked');
    expect(statusesOf(await sendRaw(redirectPort, both))).toEqual([400]);
  });
});

describe('the listeners of the gateway', () => {
  it('bound what a plain request may be, as the public API does', async () => {
    const { redirectPort } = await listen();
    const long = raw('GET / HTTP/1.1', 'Host: h', `X-Long: ${'x'.repeat(17_000)}`);
    const many = raw('GET / HTTP/1.1', 'Host: h', ...Array.from({ length: 100 }, (_, at) => `X-${at}: 1`));
    expect(statusesOf(await sendRaw(redirectPort, long))).toEqual([431]);
    expect(statusesOf(await sendRaw(redirectPort, many))).toEqual([431]);
  });

  it('serve by TLS what they send there, with HSTS, and end together', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-redirect-'));
    const { cert, key } = createCertificate(Date.now());
    const files = { tlsCertFile: join(folder, 'tls.crt'), tlsKeyFile: join(folder, 'tls.key') };
    writeFileSync(files.tlsCertFile, cert);
    writeFileSync(files.tlsKeyFile, key);
    const { port, redirectPort } = await listen({ ...files, redirectToPort: 8443 });
    rmSync(folder, { recursive: true });
    const [location = ''] = /https:\S+/.exec(await sendRaw(redirectPort, raw('GET /v1/x?y=%2F HTTP/1.1', 'Host: 127.0.0.1'))) ?? [];
    const agent = new Agent();
    // 8443 stands for the port of a balancer, which leads to this one.
    const answered = await new Promise<unknown>((resolve, reject) => {
      get(location.replace(':8443/', `:${port}/`), { ca: cert, agent }, (response) => {
        response.resume().once('end', () => resolve([response.statusCode, response.headers['strict-transport-security']]));
      }).once('error', reject);
    });
    agent.destroy();
    expect([answered, served]).toEqual([[200, 'max-age=31536000; includeSubDomains'], ['/v1/x?y=%2F']]);
    listeners.drain();
    await listeners.close();
    for (const one of [port, redirectPort]) await expect(sendRaw(one, 'GET / HTTP/1.1\r\n\r\n')).rejects.toThrow('ECONNREFUSED');
  });

  it('have no plain port unless one is named', async () => {
    listeners = createListeners(gate, { ...PLAIN, redirectPort: null }, { metrics, log: silentLogger, signal: background.signal });
    expect(await listeners.listen()).toEqual({ port: expect.any(Number), redirectPort: null });
  });
});
