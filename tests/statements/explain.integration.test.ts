import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { compilePack, entityTable, parsePack } from '@tidegate/core';
import { runProgram } from '@tidegate/cli';
import { CALLER_HEADER, signCaller } from '@tidegate/http';
import { deriveKey } from '@tidegate/runtime';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { RunningQuery } from '../../services/query/src/app.ts';
import { createWorld, SECRET, until } from '../../services/query/test/world.ts';
import type { World } from '../../services/query/test/world.ts';
import { packFile } from '../packs/pack-in-process.ts';
import { fillTables } from './fill-tables.ts';

// `tidegate db explain` against the query service on real Postgres: the gateway's part, to say who calls, is the test's.

const ROWS = 3_000;
/** Of the pack, in its order, with what each is answered for a sample. */
const VIEWS = [
  ['GET /v1/claims/metrics', '200'],
  ['GET /v1/denial-patterns', '200'],
  ['GET /v1/remits/{remit_id}', '404'],
  ['GET /v1/episodes/{episode_id}', '404'],
  ['GET /v1/episodes/metrics', '200'],
  ['GET /v1/claims', '200'],
  ['GET /v1/claims/{claim_id}', '404'],
  ['GET /v1/claims/{claim_id}/risk', '404'],
  ['GET /v1/risk/{claim_id}', '404'],
  ['GET /v1/payers/{payer_id}', '404'],
  ['GET /v1/providers/{provider_id}', '404'],
  ['GET /v1/practices/{practice_id}/config', '404'],
  ['GET /v1/views/marb/risky_claims', '200'],
];
/** Of the pack's views each has to go by an index among so many rows. */
const LARGE = ['--large-rows', '2000'];
const SCOPES = ['query:read', 'events:read', 'ops:admin'];
let world: World;
let service: RunningQuery;
let scopes: readonly string[] = SCOPES;

beforeAll(async () => {
  const parsed = parsePack(parse(readFileSync(packFile('marb', 'pack.yaml'), 'utf8')));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  const metrics = Object.fromEntries(Object.keys(parsed.value.metrics ?? {}).map((metric) => [metric, 1]));
  const pack = compilePack({ tenant: 'acme', version: 1, metricVersions: metrics, pack: parsed.value });
  world = await createWorld(1);
  await world.sql('SELECT ensure_raw_day(current_date)');
  await fillTables({ pack, size: ROWS, person: 'person-1', sql: world.sql });
  // Others have most of the rows, so that one tenant's are few among them.
  for (const entity of pack.entities.values())
    await world.sql(`UPDATE "${entityTable(entity)}" SET _tenant = 'other-' || abs(hashtext(_id)) % 50 WHERE _id NOT LIKE '%1'`);
  await world.sql('VACUUM ANALYZE');
  await world.sendJson(world.topics.control, 'pack/acme/marb', {
    version: 1,
    value: { pack: 'marb', version: 1, source: parsed.value, metrics },
  });
  service = await world.start({ ANSWER_WITHIN_MS: '30000' });
  await until(
    async () => (await world.call(service, '/v1/packs')).text,
    (text) => text.includes('"marb"'),
  );
});
beforeEach(() => (scopes = SCOPES));
afterAll(async () => world?.close());

/** What a gateway does with a request that it lets through. */
const asGateway: typeof fetch = async (address, init) => {
  const { pathname, search } = new URL(address instanceof Request ? address.url : address);
  const key = deriveKey(new TextEncoder().encode(SECRET), 'tidegate/caller', 32);
  const headers = new Headers(init?.headers);
  headers.set(CALLER_HEADER, signCaller(key, { tenant: 'acme', keyId: 'k1', scopes }, Date.now()));
  return fetch(`http://127.0.0.1:${service.port}${pathname}${search}`, { ...init, headers });
};

async function explain(...args: readonly string[]) {
  let [out, err] = ['', ''];
  const code = await runProgram(['db', 'explain', ...args], {
    env: { TIDEGATE_API_KEY: 'key' },
    stdin: new PassThrough().end(),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    fetch: asGateway,
  });
  return { code, out: stripVTControlCharacters(out), err };
}

test('every view of a pack is run with its plans, and none of them reads a large table from end to end', async () => {
  const { code, out, err } = await explain(...LARGE);
  expect([err, code]).toEqual(['', 0]);
  const headings = [...out.matchAll(/^(GET \S+): answers (\d+), (\d+) statements/gm)].map(([, route, status]) => [route, status]);
  // What is asked by an id that nothing has is not there, and looked for all the same.
  expect(headings).toEqual(VIEWS);
  // Of the table's own key: no index of the pack is needed where a row is asked for by its id.
  expect(out).toContain('Index Scan (entity.marb.payer_pkey of entity.marb.payer)');
});

test('a large table that is read from one end to the other is named, and the command fails', async () => {
  await world.sql('ALTER TABLE "entity.marb.payer" DROP CONSTRAINT "entity.marb.payer_pkey"');
  const { code, out, err } = await explain('GET /v1/payers/{payer_id}', ...LARGE);
  expect(out).toMatch(/Seq Scan \(entity\.marb\.payer\)/);
  expect([err, code]).toEqual(['GET /v1/payers/{payer_id}: other reads entity.marb.payer from end to end (3,000 rows)\n', 1]);
  // The same table is not large by a bound that is above its rows.
  expect(await explain('marb/payer', '--large-rows', '3001')).toMatchObject({ code: 0, err: '' });
});

test('a question is run as the service runs it, and what is kept hides none of its statements', async () => {
  const question = JSON.stringify({ metric: 'claims.submitted', kind: 'summary', last: '7d' });
  const answer = async () => world.call(service, '/v1/query', { body: JSON.parse(question), as: { scopes: SCOPES } });
  expect((await answer()).status).toBe(200);
  for (const _ of [1, 2]) {
    const { code, out } = await explain('--question', question, '--json');
    const [{ plans }] = JSON.parse(out);
    expect([code, plans.status]).toEqual([0, 200]);
    expect(plans.statements.map(({ statement }: { statement: string }) => statement).toSorted()).toEqual([
      ...['read-live-progress', 'read-range-cells'],
    ]);
  }
});

test('plans tell no value of a row, and are for who looks after the installation alone', async () => {
  const value = 'payer-of-nobody-else';
  const { out, code } = await explain('/v1/views/marb/payer?payer_id=' + value, '--json');
  const [{ plans }] = JSON.parse(out);
  expect([code, plans.statements.length, JSON.stringify(plans).includes(value)]).toEqual([0, 1, false]);
  scopes = SCOPES.filter((scope) => scope !== 'ops:admin');
  const refused = await explain('marb/payer');
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('scope_missing')]);
});

test('nothing is changed by a route that is only to be explained', async () => {
  const { status, text } = await world.call(service, '/v1/cache/stats/reset', {
    body: {},
    as: { scopes: [...SCOPES, 'cache:admin'] },
    headers: { 'tidegate-explain': 'plans' },
  });
  expect([status, JSON.parse(text)]).toMatchObject([403, { code: 'scope_missing' }]);
});

test('a view whose parameters do not fit has not passed', async () => {
  expect(await explain('marb/payer', '--set', `payer_id=${'x'.repeat(5_000)}`)).toMatchObject({
    code: 1,
    err: expect.stringContaining('--set'),
  });
});
