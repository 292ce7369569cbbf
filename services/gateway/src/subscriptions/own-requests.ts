/** Requests that the gateway makes in somebody's name, to itself, within the process: they pass the gate as every other does. */
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createServer, request as httpRequest } from 'node:http';
import { duplexPair } from 'node:stream';

export interface OwnRequest {
  /** Path with query string. */
  readonly target: string;
  readonly headers: OutgoingHttpHeaders;
  /** Of the client for whom it is made: limits count it as theirs. */
  readonly remoteAddress: string | undefined;
}

/** Not ended yet. */
export type OwnRequests = (asked: OwnRequest) => ClientRequest;

/**
 * A server that listens nowhere: each request has a pair of streams in place of a connection, which Node's server takes as it is.
 * So whatever the gate does with requests and answers holds here too, and there is nothing that only looks like one of them.
 */
export function createOwnRequests(serve: (request: IncomingMessage, response: ServerResponse) => void): OwnRequests {
  const server = createServer(serve);
  return function ask({ target, headers, remoteAddress }) {
    const [client, service] = duplexPair();
    for (const end of [client, service]) end.on('error', () => end.destroy());
    client.once('close', () => service.destroy());
    service.once('close', () => client.destroy());
    server.emit('connection', Object.assign(service, { remoteAddress }));
    return httpRequest({ path: target, headers: { host: 'gateway', ...headers }, createConnection: () => client });
  };
}
