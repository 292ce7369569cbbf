import { createServer } from 'node:net';

const LOOPBACK = '127.0.0.1';

/** A port of the loopback interface that was free a moment ago. */
export function freePort(): Promise<number> {
  return listenOnce(0);
}

/** Whether the port can be taken now. */
export async function isPortFree(port: number): Promise<boolean> {
  return listenOnce(port).then(
    () => true,
    () => false,
  );
}

/** `first`, or the next port after it that is free. */
export async function nextFreePort(first: number): Promise<number> {
  for (let port = first; port < Math.min(first + 200, 65_536); port++) if (await isPortFree(port)) return port;
  return freePort();
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      const address = server.address();
      server.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no address'))));
    });
  });
}
