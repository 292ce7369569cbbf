import { expect, test } from 'vitest';
import { createRegistry } from '../src/registry.ts';

function packWith(hitAimPct: number | undefined): object {
  const classOf = { ttl_s: 300, ...(hitAimPct === undefined ? {} : { hit_aim_pct: hitAimPct }) };
  return {
    ...{ pack: 'shop', title: 'Shop', events: { 'shop.sold': { fields: { page: { type: 'string' } } } }, metrics: {} },
    cache: { daily: classOf, plain: { ttl_s: 60 } },
    views: { sales: { cache: 'daily', queries: {}, answer: { n: 1 } }, others: { cache: 'plain', queries: {}, answer: { n: 1 } } },
  };
}

test('the aims of classes are those of all tenants, of two that differ the greater; a class without one has none', () => {
  const registry = createRegistry(() => undefined);
  const put = (tenant: string, hitAimPct?: number): void => {
    const value = { pack: 'shop', version: 1, source: packWith(hitAimPct), metrics: {} };
    registry.take({ key: Buffer.from(`pack/${tenant}/shop`), value: Buffer.from(JSON.stringify({ version: 1, value })) });
  };
  put('acme');
  expect([...registry.hitAims()]).toEqual([]);
  put('globex', 60);
  put('initech', 80);
  expect([...registry.hitAims()]).toEqual([['shop.daily', 0.8]]);
});
