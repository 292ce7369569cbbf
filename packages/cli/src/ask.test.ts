import { expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';

const ANSWER = {
  columns: [
    { name: 'name', type: 'string' },
    { name: 'users', type: 'integer' },
  ],
  rows: [['began', 4]],
  next_cursor: null,
  meta: { complete_through: '2026-11-02T00:00:00.000Z', status: 'current', analysis: { kind: 'funnel', users: 4, converted: 2 } },
};

const QUESTION = '{"kind":"funnel","last":"7d","steps":[{"event":"a.one"},{"event":"a.two","where":{"n":{"gt":0.10000000000000000001}}}]}';

it('asks the question as it is written, digits included, and shows rows and findings', async () => {
  const { body, code, out } = await runCommand(['ask', QUESTION], () => Response.json(ANSWER));
  expect({ body, code }).toEqual({ body: QUESTION, code: 0 });
  expect(out).toMatch(/began\s+4/);
  expect(out).toMatch(/users\s+converted[^]*4\s+2/);
});

it('asks nothing that is not JSON', async () => {
  const { body, code, err } = await runCommand(['ask', '{kind: funnel}'], () => Response.json(ANSWER));
  expect({ body, code }).toEqual({ body: '', code: 1 });
  expect(err).toContain('not JSON');
});
