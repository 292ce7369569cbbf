import { silentLogger as log } from '@tidegate/telemetry';
import { expect, it, vi } from 'vitest';
import { startKeyUse } from './key-use.ts';

it('writes the newest use of each key in one go, and again what could not be written', async () => {
  vi.useFakeTimers();
  try {
    const written: (readonly [string, number])[][] = [];
    let isAway = false;
    const use = startKeyUse({
      ...{ log, everyMs: 1_000 },
      store: {
        noteKeyUse: async (uses) => {
          if (isAway) throw new Error('away');
          written.push([...uses]);
        },
      },
    });
    for (const [key, atMs] of [
      ['a', 1],
      ['b', 2],
      ['a', 9],
      ['a', 5],
    ] as const) {
      use.noteAccess({ actor: key, role: 'key' }, atMs);
    }
    use.noteAccess({ actor: 'user_1', role: 'admin' }, 3);
    expect(written).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(written).toEqual([
      [
        ['a', 9],
        ['b', 2],
      ],
    ]);
    isAway = true;
    use.noteAccess({ actor: 'a', role: 'key_token' }, 12);
    await vi.advanceTimersByTimeAsync(1_000);
    use.noteAccess({ actor: 'a', role: 'key' }, 11);
    isAway = false;
    await use.stop();
    expect(written.slice(1)).toEqual([[['a', 12]]]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(written.length).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});
