import type { ControlStore } from '@tidegate/postgres';
import type { Logger } from '@tidegate/telemetry';
import type { AuditedAccess } from './audit/audit-log.ts';

export interface KeyUseOptions {
  readonly store: Pick<ControlStore, 'noteKeyUse'>;
  readonly log: Logger;
  /** Between two writes; default 30 s. */
  readonly everyMs?: number;
}

export interface KeyUse {
  /** An access that was audited: by a key, or by a token that was made with one. */
  noteAccess(access: Pick<AuditedAccess, 'actor' | 'role'>, atMs: number): void;
  /** The last write. */
  stop(): Promise<void>;
}

const EVERY_MS = 30_000;

/** When keys were last used, written in batches. What a gateway that dies had not written is lost: half a minute at most. */
export function startKeyUse({ store, log, everyMs = EVERY_MS }: KeyUseOptions): KeyUse {
  const lastMs = new Map<string, number>();

  async function write(): Promise<void> {
    const uses = new Map(lastMs);
    if (uses.size === 0) return;
    lastMs.clear();
    try {
      await store.noteKeyUse(uses);
    } catch (error) {
      log.warn('key_use_unwritten', { error });
      for (const [keyId, atMs] of uses) note(keyId, atMs);
    }
  }

  function note(keyId: string, atMs: number): void {
    lastMs.set(keyId, Math.max(atMs, lastMs.get(keyId) ?? 0));
  }

  const timer = setInterval(() => void write(), everyMs);
  return {
    noteAccess: ({ actor, role }, atMs) => (role === 'key' || role === 'key_token' ? note(actor, atMs) : undefined),
    async stop() {
      clearInterval(timer);
      await write();
    },
  };
}
