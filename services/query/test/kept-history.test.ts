import type { Kept } from '@tidegate/postgres';
import { describe, expect, it } from 'vitest';
import { createKeptHistory } from '../src/kept-history.ts';
import { METRIC } from './fixtures.ts';

const DAY_MS = 86_400_000;
const MINUTES = { ...METRIC, grains: ['minute', ...METRIC.grains] as const };

function historyOf(kept: Partial<Kept>) {
  const clock = { ms: 0 };
  const history = createKeptHistory({ readKept: async () => ({ floors: [], lostRaw: [], ...kept }) }, () => clock.ms);
  return { history, clock };
}

describe('what is kept', () => {
  it('a metric whose cells are dropped some day is not answered on four minutes old news, another one is', async () => {
    const { history, clock } = historyOf({});
    const sure = () =>
      [MINUTES, { ...METRIC, retention: { hour: 30 } }, { ...METRIC, retention: { hour: null } }, METRIC].map(history.isSure);
    expect(sure()).toEqual([false, false, true, true]);
    await history.refresh();
    expect(sure()).toEqual([true, true, true, true]);
    clock.ms += 239_999;
    expect(history.isSure(MINUTES)).toBe(true);
    clock.ms += 1;
    expect(sure()).toEqual([false, false, true, true]);
  });

  it('floors are those of the metric version, by grain', async () => {
    const of = { tenant: METRIC.tenant, metric: METRIC.metric, version: 1, clearedS: null, isSeen: false };
    const { history } = historyOf({
      floors: [
        { ...of, grain: 1, floorS: 900 },
        { ...of, grain: 3, floorS: 3_600 },
        { ...of, version: 2, grain: 1, floorS: 7_200 },
      ],
    });
    expect(history.floorsOf(METRIC)).toEqual({});
    await history.refresh();
    expect(history.floorsOf(METRIC)).toEqual({ minute: 900, hour: 3_600 });
    expect(history.floorsOf({ ...METRIC, tenant: 'other' })).toEqual({});
  });

  it('buckets are recountable from five minutes after the last lost day of their events on', async () => {
    const untilMs = 20_000 * DAY_MS;
    const { history } = historyOf({ lostRaw: [{ of: { tenant: METRIC.tenant, type: 'wiki.edit' }, isArchived: false, untilMs }] });
    expect(history.isRecountable(METRIC, 0)).toBe(true);
    await history.refresh();
    expect([untilMs, untilMs + 299_999, untilMs + 300_000].map((ms) => history.isRecountable(METRIC, ms))).toEqual([false, false, true]);
    expect(history.isRecountable({ ...METRIC, eventTypes: ['wiki.view'] }, 0)).toBe(true);
    expect(history.isRecountable({ ...METRIC, tenant: 'other' }, 0)).toBe(true);
    const all = historyOf({ lostRaw: [{ of: null, isArchived: false, untilMs }] });
    await all.history.refresh();
    expect(all.history.isRecountable({ ...METRIC, tenant: 'other' }, 0)).toBe(false);
  });

  it('events are kept from where the last day ends that was dropped and is in no archive', async () => {
    const [lostMs, archivedMs] = [20_000 * DAY_MS, 20_010 * DAY_MS];
    const { history } = historyOf({
      lostRaw: [
        { of: null, isArchived: false, untilMs: lostMs },
        { of: null, isArchived: true, untilMs: archivedMs },
      ],
    });
    expect(history.keptFromMs(METRIC)).toBe(null);
    await history.refresh();
    expect(history.keptFromMs(METRIC)).toBe(lostMs + 300_000);
    expect(history.isRecountable(METRIC, lostMs + 300_000)).toBe(true);
  });
});
