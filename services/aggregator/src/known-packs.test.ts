import { silentLogger } from '@tidegate/telemetry';
import { beforeEach, describe, expect, it } from 'vitest';
import type { KnownPacks } from './known-packs.ts';
import { createKnownPacks } from './known-packs.ts';

const encoder = new TextEncoder();

const sourceOf = (pack: string, types: readonly string[]) => ({
  pack,
  title: pack,
  events: Object.fromEntries(types.map((type) => [type, { title: type, subject: 'none', fields: { price: { type: 'integer' } } }])),
  metrics: { [`${pack}.count`]: { events: types, dimensions: [], measures: { n: { measure: 'count' } } } },
});

describe('what control.v1 has told of packs', () => {
  let packs: KnownPacks;
  beforeEach(() => void (packs = createKnownPacks(silentLogger)));

  /** `version` is the control record's own; a pack's version comes with its value. */
  function tell(pack: string, version: number, value: unknown): boolean {
    const told = { key: encoder.encode(`pack/acme/${pack}`), value: encoder.encode(JSON.stringify({ version, value })) };
    return packs.take({ ...told, headers: [], partition: 0, offset: version, appendTimeMs: 0 });
  }
  const apply = (pack: string, at: { record: number; version: number }, types: readonly string[]): boolean =>
    tell(pack, at.record, { pack, version: at.version, source: sourceOf(pack, types), metrics: { [`${pack}.count`]: at.version } });
  const counts = (type: string, adopted: ReadonlySet<string> = new Set()): string[] =>
    (packs.planOf('acme', type, adopted)?.metrics ?? []).map(({ metric }) => `${metric.metric} ${metric.version}`);

  it('counts events of an earlier version by the metric version in force', () => {
    apply('shop', { record: 1, version: 1 }, ['sale']);
    apply('shop', { record: 2, version: 2 }, ['sale']);
    expect([packs.knows('acme', 'sale', 1), packs.knows('acme', 'sale', 2), packs.knows('acme', 'sale', 3)]).toEqual([true, true, false]);
    expect(counts('sale')).toEqual(['shop.count 2']);
  });

  it('keeps a type known that its pack leaves out or that is deleted, and counts it no more', () => {
    apply('shop', { record: 1, version: 1 }, ['sale', 'refund']);
    apply('shop', { record: 2, version: 2 }, ['refund']);
    expect([packs.knows('acme', 'sale', 1), packs.knows('acme', 'sale', 2)]).toEqual([true, false]);
    expect([counts('sale'), counts('refund')]).toEqual([[], ['shop.count 2']]);
    tell('shop', 3, null);
    expect([packs.knows('acme', 'refund', 2), counts('refund')]).toEqual([true, []]);
  });

  it('waits for the pack to which a type has moved, and leaves the type to it', () => {
    apply('shop', { record: 1, version: 1 }, ['sale', 'refund']);
    expect(packs.knows('acme', 'sale', 3)).toBe(false);
    apply('till', { record: 1, version: 3 }, ['sale']);
    // Version 2 of the shop, which gave the type up, was compacted away before it was read.
    apply('shop', { record: 3, version: 4 }, ['refund']);
    tell('shop', 4, null);
    expect([packs.knows('acme', 'sale', 1), packs.knows('acme', 'sale', 3), counts('sale')]).toEqual([true, true, ['till.count 3']]);
  });

  it('takes no record twice, and none that is older', () => {
    expect(apply('shop', { record: 2, version: 2 }, ['sale'])).toBe(true);
    expect(apply('shop', { record: 2, version: 2 }, ['sale'])).toBe(false);
    expect(apply('shop', { record: 1, version: 1 }, ['sale'])).toBe(false);
    expect(counts('sale')).toEqual(['shop.count 2']);
  });
});
