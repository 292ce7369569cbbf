import pg from 'pg';
import type { PoolMeter } from '../pool-meter.ts';
import { createPool } from '../pool.ts';
import type { Pooler } from '../pool.ts';
import { run } from '../statements.ts';
import { CONTROL_CHANNEL } from './record-writer.ts';

/** One key of the control topic as it should be; a null value deletes the key. */
export interface ControlChange {
  readonly key: string;
  readonly version: number;
  readonly value: unknown;
}

/** What the publisher needs of Postgres. */
export interface ControlOutbox {
  /** Takes or prolongs the lease for `leaseMs`. Resolves to its term, or null while another publisher holds it. */
  holdLease(holder: string, leaseMs: number): Promise<number | null>;
  releaseLease(holder: string): Promise<void>;
  /** Changes that the topic lacks, as far as anyone has noted. */
  readUnpublished(): Promise<readonly ControlChange[]>;
  readAll(): Promise<readonly ControlChange[]>;
  markPublished(changes: readonly ControlChange[]): Promise<void>;
  close(): Promise<void>;
}

export interface OutboxOptions {
  readonly databaseUrl: string;
  readonly pooler?: Pooler;
  readonly role?: string;
  readonly onError?: (error: Error) => void;
  readonly meter?: PoolMeter;
}

const LEASE = 'control';
const ROWS_MAX = 500;

interface ChangeRow {
  readonly key: string;
  readonly version: string;
  readonly value: unknown;
}

export function createControlOutbox(options: OutboxOptions): ControlOutbox {
  const pool = createPool({ applicationName: 'tidegate-publisher', connectionsMax: 1, statementTimeoutMs: 5_000, ...options });
  return {
    async holdLease(holder, leaseMs) {
      const [row] = await run<{ term: string }>(pool, 'take-lease', [LEASE, holder, leaseMs]);
      return row === undefined ? null : Number(row.term);
    },
    async releaseLease(holder) {
      await run(pool, 'release-lease', [LEASE, holder]);
    },
    async readUnpublished() {
      return (await run<ChangeRow>(pool, 'read-unpublished', [ROWS_MAX])).map(fromRow);
    },
    async readAll() {
      return (await run<ChangeRow>(pool, 'read-control-records', [])).map(fromRow);
    },
    async markPublished(changes) {
      await run(pool, 'mark-published', [changes.map(({ key }) => key), changes.map(({ version }) => version)]);
    },
    close: () => pool.end(),
  };
}

function fromRow({ key, version, value }: ChangeRow): ControlChange {
  return { key, version: Number(version), value };
}

export interface ControlListener {
  close(): Promise<void>;
}

export interface ControlListenerOptions extends OutboxOptions {
  /** Called after each commit that changed a control record, and after each new connection (a word may have been missed). */
  readonly onChange: () => void;
}

const RECONNECT_MS = 1_000;

/** Listens on a connection of its own, and connects anew for as long as it is open. */
export function listenForControlChanges(options: ControlListenerOptions): ControlListener {
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isOpen = true;

  function reconnect(): void {
    clearTimeout(timer);
    if (isOpen) timer = setTimeout(() => void connect(), RECONNECT_MS);
  }

  async function connect(): Promise<void> {
    const fresh = new pg.Client({
      connectionString: options.databaseUrl,
      application_name: 'tidegate-control-listener',
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
    });
    client = fresh;
    fresh.on('error', (error) => options.onError?.(error));
    fresh.on('notification', options.onChange);
    fresh.on('end', reconnect);
    try {
      await fresh.connect();
      await fresh.query(`LISTEN ${CONTROL_CHANNEL}`);
      options.onChange();
    } catch (error) {
      options.onError?.(error instanceof Error ? error : new Error(String(error)));
      await fresh.end().catch(() => undefined);
      reconnect();
    }
  }

  const connecting = connect();
  return {
    async close() {
      isOpen = false;
      clearTimeout(timer);
      await connecting;
      await client?.end().catch(() => undefined);
    },
  };
}
