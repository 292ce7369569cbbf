import { afterAll } from 'vitest';

// Set-up file of every test file: what a file opened it must have closed by its end. A connection or a child process left
// behind hides a missing close() in the code under test, and makes the next run slow or wrong.
const WATCHED = new Set(['TCPSocketWrap', 'TCPServerWrap', 'TLSWrap', 'ProcessWrap', 'FSEventWrap', 'Worker']);
const DEADLINE_MS = 10_000;
const before = openHandles();

afterAll(async () => {
  await closeFetchConnections();
  const deadline = performance.now() + DEADLINE_MS;
  let leaked = leakedHandles();
  // A close that was awaited still needs a turn or two of the loop until the kernel's answer is there.
  while (leaked.length > 0 && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    leaked = leakedHandles();
  }
  if (leaked.length > 0) throw new Error(`this file leaves open: ${leaked.join(', ')}`);
}, DEADLINE_MS * 2);

function openHandles(): readonly string[] {
  return process.getActiveResourcesInfo().filter((kind) => WATCHED.has(kind));
}

function leakedHandles(): readonly string[] {
  const known = [...before];
  return openHandles().filter((kind) => {
    const at = known.indexOf(kind);
    if (at >= 0) known.splice(at, 1);
    return at < 0;
  });
}

// Where the platform's fetch keeps its connections: an agent in both places, or, where a package brought its own undici
// first, that one's agent in the second place and a wrapper around it in the first.
const [PLACE, AGENT_PLACE] = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')];

interface Dispatcher {
  destroy(): Promise<void>;
}

/** Fetch keeps connections for later calls; that is no leak of the test. The next file gets an agent of its own. */
async function closeFetchConnections(): Promise<void> {
  const [placed, agent] = [dispatcherAt(PLACE), dispatcherAt(AGENT_PLACE)];
  if (placed === null || agent === null) return;
  const next: unknown = Reflect.construct(agent.constructor, []);
  Reflect.set(globalThis, AGENT_PLACE, next);
  Reflect.set(globalThis, PLACE, placed === agent ? next : Reflect.construct(placed.constructor, [next]));
  await placed.destroy();
}

function dispatcherAt(place: symbol): Dispatcher | null {
  const found: unknown = Reflect.get(globalThis, place);
  return typeof found === 'object' && found !== null && 'destroy' in found ? (found as Dispatcher) : null;
}
