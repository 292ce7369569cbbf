import { expect, test } from 'vitest';
import { answerWith, serveAsk } from '../test/serve-ask.ts';
import { createRegistry } from './registry.ts';

test('event types of all packs of the tenant are listed by name, with their fields', async () => {
  const registry = createRegistry(() => undefined);
  const put = (tenant: string, pack: string, events: object): void => {
    const value = { pack, version: 1, source: { pack, title: pack, events, metrics: {} }, metrics: {} };
    registry.take({ key: Buffer.from(`pack/${tenant}/${pack}`), value: Buffer.from(JSON.stringify({ version: 1, value })) });
  };
  put('acme', 'wiki', { 'wiki.edit': { subject: 'required', fields: { page: { type: 'string', dimension: true } } } });
  put('acme', 'shop', {
    'shop.sale': {
      title: 'A sale',
      fields: { price: { type: 'decimal', unit: 'EUR', optional: true, sensitive: 'pii', why: 'asked for by the auditors' } },
    },
  });
  put('other', 'bank', { 'bank.paid': { fields: {} } });
  const served = await serveAsk(async () => ({ ok: true, answer: answerWith([]), mayAgeMs: 0 }), { registry });
  const { event_types: types } = (await (await served.call('/v1/event-types')).json()) as { event_types: object[] };
  await served.close();
  const none = { min: null, max: null, values: null };
  const price = {
    field: 'price',
    why: 'asked for by the auditors',
    type: 'decimal',
    title: 'price',
    unit: 'EUR',
    optional: true,
    dimension: false,
    ...none,
  };
  const page = { field: 'page', why: null, type: 'string', title: 'page', unit: null, optional: false, dimension: true, ...none };
  const of = { key: null, aliases: [] };
  expect(types).toMatchObject([
    { event_type: 'shop.sale', pack: 'shop', title: 'A sale', subject: 'optional', ...of, fields: [{ ...price, sensitive: 'pii' }] },
    {
      event_type: 'wiki.edit',
      pack: 'wiki',
      title: 'wiki.edit',
      subject: 'required',
      ...of,
      fields: [{ ...page, sensitive: null, action: 'keep' }],
    },
  ]);
});
