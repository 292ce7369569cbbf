/** A kept answer as bytes: sealed, because an answer may name persons. */
import { decodeJson } from '@tidegate/http';
import type { Sealer } from '@tidegate/runtime';
import { z } from 'zod';
import type { Mark } from './mark-log.ts';
import type { ViewAnswer } from './run-view.ts';

export interface KeptEntry {
  /** Began to be made then. */
  readonly atMs: number;
  /** Of the progress that was read before. */
  readonly epoch: string;
  /** By name, taken before what they stand for was read; null: nothing tells when the answer changes. */
  readonly marks: ReadonlyMap<string, Mark> | null;
  readonly answer: ViewAnswer;
}

const ENTRY_SCHEMA = z.object({
  v: z.literal(2),
  at_ms: z.number(),
  epoch: z.string(),
  /** Name, mark, how old the answer may become once it has fallen. */
  marks: z.array(z.tuple([z.string(), z.string(), z.number()])).nullable(),
  body: z.record(z.string(), z.unknown()),
  meta: z.looseObject({ generated_at: z.string() }),
  may_age_ms: z.number(),
  persons: z.array(z.string()),
});

export function sealEntry(sealer: Sealer, { atMs, epoch, marks, answer }: KeptEntry): Uint8Array {
  const { body, meta, mayAgeMs, persons } = answer;
  const listed = marks === null ? null : [...marks].map(([name, { mark, mayAgeMs: ms }]) => [name, mark, ms]);
  const members = { v: 2, at_ms: atMs, epoch, marks: listed, body, meta, may_age_ms: mayAgeMs, persons };
  return sealer.seal(Buffer.from(JSON.stringify(members)));
}

/** Null where the bytes are no entry: it counts as absent. */
export function openEntry(sealer: Sealer, bytes: Uint8Array): KeptEntry | null {
  const plain = sealer.open(bytes);
  const json = plain === null ? null : decodeJson(plain);
  const parsed = json?.ok === true ? ENTRY_SCHEMA.safeParse(json.value) : null;
  if (parsed?.success !== true) return null;
  const { at_ms: atMs, epoch, marks, body, meta, may_age_ms: mayAgeMs, persons } = parsed.data;
  // Sealed by this service alone, of answers that have this shape: to walk through all of it took a tenth of a hit.
  const answer = { body, meta, mayAgeMs, persons } as ViewAnswer;
  return { atMs, epoch, marks: marks === null ? null : marksOf(marks), answer };
}

function marksOf(listed: readonly (readonly [string, string, number])[]): ReadonlyMap<string, Mark> {
  return new Map(listed.map(([name, mark, mayAgeMs]) => [name, { mark, mayAgeMs }]));
}
