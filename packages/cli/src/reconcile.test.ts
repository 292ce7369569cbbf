import { expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';

const RECOUNT = {
  ...{ metric: 'wiki.edits', version: 1, state: 'clean', partitions: 12, partitions_done: 12, share: 1, days: 30, days_unkept: 2 },
  ...{ buckets: 96, cells: 1_204, cells_moved: 0, drift: 0, repaired: 0, request_no: 7 },
  ...{ started_at: '2026-11-04T10:00:00.000Z', finished_at: '2026-11-04T10:00:07.000Z' },
};
const DRIFT = {
  ...{ metric: 'wiki.edits', version: 1, partition: 3, grain: 'hour', bucket: '2026-11-01T09:00:00.000Z', subject: null },
  ...{ dimensions: { page: 'Oslo' }, kind: 'differs', expected: { edits: 4 }, found: { edits: 5 } },
  ...{ found_at: '2026-11-04T10:00:03.000Z', repaired_at: '2026-11-04T10:00:03.000Z' },
};

it('a recount is asked for and followed until every partition has answered it', async () => {
  const answers = [{ request_no: 7 }, { recounts: [{ ...RECOUNT, state: 'running', share: 0.5, request_no: 0 }], drift: [] }];
  const { code, out, request, calls } = await runCommand(['reconcile', 'wiki.edits'], ({ call }) =>
    Response.json(answers[call] ?? { recounts: [RECOUNT], drift: [] }),
  );
  expect([code, request, calls]).toEqual([0, 'GET /v1/audit/reconcile?metric=wiki.edits', 3]);
  expect(out).toMatch(/wiki\.edits +1 +clean +30 +2 +96 +1,204 +0 +0/);
});

it('drift is shown cell by cell, and is a failure of the command', async () => {
  const told = { recounts: [{ ...RECOUNT, state: 'drift', drift: 1, repaired: 1 }], drift: [DRIFT] };
  const { code, out, err, asked } = await runCommand(['reconcile', '--latest'], () => Response.json(told));
  expect([code, asked]).toEqual([1, 'GET /v1/audit/reconcile']);
  expect(out).toMatch(/wiki\.edits +hour +2026-11-01T09:00:00\.000Z +page=Oslo +differs/);
  expect(out).toContain('{"edits":5}');
  expect(err).toBe('1 cells were not what the raw events give.\n');
  const json = await runCommand(['reconcile', '--latest', '--json'], () => Response.json(told));
  expect(JSON.parse(json.out)).toEqual(told);
});
