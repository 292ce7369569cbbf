import { decodeJsonText } from './json-text.ts';

/** Finds which of a fixed list of names a range of bytes spells, without making a string. */
export class NameTable {
  private readonly byLength: (readonly { readonly bytes: Uint8Array; readonly index: number }[] | undefined)[] = [];
  private readonly byName = new Map<string, number>();

  readonly size: number;

  constructor(names: readonly string[]) {
    this.size = names.length;
    const encoder = new TextEncoder();
    for (const [index, name] of names.entries()) {
      const bytes = encoder.encode(name);
      this.byName.set(name, index);
      this.byLength[bytes.length] = [...(this.byLength[bytes.length] ?? []), { bytes, index }];
    }
  }

  /** Position of the name in the list, or -1. The bytes must hold no escape. */
  find(bytes: Uint8Array, start: number, end: number): number {
    for (const candidate of this.byLength[end - start] ?? []) {
      let i = 0;
      while (i < candidate.bytes.length && candidate.bytes[i] === bytes[start + i]) i += 1;
      if (i === candidate.bytes.length) return candidate.index;
    }
    return -1;
  }

  /** The same for bytes that hold JSON escapes. */
  findEscaped(bytes: Uint8Array, start: number, end: number): number {
    return this.byName.get(decodeJsonText(bytes, start, end)) ?? -1;
  }
}
