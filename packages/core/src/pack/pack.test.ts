import { describe, expect, test } from 'vitest';
import { compilePack } from './compile.ts';
import { parsePack, parsePackRecord } from './parse.ts';
import type { PackRecord } from './parse.ts';
import { planPackVersion } from './plan-pack-version.ts';

function source(changes: { fields?: object; metric?: object; event?: object } = {}): Record<string, unknown> {
  return {
    pack: 'shop',
    title: 'Shop',
    events: {
      'shop.sold': {
        fields: {
          item: { type: 'string', dimension: true },
          kind: { type: 'enum', values: ['new', 'used'], dimension: true },
          count: { type: 'integer', min: 0 },
          ratio: { type: 'number' },
          ...changes.fields,
        },
        ...changes.event,
      },
    },
    metrics: {
      sales: {
        events: ['shop.sold'],
        dimensions: ['item', 'kind'],
        measures: { sold: { measure: 'sum', field: 'count' }, n: { measure: 'count' }, r: { measure: 'avg', field: 'ratio' } },
        ...changes.metric,
      },
    },
  };
}

function parsed(input: unknown): Extract<ReturnType<typeof parsePack>, { ok: true }>['value'] {
  const result = parsePack(input);
  if (!result.ok) throw new Error(JSON.stringify(result.fault));
  return result.value;
}

function faultPaths(input: unknown): readonly (string | undefined)[] {
  const result = parsePack(input);
  return result.ok ? [] : result.fault.map(({ path }) => path);
}

/** The pack with one measure more, and fields of every kind for it. */
function measured(measure: object, event: object = {}, fields: object = {}): unknown {
  const all = {
    item: { type: 'string', dimension: true, max_length: 256 },
    at: { type: 'timestamp', action: 'keep', why: 'for the tests' },
    note: { type: 'string', action: 'keep', why: 'for the tests' },
    tags: { type: 'string_list', action: 'keep', why: 'for the tests' },
    email: { type: 'string', sensitive: 'pii', action: 'keep', why: 'for the tests' },
    friend: { type: 'string', sensitive: 'id', action: 'hash', why: 'for the tests' },
    ...fields,
  };
  const measures = { n: { measure: 'count' }, c: { measure: 'sum', field: 'count' }, r: { measure: 'avg', field: 'ratio' }, m: measure };
  return source({ fields: all, event, metric: { measures } });
}

const event = 'events.shop.sold';

test('a sensitive field that names no action is treated as its kind asks', () => {
  const fields = {
    friend: { type: 'string', sensitive: 'id', why: 'for the tests' },
    weight: { type: 'decimal', sensitive: 'phi', why: 'for the tests' },
    email: { type: 'string', sensitive: 'pii' },
    name: { type: 'string', sensitive: 'pii', action: 'hash', why: 'for the tests' },
  };
  const declared = parsed(source({ fields })).events['shop.sold']?.fields ?? {};
  expect(Object.keys(fields).map((name) => declared[name]?.action)).toEqual(['pseudonymise', 'keep', 'drop', 'hash']);
});

