import { stripVTControlCharacters } from 'node:util';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { runProgram } from './program.ts';

/** A gateway that counts what it is sent, and does one thing wrong where that is asked. */
interface Faults {
  readonly notReady?: true;
  readonly down?: string;
  readonly refuses?: true;
  readonly neverCounts?: true;
  readonly forgets?: true;
  readonly countsCopies?: true;
  readonly cache?: string;
  readonly failsAtOnce?: true;
  readonly bareMetrics?: true;
  readonly lacksScope?: true;
}

function createGateway(faults: Faults): typeof fetch {
  const ids = new Set<string>();
  let [total, questions] = [0, 0];
  const answers: Readonly<Record<string, (body: string) => Response>> = {
    'GET /health/ready': () => new Response('{}', { status: faults.notReady === true ? 503 : 200 }),
    'GET /metrics': () => new Response(faults.bareMetrics === true ? 'hello' : '# TYPE tidegate_up gauge\ntidegate_up 1\n'),
    'GET /v1/metrics': () => new Response('{}', { headers: { 'ratelimit-limit': '100', 'ratelimit-remaining': '99' } }),
    'GET /v1/cache/stats': () =>
      faults.lacksScope === true ? Response.json({ code: 'scope_missing', title: 'Scope missing' }, { status: 403 }) : Response.json({}),
    'GET /v1/status': () =>
      Response.json({ dependencies: { kafka: 'up', postgres: 'up', redis: 'up', ...(faults.down && { [faults.down]: 'down' }) } }),
    'POST /v1/events': (body) => {
      const { id } = JSON.parse(body) as { readonly id: string };
      if (faults.refuses === true)
        return Response.json({ accepted: 0, rejected: [{ index: 0, code: 'x', message: 'no such type' }], retry: [], received_at: '' });
      if ((!ids.has(id) || faults.countsCopies === true) && faults.forgets !== true) total += 1;
      ids.add(id);
      return Response.json({ accepted: 1, rejected: [], retry: [], receipt: 'tgr1.AAAA', received_at: '' });
    },
    'GET /v1/receipts/tgr1.AAAA': () =>
      Response.json({ counted: faults.neverCounts !== true, pending_events: 0, rejected_events: 0, complete_through: null }),
    'POST /v1/query': () => {
      questions += 1;
      if (faults.failsAtOnce === true && questions > 5)
        return Response.json({ code: 'unavailable', title: 'Unavailable' }, { status: 500 });
      const columns = [{ name: 'edits', type: 'integer' }];
      return Response.json({ columns, rows: [[total]], next_cursor: null, meta: { cache: { state: faults.cache ?? 'hit' } } });
    },
  };
  return async (url, init) => {
    const { pathname } = new URL(url instanceof Request ? url.url : url);
    const body = init?.body;
    const text = typeof body === 'string' ? body : body instanceof Uint8Array ? new TextDecoder().decode(body) : '';
    return answers[`${init?.method ?? 'GET'} ${pathname}`]?.(text) ?? new Response(null, { status: 404 });
  };
}

async function verify(faults: Faults = {}, { flags = [], key = 'key' }: { flags?: readonly string[]; key?: string } = {}) {
  let [out, err] = ['', ''];
  const few = ['--clients', '2', '--questions', '3', '--within', '1', '--metrics', 'http://127.0.0.1:9464/metrics'];
  const code = await runProgram(['verify', ...few, ...flags], {
    env: key === '' ? {} : { TIDEGATE_API_KEY: key },
    stdin: new PassThrough(),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    fetch: createGateway(faults),
  });
  const lines = stripVTControlCharacters(out).trimEnd().split('\n');
  return { code, err, lines, marks: lines.map((line) => line[0]).join('') };
}

test('an installation that does its work is well in every point', async () => {
  const { code, lines, marks } = await verify();
  expect([code, marks]).toEqual([0, '✓✓✓✓✓✓✓✓✓✓✓']);
  expect(lines[5]).toBe('✓ it is in the answer that its receipt asks for: edits of wiki.edits: 0 before, 1 after');
  expect(lines[6]).toBe('✓ sent again it counts no second time: still 1');
  expect(lines[9]).toMatch(/^✓ many questions at once are answered: 6 by 2 clients, 100 % from the cache, half within \d+ ms$/);
});

// ✓ ready, ✓ metrics, then the way of an event.
test.each<[what: string, faults: Faults, marks: string]>([
  ['a gateway that is not ready', { notReady: true }, '✗✓✓✓✓✓✓✓✓✓✓'],
  ['metrics that are none', { bareMetrics: true }, '✓✗✓✓✓✓✓✓✓✓✓'],
  ['a server that is down', { down: 'redis' }, '✓✓✗????????'],
  ['an event that no pack takes', { refuses: true }, '✓✓✓✗???????'],
  ['an event that is not counted', { neverCounts: true }, '✓✓✓✓✗??????'],
  ['an answer without the event', { forgets: true }, '✓✓✓✓✓✗?????'],
  ['a copy that counts, unless others send too', { countsCopies: true }, '✓✓✓✓✓✓?✓✓✓✓'],
  ['a key that may not see the cache', { lacksScope: true }, '✓✓✓✓✓✓✓✓✓✓?'],
  ['questions that fail', { failsAtOnce: true }, '✓✓✓✓✓✓✓✓✓✗?'],
])('%s is told', async (_what, faults, marks) => {
  const found = await verify(faults);
  expect([found.marks, found.code]).toEqual([marks, marks.includes('✗') ? 1 : 0]);
  expect(found.err).toBe(marks.includes('✗') ? '1 of 11 are wrong.\n' : '');
});

test('a cache that never answers is told, and what needs it is not looked at', async () => {
  const { lines, code } = await verify({ cache: 'bypass' });
  expect([lines[7], lines[8]?.[0], code]).toEqual(['✗ answers come from the cache: after 50 askings the cache says "bypass"', '?', 1]);
});

test('a cache that finds nothing because such events keep coming is no fault', async () => {
  expect(await verify({ cache: 'miss' })).toMatchObject({ code: 0, marks: '✓✓✓✓✓✓✓?✓?✓' });
});

test('without a key only what anybody may ask is looked at, and without metrics ports these are not', async () => {
  const { code, marks, lines } = await verify({}, { key: '' });
  expect([code, marks, lines[2]]).toEqual([0, '✓✓?????????', '? Kafka, Postgres and Redis answer: no API key is given']);
});

test('as JSON it is one array, and an event that is no object is refused', async () => {
  const { lines } = await verify({ down: 'kafka' }, { flags: ['--json'] });
  expect(JSON.parse(lines.join('\n'))).toContainEqual({
    ...{ check: 'Kafka, Postgres and Redis answer', state: 'wrong', detail: 'kafka down, postgres up, redis up' },
  });
  expect(await verify({}, { flags: ['--event', '[1]'] })).toMatchObject({ code: 1 });
});
