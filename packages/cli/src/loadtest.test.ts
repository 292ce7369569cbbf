import { createServer } from 'node:http';
import { PassThrough } from 'node:stream';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { runProgram } from './program.ts';

const seen = { addresses: new Set<string>(), paths: [] as string[], keys: new Set<string>() };
const server = createServer((request, response) => {
  seen.addresses.add(request.socket.remoteAddress ?? '');
  seen.paths.push(request.url ?? '');
  seen.keys.add(request.headers.authorization ?? '');
  const isLimited = request.url === '/limited';
  response.writeHead(isLimited ? 429 : 200, { 'content-type': 'application/json' });
  response.end(isLimited ? '{"status":429,"code":"quota_exceeded"}' : '{}');
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});
beforeEach(() => {
  seen.addresses.clear();
  seen.keys.clear();
  seen.paths.length = 0;
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly json: Record<string, unknown>;
}

async function run(...args: readonly string[]): Promise<Ran> {
  let [out, err] = ['', ''];
  const gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const code = await runProgram(['loadtest', '--base-url', gateway, ...args], {
    env: { TIDEGATE_API_KEY: 'key' },
    stdin: new PassThrough().end(),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err, json: out.startsWith('{') ? (JSON.parse(out) as Record<string, unknown>) : {} };
}

it('asks several paths so many times, so many at once, with the key', async () => {
  const { code, json } = await run('--endpoints', '/a,/b?x=1', '--concurrent', '4', '--requests', '60', '--out', 'json');
  expect(code).toBe(0);
  expect(json).toMatchObject({ loop: 'closed', requests: 60, errors: 0, success_rate: 100, by_status: { 200: 60 } });
  expect((json['endpoints'] as { endpoint: string }[]).map(({ endpoint }) => endpoint)).toEqual(['GET /a', 'GET /b']);
  expect(seen.paths).toHaveLength(60);
  expect([...seen.keys]).toEqual(['Bearer key']);
});

it('comes from as many addresses as asked, with as many keys as given', async () => {
  const { code } = await run('--sources', '3', '--concurrent', '6', '--requests', '60', '--token', 'one', '--token', 'two');
  expect(code).toBe(0);
  expect([...seen.addresses].toSorted()).toEqual(['127.0.0.1', '127.0.0.2', '127.0.0.3']);
  expect([...seen.keys].toSorted()).toEqual(['Bearer one', 'Bearer two']);
});

it('groups errors by what they say, and exits with 1 where a threshold is not met', async () => {
  const flags = ['--endpoints', '/limited', '--requests', '20'];
  const free = await run(...flags, '--json');
  expect(free).toMatchObject({ code: 0, json: { errors: 20, success_rate: 0, error_texts: [{ text: '429 quota_exceeded', count: 20 }] } });
  const held = await run(...flags, '--threshold', 'success_rate>99', '--threshold', 'p95<30');
  expect(held.code).toBe(1);
  expect(held.err).toContain('Not met: success_rate>99\n');
  expect(held.out).toContain('429 quota_exceeded');
});

it('sends by a schedule, and says so', async () => {
  const { code, json } = await run('--rate', '200', '--duration', '0.5', '--json');
  expect(code).toBe(0);
  expect(json).toMatchObject({ loop: 'open', requests: 100, errors: 0, load: '200 requests a second, evenly' });
});

it('steps up as far as asked, and tells the last step that was carried', async () => {
  const { code, json } = await run('--ramp', '20:60:20', '--duration', '0.2', '--json');
  expect(code).toBe(0);
  expect(json).toMatchObject({ last_good: 60, first_broken: null, levels: [{ requests: 4 }, { requests: 8 }, { requests: 12 }] });
});

it('fails where nobody answers', async () => {
  const { code, err, out } = await run('--base-url', 'http://127.0.0.1:1', '--requests', '3');
  expect([code, err]).toEqual([1, 'Nothing was answered.\n']);
  expect(out).toContain('no answer: ECONNREFUSED');
});

it('says how a flag is written that it cannot read', async () => {
  expect((await run('--sources', '300')).err).toContain('at most 254');
  expect((await run('--users', '0')).err).toContain('whole number from 1');
  expect((await run('--scenario', 'other')).err).toContain('healthtrack-mix');
});
