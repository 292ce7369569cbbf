/**
 * The proxy that a team would write in an afternoon: node:http in front, undici behind, headers copied but for those of the hop.
 * With REDIS_URL four limiters of rate-limiter-flexible are asked first, at once, as its documentation shows. Prints its port.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { Pool } from 'undici';

const CONNECTIONS = 128;
/** Never reached. */
const POINTS = 1_000_000_000;
const OF_THE_HOP = new Set(['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'upgrade', 'host']);

const { UPSTREAM = '', REDIS_URL } = process.env;
const pool = new Pool(UPSTREAM, { connections: CONNECTIONS, pipelining: 1 });
const consume = REDIS_URL === undefined ? null : createLimiters(REDIS_URL);

function createLimiters(url: string): (request: IncomingMessage) => Promise<boolean> {
  const storeClient = new Redis(url, { enableOfflineQueue: false });
  const limiter = (name: string): RateLimiterRedis =>
    new RateLimiterRedis({ storeClient, keyPrefix: `bench_peer_${name}`, points: POINTS, duration: 60 });
  const [ip, key, tenant, global] = [limiter('ip'), limiter('key'), limiter('tenant'), limiter('global')];
  return async (request) => {
    const apiKey = String(request.headers['x-api-key']);
    const asked = [ip.consume(request.socket.remoteAddress ?? ''), key.consume(apiKey), tenant.consume('demo'), global.consume('all')];
    return Promise.all(asked).then(
      () => true,
      () => false,
    );
  };
}

function forward(request: IncomingMessage, response: ServerResponse): void {
  const { method = 'GET', url: path = '/' } = request;
  const answerTo = ({ statusCode, headers }: { statusCode: number; headers: IncomingHttpHeaders }): ServerResponse =>
    response.writeHead(statusCode, withoutHop(headers));
  pool.stream({ path, method: method as 'GET', headers: withoutHop(request.headers) }, answerTo).catch(() => response.destroy());
}

function withoutHop(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept: IncomingHttpHeaders = {};
  for (const name in headers) if (!OF_THE_HOP.has(name)) kept[name] = headers[name];
  return kept;
}

const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
  if (consume === null) return forward(request, response);
  void consume(request).then((isAllowed) => (isAllowed ? forward(request, response) : response.writeHead(429).end()));
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
