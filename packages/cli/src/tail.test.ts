import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { runCommand } from '../test/run-command.ts';
import { runProgram } from './program.ts';

const event = (id: string, minute: number) => ({
  ...{ id, event_type: 'sale', source: 'urn:till', subject: null, data: { shop: 'Oslo', note: 'x'.repeat(80) } },
  ...{ occurred_at: `2026-11-30T10:0${minute}:00.000Z`, received_at: '2026-11-30T10:09:00.000Z' },
});
const answerOf = (...events: readonly object[]): Response => Response.json({ events, meta: {} });

it('tail shows the newest events, the oldest of them first, cut to the terminal, or as JSON a line', async () => {
  const newest = [event('b', 2), event('a', 1)];
  const shown = await runCommand(['tail', '--type', 'sale', '-n', '2'], () => answerOf(...newest));
  expect(shown).toMatchObject({ code: 0, request: 'GET /v1/events/recent?limit=2&type=sale' });
  const lines = shown.out.trimEnd().split('\n');
  expect(lines.map((line) => line.slice(0, 24))).toEqual(['2026-11-30T10:01:00.000Z', '2026-11-30T10:02:00.000Z']);
  for (const line of lines) expect([line.length, line.at(-1)]).toEqual([60, '…']);
  const { out } = await runCommand(['tail', '--json'], () => answerOf(...newest));
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object),
  ).toEqual(newest.toReversed());
});

it('tail --follow goes on with what was not shown, late events too, until it is interrupted', async () => {
  const answers = [
    [event('b', 4), event('a', 3)],
    [event('c', 5), event('b', 4), event('a', 3)],
    [event('c', 5), event('b', 4), event('a', 3), event('late', 2)],
  ];
  const asked: string[] = [];
  const abort = new AbortController();
  let out = '';
  const code = await runProgram(['tail', '-n', '1', '--follow', '--every', '0.01', '--json'], {
    ...{ env: { TIDEGATE_API_KEY: 'key' }, stdin: new PassThrough().end(), stderr: { write: () => undefined } },
    stdout: { write: (text: string) => (out += stripVTControlCharacters(text)) },
    signal: abort.signal,
    fetch: async (url) => {
      asked.push(new URL(url instanceof Request ? url.url : url).search);
      const answer = answers[asked.length - 1];
      if (answer === undefined) abort.abort();
      return answerOf(...(answer ?? []));
    },
  });
  expect(code).toBe(0);
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id),
  ).toEqual(['b', 'c', 'late']);
  expect(asked.slice(0, 3)).toEqual([
    '?limit=1000',
    '?limit=1000&from=2026-11-30T09%3A59%3A00.000Z',
    '?limit=1000&from=2026-11-30T10%3A00%3A00.000Z',
  ]);
});
