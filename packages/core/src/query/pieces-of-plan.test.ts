import { expect, test } from 'vitest';
import { GRAINS } from '../rollup/grain.ts';
import { NOTHING_SEALED } from '../rollup/sealed.ts';
import { bucketsOf } from '../time/buckets.ts';
import { piecesOfPlan } from './pieces.ts';
import type { RangePiece } from './pieces.ts';
import { findZone } from './plan.ts';

const DAY_S = 86_400;
const FROM_MS = Date.UTC(2026, 2, 2);
const zone = findZone('UTC');
if (!zone.ok) throw new Error('UTC is a zone');
const buckets = bucketsOf({ zone: zone.value, grain: 'day', fromMs: FROM_MS, toMs: FROM_MS + 2 * DAY_S * 1_000, bucketsMax: 10 });

/** Of the same two days, as they are read while so much is sealed and so much dropped. */
function pieces(sealedDaysTo: number, quartersFrom: number): readonly RangePiece[] {
  const [fromS, toS] = [FROM_MS / 1_000, FROM_MS / 1_000 + 2 * DAY_S];
  const plan = {
    range: { tenant: 't', metric: 'm', version: 1, setNo: 0, subject: null, fromS, toS },
    metric: { grains: ['quarter_hour', 'day'] },
    measures: [],
    ...{ buckets, floors: { quarter_hour: quartersFrom } },
  } as unknown as Parameters<typeof piecesOfPlan>[0];
  return piecesOfPlan(plan, { ...NOTHING_SEALED, day: sealedDaysTo });
}

test('pieces of the same buckets are cut anew when more is sealed or dropped', () => {
  const [first, second, end] = [0, 1, 2].map((day) => FROM_MS / 1_000 + day * DAY_S);
  const [quarter, day] = [GRAINS.quarter_hour.code, GRAINS.day.code];
  expect(pieces(0, 0)).toEqual([{ grain: quarter, fromS: first, toS: end }]);
  expect(pieces(0, 0)).toBe(pieces(0, 0));
  expect(pieces(second ?? 0, 0)).toEqual([
    { grain: day, fromS: first, toS: second },
    { grain: quarter, fromS: second, toS: end },
  ]);
  expect(pieces(0, second ?? 0)).toEqual([{ grain: quarter, fromS: second, toS: end }]);
  expect(pieces(0, 0)).toEqual([{ grain: quarter, fromS: first, toS: end }]);
});
