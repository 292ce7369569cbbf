import type { RecordBatch } from '@tidegate/kafka';
import { createRecordBatch, encodeHeaders } from '@tidegate/kafka';
import type { Clock } from '@tidegate/runtime';
import type { Logger, Metrics } from '@tidegate/telemetry';

/** One access to data, as H-77 has it. Holds no plain id of a person. */
export interface AuditedAccess {
  readonly tenant: string;
  /** Id of a key or of a user; `-`: nobody was known. */
  readonly actor: string;
  readonly role: string;
  readonly action: string;
  readonly resource_type: string;
  readonly resource_id: string | null;
  /** Pseudonym of the person whose rows were shown, `*` for several, null for none. */
  readonly subject: string | null;
  /** Sealed fields of that person that were shown opened; absent: none. */
  readonly opened?: readonly string[];
  /** Null: it was let in to change something, and is about to. */
  readonly status_code: number | null;
  /** Method and path template. */
  readonly route: string;
  readonly trace_id: string;
  readonly request_id: string;
}

export interface AuditLog {
  /** Kept soon: within the second where Kafka is there. */
  note(access: AuditedAccess): void;
  /** Resolves to whether it is kept; waits for that 2 s at most. One that is not kept in time may be kept later. */
  keep(access: AuditedAccess): Promise<boolean>;
  /** Sends what has gathered; resolves when it is in the topic or waits for the next time. */
  flush(): Promise<void>;
  /** accesses = kept + dropped + waiting, at any time. */
  accounts(): AuditAccounts;
  /** The last flush; what could not be kept by then is dropped, and counted so. */
  close(): Promise<void>;
}

export type AuditAccounts = Readonly<Record<'accesses' | 'kept' | 'dropped' | 'waiting', number>>;

export interface AuditLogOptions {
  /** Appends to audit.v1. */
  readonly append: (batch: RecordBatch) => Promise<unknown>;
  /** Names this process. */
  readonly gateway: string;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Told of each record when it is sent for the first time, with the instant of the last access in it. */
  readonly onSent?: (access: AuditedAccess, lastMs: number) => void;
  /** Records that wait to be sent, at most; default 10,000. */
  readonly waitingMax?: number;
  /** Longest that an answer waits; default 2 s. */
  readonly keepMs?: number;
}

interface Waiting {
  readonly access: AuditedAccess;
  readonly firstMs: number;
  lastMs: number;
  accesses: number;
  /** Absent: nobody waits. */
  readonly kept?: PromiseWithResolvers<boolean>;
}

/** With the number that it is sent by, whenever it is sent again. */
interface Numbered extends Waiting {
  readonly seq: number;
}

const WAITING_MAX = 10_000;
const KEEP_MS = 2_000;
const BATCH_RECORDS = 500;
const JSON_RECORD = encodeHeaders([{ name: 'v', value: new TextEncoder().encode('1') }]);

/**
 * Accesses on their way to audit.v1. Those of one second that are the same in all but time are one record with their number, so
 * that a key that sends ten thousand requests a second costs a record a second. Records go one batch after another, those that
 * answers wait for with the next; one whose append may have happened is sent again as it was, and `gateway` and `seq` tell that
 * it is the same.
 */
