import { createServer } from 'node:net';

const LOOPBACK = '127.0.0.1';
/** Another start would have to choose the same ports at the same moment so many times in a row. */
const ATTEMPTS = 5;

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

export interface Chosen<Choice> {
  /** Called with the number of attempts that failed before. Throws where no other choice may be made. */
  readonly choose: (failed: number) => Promise<Choice>;
  readonly portsOf: (choice: Choice) => readonly number[];
}

/**
 * Starts something on chosen ports. Between the choice and the bind another program may take one of them: then another
 * choice is tried, a few times. `start` leaves nothing behind when it rejects, so a port that is taken after that is
 * somebody else's; where none is, the failure has another reason and stands.
 */
export async function startOnPorts<Choice, Started>(
  { choose, portsOf }: Chosen<Choice>,
  start: (choice: Choice) => Promise<Started>,
): Promise<Started> {
  for (let failed = 0; ; failed += 1) {
    const choice = await choose(failed);
    try {
      return await start(choice);
    } catch (error) {
      const areFree = await Promise.all(portsOf(choice).map(isPortFree));
      if (failed + 1 === ATTEMPTS || areFree.every(Boolean)) throw error;
    }
  }
}

/** Starts a server on a free port. */
export function startOnFreePort<Started>(start: (port: number) => Promise<Started>): Promise<Started> {
  return startOnPorts({ choose: freePort, portsOf: (port) => [port] }, start);
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
