/** Values that were sealed for a person, as they were sent: docs/design/sealed-fields.md, section 7. */
import { decodeExactly } from '@tidegate/http';
import type { PersonKeyStore } from '@tidegate/postgres';
import type { KeyWrapper } from '@tidegate/runtime';
import { keyIdOf, openField } from '@tidegate/runtime';

export interface OpenedValues {
  /** What the value holds, sealed as a field of one of the event types; a value that is not sealed, or cannot be opened, as it is. */
  open(value: unknown, field: string, types: readonly string[]): unknown;
  /** How many could not be opened so far. */
  left(): number;
}

export interface OpenValuesDeps {
  readonly personKeys: Pick<PersonKeyStore, 'find'>;
  readonly keyWrapper: Pick<KeyWrapper, 'unwrap'>;
}

export async function openValuesOf(
  { personKeys, keyWrapper }: OpenValuesDeps,
  person: { readonly tenant: string; readonly subject: string },
): Promise<OpenedValues> {
  const [row] = await personKeys.find([person]);
  const key = row === undefined ? null : keyWrapper.unwrap(row);
  let left = 0;
  return {
    open(value, field, types) {
      if (typeof value !== 'string' || keyIdOf(value) === null) return value;
      for (const type of key === null ? [] : types) {
        const json = key === null ? null : openField(key, { ...person, type, field }, value);
        if (json !== null) return decodeExactly(new TextDecoder().decode(json));
      }
      left += 1;
      return value;
    },
    left: () => left,
  };
}