export function createAuditLog(options: AuditLogOptions): AuditLog {
  const { clock, waitingMax = WAITING_MAX, keepMs = KEEP_MS } = options;
  const accounts = createAccounts(options.metrics);
  const noted = new Map<string, Waiting>();
  const sender = createSender(options, (sent) => {
    accounts.add('kept', sent.accesses);
    sent.kept?.resolve(true);
  });

  const isFull = (): boolean => noted.size + sender.waiting() >= waitingMax;

  function note(access: AuditedAccess): void {
    accounts.add('accesses', 1);
    const name = nameOf(access);
    const alike = noted.get(name);
    if (alike !== undefined) {
      alike.accesses += 1;
      alike.lastMs = clock.nowMs();
    } else if (isFull()) accounts.add('dropped', 1);
    else noted.set(name, { access, firstMs: clock.nowMs(), lastMs: clock.nowMs(), accesses: 1 });
  }

  function flush(): Promise<void> {
    for (const waiting of noted.values()) sender.add(waiting);
    noted.clear();
    return sender.send();
  }

  return {
    note,
    async keep(access) {
      accounts.add('accesses', 1);
      if (isFull()) {
        accounts.add('dropped', 1);
        return false;
      }
      const kept = Promise.withResolvers<boolean>();
      sender.add({ access, firstMs: clock.nowMs(), lastMs: clock.nowMs(), accesses: 1, kept });
      void sender.send();
      const timer = setTimeout(() => kept.resolve(false), keepMs);
      return kept.promise.finally(() => clearTimeout(timer));
    },
    flush,
    accounts: () => accounts.read(),
    async close() {
      await Promise.race([flush(), after(keepMs)]);
      accounts.add('dropped', sender.giveUp());
    },
  };
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/** Constant where nothing but time differs. */
function nameOf({ tenant, actor, role, route, resource_id: id, subject, status_code: status }: AuditedAccess): string {
  return `${tenant}|${actor}|${role}|${route}|${id ?? ''}|${subject ?? ''}|${status}`;
}

interface Accounts {
  add(what: 'accesses' | 'kept' | 'dropped', count: number): void;
  read(): AuditAccounts;
}

function createAccounts(metrics: Metrics): Accounts {
  const counts = { accesses: 0, kept: 0, dropped: 0 };
  const counters = {
    accesses: metrics.counter('audit_accesses_total'),
    kept: metrics.counter('audit_kept_total'),
    dropped: metrics.counter('audit_dropped_total'),
  };
  return {
    add(what, count) {
      counts[what] += count;
      if (count > 0) counters[what].inc(count);
    },
    read: () => ({ ...counts, waiting: counts.accesses - counts.kept - counts.dropped }),
  };
}

interface Sender {
  add(waiting: Waiting): void;
  send(): Promise<void>;
  waiting(): number;
  /** How many accesses wait; they are not sent any more. */
  giveUp(): number;
}

function createSender({ append, gateway, metrics, log, onSent }: AuditLogOptions, onKept: (sent: Waiting) => void): Sender {
  const degraded = metrics.gauge('degraded', { reason: 'audit' });
  degraded.set(0);
  let queue: Numbered[] = [];
  let seq = 0;
  let sending: Promise<void> | null = null;
  let isGivenUp = false;

  async function sendAll(): Promise<void> {
    try {
      while (queue.length > 0) {
        const part = queue.slice(0, BATCH_RECORDS);
        await append(toBatch(part, gateway));
        if (isGivenUp) return;
        queue = queue.slice(part.length);
        for (const sent of part) onKept(sent);
        degraded.set(0);
      }
    } catch (error) {
      degraded.set(1);
      log.warn('audit_unsent', { error });
    }
  }

  return {
    add(waiting) {
      queue.push(Object.assign(waiting, { seq: (seq += 1) }));
      onSent?.(waiting.access, waiting.lastMs);
    },
    send() {
      sending ??= sendAll().finally(() => (sending = null));
      return sending;
    },
    waiting: () => queue.length,
    giveUp() {
      const given = queue.reduce((count, { accesses }) => count + accesses, 0);
      queue = [];
      isGivenUp = true;
      return given;
    },
  };
}

function toBatch(records: readonly Numbered[], gateway: string): RecordBatch {
  const batch = createRecordBatch();
  for (const { access, firstMs, lastMs, accesses, seq } of records) {
    const times = { timestamp: new Date(firstMs).toISOString(), last_at: new Date(lastMs).toISOString() };
    batch.add(Buffer.from(access.tenant), Buffer.from(JSON.stringify({ ...times, ...access, accesses, gateway, seq })), JSON_RECORD);
  }
  return batch;
}