describe('a pack is refused, with the place of the fault, for', () => {
  test.each([
    ['a member that the format does not have', { ...source(), colour: 'red' }, 'colour'],
    ['a field type that does not exist', source({ fields: { x: { type: 'text' } } }), `${event}.fields.x.type`],
    ['a name that is not lower snake case', source({ fields: { Item: { type: 'string' } } }), `${event}.fields.Item`],
    ['a field that feeds nothing', source({ fields: { x: { type: 'string' } } }), `${event}.fields.x`],
    ['the action seal', source({ fields: { x: { type: 'string', action: 'seal', why: 'for the tests' } } }), `${event}.fields.x.action`],
    [
      'a sensitive dimension in the clear',
      source({ fields: { item: { type: 'string', dimension: true, sensitive: 'pii', action: 'keep', why: 'for the tests' } } }),
      `${event}.fields.item.dimension`,
    ],
    [
      'a dimension that is dropped',
      source({ fields: { item: { type: 'string', dimension: true, action: 'drop' } } }),
      `${event}.fields.item.dimension`,
    ],
    ['a decimal dimension', source({ fields: { item: { type: 'decimal', dimension: true } } }), `${event}.fields.item.dimension`],
    ['an enum without values', source({ fields: { kind: { type: 'enum', dimension: true } } }), `${event}.fields.kind.values`],
    ['bounds of a text', source({ fields: { x: { type: 'string', min: 1, action: 'keep', why: 'for the tests' } } }), `${event}.fields.x`],
    ['a least value above the greatest', source({ fields: { count: { type: 'integer', min: 2, max: 1 } } }), `${event}.fields.count.min`],
    [
      'bounds by a field that is not there',
      source({ fields: { count: { type: 'integer', bounds_by: { field: 'x', of: {} } } } }),
      `${event}.fields.count.bounds_by.field`,
    ],
    [
      'values by a field that is not there',
      source({ fields: { x: { type: 'string', action: 'keep', why: 'for the tests', values_by: { field: 'y', of: {} } } } }),
      `${event}.fields.x.values_by.field`,
    ],
    [
      'values by another field of a number',
      source({ fields: { count: { type: 'integer', values_by: { field: 'x', of: {} } } } }),
      `${event}.fields.count.values_by`,
    ],
    ['a key that is not there', source({ event: { key: 'x' } }), `${event}.key`],
    ['a metric over an unknown event', source({ metric: { events: ['shop.lost'] } }), 'metrics.sales.events'],
    ['an unknown dimension', source({ metric: { dimensions: ['item', 'kind', 'x'] } }), 'metrics.sales.dimensions[2]'],
    ['a dimension that is not marked', source({ metric: { dimensions: ['item', 'kind', 'count'] } }), 'metrics.sales.dimensions[2]'],
    ['a set outside the dimensions', source({ metric: { sets: [['item'], ['count']] } }), 'metrics.sales.sets[1]'],
    ['an alias that is an event type too', source({ event: { aliases: ['shop.sold'] } }), `${event}.aliases`],
    [
      'the same set twice',
      source({
        metric: {
          sets: [
            ['item', 'kind'],
            ['kind', 'item'],
          ],
        },
      }),
      'metrics.sales.sets[1]',
    ],
    ['a sum of a text', source({ metric: { measures: { s: { measure: 'sum', field: 'item' } } } }), 'metrics.sales.measures.s.field'],
    ['a sum of nothing', source({ metric: { measures: { s: { measure: 'sum' } } } }), 'metrics.sales.measures.s.field'],
    ['a count of a field', source({ metric: { measures: { s: { measure: 'count', field: 'count' } } } }), 'metrics.sales.measures.s.field'],
    [
      'a measure of a field that is not kept',
      source({ fields: { count: { type: 'integer', action: 'drop' } } }),
      'metrics.sales.measures.sold.field',
    ],
    ['a condition on an unknown field', source({ metric: { where: { x: { eq: 1 } } } }), 'metrics.sales.where.x'],
    ['a histogram without bounds', measured({ measure: 'histogram', field: 'count' }), 'metrics.sales.measures.m.bounds'],
    ['bounds of a sum', measured({ measure: 'sum', field: 'count', bounds: [1] }), 'metrics.sales.measures.m.bounds'],
    ['bounds that do not rise', measured({ measure: 'histogram', field: 'count', bounds: [1, 1] }), 'metrics.sales.measures.m.bounds[1]'],
    [
      'a bound of too many digits',
      measured({ measure: 'histogram', field: 'count', bounds: [`0.${'1'.repeat(40)}`] }),
      'metrics.sales.measures.m.bounds[0]',
    ],
    ['a variance of a text', measured({ measure: 'variance', field: 'item' }), 'metrics.sales.measures.m.field'],
    ['distinct doubles', measured({ measure: 'distinct', field: 'ratio' }), 'metrics.sales.measures.m.field'],
    ['distinct instants', measured({ measure: 'distinct', field: 'at' }), 'metrics.sales.measures.m.field'],
    ['the most frequent doubles', measured({ measure: 'top_k', field: 'ratio' }), 'metrics.sales.measures.m.field'],
    ['the most frequent of texts of any length', measured({ measure: 'top_k', field: 'note' }), 'metrics.sales.measures.m.field'],
    ['the last of texts of any length', measured({ measure: 'last', field: 'note' }), 'metrics.sales.measures.m.field'],
    ['the last of lists', measured({ measure: 'last', field: 'tags' }), 'metrics.sales.measures.m.field'],
    ['persons by name', measured({ measure: 'distinct', field: 'email' }), 'metrics.sales.measures.m.field'],
    ['more answers than counters', measured({ measure: 'top_k', field: 'item', k: 5, counters: 4 }), 'metrics.sales.measures.m.counters'],
    ['k of a distinct', measured({ measure: 'distinct', field: 'item', k: 5 }), 'metrics.sales.measures.m.k'],
    ['counters of a distinct', measured({ measure: 'distinct', field: 'item', counters: 50 }), 'metrics.sales.measures.m.counters'],
    ['exact_to of a top_k', measured({ measure: 'top_k', field: 'item', exact_to: 50 }), 'metrics.sales.measures.m.exact_to'],
    ['the sum of the subject', measured({ measure: 'sum', field: 'subject' }), 'metrics.sales.measures.m.field'],
    [
      'subjects of events without one',
      measured({ measure: 'distinct', field: 'subject' }, { subject: 'none' }),
      'metrics.sales.measures.m.field',
    ],
    [
      'subjects where a field has that name',
      measured({ measure: 'distinct', field: 'subject' }, {}, { subject: { type: 'string' } }),
      'metrics.sales.measures.m.field',
    ],
  ])('%s', (_name, input, path) => {
    expect(faultPaths(input)).toContain(path);
  });

  test.each<[string, object]>([
    ['of subjects', { measure: 'distinct', field: 'subject' }],
    ['of hashed persons', { measure: 'top_k', field: 'friend' }],
    ['of integers', { measure: 'top_k', field: 'count', k: 5, counters: 5 }],
    ['of doubles', { measure: 'histogram', field: 'ratio', bounds: [-1.5, 0, '0.1', 1e3] }],
    ['of instants', { measure: 'first', field: 'at' }],
    ['of short texts', { measure: 'last', field: 'item' }],
    ['with an exact count of none', { measure: 'distinct', field: 'item', exact_to: 0 }],
  ])('a measure %s is taken', (_name, measure) => {
    expect(faultPaths(measured(measure))).toEqual([]);
  });
});

