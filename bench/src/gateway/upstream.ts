/** What stands behind each proxy: a short answer, without looking at the request. Prints its port. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ANSWER } from './answer.ts';

const headers = { 'content-type': 'application/json', 'content-length': ANSWER.length };
const server = createServer({ keepAliveTimeout: 65_000 }, (_request, response) => {
  response.writeHead(200, headers).end(ANSWER);
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
