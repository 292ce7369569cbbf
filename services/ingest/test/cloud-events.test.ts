import { CloudEvent, HTTP } from 'cloudevents';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IngestFixture } from './ingest-fixture.ts';
import { event, expectedIdentity, idsOf, send, startFixture, topics } from './ingest-fixture.ts';
import { firstRecord, storedRecords } from './stored-records.ts';

let fixture: IngestFixture;

beforeEach(async () => {
  fixture = await startFixture();
});

afterEach(async () => {
  await fixture.app.stop();
});

const TIME = '2026-11-21T08:00:00.000Z';

function sold(id: string, attributes: Record<string, unknown> = {}) {
  const data = { item: 'a', count: 1 };
  return new CloudEvent({ id, type: 'shop.sold', source: '/tills/4', time: TIME, data, ...attributes });
}

/** Sends a message that the CloudEvents SDK has made. */
function post({ headers, body }: { headers: Record<string, unknown>; body: unknown }) {
  const { 'content-type': type = '', ...others } = headers as Record<string, string>;
  return send(fixture.app, body as string, { type, headers: others });
}

const stored = (): unknown[] => storedRecords(fixture.broker, topics.events).map(({ value }) => JSON.parse(Buffer.from(value).toString()));

describe.each([
  ['structured', HTTP.structured],
  ['binary', HTTP.binary],
] as const)('a CloudEvent in %s mode, as its SDK sends it', (_mode, toMessage) => {
  test('is stored like a native event of the same content, with the same identity, and its extensions behind its data', async () => {
    const extensions = { schemaversion: 3, traceparent: '00-abc', region: 'Tromsø "north"', dataschema: 'https://shop.example/sold' };
    const answer = await post(toMessage(sold('e-1', { subject: 'ann@shop.example', ...extensions })));
    expect(answer).toMatchObject({ status: 202, body: { accepted: 1 } });
    const { value, header } = firstRecord(fixture.broker, topics.events);
    const [subject] = /[0-9a-f]{64}/.exec(value.toString()) ?? [''];
    expect(JSON.parse(value.toString())).toEqual({
      ...{ specversion: '1.0', id: 'e-1', source: '/tills/4', type: 'shop.sold', subject, time: TIME },
      ...{ datacontenttype: 'application/json', tenant: 'acme', packversion: 1, data: { item: 'a', count: 1 } },
      ...extensions,
    });
    const identity = Buffer.from(expectedIdentity(['acme', '/tills/4', 'e-1', subject]));
    expect(header('identity').equals(identity)).toBe(true);
    await send(fixture.app, event('e-1', undefined, ',"source":"/tills/4","subject":"ann@shop.example"'));
    const [first, second] = storedRecords(fixture.broker, topics.events).map(({ headers }) => Buffer.from(headers.get('identity') ?? []));
    expect(second?.equals(first ?? Buffer.alloc(0))).toBe(true);
  });

  test('is judged by its pack, and told its faults by the names that it uses itself', async () => {
    const future = sold('late', { time: '2100-01-01T00:00:00.000Z' });
    expect((await post(toMessage(future))).body['rejected']).toMatchObject([{ id: 'late', code: 'occurred_at_in_future', path: 'time' }]);
    const wrong = sold('wrong', { data: { item: 'a', count: -1 } });
    expect((await post(toMessage(wrong))).body['rejected']).toMatchObject([{ code: 'field_out_of_range', path: 'data.count' }]);
    expect(stored()).toEqual([]);
  });
});

test('a batch holds a verdict for each of its events', async () => {
  const body = JSON.stringify([sold('a'), sold('b', { type: 'shop.lost' }), sold('c')]);
  const answer = await send(fixture.app, body, { type: 'application/cloudevents-batch+json' });
  expect(answer).toMatchObject({ status: 207, body: { accepted: 2, rejected: [{ index: 1, id: 'b', code: 'type_unknown' }] } });
  expect(idsOf(storedRecords(fixture.broker, topics.events)).toSorted()).toEqual(['a', 'c']);
});

describe('what is no CloudEvent that can be counted is refused with its reason', () => {
  const whole = { specversion: '1.0', id: 'a', source: 's', type: 'shop.sold', time: TIME, data: { item: 'a', count: 1 } };
  const structured = (members: Record<string, unknown>) =>
    send(fixture.app, JSON.stringify({ ...whole, ...members }), { type: 'application/cloudevents+json' });

  test.each([
    [{ specversion: '0.3' }, 'field_invalid', 'specversion'],
    [{ specversion: undefined }, 'field_missing', 'specversion'],
    [{ time: undefined }, 'field_missing', 'time'],
    [{ data: undefined, data_base64: 'e30=' }, 'field_invalid', 'data_base64'],
    [{ datacontenttype: 'text/xml' }, 'field_invalid', 'datacontenttype'],
    [{ data: 'text' }, 'field_invalid', 'data'],
    [{ tenant: 'other' }, 'field_invalid', 'tenant'],
    [{ packversion: 9 }, 'field_invalid', 'packversion'],
    [{ Region: 'x' }, 'field_invalid', 'Region'],
    [{ region: { nested: 1 } }, 'field_invalid', 'region'],
    [{ region: 2_147_483_648 }, 'field_invalid', 'region'],
    [{ schemaversion: 'two' }, 'field_invalid', 'schemaversion'],
    [{ id: '' }, 'id_invalid', 'id'],
  ])('%j', async (members, code, path) => {
    expect((await structured(members)).body['rejected']).toMatchObject([{ code, path }]);
    expect(stored()).toEqual([]);
  });

  test('and an attribute that is null or absent is the same', async () => {
    expect(await structured({ region: null, dataschema: null })).toMatchObject({ status: 202 });
    expect(Object.keys(stored()[0] as object)).not.toContain('region');
  });
});

test('attributes in headers beside data that is no JSON are 415', async () => {
  const { headers } = HTTP.binary(sold('a'));
  expect(await post({ headers: { ...headers, 'content-type': 'application/octet-stream' }, body: 'x' })).toMatchObject({
    status: 415,
    body: { code: 'unsupported_format' },
  });
});
