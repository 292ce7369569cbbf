import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { formatOf } from '../src/answer-format.ts';
import type { Answer, Ask } from '../src/ask.ts';
import { toCsv } from '../src/csv.ts';
import { answerWith, serveAsk } from './serve-ask.ts';
import type { ServedAsk } from './serve-ask.ts';

let served: ServedAsk | null = null;
afterEach(async () => served?.close());

const ASKED = `/v1/query?q=${encodeURIComponent('{"metric":"wiki.edits"}')}`;
const refusal = { ok: false, problem: { code: 'metric_unknown' } } as const;

/** Serves what `answer` holds when it is asked. */
async function serveAnswer(answer: () => Answer, mayAgeMs = 0): Promise<ServedAsk> {
  served = await serveAsk(async () => ({ ok: true, answer: answer(), mayAgeMs }));
  return served;
}

describe('GET /v1/query', () => {
  test('a caller that holds the rows of now gets 304 with the claims of now, and one that holds other rows gets those', async () => {
    let answer = answerWith([['Oslo', 2]]);
    const { call } = await serveAnswer(() => answer);
    const first = await call(ASKED);
    const etag = first.headers.get('etag') ?? '';
    expect([first.status, etag]).toEqual([200, expect.stringMatching(/^"[\w-]{24}"$/)]);
    answer = answerWith([['Oslo', 2]], { status: 'stalled', lag_ms: 70_000, cache: { state: 'hit', age_ms: 9 } });
    const second = await call(ASKED, { headers: { 'if-none-match': `"other", W/${etag}` } });
    expect([second.status, await second.text(), second.headers.get('etag'), second.headers.get('x-cache')]).toEqual([304, '', etag, 'HIT']);
    expect(JSON.parse(second.headers.get('tidegate-meta') ?? '')).toEqual(answer.meta);
    answer = answerWith([['Oslo', 3]]);
    const third = await call(ASKED, { headers: { 'if-none-match': etag } });
    expect([third.status, await third.json()]).toMatchObject([200, { rows: [['Oslo', 3]] }]);
  });

  test('a body that may be kept says nothing that grows old, and is the same bytes whenever its rows are', async () => {
    let answer = answerWith([['Oslo', 2]], { revision: 4 });
    const { call } = await serveAnswer(() => answer);
    const bodies = [await (await call(ASKED)).text()];
    answer = answerWith([['Oslo', 2]], {
      revision: 4,
      status: 'incomplete',
      generated_at: 'later',
      complete_through: null,
      backfill_pending: 3,
    });
    bodies.push(await (await call(ASKED)).text());
    expect(bodies[1]).toBe(bodies[0]);
    expect(JSON.parse(bodies[0] ?? '')).toEqual({
      columns: answer.columns,
      rows: [['Oslo', 2]],
      next_cursor: null,
      meta: { metric_version: 1, revision: 4, grain: null, zone: 'UTC', approximate: {}, source: 'rollup', suppressed_groups: 0 },
    });
  });

  test('no tag is that of another tenant, form, page or version of the metric', async () => {
    let answer = answerWith([]);
    const { call } = await serveAnswer(() => answer);
    const tags = new Set<string | null>();
    const take = async (init?: Parameters<typeof call>[1]): Promise<void> => void tags.add((await call(ASKED, init)).headers.get('etag'));
    await take();
    await take({ tenant: 'other' });
    await take({ headers: { accept: 'text/csv' } });
    await take({ headers: { accept: 'application/x-ndjson' } });
    answer = answerWith([], {}, { next_cursor: 'abc' });
    await take();
    answer = answerWith([], { metric_version: 2 });
    await take();
    answer = answerWith([], { revision: 1 });
    await take();
    expect(tags.size).toBe(7);
  });

  test('an answer is kept without asking only so long as the question lets it grow old, and by one key alone', async () => {
    const { call } = await serveAnswer(() => answerWith([]), 60_500);
    const { headers } = await call(ASKED);
    expect([headers.get('cache-control'), headers.get('vary')]).toEqual([
      'private, max-age=60',
      'accept, authorization, x-api-key, accept-encoding',
    ]);
    await served?.close();
    const strict = await serveAnswer(() => answerWith([]));
    expect((await strict.call(ASKED)).headers.get('cache-control')).toBe('private, no-cache');
  });

  test.each([
    ['/v1/query', 422, 'request_invalid'],
    ['/v1/query?q=1&q=2', 422, 'request_invalid'],
    ['/v1/query?q=%7B', 400, 'bad_json'],
  ])('%s is refused with %i %s, which nobody keeps', async (path, status, code) => {
    const { call } = await serveAnswer(() => answerWith([]));
    const response = await call(path);
    expect([response.status, await response.json(), response.headers.get('cache-control')]).toMatchObject([status, { code }, 'no-store']);
  });
});

