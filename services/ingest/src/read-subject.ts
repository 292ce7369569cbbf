/**
 * Whom a pseudonym means, for who has `privacy:admin`. The row is read each time and from no memory: once it is destroyed nothing
 * opens any more. The gateway's audit has the reading before the answer leaves.
 */
import type { Handler } from '@tidegate/http';
import { OPENED_HEADER, refuse, SUBJECT_HEADER, sendJson } from '@tidegate/http';
import type { SubjectIdStore } from '@tidegate/postgres';
import type { KeyWrapper } from '@tidegate/runtime';
import { openId } from '@tidegate/runtime';
import type { Logger } from '@tidegate/telemetry';
import type { Registry } from './registry.ts';
import { whilePostgresAnswers } from './replay.ts';

export interface ReadSubjectDeps {
  /** Null: this process was not told where Postgres is. */
  readonly subjectIds: Pick<SubjectIdStore, 'findId'> | null;
  readonly wrapper: Pick<KeyWrapper, 'unwrap'>;
  readonly registry: Pick<Registry, 'isErased'>;
  readonly log: Logger;
}

const RETRY_AFTER_S = 2;

export function createReadSubject({ subjectIds, wrapper, registry, log }: ReadSubjectDeps): Handler {
  return whilePostgresAnswers(async (exchange) => {
    const { tenant } = exchange.caller;
    const subject = exchange.params['pseudonym'] ?? '';
    if (subjectIds === null) return refuse(exchange, { code: 'unavailable', retryAfterS: RETRY_AFTER_S });
    const found = registry.isErased(tenant, subject) ? null : await subjectIds.findId({ tenant, subject });
    if (found === null) return refuse(exchange, { code: 'not_found' });
    const key = wrapper.unwrap(found.key);
    const id = key === null ? null : openId(key, { tenant, subject }, found.sealedId);
    if (id === null) {
      log.error('person_key_unreadable');
      return refuse(exchange, { code: 'unavailable', retryAfterS: RETRY_AFTER_S });
    }
    const headers = { 'cache-control': 'no-store', [SUBJECT_HEADER]: subject, [OPENED_HEADER]: 'id' };
    sendJson(exchange, { pseudonym: subject, subject: id }, { headers });
  });
}
