import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFronts, type Fronts } from '../drills/balancer.ts';
import { startSystem, type RunningSystem } from '../system/running-system.ts';

// Two of gateway, ingest, aggregator and query each, from the request of a client to the answer, and all of it counted again by hand.
let fronts: Fronts;
let system: RunningSystem;

beforeAll(async () => {
  fronts = await createFronts();
  system = await startSystem('two', { packs: ['wikipedia'], copies: 2, aggregators: 2, front: fronts.front });
});

afterAll(async () => {
  await system?.stop();
  await fronts?.close();
});

const DAY = '2015-09-12';
const CHANNELS = ['#ca.wikipedia', '#no.wikipedia', '#vi.wikipedia'] as const;
const [REQUESTS, EVENTS, AT_ONCE] = [40, 25, 8];

interface Edit {
  readonly id: string;
  readonly channel: string;
  readonly added: number;
}

const EDITS: readonly Edit[] = Array.from({ length: REQUESTS * EVENTS }, (_, n) => ({
  id: `two-${n}`,
  channel: CHANNELS[(n % 7) % CHANNELS.length] ?? '',
  added: (n * 37) % 101,
}));

function toEvent({ id, channel, added }: Edit, n: number): object {
  const data = { page: `page ${n % 50}`, channel, namespace: 'Main', country: null, robot: n % 2 === 0, added, deleted: 0, delta: added };
  return { id, type: 'wiki.edit', subject: `editor-${n % 9}`, occurred_at: `${DAY}T${String(n % 24).padStart(2, '0')}:10:00.000Z`, data };
}

/** On a connection of its own, so that the next one goes to the other gateway. */
async function call(path: string, body: object): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${system.tidegate.apiKey}`, 'content-type': 'application/json', connection: 'close' };
  const answer = await fetch(system.tidegate.gateway + path, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.status).toBeLessThan(300);
  return (await answer.json()) as Record<string, unknown>;
}

/** By one instance of a service, as it tells itself. */
async function told(name: string, metric: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${system.tidegate.metricsPort(name)}/metrics`)).text();
  return [...text.matchAll(new RegExp(`^${metric}(?:\\{.*\\})? (\\d+)$`, 'gm'))].reduce((sum, [, value]) => sum + Number(value), 0);
}

test('what is sent twice through two ingests is counted once by two aggregators, and each query service behind each gateway says so', async () => {
  const requests = Array.from({ length: REQUESTS }, (_, at) =>
    EDITS.slice(at * EVENTS, (at + 1) * EVENTS).map((edit, n) => toEvent(edit, at * EVENTS + n)),
  );
  const receipts: string[] = [];
  // All of it, and all of it again in the other order, so that most events come in by both.
  const waiting = [...requests, ...requests.toReversed()];
  const send = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      receipts.push(String((await call('/v1/events', next))['receipt']));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, send));
  expect(await system.client.counted(receipts, 60_000)).toBe(true);

  const expected = CHANNELS.map((channel) => {
    const own = EDITS.filter((edit) => edit.channel === channel);
    return [channel, own.length, own.reduce((sum, { added }) => sum + added, 0)];
  });
  const question = {
    metric: 'wiki.edits',
    kind: 'table',
    group_by: ['channel'],
    measures: ['edits', 'added'],
    from: DAY,
    to: '2015-09-13',
  };
  const ask = async (): Promise<unknown> => {
    const { rows } = (await call('/v1/query', question)) as { rows: (string | number)[][] };
    return rows.toSorted(([a], [b]) => String(a).localeCompare(String(b)));
  };
  const answers = await Promise.all(Array.from({ length: 2 * AT_ONCE }, ask));
  expect(answers).toEqual(answers.map(() => expected));

  for (const name of ['gateway', 'gateway-2', 'ingest', 'ingest-2', 'query', 'query-2']) {
    expect([name, (await told(name, 'requests_total')) > 0]).toEqual([name, true]);
  }
  const [one, other] = await Promise.all(['ingest', 'ingest-2'].map((name) => told(name, 'events_accepted_total')));
  expect(one).toBeGreaterThan(0);
  expect(other).toBeGreaterThan(0);
  expect((one ?? 0) + (other ?? 0)).toBe(2 * EDITS.length);
  // Partitions are shared out.
  for (const name of ['aggregator', 'aggregator-2']) expect([name, (await told(name, 'events_counted_total')) > 0]).toEqual([name, true]);
});
