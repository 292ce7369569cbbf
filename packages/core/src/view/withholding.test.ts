import { describe, expect, it } from 'vitest';
import { parsePack } from '../pack/parse.ts';
import { toEntityAsk } from './entity-ask.ts';
import { leastPersons, suppressedIn } from './withholding.ts';

const pack = {
  pack: 'walks',
  title: 'Walks',
  events: {
    'walk.ended': {
      subject: 'required',
      fields: { place: { type: 'string' }, note: { type: 'string', sensitive: 'pii', action: 'seal' } },
    },
  },
  metrics: {},
  entities: { walk: { id: 'subject', events: ['walk.ended'] } },
};
const view = {
  withholds: { as: 'few' },
  params: {},
  queries: { places: { entity: 'walk', group_by: ['place'], measures: { people: { measure: 'distinct', field: 'subject' } } } },
  answer: { places: "${withhold(places, 'people', few)}" },
};

function faultsOf(change: object): readonly string[] {
  const parsed = parsePack({ ...pack, views: { mine: { ...view, ...change } } });
  return parsed.ok ? [] : parsed.fault.map(({ path, message }) => `${path}: ${message}`);
}

describe('a view that withholds by itself', () => {
  it('names the least number of persons where it makes its answer, and is of no one person', () => {
    expect(faultsOf({})).toEqual([]);
    expect(faultsOf({ params: { few: { type: 'integer', min: 1, max: 9, default: 1 } } })).toEqual([]);
    expect(faultsOf({ answer: { places: '${places}' } })).toEqual([
      'views.mine.withholds.as: is named by no expression of what is answered',
    ]);
    expect(faultsOf({ params: { few: { type: 'string', optional: true } } })).toEqual([
      'views.mine.withholds.as: is a parameter that is no integer',
    ]);
    expect(faultsOf({ params: { who: { type: 'subject' } } })).toEqual(['views.mine.withholds.as: does not go with what is of one person']);
    expect(faultsOf({ withholds: { as: 'places' }, answer: { places: '${places}' } })).toEqual([
      'views.mine.withholds.as: is the name of a query',
    ]);
    expect(faultsOf({ withholds: { as: 'few', least: 0 } })[0]).toMatch(/^views\.mine\.withholds\.least/);
  });

  it('is held to the greatest of what the pack, the request and the key say', () => {
    const withholds = { as: 'few', least: 3 };
    const rows = { metrics: null, where: {}, subject: null };
    expect(leastPersons({ withholds: null }, {}, { ...rows, k: 5 })).toEqual({});
    expect(leastPersons({ withholds }, {}, null)).toEqual({ few: 3 });
    expect(leastPersons({ withholds }, { few: 2 }, { ...rows, k: 2 })).toEqual({ few: 3 });
    expect(leastPersons({ withholds }, { few: 4 }, rows)).toEqual({ few: 4 });
    expect(leastPersons({ withholds }, { few: 4 }, { ...rows, k: 5 })).toEqual({ few: 5 });
  });

  it('says how many members of the answer are withheld, wherever they lie', () => {
    expect(
      suppressedIn({ a: 1, b: [{ suppressed: true }, { c: { suppressed: true, d: [{ suppressed: false }] } }], suppressed: 'true' }),
    ).toBe(2);
  });
});

describe('a query of rows', () => {
  it('may write its conditions and bounds short wherever they stand', () => {
    const within = { _created_at: { gt: '_created_at', lte: { of: '_updated_at', plus_s: 60, when: { place: ['park', 'town'] } } } };
    const asked = {
      entity: 'walk',
      any: [{ place: 'park' }, { place: null }],
      beside: { next: { entity: 'walk', on: { subject: 'subject' }, within } },
    };
    expect(toEntityAsk(asked)).toMatchObject({
      ok: true,
      value: {
        any: [{ place: { eq: 'park' } }, {}],
        beside: {
          next: { within: { _created_at: { gt: { of: '_created_at' }, lte: { plus_s: 60, when: { place: { in: ['park', 'town'] } } } } } },
        },
      },
    });
  });

  it.each([{ limit: 5 }, { cursor: 'x' }, { offset: 0 }, { measures: { n: { measure: 'count' } } }])(
    'is not asked for whole with %o',
    (more) => {
      expect(toEntityAsk({ entity: 'walk', whole: true, ...more })).toMatchObject({ ok: false, fault: [{ path: 'whole' }] });
    },
  );
});
