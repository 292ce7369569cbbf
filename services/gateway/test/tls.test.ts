import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { createMetrics, silentLogger } from '@tidegate/telemetry';
import { createCertificate } from '@tidegate/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPublicListener } from '../src/certificate.ts';
import type { PublicSettings, TlsSettings } from '../src/certificate.ts';

let folder: string;
let background: AbortController;
let closes: (() => Promise<void>)[];
let warnings: string[];
let metrics: ReturnType<typeof createMetrics>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-tls-'));
  background = new AbortController();
  closes = [];
  warnings = [];
  metrics = createMetrics('gateway');
});
afterEach(async () => {
  background.abort();
  for (const close of closes) await close();
  rmSync(folder, { recursive: true });
});

/** The files of a certificate, replaced as whoever renews one does. */
function place({ cert, key }: { readonly cert: string; readonly key: string }): Pick<TlsSettings, 'tlsCertFile' | 'tlsKeyFile'> {
  const files = { tlsCertFile: join(folder, 'tls.crt'), tlsKeyFile: join(folder, 'tls.key') };
  writeFileSync(files.tlsCertFile, cert);
  writeFileSync(files.tlsKeyFile, key);
  return files;
}

async function serve(given: Partial<TlsSettings> = {}): Promise<number> {
  const settings: PublicSettings = { drainLingerMs: 0, tlsCertFile: '', tlsKeyFile: '', tlsVersionMin: '1.3', hstsSeconds: 0, ...given };
  const log = { ...silentLogger, warn: (event: string) => void warnings.push(event) };
  const answer = (_request: unknown, response: { end(text: string): void }): void => response.end('answered');
  const listener = createPublicListener(answer, settings, { metrics, log, signal: background.signal, lookEveryMs: 5 });
  closes.push(async () => listener.close(100));
  return listener.listen({ host: '127.0.0.1', port: 0 });
}

/** What a client and the server agree upon, or why they do not. */
function shake(
  port: number,
  options: ConnectionOptions = {},
): Promise<{ protocol: string | null; cipher: string; print: string } | string> {
  return new Promise((resolve) => {
    const socket: TLSSocket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options }, () => {
      resolve({ protocol: socket.getProtocol(), cipher: socket.getCipher().name, print: socket.getPeerCertificate().fingerprint256 });
      socket.destroy();
    });
    socket.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
  });
}

function ask(port: number, ca: string, agent: Agent): Promise<{ status: number | undefined; headers: IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, ca, agent, path: '/' }, (response) => {
      response.resume().once('end', () => resolve({ status: response.statusCode, headers: response.headers }));
    });
    asked.once('error', reject).end();
  });
}

const printOf = ({ cert }: { readonly cert: string }): string => new X509Certificate(cert).fingerprint256;

describe('the public API by TLS', () => {
  it('is served by TLS 1.3 alone unless said otherwise', async () => {
    const port = await serve(place(createCertificate(Date.now())));
    expect(await shake(port)).toMatchObject({ protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' });
    expect(await shake(port, { maxVersion: 'TLSv1.2' })).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
  });

  it('takes TLS 1.2 by setting, with forward secrecy and authenticated encryption or not at all', async () => {
    const port = await serve({ ...place(createCertificate(Date.now())), tlsVersionMin: '1.2' });
    const by12 = { maxVersion: 'TLSv1.2' } as const;
    expect(await shake(port, by12)).toMatchObject({ protocol: 'TLSv1.2' });
    for (const ciphers of ['ECDHE-ECDSA-AES256-SHA384', 'ECDHE-ECDSA-AES128-SHA', 'AES128-GCM-SHA256'])
      expect([ciphers, await shake(port, { ...by12, ciphers })]).toEqual([ciphers, expect.stringMatching(/HANDSHAKE_FAILURE/)]);
    expect(await shake(port, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' })).toMatch(/PROTOCOL_VERSION/);
  });

  it('takes the strongest that both know, in whatever order the client names them', async () => {
    const port = await serve({ ...place(createCertificate(Date.now())), tlsVersionMin: '1.2' });
    const weakFirst = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384';
    expect(await shake(port, { maxVersion: 'TLSv1.2', ciphers: weakFirst })).toMatchObject({ cipher: 'ECDHE-ECDSA-AES256-GCM-SHA384' });
    const of13 = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384';
    expect(await shake(port, { ciphers: of13 })).toMatchObject({ cipher: 'TLS_AES_256_GCM_SHA384' });
  });

  it('takes a renewed certificate over for new connections, while those that are there go on', async () => {
    const [old, renewed] = [createCertificate(Date.now()), createCertificate(Date.now() + 3_600_000)];
    const port = await serve(place(old));
    const kept = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await ask(port, old.cert, kept)).status).toBe(200);
    place(renewed);
    await expect.poll(() => shake(port)).toMatchObject({ print: printOf(renewed) });
    // Its authority is the old certificate: a new connection would be refused.
    expect((await ask(port, old.cert, kept)).status).toBe(200);
    kept.destroy();
    const expires = /tls_certificate_expires_seconds\{.*\} (\S+)\n/.exec(await metrics.expose())?.[1];
    expect(Number(expires)).toBe(new X509Certificate(renewed.cert).validToDate.getTime() / 1_000);
  });

  it('goes on with the certificate that it has while the files do not fit each other, and says so once', async () => {
    const [old, renewed] = [createCertificate(Date.now()), createCertificate(Date.now())];
    const port = await serve(place(old));
    place({ cert: renewed.cert, key: old.key });
    await expect.poll(() => warnings).toEqual(['certificate_unreadable']);
    expect(await shake(port)).toMatchObject({ print: printOf(old) });
    place(renewed);
    await expect.poll(() => shake(port)).toMatchObject({ print: printOf(renewed) });
    expect(warnings).toEqual(['certificate_unreadable']);
  });

  it('tells browsers to ask by TLS alone where that is asked for', async () => {
    const certificate = createCertificate(Date.now());
    const of = async (settings: Partial<TlsSettings>): Promise<string | undefined> => {
      const agent = new Agent();
      const { headers } = await ask(await serve({ ...place(certificate), ...settings }), certificate.cert, agent);
      agent.destroy();
      return headers['strict-transport-security'];
    };
    expect(await of({})).toBe(undefined);
    expect(await of({ hstsSeconds: 31_536_000 })).toBe('max-age=31536000; includeSubDomains');
  });

  it('does not start with half of a certificate, or with a key of another one', async () => {
    const certificate = createCertificate(Date.now());
    const { tlsCertFile } = place(certificate);
    await expect(serve({ tlsCertFile })).rejects.toThrow('TLS_KEY_FILE is not set, but TLS_CERT_FILE is');
    const other = place({ cert: certificate.cert, key: createCertificate(Date.now()).key });
    await expect(serve(other)).rejects.toThrow(/TLS_CERT_FILE and TLS_KEY_FILE are of no use: .*key values mismatch/);
    await expect(serve({ tlsCertFile, tlsKeyFile: join(folder, 'none') })).rejects.toThrow(/no such file/);
  });
});
