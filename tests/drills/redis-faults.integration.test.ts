import { expect, it } from 'vitest';
import { REDIS_FAULTS, redisFaults } from './redis-faults.ts';

// The drill of `npm run drill -- redis`, with short outages.
it.each(Object.keys(REDIS_FAULTS))(
  'Redis %s under load: no more is admitted than is stated, nobody is refused for it or waits for it',
  async (name) => {
    const report = await redisFaults({ seed: 7, say: () => undefined, minutes: 0.01, only: name });
    expect(report.discrepancies).toEqual([]);
    expect(Object.keys(report.checks)).toContain(`${name.replaceAll('-', '_')}_back_ms`);
  },
  60_000,
);
