import { createHmac } from 'node:crypto';
import type { ErasureInfo, ErasureStore, ErasureToRequest, KeptOriginal, OriginalPlace } from '@tidegate/postgres';
import { deriveKey, isAbout, rejectedSealer } from '@tidegate/runtime';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IngestFixture } from './ingest-fixture.ts';
import { config, event, NOW_MS, PARTITIONS, publish, send, startFixture, topics } from './ingest-fixture.ts';
import { storedRecords } from './stored-records.ts';

const HOUR_MS = 3_600_000;
const encoder = new TextEncoder();

const pseudonymOf = (subject: string): string =>
  createHmac('sha256', deriveKey(config.pseudonymSecret, 'tidegate/pseudonym/acme', 32))
    .update(subject)
    .digest('hex');

const NOTHING_DONE = { events: null, originals: null, cache: null, archive: null } as const;

/** What the tables would hold. */
class Erasures implements ErasureStore {
  readonly asked: ErasureToRequest[] = [];
  readonly forgotten: string[] = [];
  readonly deletedAccounts: string[] = [];
  originals: readonly KeptOriginal[] = [];
  info: Partial<ErasureInfo> = {};
  isSearched = true;

  private infoOf({ requestId, subject }: ErasureToRequest): ErasureInfo {
    const rest = { begunMs: null, placesMs: NOTHING_DONE, waitsForArchive: false, figuresBeforeMs: null, removed: {} };
    return { requestId, subject, requestedMs: NOW_MS, ...rest, ...this.info };
  }

  async request(asked: ErasureToRequest): Promise<ErasureInfo> {
    const known = this.asked.find(({ tenant, subject }) => tenant === asked.tenant && subject === asked.subject);
    if (known === undefined) this.asked.push(asked);
    return this.infoOf(known ?? asked);
  }
  async find(tenant: string, by: { readonly requestId: string } | { readonly subject: string }): Promise<ErasureInfo | null> {
    const found = this.asked.find(
      (one) => one.tenant === tenant && ('requestId' in by ? one.requestId === by.requestId : one.subject === by.subject),
    );
    return found === undefined ? null : this.infoOf(found);
  }
  async isErased(): Promise<boolean> {
    return false;
  }
  async forOriginals() {
    return this.isSearched ? [] : this.asked;
  }
  async keptOriginals(_tenant: string, after: OriginalPlace | null): Promise<readonly KeptOriginal[]> {
    return after === null ? this.originals : [];
  }
  async forgetOriginals(_requestId: string, places: readonly OriginalPlace[]): Promise<void> {
    this.forgotten.push(...places.map(({ logOffset }) => String(logOffset)));
  }
  async deleteAccounts(_work: unknown, plain: string): Promise<void> {
    this.deletedAccounts.push(plain);
  }
  async endOriginals(): Promise<void> {
    this.isSearched = true;
  }
  async forgetFindings(): Promise<void> {}
  async forCache() {
    return [];
  }
  async endCache(): Promise<void> {}
}

let erasures: Erasures;
let fixture: IngestFixture;
beforeEach(async () => {
  erasures = new Erasures();
  fixture = await startFixture({}, { erasures });
});
afterEach(() => fixture.app.stop());

const JSON_TYPE = { type: 'application/json' } as const;
const ADMIN = { ...JSON_TYPE, person: { scopes: ['privacy:admin'] } } as const;
const OWN = { ...JSON_TYPE, person: { subject: 'anna', scopes: ['query:read'] } } as const;

const ask = (body: unknown) => send(fixture.app, JSON.stringify(body), { ...ADMIN, path: '/v1/privacy/erasures' });
const read = (path: string, as: object = ADMIN) => send(fixture.app, '', { ...as, path, method: 'GET' });

