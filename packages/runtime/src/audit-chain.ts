import { createHash, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { lengthPrefixed } from './length-prefixed.ts';

/** What the audit says of one access, as it came: JSON text. */
export interface AuditEntry {
  readonly tenant: string;
  /** When the log had it. */
  readonly keptAtMs: number;
  readonly record: string;
}

/** A record in the chain of its tenant. Numbers run from 1 without a gap. */
export interface AuditLink extends AuditEntry {
  readonly no: number;
  readonly prevHash: Uint8Array;
  /** Covers the record, its place, and the hash before it. */
  readonly hash: Uint8Array;
  readonly signature: Uint8Array;
}

/** A place in a chain: after the record `no`, whose hash it holds. */
export interface ChainPlace {
  readonly no: number;
  readonly hash: Uint8Array;
}

/** Where a chain begins and ends; `base` is the place before its first record. */
export interface ChainEnds {
  readonly tenant: string;
  readonly base: ChainPlace;
  readonly last: ChainPlace;
  readonly signature: Uint8Array;
}

/** How much of the log is in chains: all records that all chains have ever held. */
export interface AuditTotal {
  readonly records: number;
  readonly signature: Uint8Array;
}

export const HASH_BYTES = 32;
/** Before the first record of a chain. */
export const CHAIN_START: ChainPlace = { no: 0, hash: new Uint8Array(HASH_BYTES) };

/** SHA-256 over all that a link says, in a form that no other link has. */
export function auditHash({ tenant, no, keptAtMs, record, prevHash }: Omit<AuditLink, 'hash' | 'signature'>): Uint8Array {
  const said = lengthPrefixed(['tidegate/audit/1', tenant, String(no), String(keptAtMs), record]);
  return createHash('sha256').update(prevHash).update(said).digest();
}

/** Links and signs; whoever lacks the key can check links, and make none that anybody takes. */
export interface AuditChain {
  link(entry: AuditEntry, after: ChainPlace): AuditLink;
  isLinkSigned(link: Pick<AuditLink, 'hash' | 'signature'>): boolean;
  signEnds(ends: Omit<ChainEnds, 'signature'>): ChainEnds;
  areEndsSigned(ends: ChainEnds): boolean;
  signTotal(records: number): AuditTotal;
  isTotalSigned(total: AuditTotal): boolean;
}

/** @param key 32 bytes derived from `SECRET_KEY` under the label `tidegate/audit` */
export function createAuditChain(key: Uint8Array): AuditChain {
  const secret = createSecretKey(key);
  const sign = (what: string, ...parts: readonly Uint8Array[]): Uint8Array => {
    const hmac = createHmac('sha256', secret).update(lengthPrefixed([what]));
    for (const part of parts) hmac.update(part);
    return hmac.digest();
  };
  const linkSignature = (hash: Uint8Array): Uint8Array => sign('record', hash);
  const endsSignature = ({ tenant, base, last }: Omit<ChainEnds, 'signature'>): Uint8Array =>
    sign('ends', base.hash, last.hash, lengthPrefixed([tenant, String(base.no), String(last.no)]));
  const totalSignature = (records: number): Uint8Array => sign('total', lengthPrefixed([String(records)]));
  return {
    link(entry, after) {
      const placed = { ...entry, no: after.no + 1, prevHash: after.hash };
      const hash = auditHash(placed);
      return { ...placed, hash, signature: linkSignature(hash) };
    },
    isLinkSigned: ({ hash, signature }) => areEqual(signature, linkSignature(hash)),
    signEnds: (ends) => ({ ...ends, signature: endsSignature(ends) }),
    areEndsSigned: (ends) => areEqual(ends.signature, endsSignature(ends)),
    signTotal: (records) => ({ records, signature: totalSignature(records) }),
    isTotalSigned: ({ records, signature }) => areEqual(signature, totalSignature(records)),
  };
}

/**
 * `altered`: the record is not what was hashed. `unlinked`: it does not follow the one before it. `missing`: it, and perhaps
 * more after it, is gone. `misplaced`: it stands where it does not belong. `unsigned`: it was not written by an installation with this key.
 */
export type ChainFault = 'altered' | 'unlinked' | 'missing' | 'misplaced' | 'unsigned';

export interface ChainFinding {
  readonly no: number;
  readonly fault: ChainFault;
}

export interface ChainCheck {
  /** Links in the order in which they stand. Returns what is wrong at this one. */
  take(link: AuditLink): readonly ChainFinding[];
  /** After the last link that was taken. */
  place(): ChainPlace;
}

/** @param chain null: without the key; then signatures are not looked at */
export function createChainCheck(after: ChainPlace, chain: Pick<AuditChain, 'isLinkSigned'> | null): ChainCheck {
  let before = after;
  return {
    take(link) {
      const faults: ChainFinding[] = [];
      const find = (fault: ChainFault, no = link.no): void => void faults.push({ no, fault });
      if (link.no > before.no + 1) find('missing', before.no + 1);
      else if (link.no <= before.no) find('misplaced');
      else if (!areEqual(link.prevHash, before.hash)) find('unlinked');
      if (!areEqual(link.hash, auditHash(link))) find('altered');
      if (chain?.isLinkSigned(link) === false) find('unsigned');
      before = { no: link.no, hash: link.hash };
      return faults;
    },
    place: () => before,
  };
}

/** Whether a chain that was followed to its end ends where it was signed to end. */
export function checkChainEnd({ no, hash }: ChainPlace, last: ChainPlace): readonly ChainFinding[] {
  if (no < last.no) return [{ no: no + 1, fault: 'missing' }];
  if (no > last.no) return [{ no: last.no + 1, fault: 'misplaced' }];
  return areEqual(hash, last.hash) ? [] : [{ no, fault: 'altered' }];
}

function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
