/** Values that callers carry from one request to the next and cannot read: cursors, places in a stream. */
import { decodeJson } from '@tidegate/http';
import type { Sealer } from '@tidegate/runtime';

/** `value` must be what JSON holds. */
export function sealText(sealer: Sealer, value: unknown): string {
  return Buffer.from(sealer.seal(Buffer.from(JSON.stringify(value)))).toString('base64url');
}

/** Undefined where the text was not sealed by this one. */
export function openText(sealer: Sealer, text: string): unknown {
  const plain = sealer.open(new Uint8Array(Buffer.from(text, 'base64url')));
  const json = plain === null ? null : decodeJson(plain);
  return json?.ok === true ? json.value : undefined;
}
