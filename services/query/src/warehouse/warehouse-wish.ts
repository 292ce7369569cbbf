/** What an export is asked to hold, with the names that the tenant's packs have now. */
import { failed, ok } from '@tidegate/core';
import type { Result } from '@tidegate/core';
import { invalidMember } from '@tidegate/http';
import type { ProblemFault, WAREHOUSE_ASK_SCHEMA } from '@tidegate/http';
import type { z } from 'zod';
import type { RegisteredPack } from '../registry.ts';
import { piecesCount, planExport } from './warehouse-plan.ts';
import type { WarehouseWish } from './warehouse-plan.ts';

export type WarehouseAsked = Pick<z.output<typeof WAREHOUSE_ASK_SCHEMA>, 'format' | 'grain' | 'events' | 'rollups'>;

/** Tables times days: a year of 27 tables. */
const PIECES_MAX = 10_000;

interface Wished {
  readonly tenant: string;
  readonly days: Pick<WarehouseWish, 'fromDay' | 'toDay'>;
  readonly packs: readonly RegisteredPack[];
}

export function wishOf({ format, grain, ...asked }: WarehouseAsked, { tenant, days, packs }: Wished): Result<WarehouseWish, ProblemFault> {
  const events = namesOf(
    'events',
    asked.events,
    packs.flatMap(({ source }) => Object.keys(source.events)),
  );
  const rollups = namesOf(
    'rollups',
    asked.rollups,
    packs.flatMap(({ compiled }) => [...compiled.metrics.keys()]),
  );
  if (!events.ok) return events;
  if (!rollups.ok) return rollups;
  if (events.value.length + rollups.value.length === 0) return failed(invalidMember('events', 'name events, rollups, or both'));
  const wish = { tenant, format, grain, ...days, events: events.value, rollups: rollups.value };
  const pieces = piecesCount(planExport(wish, packs));
  return pieces > PIECES_MAX ? failed(invalidMember('from', `${pieces} tables times days are more than ${PIECES_MAX}`)) : ok(wish);
}

/** In one order, so that the same asked otherwise is the same job. */
function namesOf(path: string, asked: WarehouseAsked['events'], all: readonly string[]): Result<readonly string[], ProblemFault> {
  if (asked === undefined) return ok([]);
  if (asked === 'all') return ok(all.toSorted());
  const unknown = asked.findIndex((name) => !all.includes(name));
  return unknown >= 0
    ? failed(invalidMember(`${path}.${unknown}`, 'the tenant has none of this name'))
    : ok([...new Set(asked)].toSorted());
}
