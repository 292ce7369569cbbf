/**
 * Keeps the planner's knowledge of tables as fresh as they grow. Autovacuum does it too, but comes once a minute: until then every
 * question about one of 400 persons, whose month had come in seconds, was answered from the rows of all (seconds of Postgres each,
 * against 5 ms once the table was sampled), and was refused for want of time.
 */
import type { TableStatistics } from '@tidegate/postgres';

export interface AnalyseGrownDeps {
  readonly statistics: TableStatistics;
  readonly everyMs: number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly onAnalysed: (table: string) => void;
  readonly onError: (error: unknown) => void;
}

/** A turn ends in time, whatever the server says of its tables. */
const TABLES_PER_TURN = 100;

/** Each aggregator looks; a table that one of them samples is left out by the others. Resolves, when it is ended, after the turn. */
export function startAnalysingGrown({ statistics, everyMs, sleep, onAnalysed, onError }: AnalyseGrownDeps): () => Promise<void> {
  const ended = new AbortController();
  async function turn(): Promise<void> {
    for (let tables = 0; tables < TABLES_PER_TURN && !ended.signal.aborted; tables += 1) {
      const table = await statistics.analyseGrown();
      if (table === null) return;
      onAnalysed(table);
    }
  }
  async function run(): Promise<void> {
    while (!ended.signal.aborted) {
      await turn().catch(onError);
      await sleep(everyMs, ended.signal).catch(() => undefined);
    }
  }
  const running = run();
  return async () => {
    ended.abort();
    await running;
  };
}
