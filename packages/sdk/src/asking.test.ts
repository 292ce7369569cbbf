import { expect, it } from 'vitest';
import { createAsking } from './asking.ts';
import type { Call, Reply } from './transport.ts';

const QUESTION: Call = { method: 'POST', path: '/v1/query', body: '{}' };
const PROCESSING = { status: 'processing', job_id: 'j', poll_url: '/v1/jobs/j', retry_after_s: 1 };

/** Gives these replies one after another. */
function createCase(replies: readonly (readonly [status: number, json: unknown])[]) {
  const asked: string[] = [];
  let slept = 0;
  const transport = async ({ method, path }: Call): Promise<Reply> => {
    const [status, json] = replies[asked.length] ?? [404, {}];
    asked.push(`${method} ${path}`);
    const text = JSON.stringify(json);
    return { status, json, headers: new Headers(), bytes: new TextEncoder().encode(text), text };
  };
  const ask = createAsking(transport, async (ms) => void (slept += ms));
  return { ask, asked, slept: () => slept };
}

it('an answer that becomes a job is waited for, and asked again once it is there', async () => {
  const state = (status: string) => [200, { status, error_code: null }] as const;
  const { ask, asked, slept } = createCase([
    [202, PROCESSING],
    state('queued'),
    state('processing'),
    state('completed'),
    [200, { rows: [] }],
  ]);
  expect((await ask(QUESTION)).json).toEqual({ rows: [] });
  expect(asked).toEqual(['POST /v1/query', ...Array.from({ length: 3 }, () => 'GET /v1/jobs/j'), 'POST /v1/query']);
  expect(slept()).toBe(100 + 200 + 400);
});

it('a job that fails rejects with its code', async () => {
  const { ask } = createCase([
    [202, PROCESSING],
    [200, { status: 'failed', error_code: 'range_too_large' }],
  ]);
  await expect(ask(QUESTION)).rejects.toMatchObject({ status: 500, code: 'range_too_large' });
});

it('any other 202 is an answer', async () => {
  const { ask, asked } = createCase([[202, { accepted: 1, receipt: 'r' }]]);
  expect((await ask(QUESTION)).json).toEqual({ accepted: 1, receipt: 'r' });
  expect(asked).toHaveLength(1);
});
