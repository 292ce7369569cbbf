import { markedFields, parsePackRecord } from '@tidegate/core';
import type { ControlTold, LogClient, TableRecord } from '@tidegate/kafka';
import { createControlReader, followTable } from '@tidegate/kafka';
import { parseApiKeyRecord, parseDenials, parseTokenIssuerRecord } from '@tidegate/postgres';
import type { Clock } from '@tidegate/runtime';
import type { Logger } from '@tidegate/telemetry';
import type { KeyDirectory } from './keys.ts';
import type { IssuerDirectory } from './tokens/issuers.ts';
import type { OriginBook } from './cors.ts';
import type { LimitBook } from './limits/book.ts';
import type { Denied } from './tokens/denied.ts';
import type { PackRoutes } from './pack-routes.ts';

/** What the gateway takes from the control topic. */
export interface ControlView {
  /**
   * Whether every key is known: the topic was read to the end that it had at the start, and a publisher has beaten at least
   * once in its life, which it does after all that it had to say. Before that an unknown key is not a wrong key.
   */
  isLoaded(): boolean;
  /** Resolves when the topic was read to the end that it had at the start. */
  readonly read: Promise<void>;
  /** Versions that the topic holds, by control key. */
  readonly versions: ReadonlyMap<string, number>;
  /** Packs with metric versions that are being made of raw events. */
  making(): Iterable<{ readonly tenant: string; readonly pack: string }>;
  /** See `ControlReader`. */
  knownThroughMs(): number;
  /** How long ago a publisher was last heard. */
  silenceMs(): number;
  close(): Promise<void>;
}

export interface ControlOptions {
  readonly client: LogClient;
  readonly topic: string;
  readonly keys: KeyDirectory;
  readonly issuers: Pick<IssuerDirectory, 'put'>;
  readonly limits: Pick<LimitBook, 'putLimits' | 'putPack'>;
  readonly denied: Pick<Denied, 'add'>;
  readonly packRoutes: Pick<PackRoutes, 'put'>;
  readonly origins: Pick<OriginBook, 'put'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Follows control.v1. */
export function followControl(options: ControlOptions): ControlView {
  const { client, topic, limits, packRoutes, clock, log } = options;
  const reader = createControlReader();
  const takeAccess = createTakeAccess(options);
  const making = new Map<string, { readonly tenant: string; readonly pack: string }>();
  let isRead = false;
  let hasBeat = false;
  let heardMs = clock.monotonicMs();

  function take(record: TableRecord): void {
    const told = reader.read(record);
    if (told === null) return;
    if (told === 'unreadable') return log.error('control_record_unreadable', { detail: { offset: record.offset } });
    if (told.kind === 'beat') hear();
    if (told.kind === 'pack') takePack(told);
    takeAccess(told);
  }

  function takePack({ key, tenant, name, value }: ControlTold): void {
    limits.putPack(tenant, name, value);
    making.delete(key);
    if (value === null) return packRoutes.put(tenant, name, null);
    const record = parsePackRecord(value);
    // Of a record that cannot be read the routes before it stay.
    if (!record.ok) return;
    packRoutes.put(tenant, name, record.value.source);
    log.mark(markedFields(record.value));
    if (record.value.making.length > 0) making.set(key, { tenant, pack: name });
  }

  function hear(): void {
    heardMs = clock.monotonicMs();
    hasBeat = true;
  }

  const table = followTable({
    client,
    topic,
    onRecord: take,
    onError: (error) => log.warn('control_topic_read_failed', { error }),
  });
  return {
    isLoaded: () => isRead && hasBeat,
    read: table.ready.then(() => {
      isRead = true;
      heardMs = clock.monotonicMs();
      log.info('control_read', { detail: { records: reader.versions.size } });
    }),
    versions: reader.versions,
    making: () => [...making.values()],
    knownThroughMs: reader.knownThroughMs,
    silenceMs: () => clock.monotonicMs() - heardMs,
    close: () => table.close(),
  };
}

/** Who may come, and how much of what they may ask. */
function createTakeAccess({ keys, issuers, limits, origins, denied, log }: ControlOptions): (told: ControlTold) => void {
  function takeKey(key: string, value: unknown): void {
    const record = value === null ? null : parseApiKeyRecord(value);
    if (record === null && value !== null) return log.error('key_record_unreadable');
    keys.put(key, record);
  }

  function takeIssuer(key: string, value: unknown): void {
    const record = value === null ? null : parseTokenIssuerRecord(value);
    if (record === null && value !== null) log.error('issuer_record_unreadable');
    // Of an issuer that cannot be read no token is taken: its rules may have become stricter.
    issuers.put(key, record);
  }

  function takeDenials(value: unknown): void {
    const denials = parseDenials(value);
    if (denials === null) log.error('denials_record_unreadable');
    else denied.add(denials);
  }

  return function takeAccess({ kind, key, tenant, value }) {
    if (kind === 'key') takeKey(key, value);
    if (kind === 'issuer') takeIssuer(key, value);
    if (kind === 'denied') takeDenials(value);
    if (kind === 'limits') limits.putLimits(tenant, value);
    if (kind === 'origins' && !origins.put(tenant, value)) log.error('origins_record_unreadable');
  };
}
