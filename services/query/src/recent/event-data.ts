/** What of an event's data is shown: numbers with the digits that they came with, and of a sealed field no more than its name. */

/** The text behind `tgs` is the version of the seal (docs/design/sealed-fields.md). */
const SEALED = /^tgs\d+\./;

export interface ShownData {
  readonly data: Readonly<Record<string, unknown>>;
  readonly sealed: readonly string[];
}

/** `text`: JSON of an object, as it lies in the row. */
export function shownData(text: string): ShownData {
  const all = Object.entries(parseWithDigits(text));
  const isSealed = ([, value]: readonly [string, unknown]): boolean => typeof value === 'string' && SEALED.test(value);
  return {
    data: Object.fromEntries(all.filter((entry) => !isSealed(entry))),
    sealed: all.filter(isSealed).map(([name]) => name),
  };
}

function parseWithDigits(text: string): Readonly<Record<string, unknown>> {
  // oxlint-disable-next-line no-restricted-properties -- the only reading of event data here; every row is an object that ingest wrote
  return JSON.parse(text, (_name, value: unknown, { source }) =>
    typeof value === 'number' && String(value) !== source ? JSON.rawJSON(source) : value,
  ) as Readonly<Record<string, unknown>>;
}
