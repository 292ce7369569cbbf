import { describe, expect, it } from 'vitest';
import { compilePack } from '../pack/compile.ts';
import { parsePack } from '../pack/parse.ts';
import type { CompiledView } from './compiled-view.ts';
import { keptIdentity, keptName } from './kept-name.ts';
import { compileViews } from './pack-views.ts';
import { parseParams } from './params.ts';
import type { ViewValues } from './params.ts';
import { defaultsRows, withDefaults } from './row-defaults.ts';

const events = {
  'walker.told': {
    subject: 'required',
    fields: {
      zone: { type: 'string', format: 'zone', optional: true },
      weeks: { type: 'integer', optional: true },
      note: { type: 'string', action: 'seal', optional: true },
    },
  },
  'club.told': { subject: 'none', key: 'club', fields: { club: { type: 'string' }, zone: { type: 'string' } } },
  'walk.ended': { subject: 'required', fields: { walk_id: { type: 'string' }, zone: { type: 'string' } } },
};
const entities = {
  walker: { id: 'subject', events: ['walker.told'] },
  club: { id: 'club', events: ['club.told'] },
  walk: { id: 'walk_id', events: ['walk.ended'] },
};
const OWN = { entity: 'walker', field: 'zone', of: 'user_id' };
const view = {
  cache: 'daily',
  cache_key: 'user:{user_id}:tz:{tz}',
  params: {
    user_id: { type: 'subject' },
    weeks: { type: 'integer', min: 1, max: 9, default: 2, default_from: { ...OWN, field: 'weeks' } },
    club: { type: 'string', optional: true },
    club_zone: { type: 'zone', optional: true, default_from: { entity: 'club', field: 'zone', of: 'club' } },
  },
  window: { days: 7, max_days: 31, tz: { default: 'Europe/Oslo', default_from: OWN } },
  queries: {},
  answer: { from: '${window.from}', zone: '${params.tz}' },
};
const pack = { pack: 'walks', title: 'Walks', events, entities, metrics: {}, cache: { daily: { ttl_s: 300 } } };

function faultsOf(change: object): readonly string[] {
  const parsed = parsePack({ ...pack, views: { mine: { ...view, ...change } } });
  return parsed.ok ? [] : parsed.fault.map(({ path, message }) => `${path}: ${message}`);
}

const parsed = parsePack({ ...pack, views: { mine: view } });
if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
const compiled = compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value });
const mine = compileViews(parsed.value).get('mine') as CompiledView;
// 23:50 UTC on 5 November is 00:50 of the 6th in Oslo, and 18:50 of the 5th in New York.
const NOW_MS = Date.UTC(2026, 10, 5, 23, 50);

function valuesOf(given: Readonly<Record<string, string>>): ViewValues {
  const all = new Map(Object.entries({ user_id: 'ada', ...given }).map(([name, text]) => [name, [text]]));
  const values = parseParams(mine, { given: all, nowMs: NOW_MS, callerSubject: null, pseudonymOf: (id) => id });
  if (!values.ok) throw new Error(JSON.stringify(values.fault));
  return values.value;
}

function withRow(values: ViewValues, row: Readonly<Record<string, unknown>> | undefined) {
  const read = defaultsRows(mine, values, compiled.entities).map(({ params }) => ({
    params,
    row: params[0]?.from.entity === 'walker' ? row : undefined,
  }));
  return withDefaults(mine, values, read);
}

