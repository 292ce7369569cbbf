import { parseItem, parseList } from 'structured-headers';
import { afterEach, describe, expect, it } from 'vitest';
import type { GateOptions, GateUnderTest } from './gate-fixture.ts';
import { startGate } from './gate-fixture.ts';

/** What answers say of limits, read as draft-ietf-httpapi-ratelimit-headers-11, RFC 9651, 9110, 6585 and 9457 want it written. */
let gate: GateUnderTest;
afterEach(() => gate.close());

const start = async (options: GateOptions): Promise<void> => {
  gate = await startGate(options);
};
const ask = (): Promise<Response> => fetch(`http://127.0.0.1:${gate.port}/v1/metrics`, { headers: { 'x-api-key': gate.key } });

interface Item {
  readonly name: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A list of items by a library of its own; throws where it is none. */
function itemsOf(answer: Response, name: string): Item[] {
  return parseList(answer.headers.get(name) ?? '').map(([value, parameters]) => ({
    name: String(value),
    parameters: Object.fromEntries(parameters),
  }));
}

const isWhole = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;

describe('the headers of a limited answer', () => {
  it('are lists of strings with the parameters of the draft, the same policies in both', async () => {
    await start({ perMinute: 5 });
    for (let i = 0; i < 7; i++) {
      const answer = await ask();
      const [policies, levels] = [itemsOf(answer, 'ratelimit-policy'), itemsOf(answer, 'ratelimit')];
      const known = new Set(policies.map(({ name }) => name));
      expect(known).toContain('api_key');
      for (const { parameters } of policies) {
        expect(Object.keys(parameters)).toEqual(['q', 'w']);
        expect([isWhole(parameters['q']), isWhole(parameters['w']), Number(parameters['w']) > 0]).toEqual([true, true, true]);
      }
      for (const { name, parameters } of levels) {
        expect([known.has(name), Object.keys(parameters)]).toEqual([true, ['r', 't']]);
        expect([isWhole(parameters['r']), isWhole(parameters['t'])]).toEqual([true, true]);
      }
      expect([known.has('global'), known.has('network')]).toEqual([false, false]);
      await answer.text();
    }
  });

  it('say in the three old ones what the tightest level says: epoch seconds there, seconds from now here', async () => {
    await start({ perMinute: 60 });
    const answer = await ask();
    const nowS = Date.parse(answer.headers.get('date') ?? '') / 1_000;
    const tightest = itemsOf(answer, 'ratelimit').find(({ name }) => name === 'api_key');
    const quota = itemsOf(answer, 'ratelimit-policy').find(({ name }) => name === 'api_key');
    expect(answer.headers.get('x-ratelimit-limit')).toBe(String(quota?.parameters['q']));
    expect(answer.headers.get('x-ratelimit-remaining')).toBe(String(tightest?.parameters['r']));
    // One token of 60 a minute flows in within a second; Date and the reset are whole seconds of two clocks' readings.
    expect(Math.abs(Number(answer.headers.get('x-ratelimit-reset')) - nowS - Number(tightest?.parameters['t']))).toBeLessThanOrEqual(2);
  });

  it('of a refusal never send a client back too early, and not all at once', async () => {
    const waits = new Set<number>();
    for (const chance of [0, 0.25, 0.5, 0.75, 0.999]) {
      await start({ perMinute: 1, random: () => chance });
      await ask();
      const refused = await ask();
      const wait = parseItem(refused.headers.get('retry-after') ?? '')[0];
      const [level] = itemsOf(refused, 'ratelimit').filter(({ name }) => name === 'api_key');
      expect([refused.status, isWhole(wait)]).toEqual([429, true]);
      // A token comes every 60 s: not before, and at most a tenth later.
      expect(wait).toBeGreaterThanOrEqual(Number(level?.parameters['t']));
      expect(wait).toBeLessThanOrEqual(67);
      waits.add(Number(wait));
      if (chance < 0.9) await gate.close();
    }
    expect(waits.size).toBeGreaterThanOrEqual(4);
  });

  it('come with a problem document that names the policies, is never kept by caches and repeats nothing', async () => {
    await start({ perMinute: 1 });
    await ask();
    const refused = await ask();
    const problem = (await refused.json()) as Record<string, unknown>;
    expect([refused.headers.get('content-type'), refused.headers.get('cache-control')]).toEqual(['application/problem+json', 'no-store']);
    expect(problem).toMatchObject({
      type: '/problems/quota-exceeded',
      status: 429,
      code: 'quota_exceeded',
      'violated-policies': ['api_key'],
      retry_after_s: Number(refused.headers.get('retry-after')),
      request_id: refused.headers.get('x-request-id'),
    });
    for (const member of ['title', 'detail', 'trace_id']) expect(problem[member]).toEqual(expect.stringMatching(/./));
    expect(JSON.stringify(problem)).not.toContain(gate.key);
  });

  it('are none of the trailers, and HEAD has them as GET has', async () => {
    await start({ perMinute: 10 });
    const answer = await fetch(`http://127.0.0.1:${gate.port}/v1/metrics`, { method: 'HEAD', headers: { 'x-api-key': gate.key } });
    expect([answer.headers.get('trailer'), itemsOf(answer, 'ratelimit').length]).toEqual([null, 2]);
  });
});
