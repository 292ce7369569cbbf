import { createMetrics, silentLogger } from '@tidegate/telemetry';
import { expect, test } from 'vitest';
import { countUsers } from './count-users.ts';

test('users are counted again and again, and what was known stays while Postgres does not answer', async () => {
  const [metrics, stop] = [createMetrics('gateway'), new AbortController()];
  const shown: (number | undefined)[] = [];
  const answers = [3, null, 4];
  const told = async (): Promise<number> => Number(/^users_total\{[^}]*\} (\d+)$/m.exec(await metrics.expose())?.[1]);
  await countUsers({
    accounts: {
      countUsers: async () => {
        shown.push(await told());
        const answer = answers[shown.length - 1];
        if (answer === undefined) stop.abort();
        if (answer === null) throw new Error('Postgres is away');
        return answer ?? 5;
      },
    },
    ...{ metrics, log: silentLogger, signal: stop.signal, everyMs: 0 },
  });
  // Before the first answer, after 3, after none, after 4.
  expect(shown).toEqual([Number.NaN, 3, 3, 4]);
});
