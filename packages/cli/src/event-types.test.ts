import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';

const YAML = 'event_type: shop.sale\ntitle: Sale\nfields:\n  country: { type: string, dimension: true }\n';

describe('tidegate event-types', () => {
  it.each([
    ['define', 'POST', '/v1/event-types', { event_type: 'shop.sale' }],
    ['change', 'PUT', '/v1/event-types/shop.sale', {}],
  ])('%s sends what the file says', async (command, method, path, named) => {
    const file = join(await mkdtemp(join(tmpdir(), 'tidegate-types-')), 'sale.yaml');
    await writeFile(file, YAML);
    const run = await runCommand(['event-types', command, file], () => Response.json({ event_type: 'shop.sale', version: 1 }));
    expect(run).toMatchObject({ code: 0, request: `${method} ${path}` });
    expect(JSON.parse(run.body)).toEqual({ title: 'Sale', fields: { country: { type: 'string', dimension: true } }, ...named });
    expect(JSON.parse(run.out)).toEqual({ event_type: 'shop.sale', version: 1 });
  });

  it('list asks for them', async () => {
    const run = await runCommand(['event-types', 'list'], () => Response.json({ event_types: [] }));
    expect([run.asked, JSON.parse(run.out)]).toEqual(['GET /v1/event-types', { event_types: [] }]);
  });
});
