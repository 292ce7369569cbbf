import { expect, test } from 'vitest';
import { parsePack } from './parse.ts';

const STEP = { event: 'shop.bought' };
const EXPERIMENT = { exposed: { event: 'shop.seen' }, control: 'a', goal: STEP, weights: { a: 4_000, b: 6_000 } };
const FUNNEL = { steps: [{ event: 'shop.seen' }, STEP] };

function faultsOf(sections: object): string {
  const seen = { subject: 'required', fields: { variant: { type: 'string', dimension: true, action: 'keep', why: 'for the tests' } } };
  const events = { 'shop.seen': seen, 'shop.bought': { subject: 'required', fields: {} }, 'shop.opened': { subject: 'none', fields: {} } };
  const parsed = parsePack({ pack: 'shop', title: 'Shop', events, metrics: {}, ...sections });
  return parsed.ok ? '' : parsed.fault.map(({ path, message }) => `${path ?? ''}: ${message}`).join('\n');
}

test('a pack names funnels and experiments', () => {
  expect(faultsOf({ funnels: { sale: FUNNEL }, experiments: { colour: EXPERIMENT } })).toBe('');
});

test.each<[string, object, string]>([
  ['a funnel over events that are not declared', { funnels: { sale: { steps: [STEP, { event: 'shop.none' }] } } }, 'funnels.sale.steps'],
  ['a funnel over events of nobody', { funnels: { sale: { steps: [STEP, { event: 'shop.opened' }] } } }, 'funnels.sale.steps'],
  ['a funnel of one step', { funnels: { sale: { steps: [STEP] } } }, 'funnels.sale.steps'],
  [
    'weights that are not all',
    { experiments: { colour: { ...EXPERIMENT, weights: { a: 1, b: 2 } } } },
    'experiments.colour.weights: must come to 10000',
  ],
  ['a control that is no variant', { experiments: { colour: { ...EXPERIMENT, control: 'c' } } }, 'experiments.colour.control: is none'],
  ['a variant that no field names', { experiments: { colour: { ...EXPERIMENT, variant: 'kind' } } }, 'experiments.colour.variant'],
])('a pack is refused for %s', (_name, sections, expected) => {
  expect(faultsOf(sections)).toContain(expected);
});