describe('a parameter that nobody gave and a row says', () => {
  it('is read with the others of its row at once, by the person or by the id of the thing', () => {
    const asks = (given: Readonly<Record<string, string>>) =>
      defaultsRows(mine, valuesOf(given), compiled.entities).map(({ params, ask }) => [params.map(({ name }) => name).join(), ask]);
    const walker = { entity: 'walker', subject: 'ada', where: {}, limit: 1 };
    expect(asks({ club: 'hill' })).toEqual([
      ['weeks,tz', walker],
      ['club_zone', { entity: 'club', where: { club: { eq: 'hill' } }, limit: 1 }],
    ]);
    // Nobody is named, so there is nothing to read.
    expect(asks({ tz: 'UTC' })).toEqual([
      ['weeks', walker],
      ['club_zone', null],
    ]);
    expect(asks({ tz: 'UTC', weeks: '3', club_zone: 'UTC' })).toEqual([]);
  });

  it('lays the window in the zone that the row says, before anything is asked', () => {
    const { values, told } = withRow(valuesOf({}), { zone: 'America/New_York', weeks: 4 });
    expect(values.window).toMatchObject({ start: '2026-10-30', end: '2026-11-05', days: 7, zone: 'America/New_York' });
    expect(values.params).toMatchObject({
      tz: 'America/New_York',
      weeks: 4,
      start: '2026-10-30',
      end: '2026-11-05',
      days: 7,
      club_zone: null,
    });
    expect(told).toEqual({
      tz: { value: 'America/New_York', from: 'walker.zone' },
      weeks: { value: 4, from: 'walker.weeks' },
      club_zone: { value: null, from: 'default', why: 'no_row' },
    });
  });

  it('leaves dates that were given as they are, and days that were given as many', () => {
    const dates = withRow(valuesOf({ start: '2026-11-01', end: '2026-11-02' }), { zone: 'America/New_York' });
    expect(dates.values.window).toMatchObject({ start: '2026-11-01', end: '2026-11-02', days: 2, zone: 'America/New_York' });
    expect(withRow(valuesOf({ days: '2' }), { zone: 'UTC' }).values.window).toMatchObject({ start: '2026-11-04', end: '2026-11-05' });
  });

  it('is the pack’s default without a row, without a value, and where the value is none of its type', () => {
    const oslo = { start: '2026-10-31', end: '2026-11-06', zone: 'Europe/Oslo' };
    const otherwise = { value: 'Europe/Oslo', from: 'default' };
    for (const [row, why] of [
      [undefined, 'no_row'],
      [{ zone: null, weeks: null }, 'no_value'],
      [{ zone: 'Mars/Olympus', weeks: 10 }, 'value_invalid'],
    ] as const) {
      const { values, told } = withRow(valuesOf({}), row);
      expect(values.window).toMatchObject(oslo);
      expect(told).toMatchObject({ tz: { ...otherwise, why }, weeks: { value: 2, from: 'default', why } });
    }
  });

  it('is not looked for where it was asked for, which is what counts', () => {
    const { values, told } = withRow(valuesOf({ tz: 'UTC' }), { zone: 'America/New_York' });
    expect([values.params['tz'], values.window?.end, Object.keys(told)]).toEqual(['UTC', '2026-11-05', ['weeks', 'club_zone']]);
  });
});

describe('a kept answer of a view that rows say something of', () => {
  const keyOf = (given: Readonly<Record<string, string>>, nowMs = NOW_MS) => JSON.stringify(keptIdentity(mine, valuesOf(given), nowMs));

  it('is another one for each quarter of an hour, for any may begin the day of the zone that the row says', () => {
    // 05:00 UTC is midnight in New York, and the day of no zone that is known without the row.
    const before = Date.UTC(2026, 10, 6, 4, 59, 59);
    expect(keyOf({}, before)).not.toBe(keyOf({}, before + 1_000));
    expect(keyOf({}, before + 1_000)).toBe(keyOf({}, before + 60_000));
    const all = { tz: 'UTC', weeks: '2', club_zone: 'UTC' };
    expect(keyOf(all, before)).toBe(keyOf(all, before + 1_000));
  });

  it('is not that of who asked for what the default happens to be', () => {
    const rest = { weeks: '2', club_zone: 'UTC' };
    expect(keyOf(rest)).not.toBe(keyOf({ ...rest, tz: 'Europe/Oslo' }));
  });

  it('is called by what was asked for', () => {
    expect(keptName(mine, valuesOf({}), (id) => id)).toBe('daily:user:ada:tz:');
    expect(keptName(mine, valuesOf({ tz: 'UTC' }), (id) => id)).toBe('daily:user:ada:tz:UTC');
  });
});

describe('a pack with such a parameter', () => {
  const tz = (change: object) => ({ window: { ...view.window, tz: change } });

  it('is taken where one row at most can say it', () => {
    expect(faultsOf({})).toEqual([]);
    expect(faultsOf(tz({ default: 'Europe/Oslo' }))).toEqual([]);
  });

  it.each([
    [
      'an entity that is none',
      tz({ default_from: { ...OWN, entity: 'nobody' } }),
      'window.tz.default_from.entity: is no entity of this pack',
    ],
    ['a field that is none', tz({ default_from: { ...OWN, field: 'nothing' } }), 'window.tz.default_from.field: is no field'],
    ['a field of another type', tz({ default_from: { ...OWN, field: 'weeks' } }), 'window.tz.default_from.field: is no field'],
    ['a sealed field', tz({ default_from: { ...OWN, field: 'note' } }), 'window.tz.default_from.field: is no field'],
    ['several rows of a person', tz({ default_from: { ...OWN, entity: 'walk' } }), 'window.tz.default_from.of: names a person'],
    ['a thing of no person', tz({ default_from: { ...OWN, entity: 'walker', of: 'club' } }), 'window.tz.default_from.of: names a thing'],
    ['a parameter that is none', tz({ default_from: { ...OWN, of: 'other' } }), 'window.tz.default_from.of: names a parameter'],
    ['a zone that is none', tz({ default: 'Mars/Olympus' }), 'window.tz.default: is not the name'],
    ['no default', { params: { ...view.params, zone: { type: 'zone', default_from: OWN } } }, 'params.zone.default_from: needs a default'],
    [
      'a list',
      { params: { ...view.params, parts: { type: 'list', optional: true, default_from: OWN } } },
      'params.parts.default_from: is not for a parameter of type list',
    ],
  ])('is refused with %s', (_what, change, message) => {
    expect(faultsOf(change).join('\n')).toContain(`views.mine.${message}`);
  });
});
