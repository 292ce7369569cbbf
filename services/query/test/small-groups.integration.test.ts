import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { RunningQuery } from '../src/app.ts';
import { createWorld, until } from './world.ts';
import type { World } from './world.ts';

const PACK = {
  pack: 'wiki',
  title: 'Wikipedia edits',
  events: { 'wiki.edit': { subject: 'optional', fields: { page: { type: 'string', dimension: true } } } },
  metrics: {
    'wiki.edits': { events: ['wiki.edit'], dimensions: ['page'], sets: [['page'], ['subject']], measures: { edits: { measure: 'count' } } },
  },
};

let world: World;
let service: RunningQuery;

beforeAll(async () => {
  world = await createWorld(2);
  await world.sendJson(world.topics.control, 'pack/acme/wiki', {
    version: 1,
    value: { pack: 'wiki', version: 1, source: PACK, metrics: { 'wiki.edits': 1 } },
  });
  service = await world.start();
  await until(
    async () => (await world.call(service, '/v1/metrics')).status,
    (status) => status === 200,
  );
  await world.commit({ partition: 0, page: '', count: 3, subject: 'a'.repeat(64) });
  await world.commit({ partition: 1, page: '', count: 4, subject: 'b'.repeat(64) });
});
afterAll(async () => world.close());

test('who may not see groups of few persons is given nothing that another was given, nor by another k', async () => {
  // Two persons, of 3 edits and of 4.
  const question = { metric: 'wiki.edits', kind: 'summary', from: '2024-10-04', to: '2024-10-05' };
  const path = `/v1/query?q=${encodeURIComponent(JSON.stringify(question))}`;
  const heldTo = (k: number) => ({ as: { rows: { metrics: null, where: {}, subject: null, k } } });
  const read = async (k: number, etag = '') => {
    const answer = await world.call(service, path, { ...heldTo(k), headers: { 'if-none-match': etag } });
    const { rows, meta } = z.object({ rows: z.unknown(), meta: z.looseObject({}) }).parse(JSON.parse(answer.text));
    return { ...answer, told: [answer.status, rows, meta['suppressed_groups']] };
  };
  const [shown, hidden] = [
    [200, [[7]], 0],
    [200, [[null]], 1],
  ];
  const [two, three] = [await read(2), await read(3)];
  expect([two.told, three.told]).toEqual([shown, hidden]);
  expect((await read(3, two.headers.get('etag') ?? '')).told).toEqual(hidden);
  expect((await read(2, three.headers.get('etag') ?? '')).told).toEqual(shown);
  const table = { ...question, kind: 'table' };
  const refusals = [
    ...[
      { ...question, subject: 'user-17' },
      { ...table, group_by: ['subject'] },
    ],
    { ...table, group_by: ['page'] },
  ];
  for (const body of refusals) {
    const { status, text } = await world.call(service, '/v1/query', { body, ...heldTo(2) });
    expect([status, JSON.parse(text)]).toMatchObject([403, { code: 'groups_unprotected' }]);
  }
});
