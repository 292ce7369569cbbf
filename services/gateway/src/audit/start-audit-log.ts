import type { LogClient } from '@tidegate/kafka';
import type { AuditLog, AuditLogOptions } from './audit-log.ts';
import { createAuditLog } from './audit-log.ts';
import { createNoAuditLog } from './no-audit-log.ts';

export interface AuditLogStart extends Omit<AuditLogOptions, 'append'> {
  readonly client: Pick<LogClient, 'createProducer'>;
  readonly topic: string;
  readonly signal: AbortSignal;
  /** False: accesses are not written down. */
  readonly isOn: boolean;
}

const EVERY_MS = 500;

/** The audit log over its topic; what is noted is sent twice a second until the signal is raised. */
export function startAuditLog({ client, topic, signal, isOn, ...options }: AuditLogStart): AuditLog {
  if (!isOn) {
    options.log.warn('audit_switched_off');
    return createNoAuditLog(options);
  }
  const producer = client.createProducer();
  const auditLog = createAuditLog({ ...options, append: async (batch) => (await producer).append(topic, 0, batch) });
  const timer = setInterval(() => void auditLog.flush(), EVERY_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return auditLog;
}
