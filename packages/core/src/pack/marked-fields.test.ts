import { expect, test } from 'vitest';
import { markedFields } from './marked-fields.ts';
import { parsePackRecord } from './parse.ts';

const source = (fields: Readonly<Record<string, object>>) => ({
  pack: 'care',
  title: 'Care',
  events: { 'care.visit': { subject: 'required', fields } },
  metrics: {},
  segment: {
    track: { Visited: { type: 'care.visit', fields: { floor: 'level', ward: 'unit' } } },
    page: { type: 'care.visit', fields: { room: '$name' } },
  },
});

test('marked is what a version says is about a person or is not kept as sent, and what Segment calls it', () => {
  const now = { ward: { type: 'string' }, room: { type: 'string', sensitive: 'phi' }, floor: { type: 'integer', action: 'drop' } };
  const before = {
    ward: { type: 'string', action: 'keep' },
    bed: { type: 'string', action: 'seal' },
    guest: { type: 'string', action: 'refuse' },
  };
  const record = parsePackRecord({
    ...{ pack: 'care', version: 2, source: source(now), metrics: {} },
    earlier: [{ version: 1, source: source(before), metrics: {} }],
  });
  expect(record.ok && [...markedFields(record.value)].toSorted()).toEqual(['bed', 'floor', 'guest', 'level', 'name', 'room']);
});
