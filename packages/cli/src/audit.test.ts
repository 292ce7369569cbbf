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
