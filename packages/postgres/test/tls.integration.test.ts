import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificate, createTlsProxy, testServers, type TlsProxy } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPool } from '../src/pool.ts';

/** PostgreSQL, chapter "Message Formats": an SSLRequest has 8 bytes; `S` says that TLS follows. */
const SSL_REQUEST = { bytes: 8, answer: 'S' };
const folder = mkdtempSync(join(tmpdir(), 'tidegate-tls-'));
const [ours, others] = [join(folder, 'ours.pem'), join(folder, 'others.pem')];
let proxy: TlsProxy;

beforeAll(async () => {
  const certificate = createCertificate(Date.now());
  writeFileSync(ours, certificate.cert);
  writeFileSync(others, createCertificate(Date.now()).cert);
  const { hostname, port } = new URL(testServers().databaseUrl);
  proxy = await createTlsProxy({ target: { host: hostname, port: Number(port) }, certificate, opening: SSL_REQUEST });
});
afterAll(async () => {
  await proxy.close();
  rmSync(folder, { recursive: true });
});

async function ask(port: number, parameters: string): Promise<number> {
  const url = Object.assign(new URL(testServers().databaseUrl), { hostname: '127.0.0.1', port: String(port), search: parameters });
  const pool = createPool({ databaseUrl: url.toString(), applicationName: 'test', connectionsMax: 1, statementTimeoutMs: 5_000 });
  try {
    return (await pool.query<{ one: number }>('SELECT 1 AS one')).rows[0]?.one ?? 0;
  } finally {
    await pool.end();
  }
}

test('`sslmode=verify-full` reaches a server that speaks TLS where the authority of `sslrootcert` signed for it, and no other', async () => {
  expect(await ask(proxy.port, `sslmode=verify-full&sslrootcert=${ours}`)).toBe(1);
  await expect(ask(proxy.port, `sslmode=verify-full&sslrootcert=${others}`)).rejects.toThrow('self-signed certificate');
});

test('a server without TLS is not spoken to in plain text where TLS was asked for', async () => {
  const { port } = new URL(testServers().databaseUrl);
  await expect(ask(Number(port), `sslmode=verify-full&sslrootcert=${ours}`)).rejects.toThrow('does not support SSL');
});
