import { createHash } from 'node:crypto';

export interface BucketOwner {
  readonly tenant: string;
  /** Limit class, for instance `ingest`. */
  readonly limitClass: string;
  /** Whom the bucket belongs to within the class; hashed, so that no identifier stands in a Redis key. */
  readonly subject: string;
}

/** All buckets of a tenant share the hash tag, so that one script can debit several of them on a cluster. */
export function bucketKey(prefix: string, { tenant, limitClass, subject }: BucketOwner): string {
  const hash = createHash('sha256').update(subject).digest('base64url').slice(0, 22);
  return `${prefix}:{t:${tenant}}:b:${limitClass}:${hash}`;
}
