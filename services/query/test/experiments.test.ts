import { parseJourney, variantOf } from '@tidegate/core';
import { afterEach, describe, expect, test } from 'vitest';
import type { Ask } from '../src/ask.ts';
import { createRegistry } from '../src/registry.ts';
import { answerWith, serveAsk } from './serve-ask.ts';
import type { ServedAsk } from './serve-ask.ts';

const STEP = { event: 'shop.bought' };
const WEIGHTS = { red: 3_000, blue: 7_000 };
const SOURCE = {
  pack: 'shop',
  title: 'Shop',
  events: {
    'shop.seen': { subject: 'required', fields: { variant: { type: 'string', dimension: true } } },
    'shop.bought': { subject: 'required', fields: {} },
  },
  metrics: {},
  funnels: { sale: { title: 'From looking to buying', steps: [{ event: 'shop.seen' }, STEP], window_s: 3_600 } },
  experiments: { colour: { exposed: { event: 'shop.seen' }, control: 'blue', goal: STEP, weights: WEIGHTS } },
};

let served: ServedAsk | null = null;
afterEach(async () => served?.close());

async function serve(ask: Ask = async () => ({ ok: true, answer: answerWith([]), mayAgeMs: 0 })): Promise<ServedAsk['call']> {
  const registry = createRegistry(() => undefined);
  const value = { pack: 'shop', version: 1, source: SOURCE, metrics: {} };
  registry.take({ key: Buffer.from('pack/acme/shop'), value: Buffer.from(JSON.stringify({ version: 1, value })) });
  served = await serveAsk(ask, { registry });
  const { call } = served;
  return async (path, init) => call(path, { scopes: ['query:read'], ...init });
}

describe('funnels and experiments of packs', () => {
  test('are listed with the question that asks them', async () => {
    const call = await serve();
    const steps = [
      { event: 'shop.seen', where: {} },
      { event: 'shop.bought', where: {} },
    ];
    expect(await (await call('/v1/funnels')).json()).toEqual({
      funnels: [{ funnel: 'sale', pack: 'shop', title: 'From looking to buying', question: { kind: 'funnel', steps, window_s: 3_600 } }],
    });
    expect(await (await call('/v1/experiments')).json()).toMatchObject({
      experiments: [
        {
          ...{ experiment: 'colour', pack: 'shop', title: 'colour' },
          variants: [
            { variant: 'blue', share: 70, is_control: true },
            { variant: 'red', share: 30, is_control: false },
          ],
          question: { kind: 'experiment', control: 'blue', weights: WEIGHTS, variant: 'variant', window_s: 604_800 },
        },
      ],
    });
  });

  // sha256sum of colour:acme/u-1 and so on, the first eight digits modulo 10000; blue has the first 7000 buckets.
  test.each([
    ['u-1', 6_157, 'blue'],
    ['u-4', 959, 'blue'],
    ['u-7', 9_395, 'red'],
  ])('assign %s by the hash of name and pseudonym', async (subject, bucket, variant) => {
    const call = await serve();
    const answer = await call(`/v1/experiments/shop/colour/assignment?subject=${subject}`);
    expect([answer.status, await answer.json()]).toEqual([200, { pack: 'shop', experiment: 'colour', variant, bucket }]);
  });

  test('have their result under their name, as the question that is listed has it with the range', async () => {
    const asked: unknown[] = [];
    const call = await serve(async (question) => {
      asked.push(question);
      return { ok: true, answer: answerWith([['red', 3]]), mayAgeMs: 0 };
    });
    const listed = (await (await call('/v1/experiments')).json()) as { experiments: readonly { question: object }[] };
    const answer = await call('/v1/experiments/shop/colour/result?days=30&as_of=2026-11-01&zone=Europe/Oslo&wait_ms=50');
    expect([answer.status, await answer.json()]).toMatchObject([200, { rows: [['red', 3]] }]);
    expect(asked).toEqual([{ ...listed.experiments[0]?.question, days: 30, as_of: '2026-11-01', zone: 'Europe/Oslo', wait_ms: 50 }]);
    // What is listed with a range is a question that can be asked.
    expect(parseJourney(asked[0])).toMatchObject({ ok: true, question: { kind: 'experiment', days: 30 } });
    expect(
      (await call('/v1/experiments/shop/colour/result?last=30d', { headers: { accept: 'text/csv' } })).headers.get('content-type'),
    ).toMatch('text/csv');
    expect((await call('/v1/experiments/shop/colour/result?last=30d&goal=other')).status).toBe(422);
    expect((await call('/v1/experiments/shop/size/result?last=30d')).status).toBe(404);
    expect((await call('/v1/experiments/none/colour/result?last=30d')).status).toBe(404);
    expect(asked).toHaveLength(2);
  });

  test('tell a person the own variant alone, and nothing of what there is not', async () => {
    const call = await serve();
    const path = '/v1/experiments/shop/colour/assignment';
    expect((await call(`${path}?subject=u-1`, { subject: 'u-1' })).status).toBe(200);
    expect((await call(`${path}?subject=u-2`, { subject: 'u-1' })).status).toBe(403);
    expect((await call(path)).status).toBe(422);
    expect((await call('/v1/experiments/shop/size/assignment?subject=u-1')).status).toBe(404);
    expect((await call('/v1/experiments/none/colour/assignment?subject=u-1')).status).toBe(404);
  });

  test('give each variant as many buckets as its weight, in whatever order they stand', () => {
    const counts = new Map<string | null, number>();
    for (let bucket = 0; bucket < 10_000; bucket += 1) {
      const variant = variantOf(bucket, { b: 2_500, a: 1, c: 7_499 });
      counts.set(variant, (counts.get(variant) ?? 0) + 1);
      expect(variantOf(bucket, { c: 7_499, a: 1, b: 2_500 })).toBe(variant);
    }
    expect([...counts]).toEqual([
      ['a', 1],
      ['b', 2_500],
      ['c', 7_499],
    ]);
  });
});