describe('forms of an answer', () => {
  test.each([
    [undefined, 'json'],
    ['*/*', 'json'],
    ['text/csv', 'csv'],
    ['TEXT/CSV; header=present', 'csv'],
    ['application/json;q=0.5, text/csv;q=0.4, application/x-ndjson;q=0.9', 'ndjson'],
    ['application/x-ndjson, application/json', 'ndjson'],
    ['application/json, application/x-ndjson', 'json'],
    ['text/*', 'csv'],
    ['application/vnd.apache.parquet, application/json;q=0.1', 'parquet'],
    ['text/csv;q=0, */*;q=0.1', 'json'],
    ['text/html', 'json'],
    ['text/csv;q=2, application/x-ndjson;q=0.1', 'ndjson'],
  ] as const)('Accept: %s is answered as %s', (accept, format) => {
    expect(formatOf(accept)).toBe(format);
  });

  test('CSV is RFC 4180: quotes are doubled, line ends are CRLF, nothing and the empty text differ', () => {
    const { columns } = answerWith([]);
    const rows = [
      ['a,b', 1],
      ['say "hi"', -2],
      ['two\nlines', null],
      ['', 0],
      [null, '-12345678901234567890'],
      [' pad ', 1.5],
    ];
    expect(toCsv({ columns, rows })).toBe(
      'page,edits\r\n"a,b",1\r\n"say ""hi""",-2\r\n"two\nlines",\r\n"",0\r\n,-12345678901234567890\r\n" pad ",1.5\r\n',
    );
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '\uFF1D1'])(
    'a text that a spreadsheet would run (%j) is marked as text in CSV',
    (text) => {
      const [, line = ''] = toCsv({ columns: [{ name: 'page', type: 'string' }], rows: [[text]] }).split(/(?<=page\r\n)/);
      expect(line.replaceAll('"', '')).toBe(`'${text}\r\n`);
    },
  );

  test('CSV carries in headers what stands beside the rows', async () => {
    const answer = answerWith([['Oslo', 2]], {}, { next_cursor: 'abc' });
    const { call } = await serveAnswer(() => answer);
    const { headers, status } = await call('/v1/query', { method: 'POST', body: '{}', headers: { accept: 'text/csv' } });
    expect([status, headers.get('content-type'), headers.get('tidegate-next-cursor')]).toEqual([
      200,
      'text/csv; charset=utf-8; header=present',
      'abc',
    ]);
    expect(JSON.parse(headers.get('tidegate-meta') ?? '')).toEqual(answer.meta);
  });
});

describe('an answer as Parquet', () => {
  test('is a file with the claims beside it, and one that may be kept has the same tag until its rows change', async () => {
    const answer = answerWith([['Oslo', 2]], {}, { next_cursor: 'abc' });
    const { call } = await serveAnswer(() => answer);
    const accept = { accept: 'application/vnd.apache.parquet' };
    const asked = await call('/v1/query', { method: 'POST', body: '{}', headers: accept });
    const bytes = Buffer.from(await asked.arrayBuffer());
    // A file of the format begins and ends with these letters.
    expect([bytes.subarray(0, 4).toString(), bytes.subarray(-4).toString()]).toEqual(['PAR1', 'PAR1']);
    expect([asked.status, asked.headers.get('content-type'), asked.headers.get('tidegate-next-cursor')]).toEqual([
      200,
      'application/vnd.apache.parquet',
      'abc',
    ]);
    const [first, second] = [await call(ASKED, { headers: accept }), await call(ASKED, { headers: accept })];
    expect(first.headers.get('etag')).toBe(second.headers.get('etag'));
    const kept = await call(ASKED, { headers: { ...accept, 'if-none-match': first.headers.get('etag') ?? '' } });
    expect(kept.status).toBe(304);
  });
});

