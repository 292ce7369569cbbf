import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHAIN_START, createAuditChain } from '@tidegate/runtime';
import { afterAll, expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-audit-'));
afterAll(() => rmSync(folder, { recursive: true }));

const HASH = 'ab'.repeat(32);
const WHOLE = { state: 'whole', base_no: 0, last_no: 40_000, last_hash: HASH, checked: 20_000, next_from: 20_001, findings: [] };
const said = (no: number) => ({
  ...{ timestamp: '2026-11-04T10:00:00.000Z', tenant: 'acme', actor: 'key_1', role: 'key', action: 'read', route: 'POST /v1/query' },
  ...{ status_code: 200, subject: null, accesses: no },
});

/** An export of three records, made by the chain itself. */
function exported(): string[] {
  const chain = createAuditChain(new Uint8Array(32).fill(1));
  const lines: string[] = [];
  let place = CHAIN_START;
  for (const no of [1, 2, 3]) {
    const link = chain.link({ tenant: 'acme', keptAtMs: Date.parse('2026-11-04T10:00:00.500Z'), record: JSON.stringify(said(no)) }, place);
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
    const shown = {
      no,
      kept_at: '2026-11-04T10:00:00.500Z',
      prev_hash: hex(link.prevHash),
      hash: hex(link.hash),
      signature: hex(link.signature),
    };
    lines.push(JSON.stringify({ ...said(no), ...shown }));
    place = link;
  }
  return lines;
}

it('the chain is checked to its end, a stretch at a time, and what to write down elsewhere is told', async () => {
  const steps = [WHOLE, { ...WHOLE, next_from: null }];
  const run = await runCommand(['audit', 'verify', '--seen', `7:${HASH}`], ({ call }) => Response.json(steps[call]));
  expect([run.code, run.calls, run.request]).toEqual([0, 2, `GET /v1/admin/audit/verify?seen=7%3A${HASH}&from=20001`]);
  expect(run.out).toBe(`40000 records are as they were written.\nWrite down elsewhere, for --seen: 40000:${HASH}\n`);
});

it('a record that was altered is named, once, and is a failure of the command', async () => {
  const broken = { ...WHOLE, findings: [{ no: 3, fault: 'altered', meaning: 'The record is not what was hashed.' }] };
  const steps = [broken, { ...broken, next_from: null }];
  const { code, out, err } = await runCommand(['audit', 'verify'], ({ call }) => Response.json(steps[call]));
  expect([code, out, err]).toEqual([1, 'record 3: altered. The record is not what was hashed.\n', 'The audit is not whole.\n']);
});

it('an export is the chain from its first record on, and is checked without a server', async () => {
  const lines = exported();
  const pages = [
    { records: lines.slice(0, 2).map((line) => JSON.parse(line) as unknown), next_cursor: 'c' },
    { records: lines.slice(2).map((line) => JSON.parse(line) as unknown), next_cursor: null },
  ];
  const { out, request } = await runCommand(['audit', 'export'], ({ call }) => Response.json(pages[call]));
  expect([out, request]).toEqual([`${lines.join('\n')}\n`, 'GET /v1/admin/audit?order=chain&limit=1000&cursor=c']);
  const file = join(folder, 'export.ndjson');
  const check = async (text: string) => {
    writeFileSync(file, text);
    return runCommand(['audit', 'verify', '--file', file], () => Response.error());
  };
  expect(await check(out)).toMatchObject({ code: 0, calls: 0 });
  expect((await check(out.replace('"accesses":2', '"accesses":1'))).out).toContain('record 2: altered');
  expect((await check(`${lines[0] ?? ''}\n${lines[2] ?? ''}\n`)).out).toContain('record 2: missing');
  expect((await check('not an export')).err).toContain('not an export of the audit');
});

it('a page shows who did what, and asks by the filters that were given', async () => {
  const page = { records: [{ ...said(4), no: 9, kept_at: '2026-11-04T10:00:00.500Z' }], next_cursor: 'c9' };
  const { out, request } = await runCommand(['audit', 'list', '--actor', 'key_1', '--resource', 'query', '--nobody'], () =>
    Response.json(page),
  );
  expect(request).toBe('GET /v1/admin/audit?actor=key_1&resource_type=query&tenant=-');
  expect(out).toMatch(/9 +2026-11-04T10:00:00\.000Z +key_1 +key +read +POST \/v1\/query +200 +– +4/);
  expect(out).toContain('More: --cursor c9');
});

it('a review says who read whose data, and what is unlike the rest, over all pages', async () => {
  const at = '2026-11-04T10:00:00.500Z';
  const read = (actor: string, more: object) => ({ ...said(1), actor, no: 1, kept_at: at, last_at: at, ...more });
  const pages = [
    {
      records: [
        // Three persons, one of them twice: 2 + 1 + 1 + 1 accesses.
        read('doctor', { role: 'clinician', subject: 'p1', accesses: 2 }),
        read('doctor', { role: 'clinician', subject: 'p2' }),
        read('doctor', { role: 'clinician', subject: 'p2', opened: ['diagnosis'] }),
        read('doctor', { role: 'clinician', subject: 'p3' }),
        // Shown nothing: no reader of p3.
        read('guest', { status_code: 403, subject: 'p3', accesses: 3 }),
      ],
      next_cursor: 'c1',
    },
    {
      records: [
        read('report', { subject: '*', accesses: 4 }),
        read('admin', { action: 'delete', status_code: null }),
        read('admin', { action: 'delete' }),
      ],
      next_cursor: null,
    },
  ];
  const flags = ['--since', '2026-11-01T00:00:00Z', '--persons', '2', '--refused', '2'];
  const run = async (...more: string[]) => runCommand(['audit', 'review', ...flags, ...more], ({ call }) => Response.json(pages[call]));
  const { code, out, calls, request } = await run('--json');
  expect([code, calls, request]).toEqual([0, 2, 'GET /v1/admin/audit?since=2026-11-01T00%3A00%3A00Z&limit=1000&cursor=c1']);
  const review = JSON.parse(out) as Record<string, unknown>;
  expect(review['accesses']).toBe(13);
  expect(review['actors']).toEqual([
    expect.objectContaining({ actor: 'doctor', roles: ['clinician'], accesses: 5, persons: 3, opened: ['diagnosis'], refused: 0 }),
    expect.objectContaining({ actor: 'report', accesses: 4, persons: 0, of_several: 4 }),
    expect.objectContaining({ actor: 'guest', accesses: 3, persons: 0, refused: 3 }),
    expect.objectContaining({ actor: 'admin', accesses: 1, changes: 1, last_at: at }),
  ]);
  expect(review['persons']).toEqual([
    { subject: 'p1', accesses: 2, readers: ['doctor'] },
    { subject: 'p2', accesses: 2, readers: ['doctor'] },
    { subject: 'p3', accesses: 1, readers: ['doctor'] },
  ]);
  expect(review['unusual']).toEqual([
    { actor: 'doctor', why: 'many_persons', count: 3 },
    { actor: 'doctor', why: 'opened', count: 1 },
    { actor: 'guest', why: 'refused', count: 3 },
    { actor: 'report', why: 'several_at_once', count: 4 },
  ]);
  expect((await run()).out).toMatch(/guest +3 +accesses refused/);
  // At the bounds themselves nobody stands out by number.
  const atBounds = JSON.parse((await run('--json', '--persons', '3', '--refused', '3')).out) as { unusual: { why: string }[] };
  expect(atBounds.unusual.map(({ why }) => why)).toEqual(['opened', 'several_at_once']);
  expect(await run('--persons', 'many')).toMatchObject({ code: 1, err: '--persons is a whole number.\n' });
});
