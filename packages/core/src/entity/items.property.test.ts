import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonItems } from '../event/json-items.ts';
import { compilePack } from '../pack/compile.ts';
import { parsePack } from '../pack/parse.ts';
import { foldPlansOf } from '../rollup/fold-plan.ts';
import { createFolder } from '../rollup/folder.ts';
import { createRawRecordReader } from '../rollup/raw-record.ts';

const SOURCE = {
  pack: 'bills',
  title: 'Bills',
  events: {
    'bill.sent': {
      subject: 'required',
      fields: {
        bill_id: { type: 'string' },
        payer: { type: 'string', optional: true },
        amount: { type: 'decimal' },
        lines: { type: 'json', optional: true },
      },
    },
  },
  entities: {
    line: {
      id: ['bill_id', 'no'],
      events: ['bill.sent'],
      each: { of: 'lines', fields: { no: { type: 'integer' }, code: { type: 'string' }, amount: { type: 'decimal' } } },
    },
  },
  metrics: { bills: { events: ['bill.sent'], measures: { n: { measure: 'count' } } } },
};

function faultsOf(line: object): readonly string[] {
  const parsed = parsePack({ ...SOURCE, entities: { line: { ...SOURCE.entities.line, ...line } } });
  return parsed.ok ? [] : parsed.fault.map(({ path = '', message }) => `${path}: ${message}`);
}

function rowsOf(data: object) {
  const parsed = parsePack(SOURCE);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.fault));
  const pack = compilePack({ tenant: 'acme', version: 1, metricVersions: {}, pack: parsed.value });
  const plans = foldPlansOf([...pack.metrics.values()], [...pack.entities.values()]);
  const folder = createFolder((_tenant, type) => plans.get(type) ?? null);
  const event = { tenant: 'acme', eventId: 'e', source: '', subject: 'anna', occurredAtMs: 0, receivedAtMs: 0, packVersion: 1 };
  folder.fold(createRawRecordReader()({ ...event, type: 'bill.sent', data: JSON.stringify(data) }), 0);
  const rows = folder.take().entities.flatMap((batch) => batch.rows);
  return rows.map(({ key, state }) => [
    key.id,
    ...['code.text', 'amount.numeric', 'payer.text'].map((name) => state.values.get(name)?.value),
  ]);
}

const isObject = (one: unknown): one is Record<string, unknown> => typeof one === 'object' && one !== null && !Array.isArray(one);

describe('rows that are the items of a list', () => {
  it('are one for each object that has its part of the id; members of the item stand for those of the event', () => {
    const lines = [{ no: 1, code: 'A', amount: 2.5 }, 7, null, [{ no: 9 }], { code: 'without a number' }, { no: 2, amount: 1 }];
    expect(rowsOf({ bill_id: 'b', payer: 'p', amount: 99, lines })).toEqual([
      ['["b","1"]', 'A', '2.5', 'p'],
      ['["b","2"]', undefined, '1', 'p'],
    ]);
    expect([rowsOf({ bill_id: 'b', amount: 99 }), rowsOf({ bill_id: 'b', amount: 99, lines: { no: 1 } })]).toEqual([[], []]);
  });

  it('are found whatever else the list holds', () => {
    const text = fc.constantFrom('', 'a', '"', '\\', '{', '}]', '[', 'é', '\\"');
    const item = fc.record({ no: fc.integer(), t: text, more: fc.array(fc.record({ no: fc.integer(), t: text })) }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.array(fc.oneof(item, text, fc.integer(), fc.constant(null), fc.array(item))), (list) => {
        const found: unknown[] = [];
        new JsonItems().each(JSON.stringify(list), (one) =>
          found.push([one.kind('no') === 'number' ? one.double('no') : null, one.text('t')]),
        );
        expect(found).toEqual(list.filter(isObject).map(({ no = null, t = '' }) => [no, t]));
      }),
    );
  });

  it('need a list of the events, an id of both, and no metric', () => {
    expect(faultsOf({})).toEqual([]);
    expect(faultsOf({ each: { of: 'payer', fields: { no: { type: 'integer' } } } })).toEqual([
      'entities.line.each.of: must name a field of type json that an event of the entity keeps as it was sent',
    ]);
    expect(faultsOf({ id: ['bill_id', 'payer'] }).join()).toContain('must hold fields of the event and of its items');
    expect(faultsOf({ id: ['bill_id', 'amount'] })).toContain(
      'entities.line.each.fields.amount: is part of the id, so it must be a string or an integer',
    );
    const metrics = { lines: { over: 'line', measures: { n: { measure: 'count' } } } };
    expect(parsePack({ ...SOURCE, metrics })).toMatchObject({ ok: false });
  });
});
