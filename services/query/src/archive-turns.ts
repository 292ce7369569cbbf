/** Some readings of the archive at a time, the others in their turn: each may take half a gigabyte and a processor for minutes. */
import type { OpenArchive } from '@tidegate/postgres';

export function inTurns(open: OpenArchive, atOnceMax: number): OpenArchive {
  let free = atOnceMax;
  const waiting: (() => void)[] = [];
  async function take(): Promise<void> {
    if (free === 0) return new Promise((resolve) => waiting.push(resolve));
    free -= 1;
  }
  function give(): void {
    const next = waiting.shift();
    // The turn is handed on, so nobody who comes now gets in between.
    if (next === undefined) free += 1;
    else next();
  }
  return async function openInTurn(rounds, wanted) {
    await take();
    try {
      const archived = await open(rounds, wanted);
      if (archived.kind !== 'opened') give();
      return archived.kind === 'opened' ? { ...archived, close: async () => archived.close().finally(give) } : archived;
    } catch (error) {
      give();
      throw error;
    }
  };
}
