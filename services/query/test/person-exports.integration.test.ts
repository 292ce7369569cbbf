import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createArchive, createFolderStore } from '@tidegate/archive';
import { createArchiveStore } from '@tidegate/postgres';
import { createKeyWrapper, createPseudonymHmac, createSealer, deriveKey, rejectedSealer, sealField } from '@tidegate/runtime';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { RunningQuery } from '../src/app.ts';
import { createWorld, SECRET, until } from './world.ts';
import type { World } from './world.ts';

const DAYS = ['2024-09-01', '2024-09-02', '2024-09-03'] as const;
const FIELD_KEY = new Uint8Array(32).fill(1);
const PACK = {
  pack: 'wiki',
  title: 'Wikipedia edits',
  events: {
    'wiki.edit': { subject: 'optional', fields: { page: { type: 'string', dimension: true } } },
    'wiki.note': {
      subject: 'required',
      fields: { n: { type: 'decimal' }, text: { type: 'string', action: 'seal', why: 'for the tests' } },
    },
  },
  metrics: {
    'wiki.edits': { events: ['wiki.edit'], dimensions: ['page'], sets: [['page'], ['subject']], measures: { edits: { measure: 'count' } } },
  },
  entities: { profile: { id: 'subject', events: ['wiki.note'] } },
};
const DIGITS = '90071992547409931234.50';
const pseudonymOf = createPseudonymHmac(new TextEncoder().encode(SECRET), 'acme');
const wrapper = createKeyWrapper([FIELD_KEY]);

const row = z.looseObject({});
const EXPORT = z.looseObject({
  subject: z.string(),
  other: z.looseObject({ events: z.array(row), rejected: z.array(row), audit_access: z.array(row) }),
  packs: z.looseObject({
    wiki: z.looseObject({
      profile: row.nullable(),
      events: z.array(z.looseObject({ id: z.string(), type: z.string(), data: row })),
      rollups: z.array(row),
      audit_access: z.array(row),
    }),
  }),
});
const STATE = z.looseObject({ export_id: z.string(), status: z.string(), poll_url: z.string(), url: z.string().nullable() });

interface Put {
  readonly id: string;
  readonly person: string;
  readonly type: string;
  readonly day: number;
  readonly text?: string;
}

/** Of two persons, on each day; one type is no pack's any more. */
const SENT: readonly Put[] = DAYS.flatMap((_, day) =>
  ['anna', 'bert'].flatMap((person) =>
    ['wiki.edit', 'wiki.note', 'old.type'].map((type) => ({ id: `${person}-${type}-${day}`, person, type, day })),
  ),
);
const LONG: readonly Put[] = [1, 2, 3].map((at) => ({
  id: `carl-${at}`,
  person: 'carl',
  type: 'wiki.note',
  day: 2,
  text: 'x'.repeat(400_000),
}));

let world: World;
let service: RunningQuery;
let folder: string;
const keys = new Map(['anna', 'bert', 'carl'].map((person) => [person, wrapper.make({ tenant: 'acme', subject: pseudonymOf(person) })]));

