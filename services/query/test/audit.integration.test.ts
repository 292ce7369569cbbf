import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { RunningQuery } from '../src/app.ts';
import { createWorld, until } from './world.ts';
import type { World } from './world.ts';

const RECORDS = z.object({
  records: z.array(z.looseObject({ no: z.number(), actor: z.string(), hash: z.string(), prev_hash: z.string(), kept_at: z.string() })),
  next_cursor: z.string().nullable(),
});
const VERIFIED = z.object({
  state: z.string(),
  last_no: z.number(),
  last_hash: z.string(),
  checked: z.number(),
  next_from: z.number().nullable(),
  findings: z.array(z.object({ no: z.number(), fault: z.string(), meaning: z.string() })),
});

const COUNT = 12;

/** What a gateway writes of an access; the number is part of it. */
const said = (gateway: string, seq: number, tenant = 'acme') => ({
  ...{ timestamp: '2026-11-04T10:00:00.000Z', last_at: '2026-11-04T10:00:00.000Z', tenant, actor: `key_${seq % 3}`, role: 'key' },
  ...{ action: 'read', resource_type: 'query', resource_id: null, subject: null, status_code: 200, route: 'POST /v1/query' },
  ...{ trace_id: 't', request_id: 'r', accesses: 1, gateway, seq },
});

