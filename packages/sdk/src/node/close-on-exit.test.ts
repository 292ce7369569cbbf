import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';

const SDK = new URL('../index.ts', import.meta.url).href;
const NODE = new URL('index.ts', import.meta.url).href;

/** A program that tracks two events and does nothing else; each request arrives slowly. */
function program(gateway: string, ending: string): string {
  return `
    import { createClient, createTracker } from '${SDK}';
    import { closeOnExit } from '${NODE}';
    const client = createClient({ gateway: '${gateway}', apiKey: 'key' });
    const tracker = createTracker({ client, waitMs: 60_000 });
    closeOnExit(tracker);
    tracker.trackLevel('ada', 3);
    tracker.trackStreak('ada', 5);
    ${ending}`;
}

async function runProgram(ending: string, signal?: NodeJS.Signals) {
  const types: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    void text(request).then((body) => {
      const events = body
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { type: string });
      types.push(...events.map(({ type }) => type));
      response.writeHead(202, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ accepted: events.length, rejected: [], retry: [], receipt: 'tgr1.x' }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program(gateway, ending)], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (signal !== undefined) child.stdout.once('data', () => child.kill(signal));
  const [code, by] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  return { types, code, by };
}

const BOTH = ['learning.level.reached', 'learning.streak.updated'];
const WAITS = `setInterval(() => undefined, 1_000); console.log('up');`;

it('sends what waits before a process ends that has nothing else to do', async () => {
  expect(await runProgram('')).toEqual({ types: BOTH, code: 0, by: null });
});

it('sends what waits on SIGTERM, and then ends as the signal would have', async () => {
  expect(await runProgram(WAITS, 'SIGTERM')).toEqual({ types: BOTH, code: null, by: 'SIGTERM' });
});

it('leaves the ending to whoever else listens to the signal', async () => {
  const own = `process.once('SIGTERM', () => { clearInterval(up); process.exitCode = 7; }); const up = setInterval(() => undefined, 1_000); console.log('up');`;
  expect(await runProgram(own, 'SIGTERM')).toEqual({ types: BOTH, code: 7, by: null });
});
