import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { packAlerts, validatePack } from './pack-file.ts';

const pack = (field: string): string => `
pack: shop
title: Shop
events:
  shop.seen: { fields: { page: { type: string }, note: { ${field} } } }
metrics:
  shop.pages: { events: [shop.seen], measures: { pages: { measure: distinct, field: page } } }
`;

test('a good pack is told in a line, with how many fields it keeps for a reason of their own', () => {
  expect(validatePack(pack('type: string, action: drop'))).toBe('shop is valid: 1 event types, 1 metrics');
  expect(validatePack(pack('type: string, why: read by hand'))).toBe(
    'shop is valid: 1 event types, 1 metrics, 1 fields kept for a reason of their own',
  );
});

test('what is kept without a reason is told with its place', () => {
  expect(() => validatePack(pack('type: string, action: keep'))).toThrow('events.shop.seen.fields.note: feeds no');
});

test('rules are made of what a pack aims at, and of the events that it tells; a bad pack has none', () => {
  const yaml = `${pack('type: string, action: drop')}aims: { rejected_pct: 0.5, fresh_s: 30 }\n`;
  const { groups } = parse(packAlerts(yaml)) as { groups: { name: string; rules: { alert: string; expr: string }[] }[] };
  expect(groups.map(({ name }) => name)).toEqual(['tidegate-pack-shop']);
  expect(groups[0]?.rules.map(({ alert, expr }) => [alert, expr.split(' > ')[1]])).toEqual([
    ['RejectedEventsMany', '0.005'],
    ['AnswersNotFresh', '30'],
  ]);
  expect(() => packAlerts(yaml.replace('30', '0'))).toThrow('aims.fresh_s');
});
