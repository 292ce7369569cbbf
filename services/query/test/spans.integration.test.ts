import { startOtlpSink } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld, until } from './world.ts';
import type { World } from './world.ts';

const PACK = {
  pack: 'wiki',
  title: 'Wikipedia edits',
  events: { 'wiki.edit': { fields: { page: { type: 'string', dimension: true } } } },
  metrics: { 'wiki.edits': { events: ['wiki.edit'], dimensions: ['page'], measures: { edits: { measure: 'count' } } } },
};
const QUESTION = { metric: 'wiki.edits', kind: 'table', from: '2024-10-04', to: '2024-10-05', group_by: ['page'] };

let world: World;
beforeAll(async () => {
  world = await createWorld(1);
  const value = { pack: 'wiki', version: 1, source: PACK, metrics: { 'wiki.edits': 1 } };
  await world.sendJson(world.topics.control, 'pack/acme/wiki', { version: 1, value });
});
afterAll(async () => world.close());

test('a question leaves a span for each of its steps, inside the request', async () => {
  const sink = await startOtlpSink();
  try {
    const service = await world.start({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint });
    const ask = async (): Promise<string> => {
      const { status, text } = await world.call(service, '/v1/query', { body: QUESTION });
      return status === 200 ? (JSON.parse(text) as { meta: { cache: { state: string } } }).meta.cache.state : String(status);
    };
    await world.commit({ partition: 0, page: 'Oslo', count: 1, isAnnounced: true });
    // From Postgres, then from a chunk that was loaded from there, then from the chunk.
    await until(ask, (state) => state === 'hit');
    await world.stop(service);
    const requests = sink.spans.filter(({ name }) => name === 'POST /v1/query').map(({ spanId }) => spanId);
    const isStep = (name: string): boolean => sink.spans.some((span) => span.name === name && requests.includes(span.parentSpanId ?? ''));
    const steps = ['receive_request', 'check_cache', 'generate_response', 'send_response'];
    expect(steps.filter((name) => !isStep(name))).toEqual([]);
    expect(sink.spans.some(({ name }) => name === 'query_database')).toBe(true);
  } finally {
    sink.close();
  }
});
