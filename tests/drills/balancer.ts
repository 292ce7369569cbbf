import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import type { FrontedService, TidegateOptions } from '@tidegate/native';

/** One of several processes that do the same. */
export interface Backend {
  readonly name: string;
  readonly port: number;
}

/** One address before several processes, as a Service of Kubernetes is: each new connection goes to the next of them. */
export interface Balancer {
  readonly url: string;
  leadTo(backends: readonly Backend[]): void;
  /** No new connection goes there; those that are there stay. */
  takeOut(name: string): void;
  putBack(name: string): void;
  close(): Promise<void>;
}

export async function createBalancer(): Promise<Balancer> {
  let all: readonly Backend[] = [];
  let turn = 0;
  const out = new Set<string>();
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const inside = all.filter(({ name }) => !out.has(name));
    const chosen = inside[(turn += 1) % inside.length];
    if (chosen === undefined) return void client.destroy();
    join(client, connect(chosen.port, '127.0.0.1'), open);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    leadTo: (backends) => {
      all = backends;
    },
    takeOut: (name) => void out.add(name),
    putBack: (name) => void out.delete(name),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** Before the copies of gateway, ingest and query each. */
export interface Fronts {
  readonly balancers: Readonly<Record<FrontedService, Balancer>>;
  readonly front: NonNullable<TidegateOptions['front']>;
  close(): Promise<void>;
}

export async function createFronts(): Promise<Fronts> {
  const balancers = { gateway: await createBalancer(), ingest: await createBalancer(), query: await createBalancer() };
  return {
    balancers,
    front: (service, copies) => {
      balancers[service].leadTo(copies);
      return balancers[service].url;
    },
    close: async () => {
      for (const balancer of Object.values(balancers)) await balancer.close();
    },
  };
}

/** Byte by byte, the end of a direction included: what was said before it is still heard. */
function join(one: Socket, other: Socket, open: Set<Socket>): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    open.add(from);
    from.setNoDelay(true);
    from.on('error', () => to.destroy());
    from.on('close', () => open.delete(from));
    from.pipe(to);
  }
}
