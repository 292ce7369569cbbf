/**
 * What an answer looks like on the wire, and its validator.
 *
 * A body that callers may keep holds nothing but what its ETag speaks of: the rows, and of `meta` what is the same whenever the
 * rows are. What an answer claims about now (how far it is complete, how late, from which cache) goes out in the header
 * `Tidegate-Meta`, made at each request, on 304 as on 200. So a 304 says of a kept body that it is, byte for byte, what would be
 * sent now, and tells how fresh that is; a kept body has no word on freshness that could have grown old.
 *
 * The ETag is a keyed hash of the tenant, the form and those bytes. It is not made of the versions of chunks: those differ
 * between an answer of the cache and one of Postgres, and change with cells that the question does not touch. Keyed, so that nobody can
 * find out a named person by hashing guesses.
 */
import { createHmac, createSecretKey } from 'node:crypto';
import type { Answer, AnswerMeta } from './ask.ts';
import type { AnswerFormat } from './answer-format.ts';
import { toCsv } from './csv.ts';
import { toNdjson } from './ndjson.ts';
import { toParquet } from './parquet.ts';

/** Of what an answer claims that which follows from its rows and the question alone. */
export type LastingMeta = Pick<
  AnswerMeta,
  | 'metric_version'
  | 'revision'
  | 'grain'
  | 'zone'
  | 'approximate'
  | 'source'
  | 'suppressed_groups'
  | 'edges_rounded'
  | 'over_budget'
  | 'history_from'
  | 'analysis'
>;

export type AnswerBody = Omit<Answer, 'meta'> & { readonly meta: AnswerMeta | LastingMeta };

export async function bodyOf(format: AnswerFormat, answer: AnswerBody): Promise<Buffer> {
  switch (format) {
    case 'json':
      return Buffer.from(JSON.stringify(answer));
    case 'ndjson':
      return Buffer.from(toNdjson(answer));
    case 'csv':
      return Buffer.from(toCsv(answer));
    case 'parquet':
      return toParquet(answer);
  }
}

/** The answer as callers may keep it. */
export function lasting({ columns, rows, next_cursor, meta }: Answer): AnswerBody {
  const {
    metric_version,
    revision,
    grain,
    zone,
    approximate,
    source,
    suppressed_groups,
    edges_rounded,
    over_budget,
    history_from,
    analysis,
  } = meta;
  const kept = {
    ...(metric_version === undefined ? {} : { metric_version }),
    ...(revision === undefined ? {} : { revision }),
    ...{ grain, zone, approximate, source, suppressed_groups },
    ...(edges_rounded === undefined ? {} : { edges_rounded }),
    ...(over_budget === undefined ? {} : { over_budget }),
    ...(history_from === undefined ? {} : { history_from }),
    ...(analysis === undefined ? {} : { analysis }),
  };
  return { columns, rows, next_cursor, meta: kept };
}

export type EtagOf = (of: { readonly tenant: string; readonly format: AnswerFormat; readonly body: Buffer }) => string;

/** Strong. `key`: derived from SECRET_KEY under the label `tidegate/etag`, the same in all instances. */
export function createEtag(key: Uint8Array): EtagOf {
  const secret = createSecretKey(key);
  return function etagOf({ tenant, format, body }) {
    // Neither a tenant nor a format holds a space.
    const hash = createHmac('sha256', secret).update(`1 ${tenant} ${format} `).update(body).digest();
    return `"${hash.subarray(0, 18).toString('base64url')}"`;
  };
}

/** Whether the header If-None-Match names the tag; compared as RFC 9110 section 13.1.2 wants it, weak marks of both aside. */
export function isNamed(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  // None of our tags holds a comma, so cutting at one cannot cut ours.
  return ifNoneMatch.split(',').some((one) => strong(one.trim()) === strong(etag));
}

function strong(etag: string): string {
  return etag.replace(/^W\//, '');
}

/** JSON in a header: ASCII, whatever a name holds. */
export function toHeader(value: unknown): string {
  return JSON.stringify(value).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
