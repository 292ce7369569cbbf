import { createMetrics, silentLogger } from '@tidegate/telemetry';
import { afterEach, describe, expect, it } from 'vitest';
import type { GateUnderTest } from '../test/gate-fixture.ts';
import { startGate } from '../test/gate-fixture.ts';
import type { CheckOutcome, DependencyState } from './dependencies.ts';
import { afterCheck, UNKNOWN, watchDependencies } from './dependencies.ts';

describe('the state of a dependency', () => {
  it.each<[string, CheckOutcome[], DependencyState]>([
    ['that was never asked', [], 'stopped'],
    ['that never answered', ['failed'], 'stopped'],
    ['that answers', ['failed', 'answered'], 'connected'],
    ['that answers late', ['answered', 'late'], 'degraded'],
    ['that missed one answer', ['answered', 'failed'], 'degraded'],
    ['that missed two', ['answered', 'failed', 'failed'], 'degraded'],
    ['that missed three', ['answered', 'failed', 'failed', 'failed'], 'stopped'],
    ['that missed two, twice', ['answered', 'failed', 'failed', 'answered', 'failed', 'failed'], 'degraded'],
    ['that answers late after three', ['answered', 'failed', 'failed', 'failed', 'late'], 'degraded'],
    ['that is back', ['answered', 'failed', 'failed', 'failed', 'failed', 'answered'], 'connected'],
  ])('%s', (_, outcomes, state) => {
    expect(outcomes.reduce(afterCheck, UNKNOWN).state).toBe(state);
  });
});

describe('/health/ready', () => {
  let gate: GateUnderTest | null = null;
  let ended = new AbortController();
  afterEach(async () => {
    ended.abort();
    ended = new AbortController();
    await gate?.close();
    gate = null;
  });

  it('shows the event bus connected, degraded and stopped, stays 200, and never waits for any dependency', async () => {
    // Each question to Kafka waits until the test answers it.
    const asked: PromiseWithResolvers<void>[] = [];
    const askKafka = (): Promise<void> => {
      const question = Promise.withResolvers<void>();
      asked.push(question);
      return question.promise;
    };
    const dependencies = watchDependencies({
      // Postgres never says anything: an answer that waited for it would not come.
      checks: { kafka: askKafka, redis: () => Promise.resolve() },
      readProgress: () => new Promise(() => undefined),
      metrics: createMetrics('gateway'),
      log: silentLogger,
      signal: ended.signal,
      clock: { nowMs: () => 0, monotonicMs: () => 0 },
      everyMs: 1,
    });
    gate = await startGate({ dependencies });
    const { port } = gate;
    const kafkaAfter = async (settle: (question: PromiseWithResolvers<void> | undefined) => void): Promise<unknown> => {
      await expect.poll(() => asked.length).toBe(1);
      settle(asked.pop());
      await expect.poll(() => asked.length).toBe(1);
      const answer = await fetch(`http://127.0.0.1:${port}/health/ready`);
      const { status, checks } = (await answer.json()) as { status: string; checks: Record<string, string> };
      expect([answer.status, status, checks]).toMatchObject([200, 'degraded', { postgres: 'stopped', redis: 'connected' }]);
      return checks['kafka'];
    };
    const seen = [await kafkaAfter((question) => question?.resolve())];
    for (let i = 0; i < 3; i++) seen.push(await kafkaAfter((question) => question?.reject(new Error('away'))));
    seen.push(await kafkaAfter((question) => question?.resolve()));
    expect(seen).toEqual(['connected', 'degraded', 'degraded', 'stopped', 'connected']);
    expect(dependencies.progress()).toBeNull();
  });

  it('tells how far events are counted as Postgres last said, and since when it says nothing', async () => {
    let nowMs = 1_000;
    let isAway = false;
    const dependencies = watchDependencies({
      checks: { kafka: () => Promise.resolve(), redis: () => Promise.resolve() },
      readProgress: async () => (isAway ? Promise.reject(new Error('away')) : { partitions: 3, completeThroughMs: nowMs - 10 }),
      ...{ metrics: createMetrics('gateway'), log: silentLogger, signal: ended.signal, everyMs: 1 },
      clock: { nowMs: () => nowMs, monotonicMs: () => 0 },
    });
    await expect.poll(dependencies.progress).toEqual({ partitions: 3, completeThroughMs: 990, seenMs: 1_000 });
    nowMs = 2_000;
    await expect.poll(dependencies.progress).toEqual({ partitions: 3, completeThroughMs: 1_990, seenMs: 2_000 });
    isAway = true;
    await expect.poll(() => dependencies.states().postgres).toBe('stopped');
    nowMs = 3_000;
    expect(dependencies.progress()).toEqual({ partitions: 3, completeThroughMs: 1_990, seenMs: 2_000 });
  });
});
