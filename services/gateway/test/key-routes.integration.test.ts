import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGateway, type Answer, type GatewayUnderTest } from './gateway-fixture.ts';

let gateway: GatewayUnderTest;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

it('who is told that a gateway is ready is not told of the next request that it is not', async () => {
  const another = await gateway.startAnother();
  const readyz = async (): Promise<number> => (await fetch(`http://127.0.0.1:${another.metricsPort}/readyz`)).status;
  const deadline = performance.now() + 20_000;
  while ((await readyz()) !== 200) if (performance.now() > deadline) throw new Error('never ready');
  expect((await gateway.call('GET', '/v1/admin/keys', { port: another.port })).status).toBe(200);
  await another.stop();
});

it('a key that may call some routes alone gives no right to others, by keys, by a new secret or by tokens', async () => {
  const make = (body: object, credential?: string): Promise<Answer> =>
    gateway.call('POST', '/v1/admin/keys', {
      ...(credential === undefined ? {} : { credential }),
      body: { name: 'few', scopes: ['query:read'], ...body },
    });
  const routes = ['createKey', 'rotateKey', 'createToken', 'listMetrics'];
  const made = await make({ scopes: ['tenant:admin', 'query:read'], routes });
  expect([made.status, made.body['routes']]).toEqual([201, routes]);
  const credential = String(made.body['key']);
  await expect
    .poll(async () => (await gateway.call('GET', '/v1/metrics', { credential })).status, { interval: 20, timeout: 20_000 })
    .toBe(200);
  const token = (body: object): Promise<Answer> =>
    gateway.call('POST', '/v1/auth/tokens', { credential, body: { subject: 'anna', ...body } });
  const wide = await make({});
  const answers = [
    ...[await make({ routes: ['sendEvent'] }), await make({ routes: ['shop.none'] }), await make({ routes: [] })],
    ...[await make({}, credential), await make({ routes: ['listMetrics', 'askQuestion'] }, credential)],
    ...[
      await gateway.call('POST', `/v1/admin/keys/${String(wide.body['id'])}/rotate`, { credential }),
      await gateway.call('GET', '/v1/admin/keys', { credential }),
    ],
    ...[await token({ routes: ['askQuestion'] }), await token({ routes: ['createKey'] }), await token({ subject: null })],
  ];
  expect(answers.map(({ status, body }) => [status, body['code']])).toEqual([
    ...[
      [422, 'request_invalid'],
      [422, 'request_invalid'],
      [422, 'request_invalid'],
      [403, 'scope_missing'],
      [403, 'scope_missing'],
    ],
    ...[
      [403, 'scope_missing'],
      [403, 'row_refused'],
      [403, 'scope_missing'],
      [422, 'request_invalid'],
      [422, 'request_invalid'],
    ],
  ]);
  expect((await make({ routes: ['listMetrics'] }, credential)).body).toMatchObject({ state: 'active', routes: ['listMetrics'] });
  // Of its routes a token that names none has those that tokens can have.
  const few = await token({});
  expect(few.status).toBe(201);
  const [, claims = ''] = String(few.body['access_token']).split('.');
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ routes: ['listMetrics'] });
});