function dataOf({ person, type, text = `dear ${person}` }: Put): string {
  if (type !== 'wiki.note') return '{"page":"Oslo"}';
  const wrapped = keys.get(person);
  const key = wrapped === undefined ? null : wrapper.unwrap(wrapped);
  if (key === null) throw new Error('the key opens');
  const place = { tenant: 'acme', subject: pseudonymOf(person), type, field: 'text' };
  return `{"n":${DIGITS},"text":"${sealField(key, place, Buffer.from(JSON.stringify(text)))}"}`;
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

async function put(event: Put, offset: number): Promise<void> {
  const day = DAYS[event.day] ?? '';
  const values = [event.id, '', event.type, pseudonymOf(event.person), `${day}T10:00:0${offset % 10}Z`, `${day}T11:00:00Z`].map(literal);
  await world.sql(`INSERT INTO raw_event (tenant, event_id, source, type, subject, occurred_at, received_at, partition, log_offset, log_generation, pack_version, data)
    VALUES ('acme', ${values.join(', ')}, 0, ${offset}, 1, 1, ${literal(dataOf(event))})`);
}

/** The first day lies in the archive alone, the second in both. */
async function archiveDays(): Promise<void> {
  await world.sql(
    `INSERT INTO arrival_day (arrival_day, tenant, event_day) SELECT DISTINCT received_at::date, tenant, occurred_at::date FROM raw_event`,
  );
  const store = createArchiveStore({ databaseUrl: world.databaseUrl });
  const sealersOf = (tenant: string) => [createSealer(deriveKey(FIELD_KEY, `tidegate/archive/${tenant}`, 32))];
  const archive = createArchive({ store, objects: createFolderStore(folder), sealersOf });
  for (const day of DAYS.slice(0, 2)) {
    expect(await world.sql(`SELECT close_raw_day('${day}') AS closed`)).toEqual([{ closed: true }]);
    await archive.run(Date.parse(day) / 86_400_000);
  }
  await store.close();
  expect(await world.sql(`SELECT drop_raw_day('${DAYS[0]}', true) AS outcome`)).toEqual([{ outcome: 'dropped' }]);
}

async function putBesides(): Promise<void> {
  await world.sql(`SELECT ensure_entity_table('wiki', 'profile', ARRAY['n.numeric', 'text.text'], ARRAY[]::text[])`);
  for (const person of ['anna', 'bert']) {
    const { text } = z.object({ text: z.string() }).parse(JSON.parse(dataOf({ id: '', person, type: 'wiki.note', day: 0 })));
    await world.sql(`INSERT INTO "entity.wiki.profile" (_tenant, _subject, _id, _created_at, _updated_at, _exists, _partition, _state, "n.numeric", "text.text")
      VALUES ('acme', '${pseudonymOf(person)}', '', now(), now(), true, 0, '\\x00', ${DIGITS}, ${literal(text)})`);
    await world.commit({ partition: 0, page: '', count: person === 'anna' ? 3 : 4, subject: pseudonymOf(person), isAnnounced: false });
    const original = Buffer.concat([
      Uint8Array.of(1),
      rejectedSealer(FIELD_KEY, 'acme').seal(Buffer.from(`{"subject":"${person}","n":${DIGITS}}`)),
    ]);
    await world.sql(`INSERT INTO rejected_event (tenant, topic, log_generation, partition, log_offset, code, path, lane, length, sha256, received_at, sealed)
      VALUES ('acme', 't', 1, 0, ${person.length + person.charCodeAt(0)}, 'field_unknown', 'x', 'events', 1, '\\x00', now(), '\\x${original.toString('hex')}')`);
    const record = {
      tenant: 'acme',
      actor: `doctor of ${person}`,
      action: 'read',
      resource_type: 'answers',
      subject: pseudonymOf(person),
      route: 'POST /v1/query',
    };
    const hash = `'\\x${'00'.repeat(32)}'`;
    await world.sql(`INSERT INTO audit_record (tenant, no, kept_at, record, prev_hash, hash, signature)
      VALUES ('acme', ${person === 'anna' ? 1 : 2}, now(), ${literal(JSON.stringify(record))}, ${hash}, ${hash}, ${hash})`);
  }
  for (const { tenant, subject, keyId, fieldKeyId, wrapped } of keys.values()) {
    const bytes = [keyId, fieldKeyId, wrapped].map((one) => `'\\x${Buffer.from(one).toString('hex')}'`);
    await world.sql(
      `INSERT INTO person_key (tenant, subject, key_id, field_key_id, wrapped) VALUES ('${tenant}', '${subject}', ${bytes.join(', ')})`,
    );
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-export-test-'));
  world = await createWorld(1);
  for (const day of DAYS) await world.sql(`SELECT ensure_raw_day('${day}')`);
  let offset = 0;
  for (const event of [...SENT, ...LONG]) await put(event, offset++);
  await archiveDays();
  await putBesides();
  const value = { pack: 'wiki', version: 1, source: PACK, metrics: { 'wiki.edits': 1 } };
  await world.sendJson(world.topics.control, 'pack/acme/wiki', { version: 1, value });
  service = await world.start({ ARCHIVE_FOLDER: folder, EXPORT_MB_MAX: '1', EXPORT_WITHIN_MS: '20000' });
  await until(
    async () => (await world.call(service, '/v1/metrics')).status,
    (status) => status === 200,
  );
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});

const own = (subject: string, path = '/v1/gdpr/export', headers: Readonly<Record<string, string>> = {}) =>
  world.call(service, path, { as: { subject }, headers });

const idsOf = (events: readonly { readonly id?: unknown }[]) => events.map(({ id }) => String(id)).toSorted();
const sentOf = (person: string, types: readonly string[]) =>
  SENT.filter((event) => event.person === person && types.includes(event.type)).map(({ id }) => id);

describe('an export of a person', () => {
  test('holds all that was sent of the person and nothing of another, wherever it lies, with sealed fields opened', async () => {
    const { status, text, headers } = await own('anna');
    const found = EXPORT.parse(JSON.parse(text));
    expect([status, headers.get('x-tidegate-subject'), found.subject]).toEqual([200, pseudonymOf('anna'), 'anna']);
    const { wiki } = found.packs;
    expect(idsOf(wiki.events)).toEqual(sentOf('anna', ['wiki.edit', 'wiki.note']).toSorted());
    expect(idsOf(found.other.events)).toEqual(sentOf('anna', ['old.type']).toSorted());
    const notes = wiki.events.filter(({ type }) => type === 'wiki.note');
    expect(notes.map(({ data }) => data['text'])).toEqual(['dear anna', 'dear anna', 'dear anna']);
    // Each digit as it was sent: three notes, the profile (a numeric has no trailing zero there), the refused event.
    expect(text.match(new RegExp(`"n":${DIGITS}`, 'g'))).toHaveLength(4);
    expect(wiki.profile).toMatchObject({ text: 'dear anna' });
    expect(wiki.rollups).toEqual([expect.objectContaining({ metric: 'wiki.edits', dimensions: {}, measures: { edits: 3 } })]);
    expect(found.other.rejected).toEqual([
      expect.objectContaining({ code: 'field_unknown', event: expect.objectContaining({ subject: 'anna' }) }),
    ]);
    expect(found.other.audit_access).toEqual([expect.objectContaining({ actor: 'doctor of anna' })]);
    expect([text.includes('bert'), text.includes(pseudonymOf('bert')), text.includes('tgs1.'), found['sealed_values_left']]).toEqual([
      false,
      false,
      false,
      undefined,
    ]);
  });

  test('is the same for an administrator of privacy, and a ZIP of CSV files where that is asked for', async () => {
    const as = { scopes: ['privacy:admin'] };
    const { status, text } = await world.call(service, '/v1/privacy/exports', { as, body: { subject: 'bert' } });
    expect([status, idsOf(EXPORT.parse(JSON.parse(text)).packs.wiki.events)]).toEqual([
      200,
      sentOf('bert', ['wiki.edit', 'wiki.note']).toSorted(),
    ]);
    const response = await world.bytes(service, '/v1/gdpr/export', { as: { subject: 'anna' }, headers: { accept: 'application/zip' } });
    const files = unzipSync(response);
    const events = Buffer.from(files['wiki/events.csv'] ?? [])
      .toString()
      .trim()
      .split('\r\n');
    expect(events[0]).toBe('id,type,source,occurred_at,received_at,data,_more');
    expect(
      events
        .slice(1)
        .map((line) => line.split(',')[0])
        .toSorted(),
    ).toEqual(sentOf('anna', ['wiki.edit', 'wiki.note']).toSorted());
    expect(Object.keys(files)).toContain('other/rejected.csv');
  });

  test('is nobody’s but the person’s: a program, or a token made to show some rows, has none of its own', async () => {
    expect((await world.call(service, '/v1/gdpr/export')).status).toBe(403);
    const rows = { metrics: null, where: {}, subject: 'anna' };
    expect((await world.call(service, '/v1/gdpr/export', { as: { subject: 'anna', rows } })).status).toBe(403);
    const { status, text } = await own('dora');
    expect([status, EXPORT.parse(JSON.parse(text)).packs.wiki]).toMatchObject([200, { profile: null, events: [], rollups: [] }]);
  });

  test('that is large is made by a job and had by a link, which only its person is given', async () => {
    const asked = await own('carl');
    const { export_id: id, poll_url: pollUrl } = STATE.parse(JSON.parse(asked.text));
    expect([asked.status, pollUrl]).toEqual([202, `/v1/gdpr/exports/${id}`]);
    const state = await until(
      async () => STATE.parse(JSON.parse((await own('carl', pollUrl)).text)),
      ({ status }) => status !== 'queued' && status !== 'processing',
    );
    expect(state).toMatchObject({ status: 'completed', error_code: null });
    expect([(await own('anna', pollUrl)).status, (await world.call(service, pollUrl)).status]).toEqual([404, 404]);
    const nobody = { tenant: '-', scopes: [] };
    const { status, text } = await world.call(service, state.url ?? '', { as: nobody });
    const { events } = EXPORT.parse(JSON.parse(text)).packs.wiki;
    expect([status, idsOf(events), events.map(({ data }) => data['text'] === 'x'.repeat(400_000))]).toEqual([
      200,
      ['carl-1', 'carl-2', 'carl-3'],
      [true, true, true],
    ]);
    expect((await world.call(service, `${state.url?.slice(0, -4)}AAAA`, { as: nobody })).status).toBe(404);
    await world.sql(`INSERT INTO erasure (request_id, tenant, subject, partition, requested_by, begun_at, events_at)
      VALUES (gen_random_uuid(), 'acme', '${pseudonymOf('carl')}', 0, 'k', now(), now())`);
    expect((await own('carl')).status).toBe(404);
    await until(
      // One that is under way when the parts go breaks off.
      async () =>
        world.call(service, state.url ?? '', { as: nobody }).then(
          (answer) => answer.status,
          () => 'broken off',
        ),
      (code) => code === 404,
    );
    expect(await world.sql('SELECT count(*)::int AS parts FROM person_export_part')).toEqual([{ parts: 0 }]);
    await until(
      async () => world.sql(`SELECT removed::int FROM erasure_count WHERE what = 'exports'`),
      ([counted]) => counted?.['removed'] === 1,
    );
  });

  test('says that it is not whole where the archive cannot be read: it is refused', async () => {
    const blind = await world.start();
    await until(
      async () => (await world.call(blind, '/v1/metrics')).status,
      (status) => status === 200,
    );
    const { status, text } = await world.call(blind, '/v1/gdpr/export', { as: { subject: 'anna' } });
    expect([status, JSON.parse(text)]).toMatchObject([503, { code: 'archive_unread' }]);
  });
});

test('a question of a person is read as that person, and nobody else’s is', async () => {
  const asked = { metric: 'wiki.edits', kind: 'table', group_by: ['subject'], order: '-edits', to: '2024-10-05' };
  const rowsFrom = async (from: string, as: object, more: object = {}) => {
    const { status, text } = await world.call(service, '/v1/query', { body: { ...asked, from, ...more }, as });
    return status === 200 ? z.looseObject({ rows: z.array(z.unknown()) }).parse(JSON.parse(text)).rows : status;
  };
  const anna = { subject: 'anna', scopes: ['query:read'] };
  await world.sql('REVOKE SELECT ON cell FROM tidegate_person');
  // Each asks for days of which no chunk is kept, so that Postgres is asked.
  expect([await rowsFrom('2024-09-01', anna), await rowsFrom('2024-08-01', {}, { subject: 'anna' })]).toEqual([500, [['anna', 3]]]);
  await world.sql('GRANT SELECT ON cell TO tidegate_person');
  expect(await rowsFrom('2024-09-01', anna)).toEqual([['anna', 3]]);
});
