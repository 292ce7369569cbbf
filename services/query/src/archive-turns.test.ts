import type { Archived, OpenArchive } from '@tidegate/postgres';
import { expect, test } from 'vitest';
import { inTurns } from './archive-turns.ts';

const WANTED = { of: 'person', tenant: 'acme', subject: 'a' } as const;

/** Opens at once what it is told to, and counts what is open. */
function archiveOf(outcomes: readonly (Archived['kind'] | 'throws')[]) {
  const seen = { open: 0, most: 0, begun: 0 };
  const open: OpenArchive = async () => {
    const kind = outcomes[seen.begun] ?? 'opened';
    seen.begun += 1;
    if (kind === 'throws') throw new Error('as told');
    if (kind === 'too_much') return { kind };
    if (kind !== 'opened') return { kind, error: new Error(kind) };
    seen.open += 1;
    seen.most = Math.max(seen.most, seen.open);
    const close = async (): Promise<void> => void (seen.open -= 1);
    return { kind, files: 1, bytes: 1, events: 0, close, rows: () => none() };
  };
  return { seen, open };
}

async function* none(): AsyncGenerator<never> {
  yield* [];
}

test('no more readings are open than may be, and all come to their turn', async () => {
  const { seen, open } = archiveOf([]);
  const inTurn = inTurns(open, 2);
  const readings = Array.from({ length: 7 }, async () => {
    const archived = await inTurn([], WANTED);
    await new Promise((resolve) => setImmediate(resolve));
    if (archived.kind === 'opened') await archived.close();
  });
  await Promise.all(readings);
  expect(seen).toEqual({ open: 0, most: 2, begun: 7 });
});

test('a reading that does not open, or fails, gives its turn on', async () => {
  const { seen, open } = archiveOf(['throws', 'too_much', 'damaged', 'lacks', 'away', 'opened']);
  const inTurn = inTurns(open, 1);
  const kinds = await Promise.all(
    Array.from({ length: 6 }, async () => {
      return inTurn([], WANTED).then(
        ({ kind }) => kind,
        () => 'failed',
      );
    }),
  );
  expect([kinds, seen.most]).toEqual([['failed', 'too_much', 'damaged', 'lacks', 'away', 'opened'], 1]);
});
