/** What an answer would cost if it were no more than bytes in Redis: one GET of one key, sent as they are. Prints its port. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';

const { REDIS_URL = '', KEY = '' } = process.env;
const redis = new Redis(REDIS_URL, { enableAutoPipelining: true });

const server = createServer({ keepAliveTimeout: 65_000 }, (_request, response) => {
  void redis.getBuffer(KEY).then((body) => {
    if (body === null) return response.writeHead(404, { 'content-length': 0 }).end();
    return response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
