// Part of ES2026 and of Node 24; not yet in the compiler's library.
interface JSON {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
  // oxlint-disable-next-line max-params -- the signature of the language
  parse(text: string, reviver: (this: unknown, key: string, value: unknown, context: { readonly source: string }) => unknown): unknown;
}
