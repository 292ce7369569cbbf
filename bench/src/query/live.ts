/** Many watchers of one question: how long after an event's 202 each of them is told the new count. */
import { connect, type Socket } from 'node:net';
import { createClient } from '@tidegate/sdk';
import { ascending, quantile } from '../quantile.ts';
import { nowMs } from '../road.ts';
import { METRIC } from './pack.ts';
import type { QuerySystem } from './system.ts';

const EVENTS = 20;
const TOLD_WITHIN_MS = 30_000;
/** Between a count that all have seen and the next event: no two changes in one message. */
const PAUSE_MS = 300;
/** The week's events are older. */
const QUESTION = { metric: METRIC, kind: 'summary', last: '2h', measures: ['edits'] };

export interface WatchTimes {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function watchMany(system: QuerySystem, watchers: number): Promise<WatchTimes> {
  const seen = createSeen(watchers);
  const request = system.request(`/v1/live?q=${encodeURIComponent(JSON.stringify(QUESTION))}`);
  const sockets = Array.from({ length: watchers }, () => watch({ port: system.query.port, request, seen }));
  try {
    await seen.everyoneAt(0);
    const delays: number[] = [];
    for (let count = 1; count <= EVENTS; count += 1) {
      await new Promise((done) => setTimeout(done, PAUSE_MS));
      const told = seen.everyoneAt(count);
      await sendEdit(system, count);
      const acceptedMs = nowMs();
      for (const atMs of await told) delays.push(Math.max(0, atMs - acceptedMs));
    }
    const sorted = ascending(delays);
    return { p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

interface Seen {
  /** When each was told a count of so many; rejects when one is not, or its stream ends. */
  everyoneAt(count: number): Promise<readonly number[]>;
  told(count: number): void;
  failed(error: Error): void;
}

function createSeen(watchers: number): Seen {
  let wanted = 0;
  let times: number[] = [];
  let waiting = Promise.withResolvers<readonly number[]>();
  return {
    everyoneAt(count) {
      [wanted, times, waiting] = [count, [], Promise.withResolvers<readonly number[]>()];
      const deadline = setTimeout(() => {
        waiting.reject(new Error(`${times.length} of ${watchers} watchers were told a count of ${count}`));
      }, TOLD_WITHIN_MS);
      return waiting.promise.finally(() => clearTimeout(deadline));
    },
    told(count) {
      if (count !== wanted) return;
      times.push(nowMs());
      if (times.length === watchers) waiting.resolve(times);
    },
    failed: (error) => waiting.reject(error),
  };
}

interface Watching {
  readonly port: number;
  readonly request: string;
  readonly seen: Seen;
}

/** Server-Sent Events, read as far as the count in them: nothing else of the answer is wanted. */
function watch({ port, request, seen }: Watching): Socket {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  let rest = '';
  socket.write(request);
  socket.on('data', (chunk: Buffer) => {
    const messages = (rest + chunk.toString('latin1')).split('\n\n');
    rest = messages.pop() ?? '';
    for (const message of messages) {
      const count = /"rows":\[(?:\[(\d+)\])?\]/.exec(message);
      if (count !== null) seen.told(Number(count[1] ?? 0));
    }
  });
  socket.on('error', (error) => seen.failed(error));
  socket.on('end', () => seen.failed(new Error(`a stream of a watcher ended: ${rest.slice(0, 600)}`)));
  return socket;
}

async function sendEdit({ tidegate: { gateway, apiKey } }: QuerySystem, count: number): Promise<void> {
  const data = { page: `watched ${count}`, channel: '#watched', namespace: 'Main', robot: false, added: 1, deleted: 0, delta: 1 };
  const event = { id: `watched-${process.pid}-${count}`, type: 'wiki.edit', occurred_at: Math.floor(nowMs()), data };
  const { accepted } = await createClient({ gateway, apiKey }).send([event]);
  if (accepted !== 1) throw new Error('an event was not accepted');
}