describe('a request to erase a person', () => {
  test('names the pseudonym and the partition of the person’s events, and is the same request when made again', async () => {
    const first = await ask({ subject: 'anna', confirm: true });
    expect([first.status, first.body]).toMatchObject([
      202,
      { state: 'requested', deadline: new Date(NOW_MS + 24 * HOUR_MS).toISOString() },
    ]);
    expect((await ask({ subject: 'anna', confirm: true })).body['request_id']).toBe(first.body['request_id']);
    expect(erasures.asked).toMatchObject([{ tenant: 'acme', subject: pseudonymOf('anna'), requestedBy: 'k1' }]);
    // Where an event of hers goes is where her owner is.
    await send(fixture.app, event('e-1', undefined, ',"subject":"anna"'));
    const partitions = storedRecords(fixture.broker, topics.events).map(({ partition }) => partition);
    expect(partitions).toEqual(erasures.asked.map(({ partition }) => partition));
    expect(PARTITIONS).toBeGreaterThan(1);
    // The id is kept sealed.
    expect(Buffer.from(erasures.asked[0]?.sealedSubject ?? []).includes('anna')).toBe(false);
  });

  test('needs a word that it is meant', async () => {
    for (const body of [{ subject: 'anna' }, { subject: 'anna', confirm: false }, { confirm: true }])
      expect([(await ask(body)).status, erasures.asked.length]).toEqual([422, 0]);
  });

  test('of oneself is about oneself, and a token that shows some rows stands for nobody', async () => {
    const own = (as: object, method: string, body: unknown = { confirm: true }) => {
      const text = JSON.stringify(body);
      // Node sends a DELETE with a body only where its length is told.
      const headers = { 'content-length': String(text.length) };
      return send(fixture.app, text, { ...as, headers, path: '/v1/gdpr/delete-account', method });
    };
    const first = await own(OWN, 'DELETE');
    expect([first.status, first.body]).toMatchObject([202, { status: 'requested', completes_by: expect.any(String) }]);
    expect((await own(OWN, 'POST')).body).toEqual(first.body);
    expect(erasures.asked.map(({ subject }) => subject)).toEqual([pseudonymOf('anna')]);
    expect((await own(OWN, 'POST', { confirm: true, subject: 'bert' })).status).toBe(422);
    const rows = { metrics: null, where: {}, subject: 'bert' };
    for (const person of [{ scopes: ['query:read'] }, { subject: 'bert', rows, scopes: ['query:read'] }])
      expect((await own({ ...JSON_TYPE, person }, 'POST')).body['code']).toBe('row_refused');
    expect(erasures.asked.length).toBe(1);
    const path = `/v1/gdpr/requests/${String(first.body['request_id'])}`;
    expect([(await read(path, OWN)).status, (await read(path)).status]).toEqual([200, 200]);
    expect((await read(path, { person: { subject: 'bert', scopes: ['query:read'] } })).status).toBe(404);
  });

  test('has a certificate once nothing can be asked any more, and is final when archive and log are done', async () => {
    const { body } = await ask({ subject: 'anna', confirm: true });
    const path = `/v1/privacy/erasures/${String(body['request_id'])}`;
    const state = async (info: Partial<ErasureInfo>): Promise<unknown> => {
      erasures.info = info;
      return (await read(path)).body['state'];
    };
    const done = { events: NOW_MS - 3_000, originals: NOW_MS - 1_000, cache: NOW_MS - 2_000, archive: null };
    expect(await state({ begunMs: NOW_MS })).toBe('erasing');
    expect(await state({ begunMs: NOW_MS, placesMs: { ...done, originals: null } })).toBe('erasing');
    expect([(await read(`${path}/certificate`)).status, (await read(`${path}/certificate`)).body['code']]).toEqual([
      409,
      'erasure_unfinished',
    ]);
    const removed = { raw_events: 12 };
    expect(await state({ begunMs: NOW_MS, placesMs: done, removed })).toBe('erased');
    // The log keeps records for 168 hours, whole segments of them; the journal a dedup window.
    expect((await read(`${path}/certificate`)).body).toMatchObject({
      ...{ subject: pseudonymOf('anna'), removed, figures_before: null },
      erased_at: new Date(NOW_MS - 1_000).toISOString(),
      final_at: new Date(NOW_MS - 1_000 + 192 * HOUR_MS).toISOString(),
    });
    const old = { events: 0, originals: 0, cache: 0, archive: null };
    expect(await state({ begunMs: 0, placesMs: old, waitsForArchive: true })).toBe('erased');
    expect(await state({ begunMs: 0, placesMs: old })).toBe('final');
    expect((await read('/v1/privacy/erasures/0192f0aa-0000-7000-8000-000000000009')).status).toBe(404);
  });
});

