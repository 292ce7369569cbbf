import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { Live, LiveUpdate } from './live.ts';
import { createLive } from './live.ts';

/** For a busy machine. */
const DEADLINE = { timeout: 20_000 };

interface Said {
  readonly op: string;
  readonly subscription: string;
  readonly topic?: string;
  readonly params?: unknown;
  readonly last_event_id?: string;
}

let server: WebSocketServer;
let live: Live;
let sockets: WebSocket[] = [];
let said: Said[] = [];
let lost: number[] = [];
let protocols: string[] = [];

beforeEach(async () => {
  [sockets, said, lost, protocols] = [[], [], [], []];
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'tidegate.v1' });
  server.on('connection', (socket, request) => {
    protocols.push(String(request.headers['sec-websocket-protocol']));
    sockets.push(socket);
    socket.on('message', (data: Buffer) => void said.push(JSON.parse(data.toString()) as Said));
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  live = createLive({ gateway: `http://127.0.0.1:${port}/`, apiKey: 'tg_live_1', random: () => 0, onLost: (code) => void lost.push(code) });
});
afterEach(async () => {
  live.close();
  for (const socket of sockets) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

const saidOf = async (count: number): Promise<readonly Said[]> => {
  await expect.poll(() => said.length, DEADLINE).toBe(count);
  return said;
};
const tell = (message: object): void => sockets.at(-1)?.send(JSON.stringify(message));

function listen(topic: string, params: Readonly<Record<string, unknown>> = {}) {
  const updates: LiveUpdate[] = [];
  const ends: unknown[] = [];
  const stop = live.subscribe(topic, params, {
    onUpdate: (update) => void updates.push(update),
    onEnd: (problem) => void ends.push(problem),
  });
  return { updates, ends, stop };
}

describe('live answers', () => {
  it('share one socket, and each listener hears its own', async () => {
    const edits = listen('metric/edits', { kind: 'table' });
    const goals = listen('view/health/goals', { user_id: 'u' });
    expect(await saidOf(2)).toEqual([
      { op: 'subscribe', subscription: 's1', topic: 'metric/edits', params: { kind: 'table' } },
      { op: 'subscribe', subscription: 's2', topic: 'view/health/goals', params: { user_id: 'u' } },
    ]);
    expect([sockets.length, protocols]).toEqual([1, ['tidegate.v1, tidegate.key.tg_live_1']]);
    tell({ type: 'ping' });
    tell({ type: 'snapshot', subscription: 's1', id: 'a', columns: [], rows: [['Oslo', 1]], meta: {} });
    tell({ type: 'update', subscription: 's2', id: 'b', answer: { goals: [] }, meta: {} });
    await expect.poll(() => goals.updates, DEADLINE).toEqual([{ type: 'update', id: 'b', answer: { goals: [] }, meta: {} }]);
    expect(edits.updates).toEqual([{ type: 'snapshot', id: 'a', columns: [], rows: [['Oslo', 1]], meta: {} }]);
    edits.stop();
    expect((await saidOf(3))[2]).toEqual({ op: 'unsubscribe', subscription: 's1' });
    // What was on its way still, nobody hears.
    tell({ type: 'update', subscription: 's1', id: 'c', rows: [] });
    tell({ type: 'update', subscription: 's2', id: 'd', answer: null });
    await expect.poll(() => goals.updates.length, DEADLINE).toBe(2);
    expect(edits.updates).toHaveLength(1);
  });

  it('go on after the last update where the connection is lost', async () => {
    const edits = listen('metric/edits');
    listen('metric/new');
    await saidOf(2);
    tell({ type: 'snapshot', subscription: 's1', id: 'a', rows: [] });
    await expect.poll(() => edits.updates.length, DEADLINE).toBe(1);
    sockets[0]?.close(1_001, 'draining');
    expect((await saidOf(4)).slice(2)).toEqual([
      { op: 'subscribe', subscription: 's1', topic: 'metric/edits', params: {}, last_event_id: 'a' },
      { op: 'subscribe', subscription: 's2', topic: 'metric/new', params: {} },
    ]);
    expect([sockets.length, lost]).toEqual([2, [1_001]]);
  });

  it.each([
    ['is to pass the gateway again', { reason: 'renew' }],
    ['lost its service', { reason: 'lost' }],
    ['came too soon', { problem: { code: 'quota_exceeded', status: 429 }, retry_after_s: 0.01 }],
    ['finds no service', { problem: { code: 'upstream_unreachable', status: 502 } }],
  ])('that %s is asked for again on the same socket', async (_, why) => {
    const edits = listen('metric/edits');
    await saidOf(1);
    tell({ type: 'snapshot', subscription: 's1', id: 'a', rows: [] });
    tell({ type: 'error', subscription: 's1', ...why });
    expect((await saidOf(2))[1]).toEqual({ op: 'subscribe', subscription: 's1', topic: 'metric/edits', params: {}, last_event_id: 'a' });
    expect([sockets.length, edits.ends]).toEqual([1, []]);
  });

  it('that is refused for good, or is over, ends, and the others go on', async () => {
    const [refused, job, edits] = [listen('view/a/b'), listen('job/1'), listen('metric/edits')];
    await saidOf(3);
    tell({ type: 'error', subscription: 's1', problem: { code: 'row_refused', status: 403 } });
    tell({ type: 'error', subscription: 's2', reason: 'over' });
    tell({ type: 'snapshot', subscription: 's3', id: 'a', rows: [] });
    await expect.poll(() => edits.updates.length, DEADLINE).toBe(1);
    expect([refused.ends, job.ends]).toEqual([[{ code: 'row_refused', status: 403 }], [null]]);
    // Neither is asked for again, nor unsubscribed from: neither is there.
    refused.stop();
    edits.stop();
    expect((await saidOf(4))[3]).toEqual({ op: 'unsubscribe', subscription: 's3' });
  });

  it('begin again on a new socket after one that ended because nobody subscribed', async () => {
    listen('metric/edits').stop();
    await expect.poll(() => sockets.length, DEADLINE).toBe(1);
    sockets[0]?.close(1_000, 'idle');
    // Before the end of the first is heard, or after it.
    listen('metric/edits');
    await expect.poll(() => sockets.length, DEADLINE).toBe(2);
    await expect.poll(() => said.at(-1), DEADLINE).toMatchObject({ op: 'subscribe', subscription: 's2' });
  });
});
