import { describe, expect, it } from 'vitest';
import { createControlReader } from './control-reader.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const record = (key: string, content: unknown) => ({ key: bytes(key), value: content === null ? null : bytes(JSON.stringify(content)) });

describe('a reader of the control topic', () => {
  it('tells what is new under a key, and a deletion as null', () => {
    const reader = createControlReader();
    const told = { key: 'pack/acme/shop', kind: 'pack', tenant: 'acme', name: 'shop' };
    expect(reader.read(record('pack/acme/shop', { version: 2, value: { a: 1 } }))).toEqual({ ...told, value: { a: 1 } });
    expect(reader.read(record('pack/acme/shop', { version: 3, value: null }))).toEqual({ ...told, value: null });
  });

  it('takes a value only if its version is greater, each key for itself', () => {
    const reader = createControlReader();
    reader.read(record('key/acme/k1', { version: 2, value: 'new' }));
    for (const version of [1, 2]) expect(reader.read(record('key/acme/k1', { version, value: 'old' }))).toBeNull();
    expect(reader.read(record('key/acme/k2', { version: 1, value: 'other' }))).toMatchObject({ value: 'other' });
    expect([...reader.versions]).toEqual([
      ['key/acme/k1', 2],
      ['key/acme/k2', 1],
    ]);
  });

  it('says what it cannot read, and passes over what was compacted away or has another kind of key', () => {
    const reader = createControlReader();
    for (const content of ['text', { value: 1 }, { version: 1.5, value: 1 }])
      expect(reader.read(record('a/b/c', content))).toBe('unreadable');
    expect(reader.read({ key: bytes('a/b/c'), value: bytes('{') })).toBe('unreadable');
    expect(reader.read(record('a/b/c', null))).toBeNull();
    expect(reader.read(record('no-such-key', { version: 1, value: 1 }))).toBeNull();
  });

  it('knows how far it knows from the beat alone', () => {
    const reader = createControlReader();
    reader.read(record('pack/acme/shop', { version: 9_000, value: {} }));
    expect(reader.knownThroughMs()).toBe(0);
    reader.read(record('beat/-/publisher', { version: 5_000, value: {} }));
    reader.read(record('beat/-/publisher', { version: 4_000, value: {} }));
    expect(reader.knownThroughMs()).toBe(5_000);
  });
});
