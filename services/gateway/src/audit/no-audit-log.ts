import type { AuditLog, AuditLogOptions } from './audit-log.ts';

/** Where the audit is switched off (`ENABLE_AUDIT`): no access is written down, no answer waits, and keys are still known to be used. */
export function createNoAuditLog({ onSent, clock }: Pick<AuditLogOptions, 'onSent' | 'clock'>): AuditLog {
  const none = { accesses: 0, kept: 0, dropped: 0, waiting: 0 };
  const note: AuditLog['note'] = (access) => onSent?.(access, clock.nowMs());
  return {
    note,
    keep(access) {
      note(access);
      return Promise.resolve(true);
    },
    flush: () => Promise.resolve(),
    accounts: () => none,
    close: () => Promise.resolve(),
  };
}
