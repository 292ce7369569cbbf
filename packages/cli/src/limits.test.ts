import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';

const LEVEL = { policy: 'api_key', scope: 'api_key', mode: 'enforce', source: 'tenant', limit: 1_000, window_s: 60, burst: 50 };
const STANDING = { ...LEVEL, remaining: 7, reset: 1_800_000_000, wait_s: 0 };
const EXPLAINED = { class: 'default', class_source: 'shipped', cost: 1, would_pass: true, decided_by: null, levels: [STANDING] };

const cellsOf = (out: string): string[][] =>
  out
    .trim()
    .split('\n')
    .map((row) => row.split(/  +/));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-limits-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(text: string): Promise<string> {
  const path = join(folder, 'limits.yaml');
  await writeFile(path, text);
  return path;
}

describe('tidegate limits', () => {
  it('list shows each level with what is left and who set it, or the answer as it is', async () => {
    const answer = (): Response => Response.json({ limits: [STANDING] });
    const told = await runCommand(['limits', 'list'], answer);
    expect([told.code, told.asked]).toEqual([0, 'GET /v1/limits']);
    expect(cellsOf(told.out).at(-1)).toEqual(['api_key', 'api_key', 'enforce', '1,000', '60', '50', '7', '0', 'tenant']);
    expect(JSON.parse((await runCommand(['limits', 'list', '--json'], answer)).out)).toEqual({ limits: [STANDING] });
  });

  it.each([
    [EXPLAINED, 'It would pass. It is of the class default (shipped).'],
    [
      { ...EXPLAINED, class: 'reports', class_source: 'tenant', cost: 5, would_pass: false, decided_by: 'api_key' },
      'It would be refused by api_key. It is of the class reports (tenant), counted as 5 requests.',
    ],
    [{ ...EXPLAINED, class: 'exempt', levels: [] }, 'It is of the class exempt (shipped): nothing limits it.'],
  ])('explain says in words what would decide', async (explained, verdict) => {
    const told = await runCommand(['limits', 'explain', 'post', '/v1/query'], () => Response.json(explained));
    expect([told.code, told.asked]).toEqual([0, 'POST /v1/limits/explain {"method":"POST","path":"/v1/query"}']);
    expect(told.out.split('\n')[0]).toBe(verdict);
  });

  it.each([
    [[], '/v1/admin/limits'],
    [['--installation'], '/v1/admin/limits/installation'],
  ])('set %j sends the file, YAML or JSON, and get shows what stands', async (flags, path) => {
    const file = await fileOf('policies:\n  api_key: { limit: 2000 }\n');
    const answer = (): Response => Response.json({ limits: null });
    expect((await runCommand(['limits', 'set', file, ...flags], answer)).asked).toBe(
      `POST ${path} {"policies":{"api_key":{"limit":2000}}}`,
    );
    expect((await runCommand(['limits', 'get', ...flags], answer)).asked).toBe(`GET ${path}`);
  });

  it('replay sends the candidate and shows before and after by class and policy, and who would have been refused', async () => {
    const file = await fileOf('policies: { api_key: { limit: 60 } }\n');
    const counts = { requests: 80, refused: 0, would_refuse: 31 };
    const replayed = {
      ...{ from: '2026-11-30T04:00:00.000Z', to: '2026-11-30T05:00:00.000Z', is_complete: false, ...counts, callers_hit: 1 },
      classes: [{ class: 'default', ...counts }],
      policies: [{ policy: 'api_key', refused: 0, would_refuse: 31 }],
      callers: [
        {
          ...{ key: 'key_1', user: null, route: 'POST /v1/query', requests: 60, refused: 0, would_refuse: 31 },
          ...{ policy: 'api_key', first_at: '2026-11-30T04:00:05.000Z' },
        },
      ],
    };
    const told = await runCommand(['limits', 'replay', file, '--last-s', '600'], () => Response.json(replayed));
    expect([told.code, told.asked]).toEqual([0, 'POST /v1/limits/replay {"limits":{"policies":{"api_key":{"limit":60}}},"last_s":600}']);
    const rows = cellsOf(told.out);
    expect(rows[0]?.join(' ')).toContain('of 80 requests 80 were let in, 49 would have been');
    expect(rows[1]?.join(' ')).toContain('Not all that was asked for is recorded');
    expect(rows).toContainEqual(['default', '80', '0', '49', '31']);
    expect(rows).toContainEqual(['api_key', '0', '31']);
    expect(rows.at(-1)).toEqual(['key_1', 'POST /v1/query', '60', '0', '31', 'api_key', '2026-11-30T04:00:05.000Z']);
    expect(JSON.parse((await runCommand(['limits', 'replay', file, '--json'], () => Response.json(replayed))).out)).toEqual(replayed);
  });

  it('a file that is not there, or is no YAML, is told, and nothing is sent', async () => {
    const broken = await fileOf('policies: [');
    for (const file of [join(folder, 'none.yaml'), broken]) {
      const told = await runCommand(['limits', 'set', file], () => Response.json({}));
      expect([told.code, told.calls, told.err.includes('cannot be read')]).toEqual([1, 0, true]);
    }
  });
});
