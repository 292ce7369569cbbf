import { expect, test } from 'vitest';
import { createEtag } from './answer-body.ts';
import type { AnswerBody } from './answer-body.ts';
import { createKeptBodies } from './kept-bodies.ts';

const META = { grain: 'hour', zone: 'UTC', approximate: {}, source: 'rollup', suppressed_groups: 0 } as const;
const answerOf = (rows: AnswerBody['rows'], revision: number): AnswerBody => ({
  columns: [{ name: 'edits', type: 'integer' }],
  rows,
  next_cursor: null,
  meta: { ...META, revision },
});

test('the bytes of the same rows are made once, and again where anything beside them differs', async () => {
  const hashed: string[] = [];
  const etagOf = createEtag(new Uint8Array(32));
  const keptBodyOf = createKeptBodies((of) => {
    hashed.push(`${of.tenant} ${of.format}`);
    return etagOf(of);
  });
  const rows = [[3]];
  const first = await keptBodyOf({ tenant: 'a', format: 'json', answer: answerOf(rows, 1) });
  expect(JSON.parse(first.body.toString())).toEqual(answerOf(rows, 1));
  expect(await keptBodyOf({ tenant: 'a', format: 'json', answer: answerOf(rows, 1) })).toBe(first);
  expect(hashed).toEqual(['a json']);
  const others = [
    await keptBodyOf({ tenant: 'b', format: 'json', answer: answerOf(rows, 1) }),
    await keptBodyOf({ tenant: 'a', format: 'csv', answer: answerOf(rows, 1) }),
    await keptBodyOf({ tenant: 'a', format: 'json', answer: answerOf(rows, 2) }),
    await keptBodyOf({ tenant: 'a', format: 'json', answer: answerOf([[4]], 1) }),
  ];
  expect(new Set([first, ...others].map(({ etag }) => etag)).size).toBe(5);
});
