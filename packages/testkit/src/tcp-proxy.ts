import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { joinSockets } from './socket-pair.ts';

export interface TcpTarget {
  readonly host: string;
  readonly port: number;
}

/** Host and port of an address that names both. */
export function tcpTargetOf(address: string): TcpTarget {
  const { hostname, port } = new URL(address);
  return { host: hostname, port: Number(port) };
}

/** Stands between a client and a server, and makes the server slow, silent or absent on demand. */
export interface TcpProxy {
  readonly port: number;
  /** Keeps connections open and lets nothing through, as a stopped process does. */
  stall(): void;
  /** Lets nothing more through what is connected now, and says so to nobody; what connects from here on is served. */
  strand(): void;
  /** Lets everything through again, what was held included. */
  resume(): void;
  /** Ends all connections and refuses new ones, as a killed process does. */
  cut(): Promise<void>;
  /** Takes connections again, on the same port. */
  restore(): Promise<void>;
  /** Connections made from here on go to another server. */
  leadTo(target: TcpTarget): void;
  close(): Promise<void>;
}

export async function createTcpProxy(first: TcpTarget): Promise<TcpProxy> {
  let target = first;
  const ends = new Set<Socket>();
  let isStalled = false;
  const server = createServer((client) => {
    const upstream = connect(target.port, target.host);
    joinSockets(client, upstream, ends);
    if (!isStalled) return;
    client.pause();
    upstream.pause();
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  const cut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const end of ends) end.destroy();
    await closed;
  };
  await listen(0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    stall: () => {
      isStalled = true;
      for (const end of ends) end.pause();
    },
    strand: () => {
      for (const end of ends) end.pause();
    },
    resume: () => {
      isStalled = false;
      for (const end of ends) end.resume();
    },
    cut,
    restore: () => listen(port),
    leadTo: (next) => {
      target = next;
    },
    close: cut,
  };
}
