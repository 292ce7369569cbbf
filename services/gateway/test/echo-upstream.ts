import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';

/** A request as its bytes came. */
export interface EchoedRequest {
  readonly line: string;
  /** Header lines in their order. */
  readonly headers: readonly string[];
  readonly body: string;
}

/** A service that knows no HTTP library: it keeps every byte and answers each request that is whole. */
export interface EchoUpstream {
  readonly url: string;
  readonly requests: readonly EchoedRequest[];
  /** All bytes of all connections, in the order of their coming. */
  bytes(): string;
  /** Breaks all connections off. */
  cut(): void;
  close(): Promise<void>;
}

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\necho';

/** `answer`: what it says to each request, to the byte. */
export async function startEchoUpstream(answer = ANSWER): Promise<EchoUpstream> {
  const requests: EchoedRequest[] = [];
  const sockets = new Set<Socket>();
  let all = '';
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    let unread = '';
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      all += text;
      unread += text;
      for (let found = takeRequest(unread); found !== null; found = takeRequest(unread)) {
        requests.push(found.request);
        unread = found.rest;
        socket.write(answer, 'latin1');
      }
    });
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    requests,
    bytes: () => all,
    cut,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
}

/** The first request of the bytes and what is behind it; null while it is not whole. Frames by RFC 9112 and nothing looser. */
function takeRequest(bytes: string): { readonly request: EchoedRequest; readonly rest: string } | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [line = '', ...headers] = bytes.slice(0, end).split('\r\n');
  const rest = bytes.slice(end + 4);
  if (valueOf(headers, 'transfer-encoding') === 'chunked') {
    const last = rest.indexOf('0\r\n\r\n');
    return last < 0 ? null : { request: { line, headers, body: rest.slice(0, last + 5) }, rest: rest.slice(last + 5) };
  }
  const length = Number(valueOf(headers, 'content-length') ?? 0);
  return rest.length < length ? null : { request: { line, headers, body: rest.slice(0, length) }, rest: rest.slice(length) };
}

export function valueOf(headers: readonly string[], name: string): string | undefined {
  const found = headers.find((header) => header.toLowerCase().startsWith(`${name}:`));
  return found?.slice(name.length + 1).trim();
}
