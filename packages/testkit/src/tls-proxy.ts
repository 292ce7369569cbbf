import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { TLSSocket, createSecureContext } from 'node:tls';
import type { Certificate } from './certificate.ts';
import { joinSockets } from './socket-pair.ts';

export interface TlsProxy {
  readonly port: number;
  close(): Promise<void>;
}

export interface TlsProxyOptions {
  readonly target: { readonly host: string; readonly port: number };
  readonly certificate: Certificate;
  /** Bytes that a client sends in plain text before TLS begins, and the answer to them (Postgres: SSLRequest, `S`). */
  readonly opening?: { readonly bytes: number; readonly answer: string };
}

/** Speaks TLS to its clients and plain text to the server behind it. */
export async function createTlsProxy({ target, certificate, opening }: TlsProxyOptions): Promise<TlsProxy> {
  const ends = new Set<Socket>();
  const secureContext = createSecureContext({ cert: certificate.cert, key: certificate.key });
  const secure = (client: Socket): void => {
    const upstream = connect(target.port, target.host);
    const inside = new TLSSocket(client, { isServer: true, secureContext });
    joinSockets(inside, upstream, ends);
  };
  const server = createServer((client) => {
    client.on('error', () => client.destroy());
    if (opening === undefined) return secure(client);
    // The client waits for the answer, so what comes first is the opening and nothing else.
    client.once('readable', () => {
      client.read(opening.bytes);
      client.write(opening.answer);
      secure(client);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const end of ends) end.destroy();
      await closed;
    },
  };
}
