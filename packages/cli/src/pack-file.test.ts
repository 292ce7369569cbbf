import { expect, test } from 'vitest';
import { validatePack } from './pack-file.ts';

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
