import { readFileSync } from 'node:fs';
import { ok, parsePack } from '@tidegate/core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createRegistry } from '../../services/query/src/registry.ts';
import { answerWith, serveAsk, type ServedAsk } from '../../services/query/test/serve-ask.ts';
import { packFile } from './pack-in-process.ts';

const source: unknown = parse(readFileSync(packFile('studyin', 'pack.yaml'), 'utf8'));
const parsed = parsePack(source);
if (!parsed.ok) throw new Error('the pack has faults');
const pack = parsed.value;
const views = Object.entries(pack.views ?? {});
const ofLearner = views
  .filter(([, { params }]) => Object.values(params ?? {}).some(({ type }) => type === 'subject'))
  .map(([name]) => name);

/** For whom each question, and each reading of rows, was asked. */
const asked: (string | null | undefined)[] = [];
let served: ServedAsk;

beforeAll(async () => {
  const registry = createRegistry(() => undefined);
  const metrics = Object.fromEntries(Object.keys(pack.metrics).map((name) => [name, 1]));
  const value = { pack: 'studyin', version: 1, source, metrics };
  registry.take({ key: Buffer.from('pack/acme/studyin'), value: Buffer.from(JSON.stringify({ version: 1, value })) });
  const ask: Parameters<typeof serveAsk>[0] = async (_value, { rows }) => {
    asked.push(rows === null ? null : `acme/${rows.subject}`);
    return { ok: true, answer: answerWith([]), mayAgeMs: 0 };
  };
  served = await serveAsk(ask, {
    registry,
    entities: {
      async read({ subject }) {
        asked.push(subject);
        return ok({ rows: [], cursor: null });
      },
      async figures({ subject }) {
        asked.push(subject);
        return ok([]);
      },
    },
  });
});
beforeEach(() => void asked.splice(0));
afterAll(() => served.close());

const get = async (path: string) => served.call(`/v1/views/studyin/${path}`, { subject: 'ada', scopes: ['query:read', 'system:read'] });

test('every event of the studying app is about a learner, but those of the app itself', () => {
  const others = Object.entries(pack.events).flatMap(([type, { subject }]) => (subject === 'required' ? [] : [type]));
  expect(others.filter((type) => type.startsWith('learning.'))).toEqual([]);
  expect(ofLearner.length).toBeGreaterThanOrEqual(5);
});

test.each(ofLearner)('%s shows a learner their own rows, and another’s to nobody but staff', async (view) => {
  const own = await get(view);
  // What becomes of answers without any row is not what is looked at here.
  expect(own.status).not.toBe(403);
  expect(new Set(asked)).toEqual(new Set(['acme/ada']));
  asked.splice(0);
  const other = await get(`${view}?user_id=bob`);
  expect([other.status, await other.json(), asked]).toMatchObject([403, { code: 'row_refused' }, []]);
});

test.each(views.map(([name]) => name).filter((name) => !ofLearner.includes(name)))(
  '%s, which is of nobody, shows a learner nobody else’s rows',
  async (view) => {
    await get(view);
    expect(asked.filter((whose) => whose !== 'acme/ada')).toEqual([]);
  },
);

const ofEverybody = views
  .filter(([, { params }]) => Object.values(params ?? {}).some(({ everybody }) => everybody !== undefined))
  .map(([name]) => name);

test.each(ofEverybody)(
  '%s tells of everybody to whoever has the scope for it and sees more than one person, and to nobody else',
  async (view) => {
    const byProgram = async (scopes: readonly string[]) => served.call(`/v1/views/studyin/${view}?user_id=*`, { scopes });
    expect([(await byProgram(['query:read', 'system:read'])).status, [...new Set(asked)]]).not.toContain(403);
    // Nobody is named: neither in a question nor to the rows.
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((whose) => whose !== null && whose !== undefined)).toEqual([]);
    asked.splice(0);
    for (const refused of [await byProgram(['query:read']), await get(`${view}?user_id=*`)]) {
      expect([refused.status, await refused.json(), asked]).toMatchObject([403, { code: 'row_refused' }, []]);
    }
  },
);

test('sessions and talks with the coach can be asked of everybody', () => {
  expect(ofEverybody).toEqual(expect.arrayContaining(['coach', 'learning_sessions']));
});
