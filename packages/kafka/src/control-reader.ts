import { z } from 'zod';
import { decodeJson } from './json-value.ts';
import type { TableRecord } from './table-reader.ts';

/** What the control topic tells under one key, which is `kind/tenant/name`. */
export interface ControlTold {
  readonly key: string;
  readonly kind: string;
  readonly tenant: string;
  readonly name: string;
  /** Null: deleted. Otherwise what the kind's own schema has to judge. */
  readonly value: unknown;
}

/** Reads records of the control topic in any order, and as often as they come. */
export interface ControlReader {
  /** What the record tells, null where that is known already, has no place here, or was compacted away. */
  read(record: Pick<TableRecord, 'key' | 'value'>): ControlTold | 'unreadable' | null;
  /** The greatest version seen of each key. */
  readonly versions: ReadonlyMap<string, number>;
  /**
   * Epoch ms: what was recorded before this instant has been read. It is the version of the publisher's beat, written each
   * second and after every change, which follows all that it had to say. 0 before the first.
   */
  knownThroughMs(): number;
}

const CONTROL_RECORD = z.object({ version: z.number().int(), value: z.unknown() });
const utf8 = new TextDecoder();

/** A value is taken only if its version is greater than the one had; each stands alone. */
export function createControlReader(): ControlReader {
  const versions = new Map<string, number>();
  let knownThroughMs = 0;
  return {
    read({ key: keyBytes, value: bytes }) {
      const key = utf8.decode(keyBytes);
      const [kind, tenant, name] = key.split('/');
      if (kind === undefined || tenant === undefined || name === undefined || bytes === null) return null;
      const record = CONTROL_RECORD.safeParse(decodeJson(bytes));
      if (!record.success) return 'unreadable';
      const { version, value } = record.data;
      if (version <= (versions.get(key) ?? 0)) return null;
      versions.set(key, version);
      if (kind === 'beat') knownThroughMs = version;
      return { key, kind, tenant, name, value: value ?? null };
    },
    versions,
    knownThroughMs: () => knownThroughMs,
  };
}