describe('the audit, kept by two instances of the service', () => {
  let world: World;
  let service: RunningQuery;

  const send = (gateway: string, seq: number, tenant = 'acme'): Promise<void> =>
    world.sendJson(world.topics.audit, tenant, said(gateway, seq, tenant));
  const read = async (query = '', tenant = 'acme') =>
    RECORDS.parse(JSON.parse((await world.call(service, `/v1/admin/audit?${query}`, { tenant })).text));
  const verify = async (query = '', tenant = 'acme') =>
    VERIFIED.parse(JSON.parse((await world.call(service, `/v1/admin/audit/verify?${query}`, { tenant })).text));
  const untilKept = (count: number, tenant = 'acme') =>
    until(
      async () => (await verify('', tenant)).last_no,
      (last) => last === count,
    );

  beforeAll(async () => {
    world = await createWorld(1);
    const [first] = await Promise.all([world.start(), world.start()]);
    service = first;
    // Sent in order, the fourth twice, all of one gateway once more, as one that could not know whether they were there does.
    for (const seq of [1, 2, 3, 4, 4, 5, 6, 5, 6, 7, 8]) await send('g1', seq);
    await send('g2', 1, 'other');
    for (const seq of [1, 2, 3, 4]) await send('g3', seq);
    await untilKept(COUNT);
    await untilKept(1, 'other');
  });
  afterAll(async () => world.close());

  test('each record is in the chain of its tenant once, in the order of the log, whatever was sent twice and whoever kept it', async () => {
    const { records, next_cursor: next } = await read('order=chain');
    const [first, ...others] = records;
    expect(next).toBeNull();
    expect(records.map(({ gateway, seq }) => `${String(gateway)}/${String(seq)}`)).toEqual([
      ...[1, 2, 3, 4, 5, 6, 7, 8].map((seq) => `g1/${seq}`),
      ...[1, 2, 3, 4].map((seq) => `g3/${seq}`),
    ]);
    expect(records.map(({ no }) => no)).toEqual(Array.from({ length: COUNT }, (_, at) => at + 1));
    expect(first?.prev_hash).toBe('00'.repeat(32));
    expect(others.map(({ prev_hash: before }) => before)).toEqual(records.slice(0, -1).map(({ hash }) => hash));
    // The hash by hand, as docs/design/audit.md says: the hash before, then each part behind its length (4 bytes, little-endian).
    const parts = ['tidegate/audit/1', 'acme', '1', String(Date.parse(first?.kept_at ?? '')), JSON.stringify(said('g1', 1))];
    const sha = createHash('sha256').update(Buffer.alloc(32));
    for (const part of parts) {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(Buffer.byteLength(part));
      sha.update(length).update(part);
    }
    expect(first?.hash).toBe(sha.digest('hex'));
  });

  test('pages go from the newest to the oldest, by filters, of the own tenant alone; as NDJSON a record is a line', async () => {
    const first = await read('limit=8');
    const second = await read(`limit=8&cursor=${first.next_cursor ?? ''}`);
    expect([...first.records, ...second.records].map(({ no }) => no)).toEqual(Array.from({ length: COUNT }, (_, at) => COUNT - at));
    expect((await read('actor=key_0')).records.map(({ no }) => no)).toEqual([11, 6, 3]);
    expect((await read('action=delete')).records).toEqual([]);
    expect((await read('until=2020-01-01T00:00:00Z')).records).toEqual([]);
    expect((await read('', 'other')).records.map(({ gateway }) => gateway)).toEqual(['g2']);
    const lines = await world.call(service, '/v1/admin/audit?order=chain&limit=2', { headers: { accept: 'application/x-ndjson' } });
    expect(
      lines.text
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { no: number }).no),
    ).toEqual([1, 2]);
    expect(lines.headers.get('tidegate-next-cursor')).not.toBeNull();
    const status = async (path: string) => (await world.call(service, path)).status;
    expect(await status(`/v1/admin/audit?limit=4&actor=key_0&cursor=${first.next_cursor ?? ''}`)).toBe(422);
    expect(await status('/v1/admin/audit?order=chain&actor=key_0')).toBe(422);
    expect(await status('/v1/admin/audit?tenant=-')).toBe(403);
  });

  test('a whole chain is whole, at once or a stretch at a time, and holds what was written down of it', async () => {
    const whole = await verify();
    expect([whole.state, whole.checked, whole.next_from]).toEqual(['whole', COUNT, null]);
    const first = await verify('limit=5');
    expect([first.state, first.checked, first.next_from]).toEqual(['whole', 5, 6]);
    const rest = await verify('from=6');
    expect([rest.state, rest.checked, rest.next_from]).toEqual(['whole', COUNT - 5, null]);
    expect((await verify(`seen=${whole.last_no}:${whole.last_hash}`)).state).toBe('whole');
    expect((await verify(`seen=7:${whole.last_hash}`)).findings).toMatchObject([{ no: 7, fault: 'seen_differs' }]);
    expect((await verify(`seen=99:${whole.last_hash}`)).findings).toMatchObject([{ no: 99, fault: 'seen_differs' }]);
  });

  test('the database refuses to change, delete or empty records, whoever asks', async () => {
    for (const statement of [
      `UPDATE audit_record SET record = '{}'`,
      `DELETE FROM audit_record WHERE tenant = 'acme' AND no = 1`,
      'TRUNCATE audit_record',
    ]) {
      await expect(world.sql(statement)).rejects.toThrow('stays as it is');
    }
    await expect(world.sql(`SET ROLE tidegate_audit; UPDATE audit_record SET kept_at = now()`)).rejects.toThrow('permission denied');
    await world.sql('RESET ROLE');
    await expect(world.sql(`SET ROLE tidegate_query; INSERT INTO audit_record SELECT * FROM audit_record`)).rejects.toThrow(
      'permission denied',
    );
    await world.sql('RESET ROLE');
    expect((await verify()).state).toBe('whole');
  });

  // Whoever owns the database can switch triggers off. Each change is made, found, and taken back, at each record.
  test('each change of each record is found, by whomever it is made', async () => {
    const one = (no: number): string => `tenant = 'acme' AND no = ${no}`;
    const changes: Readonly<Record<string, (no: number) => string>> = {
      'another actor': (no) => `UPDATE audit_record SET record = replace(record::text, 'key_', 'kez_')::json WHERE ${one(no)}`,
      'another time': (no) => `UPDATE audit_record SET kept_at = kept_at - interval '1 s' WHERE ${one(no)}`,
      'another hash': (no) => `UPDATE audit_record SET hash = sha256(hash) WHERE ${one(no)}`,
      'another hash before': (no) => `UPDATE audit_record SET prev_hash = sha256(prev_hash) WHERE ${one(no)}`,
      'another signature': (no) => `UPDATE audit_record SET signature = sha256(signature) WHERE ${one(no)}`,
      removed: (no) => `DELETE FROM audit_record WHERE ${one(no)}`,
      'cut from here': (no) => `DELETE FROM audit_record WHERE tenant = 'acme' AND no >= ${no}`,
      'put in place of its neighbour': (no) =>
        `UPDATE audit_record SET record = (SELECT record FROM audit_record WHERE ${one((no % COUNT) + 1)}) WHERE ${one(no)}`,
      'given to another tenant': (no) => `UPDATE audit_record SET tenant = 'evil' WHERE ${one(no)}`,
    };
    await world.sql('CREATE TABLE kept AS SELECT * FROM audit_record');
    await world.sql('SET session_replication_role = replica');
    for (const [name, change] of Object.entries(changes)) {
      for (let no = 1; no <= COUNT; no += 1) {
        await world.sql(change(no));
        const { state, findings } = await verify();
        expect([name, no, state, Math.abs((findings[0]?.no ?? 99) - no) <= 1]).toEqual([name, no, 'broken', true]);
        await world.sql('DELETE FROM audit_record');
        await world.sql('INSERT INTO audit_record SELECT * FROM kept');
      }
    }
    expect((await verify()).state).toBe('whole');
  });

  test('a chain whose end was moved back, removed or forged is found, and so are records after it', async () => {
    await world.sql('CREATE TABLE kept_chain AS SELECT * FROM audit_chain');
    const faults = async (statement: string): Promise<readonly string[]> => {
      await world.sql(statement);
      const found = await verify();
      await world.sql('DELETE FROM audit_chain');
      await world.sql('INSERT INTO audit_chain SELECT * FROM kept_chain');
      return found.findings.map(({ fault }) => fault);
    };
    const back = `UPDATE audit_chain SET last_no = 5, last_hash = (SELECT hash FROM audit_record WHERE tenant = 'acme' AND no = 5) WHERE tenant = 'acme'`;
    expect(await faults(back)).toContain('end_unsigned');
    expect(await faults(`DELETE FROM audit_chain WHERE tenant = 'acme'`)).toEqual(['end_missing', 'total_differs']);
    // Another tenant's whole chain is gone: what all chains hold is signed too.
    expect(await faults(`DELETE FROM audit_chain WHERE tenant = 'other'`)).toEqual(['total_differs']);
    await world.sql(
      `INSERT INTO audit_record SELECT tenant, ${COUNT + 1}, kept_at, record, hash, prev_hash, signature FROM audit_record WHERE tenant = 'acme' AND no = ${COUNT}`,
    );
    expect((await verify()).findings).toMatchObject([{ no: COUNT + 1, fault: 'misplaced' }]);
    await world.sql(`DELETE FROM audit_record WHERE no = ${COUNT + 1}`);
    expect((await verify()).state).toBe('whole');
    await world.sql('SET session_replication_role = origin');
  });

  test('what comes meanwhile is kept after it; a record that cannot be read holds nothing up', async () => {
    await world.sendJson(world.topics.audit, 'acme', 'no record');
    await send('g3', 5);
    await untilKept(COUNT + 1);
    expect((await verify()).state).toBe('whole');
    const rows = await world.sql(`SELECT record ->> 'action' AS action FROM audit_record WHERE tenant = '-'`);
    expect(rows).toEqual([{ action: 'unreadable' }]);
  });
});