describe('a compiled pack', () => {
  const pack = compilePack({
    tenant: 'acme',
    version: 3,
    metricVersions: { sales: 2 },
    pack: parsed(source({ metric: { sets: [['kind', 'item'], ['subject', 'kind'], []] } })),
  });
  const metric = pack.metrics.get('sales');

  test('has its sets in dimension order, with subjects told apart', () => {
    expect(metric?.sets).toEqual([
      { setNo: 0, dimensions: ['item', 'kind'], bySubject: false },
      { setNo: 1, dimensions: ['kind'], bySubject: true },
      { setNo: 2, dimensions: [], bySubject: false },
    ]);
  });

  test('has its measures sorted by name, each exact unless its field is a double', () => {
    expect(metric?.measures.map(({ name, kind, numbers }) => [name, kind, numbers])).toEqual([
      ['n', 'count', 'exact'],
      ['r', 'avg', 'double'],
      ['sold', 'sum', 'exact'],
    ]);
    expect(metric?.version).toBe(2);
  });

  test('stores one set of all dimensions where none is named', () => {
    const plain = compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed(source()) });
    expect(plain.metrics.get('sales')?.sets).toEqual([{ setNo: 0, dimensions: ['item', 'kind'], bySubject: false }]);
  });

  test('comes back the same through its control record', () => {
    const pack1 = parsed(source());
    const record = parsePackRecord(JSON.parse(JSON.stringify({ pack: 'shop', version: 1, source: pack1, metrics: { sales: 1 } })));
    expect(record.ok && record.value.source).toEqual(pack1);
  });
});

