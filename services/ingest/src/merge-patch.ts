import { decodeExactly } from '@tidegate/http';

/**
 * JSON Merge Patch (RFC 7396) on the bytes of an event: members of the patch replace those of the event, null takes them out, objects
 * are merged. Numbers keep the digits that they were written with, in event and patch alike. Null: the bytes are no JSON.
 */
export function mergePatch(bytes: Uint8Array, patch: unknown): Uint8Array | null {
  const target = decodeExactly(new TextDecoder().decode(bytes));
  return target === undefined ? null : new TextEncoder().encode(JSON.stringify(merge(target, patch)));
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged = new Map<string, unknown>(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, merge(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
}
