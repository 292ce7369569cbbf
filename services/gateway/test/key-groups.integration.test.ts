import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGateway, type Answer, type GatewayUnderTest } from './gateway-fixture.ts';

let gateway: GatewayUnderTest;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

it('a key from which small groups are withheld comes to no route that shows persons, and its tokens withhold as much', async () => {
  const make = (body: object): Promise<Answer> =>
    gateway.call('POST', '/v1/admin/keys', { body: { name: 'charts', scopes: ['query:read', 'ingest:write'], ...body } });
  const made = await make({ k: 5 });
  expect([made.status, made.body['k']]).toEqual([201, 5]);
  const credential = String(made.body['key']);
  await expect
    .poll(async () => (await gateway.call('GET', '/v1/metrics', { credential })).status, { interval: 20, timeout: 20_000 })
    .toBe(200);
  expect((await gateway.call('GET', '/v1/admin/keys')).body).toMatchObject({
    keys: expect.arrayContaining([expect.objectContaining({ name: 'charts', k: 5 })]),
  });
  const refused = [await make({ k: 1 }), await make({ k: 501 }), await make({ k: 5, scopes: ['events:read'] })];
  refused.push(await make({ k: 5, scopes: ['query:read', 'tenant:admin'] }));
  expect(refused.map(({ status, body }) => [status, body['code']])).toEqual(refused.map(() => [422, 'request_invalid']));
  for (const path of ['/v1/events/recent', '/v1/insights/shop', '/v1/jobs', '/v1/restatements']) {
    const { status, body } = await gateway.call('GET', path, { credential });
    expect([path, status, body['code']]).toEqual([path, 403, 'row_refused']);
  }

  const token = (body: object, by = credential): Promise<Answer> =>
    gateway.call('POST', '/v1/auth/tokens', { credential: by, body: { metrics: ['shop.sales'], ...body } });
  const kOf = ({ body }: Answer): unknown => {
    const [, claims = ''] = String(body['access_token']).split('.');
    return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as { rows: { k?: number } }).rows.k;
  };
  expect([kOf(await token({})), kOf(await token({ k: 3 })), kOf(await token({ k: 9 }))]).toEqual([5, 5, 9]);
  expect((await token({ subject: 'anna' })).status).toBe(422);
  // A token makes none: it would be one that withholds less.
  expect((await token({}, String((await token({})).body['access_token']))).body['code']).toBe('row_refused');
});