test('events of an erased person are refused from when the control topic tells, and nothing of them is kept', async () => {
  const key = `erased/acme/${pseudonymOf('anna')}`;
  const value = { request_id: '0192f0aa-0000-7000-8000-000000000001', partition: 0 };
  await publish(fixture.client, key, { version: 1, value });
  const of = (who: string): string => `,"subject":"${who}"`;
  // The last one lacks what its type asks for: it is refused for the person all the same.
  const events = [event('a', undefined, of('anna')), event('b', undefined, of('bert')), event('c', '"item":"a"', of('anna'))];
  const sendAll = () => send(fixture.app, events.join('\n'));
  await expect.poll(async () => JSON.stringify((await sendAll()).body['rejected']), { timeout: 20_000 }).toContain('erased');
  expect((await sendAll()).body).toMatchObject({
    accepted: 1,
    rejected: [
      { index: 0, id: 'a', code: 'erased' },
      { index: 2, id: 'c', code: 'erased' },
    ],
  });
  const refused = storedRecords(fixture.broker, topics.rejected).filter(
    ({ headers }) => Buffer.from(headers.get('code') ?? []).toString() === 'erased',
  );
  expect(refused.length).toBeGreaterThanOrEqual(4);
  for (const { value: sealed } of refused) {
    expect(rejectedSealer(config.fieldKeys[0] ?? new Uint8Array(32), 'acme').open(sealed.subarray(1))).toEqual(new Uint8Array(0));
  }
});

test('originals that name the person are forgotten, and whoever signs in as the person is deleted', async () => {
  const sealer = rejectedSealer(config.fieldKeys[0] ?? new Uint8Array(32), 'acme');
  const sealed = (text: string): Uint8Array => Buffer.concat([Uint8Array.of(1), sealer.seal(encoder.encode(text))]);
  const place = { topic: 't', logGeneration: 1, partition: 0 };
  const texts = [
    '{"subject":"anna"}',
    '{"subject":"annabel"}',
    '{"userId":"anna","x":[',
    `{"subject":"${pseudonymOf('anna')}"}`,
    '{"a":{"b":["anna"]}}',
  ];
  erasures.originals = texts.map((text, logOffset) => ({ ...place, logOffset, sealed: sealed(text), code: 'bad_json', receivedAtMs: 0 }));
  await ask({ subject: 'anna', confirm: true });
  erasures.isSearched = false;
  await expect.poll(() => erasures.isSearched, { timeout: 20_000 }).toBe(true);
  expect([erasures.forgotten, erasures.deletedAccounts]).toEqual([['0', '2', '3', '4'], ['anna']]);
});

test('an original is about a person by a whole value of its JSON, a number too, never by a part of one', () => {
  const about = (text: string): boolean => isAbout(encoder.encode(text), ['17']);
  expect(['{"id":17}', '["17"]', '{"a":"17', '"17"'].map(about)).toEqual([true, true, false, true]);
  expect(['{"id":170}', '{"a":"x 17"}', '{"17":1}', 'x 17 y', 'x "17" y'].map(about)).toEqual([false, false, false, false, true]);
  expect(isAbout(null, ['17'])).toBe(false);
});