describe('the version of a metric', () => {
  const recordOf = (source: PackRecord['source'], metrics: PackRecord['metrics']): PackRecord => {
    return { pack: 'shop', version: 1, source, metrics, making: [], earlier: [], history: {} };
  };
  const first = recordOf(parsed(source()), { sales: 4 });
  const versions = (
    previous: PackRecord | null,
    source: PackRecord['source'],
    highest: PackRecord['metrics'] = {},
  ): PackRecord['metrics'] => planPackVersion({ previous, source, highest, declared: new Set() }).metrics;

  test.each([
    ['stays when nothing changed', source(), 4],
    ['stays when a title changed', source({ metric: { title: 'Sales' } }), 4],
    [
      'stays when measures are written in another order',
      source({
        metric: { measures: { r: { measure: 'avg', field: 'ratio' }, n: { measure: 'count' }, sold: { measure: 'sum', field: 'count' } } },
      }),
      4,
    ],
    ['rises with a set', source({ metric: { sets: [['item']] } }), 5],
    ['rises with a condition', source({ metric: { where: { kind: { eq: 'new' } } } }), 5],
    ['rises with the type of a field that it reads', source({ fields: { count: { type: 'decimal' } } }), 5],
    ['stays with a field that it does not read', source({ fields: { x: { type: 'string', action: 'keep', why: 'for the tests' } } }), 4],
  ])('%s', (_name, input, version) => {
    expect(versions(first, parsed(input))['sales']).toBe(version);
  });

  test.each<[string, object, object, number]>([
    ['stays when a top_k shows more values', { measure: 'top_k', field: 'item' }, { k: 20, counters: 100 }, 4],
    ['rises with the counters of a top_k', { measure: 'top_k', field: 'item' }, { k: 20 }, 5],
    ['stays when a default is written', { measure: 'distinct', field: 'item' }, { exact_to: 1024 }, 4],
    ['rises with what is counted exactly', { measure: 'distinct', field: 'item' }, { exact_to: 10 }, 5],
    ['rises with the bounds of a histogram', { measure: 'histogram', field: 'count', bounds: [1] }, { bounds: [1, 2] }, 5],
  ])('%s', (_name, before, change, version) => {
    const known = recordOf(parsed(measured(before)), { sales: 4 });
    expect(versions(known, parsed(measured({ ...before, ...change })))['sales']).toBe(version);
  });

  test('begins at 1, and a metric that comes back never meets its old cells', () => {
    expect(versions(null, parsed(source()))).toEqual({ sales: 1 });
    const without = parsed({
      ...source({
        fields: {
          item: { type: 'string', action: 'keep', why: 'for the tests' },
          kind: { type: 'string', action: 'keep', why: 'for the tests' },
          count: { type: 'integer', action: 'keep', why: 'for the tests' },
          ratio: { type: 'number', action: 'keep', why: 'for the tests' },
        },
      }),
      metrics: {},
    });
    const gone = versions(first, without);
    expect(versions(recordOf(without, gone), parsed(source()))).toEqual({ sales: 5 });
  });

  test('comes from another pack under a version that was in none', () => {
    expect(versions(null, parsed(source()), { sales: 6, costs: 9 })).toEqual({ sales: 7 });
  });
});

describe('grains and retention', () => {
  const compiled = (input: unknown) => compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed(input) });
  const kept = (metric: object, retention?: object) => compiled({ ...source({ metric }), retention }).metrics.get('sales');

  test('minutes are kept where they are declared, always with the quarters that are made of them', () => {
    expect(kept({})?.grains).toEqual(['quarter_hour', 'hour', 'day']);
    expect(kept({ grains: ['minute'] })?.grains).toEqual(['minute', 'quarter_hour']);
    expect(kept({ grains: ['day', 'minute'] })?.grains).toEqual(['minute', 'quarter_hour', 'hour', 'day']);
  });

  test("a metric's own word goes before its pack's, and either only for grains that it keeps", () => {
    const pack = { raw: '730d', minute: '5d', quarter_hour: '400d', day: 'forever' };
    expect(kept({ grains: ['quarter_hour', 'day'], retention: { quarter_hour: '30d' } }, pack)?.retention).toEqual({
      quarter_hour: 30,
      day: null,
    });
    expect(compiled({ ...source(), retention: pack }).rawDays).toBe(730);
    expect(compiled({ ...source(), retention: { raw: 'forever' } }).rawDays).toBeNull();
    expect(compiled({ ...source(), retention: { rejected: '60d' } }).rejectedDays).toBe(60);
    expect(compiled(source()).rawDays).toBeUndefined();
  });

  test('cells cannot be dropped before coarser ones are made of them, nor where there are none', () => {
    const paths = (metric: object, retention?: object): readonly (string | undefined)[] => faultPaths({ ...source({ metric }), retention });
    expect(paths({ retention: { hour: '2d' } })).toEqual(['metrics.sales.retention.hour']);
    expect(paths({ retention: { minute: '5d' } })).toEqual(['metrics.sales.retention.minute']);
    expect(paths({}, { minute: '1d', raw: '1d' })).toEqual(['retention.minute']);
    expect(paths({}, { raw: '90' })).toEqual(['retention.raw']);
  });
});
