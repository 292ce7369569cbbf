import { expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';

const ANSWER = {
  columns: [
    { name: 'bucket', type: 'time' },
    { name: 'value', type: 'number' },
  ],
  rows: [['2026-11-01T00:00:00.000Z', 12]],
  next_cursor: null,
  meta: {
    ...{ complete_through: '2026-11-02T00:00:00.000Z', status: 'current' },
    analysis: {
      kind: 'trend',
      groups: [{ group: { country: 'no' }, n: 6, direction: 'rising', change: { at: '2026-10-20', before: 1, after: 9 } }],
    },
  },
};

async function run(args: readonly string[]) {
  const { body, ...ran } = await runCommand(['analyse', ...args], () => Response.json(ANSWER));
  return { ...ran, asked: body === '' ? null : (JSON.parse(body) as unknown) };
}

it('asks with the members that flags and --set name', async () => {
  const { asked } = await run([
    'forecast',
    'shop.orders',
    '-m',
    'orders',
    '--last',
    '60d',
    '-b',
    'country',
    '-w',
    'country=no|se',
    '-s',
    'horizon=14',
  ]);
  expect(asked).toEqual({
    ...{ kind: 'forecast', metric: 'shop.orders', measure: 'orders', last: '60d', group_by: ['country'], horizon: 14 },
    where: { country: { in: ['no', 'se'] } },
  });
});

it('takes the first measure for what may depend on the others', async () => {
  const { asked } = await run(['correlate', 'shop.orders', '-m', 'orders,visits,returns', '--last', '60d', '--set', 'show=all']);
  expect(asked).toMatchObject({ output: { measure: 'orders' }, inputs: [{ measure: 'visits' }, { measure: 'returns' }], show: 'all' });
  expect((await run(['compare', 'shop.orders', '-m', 'orders,visits', '--last', '7d'])).asked).toMatchObject({
    measures: ['orders', 'visits'],
  });
});

it('prints the rows, and below them what was found of each group', async () => {
  const { out, err, code } = await run(['trend', 'shop.orders', '-m', 'orders', '--last', '60d']);
  expect(code).toBe(0);
  expect(out).toContain('2026-11-01T00:00:00.000Z     12');
  expect(out).toMatch(/country {2}n {2}direction {2}change\.at {3}change\.before {2}change\.after/);
  expect(out).toMatch(/no {7}6 +rising +2026-10-20 +1 +9/);
  expect(err).toContain('complete through 2026-11-02');
});

it('says how a member is written that it cannot read, and which kinds there are', async () => {
  expect(await run(['trend', 'shop.orders', '--set', 'horizon'])).toMatchObject({ code: 1, asked: null });
  expect((await run(['guess', 'shop.orders'])).err).toContain('trend');
});
