import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, get as getPlain, type IncomingMessage, type Server } from 'node:http';
import { get, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startNginx, type Nginx } from '@tidegate/native';
import { createCertificate } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

const certificate = createCertificate(Date.now());
const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-nginx-'));
const gateways: Server[] = [];
let nginx: Nginx;

async function startGateway(name: string): Promise<number> {
  const server = createServer((request, response) => response.end(`${name} ${String(request.headers['x-forwarded-proto'])}`));
  gateways.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

beforeAll(async () => {
  const gatewayPorts = [await startGateway('one'), await startGateway('two')];
  nginx = await startNginx({ dataDir, certificate, gatewayPorts, log: () => undefined });
}, 120_000);
afterAll(async () => {
  await nginx.stop();
  for (const one of gateways) one.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function ask(options: RequestOptions = {}): Promise<string> {
  const request = get(`${nginx.url}/v1/x?y=1`, { ca: certificate.cert, agent: false, ...options });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return `${response.statusCode} ${await text(response)}`;
}

it('what comes without TLS is sent, method and path kept, to where it is spoken; TLS is 1.3 and nothing older', async () => {
  const request = getPlain(`http://127.0.0.1:${nginx.ports.http}/v1/x?y=1`, { agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  expect([response.statusCode, response.headers.location]).toEqual([308, `${nginx.url}/v1/x?y=1`]);
  expect(await ask({ minVersion: 'TLSv1.3' })).toMatch(/^200 (one|two) https$/);
  await expect(ask({ maxVersion: 'TLSv1.2' })).rejects.toThrow(/alert protocol version/);
});

it('gateways take turns; one that is gone is passed over, and nginx that was killed serves again at its address', async () => {
  const answers = async (): Promise<Set<string>> => new Set(await Promise.all(Array.from({ length: 8 }, () => ask())));
  expect(await answers()).toEqual(new Set(['200 one https', '200 two https']));
  const [first] = gateways;
  first?.closeAllConnections();
  first?.close();
  expect(await answers()).toEqual(new Set(['200 two https']));
  await nginx.kill();
  await expect(ask()).rejects.toThrow('ECONNREFUSED');
  await nginx.restart();
  expect(await answers()).toEqual(new Set(['200 two https']));
});

it('other gateways take over without a request that fails', async () => {
  const third = await startGateway('three');
  nginx.leadTo([third]);
  let failed = 0;
  await expect
    .poll(async () => {
      const answer = await ask().catch(() => 'failed');
      if (!answer.startsWith('200')) failed += 1;
      return answer;
    })
    .toBe('200 three https');
  expect(failed).toBe(0);
});
