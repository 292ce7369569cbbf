import { IDENTITY_BYTES } from '../dedup/window-shape.ts';
import type { PartsHasher } from '../hash/hash-parts.ts';
import { createPartsHasher } from '../hash/hash-parts.ts';
import type { EventJudge } from './judge.ts';
import { memberNumber, memberText } from './field-check.ts';
import { decodeJsonText } from './json-text.ts';
import type { MemberList } from './member-list.ts';
import { endOf, FLAG, KIND, startOf } from './member-list.ts';

export const TOPIC_KEY_BYTES = 16;

export interface IdentityKeys {
  /** 16 bytes each. */
  readonly identity: Uint8Array;
  readonly topicKey: Uint8Array;
}

/** What makes an event the same event again, and where in the log it belongs. Both arrays are reused. */
export interface EventIdentity {
  /** Keyed hash of (tenant, source, id, subject). */
  readonly identity: Uint8Array;
  /** Keyed hash of (tenant, subject), else (tenant, entity id), else (tenant, source, id). */
  readonly topicKey: Uint8Array;
}

/** Returns a function that fills and returns one `EventIdentity` for the event that the judge accepted last. */
export function createIdentify(keys: IdentityKeys): (judge: EventJudge, tenant: string, pseudonym: string) => EventIdentity {
  const hasher = createPartsHasher();
  const result = { identity: new Uint8Array(IDENTITY_BYTES), topicKey: new Uint8Array(TOPIC_KEY_BYTES) };
  return function identify(judge, tenant, pseudonym) {
    hasher.begin();
    hasher.addText(tenant);
    hasher.addText(judge.source);
    addId(hasher, judge);
    hasher.addText(pseudonym);
    hasher.finishInto(keys.identity, result.identity);
    hasher.begin();
    hasher.addText(tenant);
    addEntity(hasher, judge, pseudonym);
    hasher.finishInto(keys.topicKey, result.topicKey);
    return result;
  };
}

function addEntity(hasher: PartsHasher, judge: EventJudge, pseudonym: string): void {
  if (pseudonym !== '') {
    hasher.addText('s');
    hasher.addText(pseudonym);
    return;
  }
  const { entityMember, data } = judge;
  if (entityMember >= 0 && data.kind[entityMember] === KIND.string) {
    hasher.addText('k');
    addMemberText(hasher, judge.bytes, { list: data, index: entityMember });
    return;
  }
  const number = entityMember < 0 ? null : memberNumber(judge.bytes, data, entityMember);
  if (number !== null) {
    hasher.addText('k');
    hasher.addText(String(typeof number === 'number' ? number : number.unscaled));
    return;
  }
  hasher.addText('i');
  hasher.addText(judge.source);
  addId(hasher, judge);
}

function addId(hasher: PartsHasher, judge: EventJudge): void {
  const { idBytes, idStart, idEnd } = judge;
  if (judge.isIdEscaped) hasher.addText(decodeJsonText(idBytes, idStart + 1, idEnd - 1));
  else hasher.addBytes(idBytes, idStart + 1, idEnd - 1);
}

/** A text without escapes is its own UTF-8, which the scanner has proven well-formed: nothing is decoded. */
function addMemberText(hasher: PartsHasher, bytes: Uint8Array, { list, index }: { list: MemberList; index: number }): void {
  const isEscaped = ((list.flags[index] ?? 0) & FLAG.escaped) !== 0;
  if (isEscaped) hasher.addText(memberText(bytes, list, index));
  else hasher.addBytes(bytes, startOf(list, index) + 1, endOf(list, index) - 1);
}
