import type { FaultCode } from './codes.ts';

/** An expected failure as a value. */
export interface Fault {
  readonly code: FaultCode;
  /** Where in the caller's input, in dots and brackets (`data.value`, `events[3].id`). */
  readonly path?: string;
  /** For the caller; never holds a value that the caller sent. */
  readonly message: string;
}

export type Result<T, E = Fault> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: E };

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function failed<E>(fault: E): { readonly ok: false; readonly fault: E } {
  return { ok: false, fault };
}
