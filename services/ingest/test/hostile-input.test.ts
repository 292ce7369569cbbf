import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HttpAnswer, IngestFixture } from './ingest-fixture.ts';
import { callerHeaders, event, send, startFixture, topics } from './ingest-fixture.ts';
import { firstRecord, rejectedCodes, storedIds, storedRecords } from './stored-records.ts';

let fixture: IngestFixture;

beforeEach(async () => {
  fixture = await startFixture();
});

afterEach(async () => {
  await fixture.app.stop();
});

const post = (body: string | Uint8Array, options?: Parameters<typeof send>[2]): Promise<HttpAnswer> => send(fixture.app, body, options);
const stored = (): string[] => storedIds(fixture.broker);
const rejections = (): string[] => rejectedCodes(fixture.broker);
const codes = (answer: HttpAnswer): unknown => (answer.body['rejected'] as { code: string }[]).map(({ code }) => code);

describe('hostile input', () => {
  test('an aborted request leaves its whole lines, and resending it is safe', async () => {
    const socket = connect(fixture.app.port, '127.0.0.1');
    const body = `${event('a')}\n${event('b')}\n{"id":"c","ty`;
    const headers = Object.entries({ ...callerHeaders(), 'content-type': 'application/x-ndjson', 'content-length': '99999' });
    socket.write(
      `POST /v1/events HTTP/1.1\r\nhost: x\r\n${headers.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n${body}`,
    );
    await vi.waitFor(() => expect(stored()).toEqual(['a', 'b']), { timeout: 20_000 });
    socket.destroy();
    expect(await post(`${event('a')}\n${event('b')}\n${event('c')}`)).toMatchObject({ status: 202, body: { accepted: 3 } });
    const copies = storedRecords(fixture.broker, topics.events).filter(({ value }) => Buffer.from(value).includes('"id":"a"'));
    expect(copies).toHaveLength(2);
    expect(copies[0]?.headers.get('identity')).toEqual(copies[1]?.headers.get('identity'));
    expect(copies[0]?.partition).toBe(copies[1]?.partition);
    expect(rejections()).toEqual([]);
  });

  test.each(['application/x-ndjson', 'application/json'])('an event of 300 KB in %s is too_large and spoils no other', async (type) => {
    const events = [event('a'), event('b', `"item":"${'x'.repeat(300_000)}","count":1`), event('c')];
    const answer = await post(type === 'application/json' ? `[${events.join(',')}]` : events.join('\n'), { type });
    expect(answer.status).toBe(207);
    expect(codes(answer)).toEqual(['too_large']);
    expect(stored()).toEqual(['a', 'c']);
    const record = firstRecord(fixture.broker, topics.rejected);
    expect(record.header('length').toString()).toBe(String(Buffer.byteLength(events[1] ?? '')));
  });

  test('the event after the last that a request may hold is refused, those before count', async () => {
    await fixture.app.stop();
    fixture = await startFixture({ eventsMax: 3 });
    const answer = await post(['a', 'b', 'c', 'd', 'e'].map((id) => event(id)).join('\n'));
    expect(answer).toMatchObject({ status: 207, body: { accepted: 3, rejected: [{ index: 3, code: 'body_too_large' }] } });
    expect(stored()).toEqual(['a', 'b', 'c']);
  });

  test.each([
    ['invalid UTF-8', Buffer.concat([Buffer.from('{"id":"b","x":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]), 'bad_utf8'],
    ['U+0000', event('b', '"item":"\\u0000","count":1'), 'bad_character'],
    ['a name given twice', event('b', '"item":"a","count":1,"count":2'), 'duplicate_key'],
    ['__proto__', event('b', '"item":"a","count":1,"__proto__":{"x":1}'), 'field_unknown'],
    ['1e400', event('b', '"item":"a","count":1e400'), 'number_out_of_range'],
    ['the year 2100', event('b').replace('2026', '2100'), 'occurred_at_in_future'],
  ])('%s is refused by its own code', async (_name, line, code) => {
    const answer = await post(Buffer.concat([Buffer.from(`${event('a')}\n`), Buffer.from(line), Buffer.from(`\n${event('c')}`)]));
    expect(answer.status).toBe(207);
    expect(codes(answer)).toEqual([code]);
    expect(stored()).toEqual(['a', 'c']);
  });

  test('2^63, a tenth, -0 and the year 1900 arrive with every digit', async () => {
    const lines = [
      event('a', '"item":"x","count":9223372036854775808,"price":0.1'),
      event('b', '"item":"x","count":-0').replace('2026-11-21', '1900-01-01'),
    ];
    expect(await post(lines.join('\n'))).toMatchObject({ status: 202 });
    expect(firstRecord(fixture.broker, topics.events).value.toString()).toContain(
      '"data":{"item":"x","count":9223372036854775808,"price":0.1}',
    );
    expect(firstRecord(fixture.broker, topics.backfill).value.toString()).toContain('"time":"1900-01-01T08:00:00.000Z"');
  });
});
