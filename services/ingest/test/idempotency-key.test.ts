import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HttpAnswer, IngestFixture, SendOptions } from './ingest-fixture.ts';
import { event, idsOf, send, startFixture, topics } from './ingest-fixture.ts';
import { storedRecords } from './stored-records.ts';

let fixture: IngestFixture;

beforeEach(async () => {
  fixture = await startFixture();
});

afterEach(async () => {
  await fixture.app.stop();
});

const KEY = '8e03978e-40d5-43e8-bc93-6894a57f9324';
const nameless = (count: number): string => event('', `"item":"a","count":${String(count)}`).replace('"id":"",', '');
const stored = (): string[] => idsOf(storedRecords(fixture.broker, topics.events));
const post = (body: string, options: SendOptions = {}): Promise<HttpAnswer> =>
  send(fixture.app, body, { ...options, headers: { 'idempotency-key': KEY, ...options.headers } });

describe('with Idempotency-Key, events without id', () => {
  test.each(['application/x-ndjson', 'application/json'])('in %s get one each, the same one when the request comes again', async (type) => {
    const events = [nameless(1), nameless(2), nameless(1), event('own')];
    const body = type === 'application/json' ? `[${events.join(',')}]` : events.join('\n');
    expect(await post(body, { type })).toMatchObject({ status: 202, body: { accepted: 4 } });
    const first = stored();
    expect(new Set(first).size).toBe(4);
    expect(first.filter((id) => id.startsWith(`${KEY}.`))).toHaveLength(3);
    await post(body, { type });
    expect(stored().toSorted()).toEqual([...first, ...first].toSorted());
  });

  test('keep their ids where another event before them is left out or fails, since an id is no place in the request', async () => {
    await post([nameless(1), nameless(2)].join('\n'));
    const [one, two] = [stored()[0], stored()[1]];
    await post([nameless(-1), nameless(2), nameless(1)].join('\n'));
    expect(new Set(stored())).toEqual(new Set([one, two]));
  });

  test('are told by their ids in the answer', async () => {
    const answer = await post(nameless(-1), { query: '?verdicts=all' });
    expect(answer).toMatchObject({ status: 422, body: { rejected: [{ id: expect.stringMatching(`^${KEY}\\.[0-9a-f]{32}\\.0$`) }] } });
  });
});

test('without the header an event without id is refused, and a key that is none is 400', async () => {
  expect(await send(fixture.app, nameless(1))).toMatchObject({ status: 422, body: { rejected: [{ code: 'id_missing' }] } });
  expect(await post(nameless(1), { headers: { 'idempotency-key': 'two words' } })).toMatchObject({
    status: 400,
    body: { code: 'idempotency_key_invalid' },
  });
});
