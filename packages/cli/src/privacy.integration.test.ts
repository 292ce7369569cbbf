import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { createMigratedDatabase } from '@tidegate/postgres/scratch';
import type { ScratchDatabase } from '@tidegate/postgres/scratch';
import { connectRedis, whenConnected } from '@tidegate/redis';
import { createPseudonymHmac } from '@tidegate/runtime';
import { testServers } from '@tidegate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from './program.ts';

const SECRET = 'pseudonym-secret-of-thirty-two-bytes';
/** Of this run alone: Redis is shared with other tests. */
const PERSON = `anna-${randomBytes(8).toString('hex')}`;
const PSEUDONYM = createPseudonymHmac(new TextEncoder().encode(SECRET), 'acme')(PERSON);

let database: ScratchDatabase;

beforeAll(async () => {
  database = await createMigratedDatabase();
  await database.query(`SELECT ensure_raw_day('2026-11-20')`);
});

afterAll(() => database.drop());

async function verify(env: Readonly<Record<string, string>> = {}, args: readonly string[] = ['--tenant', 'acme']) {
  let [out, err] = ['', ''];
  const code = await runProgram(['privacy', 'verify', PERSON, ...args], {
    env: { DATABASE_URL: database.url, PSEUDONYM_SECRET: SECRET, NO_COLOR: '1', ...env },
    stdin: new PassThrough(),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { code, out, err };
}

const found = (out: string): readonly string[] =>
  out
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, name]) => name === 'id' || name === 'pseudonym')
    .map((words) => words.join(' '));

describe('tidegate privacy verify', () => {
  it('finds nothing of a person of whom there is nothing but the tombstone', async () => {
    await database.query(
      `INSERT INTO erasure (request_id, tenant, subject, partition, requested_by) VALUES (gen_random_uuid(), 'acme', $1, 0, 'k')`,
      [PSEUDONYM],
    );
    expect(await verify()).toEqual({ code: 0, out: 'Nothing is found.\n', err: '' });
  });

  it('names each place that holds the id or the pseudonym, in the clear or as bytes, and exits with 1', async () => {
    await database.query(
      `INSERT INTO raw_event VALUES ('acme', 'e', '', 't', $1, now(), '2026-11-20T10:00:00Z', 0, 0, 1, 1, '{}'),
         ('acme', 'e2', '', 't', NULL, now(), '2026-11-20T10:00:00Z', 0, 1, 1, 1, json_build_object('of', $2::text))`,
      [PSEUDONYM, PERSON],
    );
    await database.query(
      `INSERT INTO rejected_event (tenant, topic, log_generation, partition, log_offset, code, path, lane, length, sha256, sealed, received_at)
       VALUES ('acme', 'r', 1, 0, 0, 'c', '', 'ingest', 1, '\\x00', convert_to($1, 'UTF8'), now())`,
      [`in the clear: ${PERSON}`],
    );
    const { code, out, err } = await verify();
    expect([code, err]).toEqual([1, 'The person is found.\n']);
    expect(found(out)).toEqual(['raw_event_20261120 id 1', 'raw_event_20261120 pseudonym 1', 'rejected_event id 1']);
  });

  it('of another tenant the pseudonym is another one', async () => {
    expect(found((await verify({}, ['--tenant', 'other'])).out)).toEqual(['raw_event_20261120 id 1', 'rejected_event id 1']);
  });

  it('looks into Redis where it is named, and says where that does not answer', async () => {
    const { redisUrl } = testServers();
    const redis = connectRedis({ address: { url: redisUrl }, name: 'test' });
    await whenConnected(redis, 10_000);
    const key = `tg-test:{acme}:chunk:${PSEUDONYM}`;
    await redis.set(key, '1', 'EX', 60);
    const { out } = await verify({ REDIS_URL: redisUrl });
    await redis.del(key);
    redis.disconnect();
    expect(found(out)).toContain('redis pseudonym 1');
    expect(await verify({ REDIS_URL: 'redis://127.0.0.1:1' })).toMatchObject({ code: 1, err: 'Redis does not answer.\n' });
  }, 30_000);

  it('says what it lacks', async () => {
    expect(await verify({ PSEUDONYM_SECRET: '' })).toMatchObject({ code: 1, err: 'PSEUDONYM_SECRET is not set.\n' });
  });
});
