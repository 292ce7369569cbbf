import { afterEach, expect, it } from 'vitest';
import { startAnalysingGrown } from '../src/analyse-grown.ts';

let stop: () => Promise<void> = async () => undefined;
afterEach(async () => stop());

/** Tables that wait to be sampled; an Error is one that cannot be. */
function startOver(turns: readonly (readonly (string | Error)[])[]) {
  const analysed: string[] = [];
  const errors: unknown[] = [];
  let turn = 0;
  let waiting = [...(turns[0] ?? [])];
  let sleeps: (() => void) | null = null;
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  stop = startAnalysingGrown({
    everyMs: 5_000,
    statistics: {
      async analyseGrown() {
        const next = waiting.shift() ?? null;
        if (next instanceof Error) throw next;
        return next;
      },
    },
    async sleep(_ms, signal) {
      turn += 1;
      waiting = [...(turns[turn] ?? [])];
      if (turn < turns.length) return;
      end();
      await new Promise<void>((resolve) => {
        sleeps = resolve;
        signal.addEventListener('abort', () => sleeps?.());
      });
    },
    onAnalysed: (table) => analysed.push(table),
    onError: (error) => errors.push(error),
  });
  return { analysed, errors, over };
}

it('each turn samples all that have grown, and the next one comes also after one that failed', async () => {
  const lost = new Error('connection lost');
  const { analysed, errors, over } = startOver([['cell', 'series'], [lost, 'not seen'], [], ['cell']]);
  await over;
  expect(analysed).toEqual(['cell', 'series', 'cell']);
  expect(errors).toEqual([lost]);
});

it('a turn ends though the server names tables without end', async () => {
  const { analysed, over } = startOver([Array.from({ length: 500 }, () => 'cell'), ['series']]);
  await over;
  expect(analysed).toEqual([...Array.from({ length: 100 }, () => 'cell'), 'series']);
});