describe('POST /v1/query/batch', () => {
  const BATCH = z.object({ answers: z.array(z.looseObject({ status: z.number() })) });
  const ask = async (call: ServedAsk['call'], questions: unknown): Promise<Response> =>
    call('/v1/query/batch', { method: 'POST', body: JSON.stringify({ questions }) });

  /** Answers with the question's own number; of 7 the metric is unknown, for 8 Postgres is needed and away. */
  const numbered: Ask = async (value) => {
    const number = z.number().parse(value);
    if (number === 7) return refusal;
    if (number === 8) throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    return { ok: true, answer: answerWith([['n', number]], { cache: { state: number === 3 ? 'bypass' : 'hit', age_ms: 0 } }), mayAgeMs: 0 };
  };

  test('each question is answered or refused by itself, in the order asked', async () => {
    served = await serveAsk(numbered);
    const response = await ask(served.call, [1, 7, 2, 8, 3]);
    const { answers } = BATCH.parse(await response.json());
    expect(answers).toMatchObject([
      { status: 200, answer: { rows: [['n', 1]] } },
      { status: 422, problem: { code: 'metric_unknown', status: 422 } },
      { status: 200, answer: { rows: [['n', 2]] } },
      { status: 503, problem: { code: 'unavailable' }, retry_after_s: 2 },
      { status: 200, answer: { rows: [['n', 3]] } },
    ]);
    expect([response.status, response.headers.get('x-cache'), response.headers.get('cache-control')]).toEqual([200, 'BYPASS', 'no-store']);
  });

  test('20 questions are taken and 21 are not, and no more than four of a batch are worked on at once', async () => {
    let running = 0;
    let most = 0;
    served = await serveAsk(async (value, as) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      return numbered(value, as);
    });
    const many = Array.from({ length: 21 }, (_, at) => 100 + at);
    const { answers } = BATCH.parse(await (await ask(served.call, many.slice(1))).json());
    expect(answers.map((one) => z.object({ rows: z.array(z.array(z.unknown())) }).parse(one['answer']).rows[0]?.[1])).toEqual(
      many.slice(1),
    );
    expect(most).toBe(4);
    for (const questions of [many, [], 'none']) expect((await ask(served.call, questions)).status).toBe(422);
  });
});

test('POST /v1/funnels asks a funnel, whether it says so or not', async () => {
  const asked: unknown[] = [];
  const served = await serveAsk(async (value) => {
    asked.push(value);
    return { ok: true, answer: answerWith([]), mayAgeMs: 0 };
  });
  try {
    const question = { last: '7d', steps: [{ event: 'a.one' }, { event: 'a.two' }] };
    const bodies = [question, { ...question, kind: 'retention' }, [1]];
    for (const body of bodies) await served.call('/v1/funnels', { method: 'POST', scopes: ['query:read'], body: JSON.stringify(body) });
    expect(asked).toEqual([{ kind: 'funnel', ...question }, { kind: 'funnel', ...question }, [1]]);
  } finally {
    await served.close();
  }
});

describe('answers of more than a kilobyte', () => {
  const rows = Array.from({ length: 200 }, (_, at) => [`page-${at}`, at] as const);

  test.each([
    ['gzip', 'gzip'],
    ['br;q=1, gzip;q=0.5', 'br'],
    ['br, gzip', 'gzip'],
    ['gzip;q=0, identity', null],
    ['', null],
  ])('go out smaller where the caller takes them so (%s)', async (accepted, encoding) => {
    const { call } = await serveAnswer(() => answerWith(rows));
    const response = await call(ASKED, { headers: { 'accept-encoding': accepted } });
    expect([response.headers.get('content-encoding'), response.headers.get('vary')]).toEqual([
      encoding,
      'accept, authorization, x-api-key, accept-encoding',
    ]);
    // The client reads what it is, and the tag of either form is that of the answer.
    expect(((await response.json()) as Answer).rows).toHaveLength(200);
    const etag = response.headers.get('etag') ?? '';
    expect(etag.startsWith('W/')).toBe(encoding !== null);
    const again = await call(ASKED, { headers: { 'accept-encoding': accepted, 'if-none-match': etag } });
    expect(again.status).toBe(304);
    if (encoding !== null) expect(Number(response.headers.get('content-length'))).toBeLessThan(JSON.stringify(rows).length / 2);
  });

  test('shorter ones stay as they are', async () => {
    const { call } = await serveAnswer(() => answerWith([['Oslo', 2]]));
    const response = await call(ASKED, { headers: { 'accept-encoding': 'gzip, br' } });
    expect([response.headers.get('content-encoding'), response.headers.get('etag')?.startsWith('"')]).toEqual([null, true]);
  });
});

test('whoever asks over HTTP may be answered from a replica, by each route of questions, also where a job may go on with it', async () => {
  const lagging: unknown[] = [];
  served = await serveAsk(async (_question, { mayLag }) => {
    lagging.push(mayLag);
    return { ok: true, answer: answerWith([]), mayAgeMs: 0 };
  });
  const { call } = served;
  const post = async (path: string, body: object): Promise<Response> => call(path, { method: 'POST', body: JSON.stringify(body) });
  await call(ASKED);
  await post('/v1/query', { metric: 'wiki.edits' });
  await post('/v1/query', { kind: 'funnel' });
  await post('/v1/query/batch', { questions: [{ metric: 'wiki.edits' }] });
  expect(lagging).toEqual([true, true, true, true]);
});
