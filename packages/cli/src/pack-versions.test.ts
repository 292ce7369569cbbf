import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';
import type { CommandRun } from '../test/run-command.ts';

const PACK = join(mkdtempSync(join(tmpdir(), 'tidegate-pack-')), 'pack.yaml');
writeFileSync(PACK, 'pack: shop\ntitle: Shop\nevents: {}\nmetrics: {}\n');

const run = (args: readonly string[], answer: unknown): Promise<CommandRun> => runCommand(['packs', ...args], () => Response.json(answer));

const series = (values: readonly number[], name = 'sales') => ({
  columns: [
    { name: 'bucket', type: 'time' },
    { name, type: 'integer' },
  ],
  rows: values.map((value, hour) => [`2026-11-01T0${hour}:00:00.000+00:00`, value]),
});

it('a diff tells what becomes of each metric', async () => {
  const metric = { metric: 'shop.sales', change: 'changed', from: 1, to: 2, making: true, parts: ['dimensions'] };
  const { out, request, body } = await run(['diff', PACK], {
    metrics: [metric],
    events: [{ type: 'shop.sale', change: 'new', parts: [] }],
  });
  expect([request, body.startsWith('pack: shop')]).toEqual(['POST /v1/admin/packs/diff', true]);
  expect(out).toContain('shop.sales  changed  1 → 2, made of raw events first  dimensions');
  expect(out).toContain('shop.sale: new');
});

it('a preview shows both definitions side by side, and draws them', async () => {
  const metric = { metric: 'shop.sales', events: 3, old: { version: 1, ...series([1, 2]) }, new: { version: null, ...series([1, 1]) } };
  const { out, request, body } = await run(['preview', PACK, '--metric', 'shop.sales'], { metrics: [metric] });
  expect([request, JSON.parse(body)]).toMatchObject(['POST /v1/admin/packs/preview', { pack: { pack: 'shop' }, metric: 'shop.sales' }]);
  expect(out).toMatch(/bucket +sales old +sales new/);
  expect(out).toMatch(/01:00:00.000\+00:00 +2 +1/);
  expect(out.match(/[▁▂▃▄▅▆▇█]/g)?.length).toBeGreaterThan(4);
});

it('a rollback asks for just that', async () => {
  expect(await run(['rollback', 'shop'], {})).toMatchObject({ code: 0, request: 'POST /v1/admin/packs/shop/rollback' });
});

it('the making of a metric is a bar', async () => {
  const making = [{ metric: 'shop.sales', version: 2, answered_version: 1, partitions: 12, partitions_done: 6, share: 0.5 }];
  const { out } = await run(['status'], { making });
  expect(out).toContain(`${'█'.repeat(14)}${'░'.repeat(14)}  50 %  6 of 12 partitions, answered from version 1`);
  expect((await run(['status', '--wait'], { making: [] })).out).toBe('Every metric is whole.\n');
});
