import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from './program.ts';

const seen = { addresses: new Set<string>(), paths: [] as string[], keys: new Set<string>() };
let pagesRead = 0;
/** As a query service tells it: 30 of 40 more look-ups found something each time that it is read. */
const page = (): string => {
  const times = pagesRead++;
  return [
    '# TYPE db_connection_pool_usage gauge',
    `db_connection_pool_usage{service="query"} ${times === 0 ? 0.5 : 0.25}`,
    `cache_hits{service="query",class="pack.claim"} ${times * 30}`,
    `cache_misses{service="query",class="pack.claim"} ${times * 10}`,
  ].join('\n');
};
const server = createServer((request, response) => {
  if (request.url === '/metrics') return void response.end(page());
  seen.addresses.add(request.socket.remoteAddress ?? '');
  seen.paths.push(request.url ?? '');
  seen.keys.add(request.headers.authorization ?? '');
  const isLimited = request.url === '/limited';
  const cache = request.url?.startsWith('/kept/') === true ? { 'x-cache': 'HIT' } : {};
  response.writeHead(isLimited ? 429 : 200, { 'content-type': 'application/json', ...cache });
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

const gatewayUrl = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function run(...args: readonly string[]): Promise<Ran> {
  let [out, err] = ['', ''];
  const code = await runProgram(['loadtest', '--base-url', gatewayUrl(), ...args], {
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

it('asks on behalf of each user, and knows answers of the cache by what they say', async () => {
  const { json } = await run('--endpoints', '/kept/{user}?of={user},/other', '--concurrent', '2', '--requests', '60', '--json');
  expect(new Set(seen.paths.filter((path) => path !== '/other'))).toEqual(new Set(['/kept/load-1?of=load-1', '/kept/load-2?of=load-2']));
  const [kept, other] = json['endpoints'] as Record<string, unknown>[];
  expect(kept).toMatchObject({ endpoint: 'GET /kept/{user}', cache: { hit_rate: 100, miss: { requests: 0, times: null } } });
  expect(other).not.toHaveProperty('cache');
});

it('reads pages of metrics before and after, and tells of the readings that failed', async () => {
  const pages = ['--metrics', `${gatewayUrl()}/metrics`, '--metrics', 'http://127.0.0.1:1/metrics'];
  const { code, json } = await run('--requests', '5', ...pages, '--json');
  expect(code).toBe(0);
  expect(json['watched']).toMatchObject({
    pools: [{ service: 'query', max_pct: 50 }],
    classes: [{ class: 'pack.claim', hit_rate: 75 }],
    redis: null,
  });
  const { readings, failed } = json['watched'] as { readings: number; failed: number };
  expect(failed).toBe(readings / 2);
});

describe('results that are kept', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tidegate-loadtest-'))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const keep = async (...more: readonly string[]): Promise<Ran> => run('--requests', '200', '--keep', folder, ...more);

  it('say when, on what and of which commit, and are compared with the newest before', async () => {
    expect((await keep()).err).toContain('No earlier run');
    expect((await keep('--worse', '999999')).code).toBe(0);
    const [name = ''] = readdirSync(folder);
    expect(readdirSync(folder)).toHaveLength(2);
    expect(JSON.parse(readFileSync(join(folder, name), 'utf8'))).toMatchObject({
      run: { measured_at: expect.stringMatching(/^20.*Z$/), commit: expect.any(String), machine: { cores: cpus().length } },
      report: { scenario: 'basic', requests: 200, load: '200 requests, 10 at once' },
    });
  });

  it('are kept and refused where p95 is worse by more than asked', async () => {
    await keep();
    const [name = ''] = readdirSync(folder);
    const file = join(folder, name);
    // The run before is made a thousand times as fast as it was.
    const kept = JSON.parse(readFileSync(file, 'utf8')) as { report: { times: { p95: number } } };
    kept.report.times.p95 /= 1_000;
    writeFileSync(file, JSON.stringify(kept));
    const { code, err } = await keep();
    expect([code, readdirSync(folder).length]).toEqual([1, 2]);
    expect(err).toMatch(/p95 of all is [\d.]+ s, \d+ % above/);
  });

  it('are all readable, or it is said which is not', async () => {
    writeFileSync(join(folder, 'loadtest-basic-1.json'), '{}');
    expect((await keep()).err).toContain('loadtest-basic-1.json is no kept run');
  });
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
