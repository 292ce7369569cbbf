import { LRUCache } from 'lru-cache';

const TEXTS_MAX = 200;
const TEXT_CHARS_MAX = 500;

/** What is read of a header: clients write the few that there are in the same words, so each text is read once while it is remembered. */
export function byText<T extends NonNullable<unknown> | null>(read: (text: string) => T): (text: string) => T {
  const known = new LRUCache<string, { readonly value: T }>({ max: TEXTS_MAX });
  return function readOnce(text) {
    const held = known.get(text);
    if (held !== undefined) return held.value;
    const value = read(text);
    if (text.length <= TEXT_CHARS_MAX) known.set(text, { value });
    return value;
  };
}
