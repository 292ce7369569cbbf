import type { Caller } from '@tidegate/http';
import type { TokenIssuerRecord } from '@tidegate/postgres';

const SUBJECT_LENGTH_MAX = 256;

/**
 * Who a checked token stands for, as its issuer's record reads it; null where it names nobody. The words of the issuer for
 * rights give what the record says they give, and no word gives anything by itself.
 */
export function callerOf(record: TokenIssuerRecord, claims: Readonly<Record<string, unknown>>): Caller | null {
  const subject = claims[record.subject_claim];
  if (typeof subject !== 'string' || subject === '' || subject.length > SUBJECT_LENGTH_MAX) return null;
  const scopes = new Set(record.scopes);
  for (const word of wordsOf(record.scopes_claim === null ? undefined : claims[record.scopes_claim])) {
    if (Object.hasOwn(record.scopes_by_word, word)) for (const scope of record.scopes_by_word[word] ?? []) scopes.add(scope);
  }
  return { tenant: record.tenant, keyId: `issuer_${record.name}`, scopes: [...scopes], subject };
}

/** RFC 8693 has one text of words between spaces; many issuers have a list. */
function wordsOf(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return claim.split(' ');
  return Array.isArray(claim) ? claim.filter((word): word is string => typeof word === 'string') : [];
}
