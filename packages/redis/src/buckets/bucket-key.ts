import { createHash } from 'node:crypto';

export interface BucketOwner {
  /** Null: the bucket is asked for before it is known whose request it is. */
  readonly tenant: string | null;
  /** Policy, for instance `ingest`. */
  readonly limitClass: string;
  /** Whom the bucket belongs to within the policy; hashed, so that no identifier stands in a Redis key. */
  readonly subject: string;
}

/**
 * All buckets of a tenant share a hash tag, and all that are asked for before authentication another one: one script can debit
 * several of them on a cluster. `b2` is the form of their state: of another form, another bucket.
 */
export function bucketKey(prefix: string, { tenant, limitClass, subject }: BucketOwner): string {
  const hash = createHash('sha256').update(subject).digest('base64url').slice(0, 22);
  return `${prefix}:${tenant === null ? '{s1}' : `{t:${tenant}}`}:b2:${limitClass}:${hash}`;
}
