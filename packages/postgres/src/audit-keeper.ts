import type { AuditChain, AuditEntry, AuditLink, ChainEnds, ChainPlace } from '@tidegate/runtime';
import { CHAIN_START } from '@tidegate/runtime';
import type pg from 'pg';
import { inTransaction } from './in-transaction.ts';
import { run } from './statements.ts';

/** A record of audit.v1. `gateway` and `seq` name it: one that was sent twice is the same. */
export interface AuditArrival extends AuditEntry {
  readonly gateway: string;
  readonly seq: number;
}

/** How far the log is kept. `topicId` is empty before the first record. */
export interface AuditPosition {
  readonly topicId: string;
  readonly nextOffset: number;
}

export interface AuditBatch {
  /** Where the keeper believes to be. */
  readonly expected: AuditPosition;
  readonly next: AuditPosition;
  readonly arrivals: readonly AuditArrival[];
}

export type KeepOutcome =
  | {
      readonly kind: 'kept';
      readonly records: number;
      /** Records of gateways that the log does not hold, though later ones of theirs. */
      readonly missing: number;
    }
  /** Another keeper was there: nothing of the batch is kept by this call. */
  | { readonly kind: 'moved'; readonly to: AuditPosition };

export interface AuditKeeper {
  readPosition(): Promise<AuditPosition>;
  /** All of a batch or nothing, once, whoever else keeps at the same time. */
  keep(batch: AuditBatch): Promise<KeepOutcome>;
  /** Deletes records that were kept for seven years, and signs where their chains begin now. Resolves to how many. */
  prune(recordsMax: number): Promise<number>;
}

/**
 * One transaction for a batch. What survives when the process dies after each step: up to the commit nothing, after it all. Where
 * the answer to COMMIT is lost, the position that is read next tells.
 *
 * 1. the position is locked: keepers come one after another; one that is not where it believes to be stops here.
 * 2. copies are left out, by the last number of each gateway.
 * 3. each record is linked to the last one of its tenant and signed.
 * 4. records, ends of chains, numbers of gateways, position and total are written.
 */
export function createAuditKeeper(pool: pg.Pool, chain: AuditChain): AuditKeeper {
  return {
    async readPosition() {
      const [row] = await run<PositionRow>(pool, 'read-audit-position', []);
      return toPosition(row);
    },
    keep: (batch) =>
      inTransaction(pool, async (client) => {
        const [held] = await run<PositionRow>(client, 'hold-audit-position', []);
        const at = toPosition(held);
        if (at.topicId !== batch.expected.topicId || at.nextOffset !== batch.expected.nextOffset) return { kind: 'moved', to: at };
        const { fresh, last, missing } = newOf(batch.arrivals, await readSources(client, batch.arrivals));
        await append(client, chain, fresh);
        if (last.size > 0) await run(client, 'upsert-audit-sources', [[...last.keys()], [...last.values()]]);
        const total = chain.signTotal((held?.records ?? 0) + fresh.length);
        await run(client, 'move-audit-position', [batch.next.topicId, batch.next.nextOffset, total.records, total.signature]);
        return { kind: 'kept', records: fresh.length, missing };
      }),
    prune: (recordsMax) =>
      inTransaction(pool, async (client) => {
        await run(client, 'hold-audit-position', []);
        const outlived = await run<OutlivedRow>(client, 'read-outlived-audit', [recordsMax]);
        const chains = await readChains(
          client,
          outlived.map(({ tenant }) => tenant),
        );
        let deleted = 0;
        for (const { tenant, no, hash } of outlived) {
          const ends = chains.get(tenant)?.ends ?? null;
          // A chain that is not whole is left as it is, for whoever looks into it.
          if (ends === null || !chain.areEndsSigned(ends) || no > ends.last.no) continue;
          await writeChains(client, [chain.signEnds({ ...ends, base: { no, hash } })]);
          await run(client, 'delete-audit-records', [tenant, no]);
          deleted += no - ends.base.no;
        }
        return deleted;
      }),
  };
}

interface PositionRow {
  readonly topic_id: string;
  readonly next_offset: number;
  readonly records: number;
}

interface OutlivedRow {
  readonly tenant: string;
  readonly no: number;
  readonly hash: Uint8Array;
}

function toPosition(row: PositionRow | undefined): AuditPosition {
  return { topicId: row?.topic_id ?? '', nextOffset: row?.next_offset ?? 0 };
}

async function readSources(client: pg.PoolClient, arrivals: readonly AuditArrival[]): Promise<ReadonlyMap<string, number>> {
  const gateways = [...new Set(arrivals.map(({ gateway }) => gateway))];
  if (gateways.length === 0) return new Map();
  const rows = await run<{ gateway: string; seq: number }>(client, 'read-audit-sources', [gateways]);
  return new Map(rows.map(({ gateway, seq }) => [gateway, seq]));
}

interface NewArrivals {
  readonly fresh: readonly AuditArrival[];
  /** Of each gateway in the batch. */
  readonly last: ReadonlyMap<string, number>;
  readonly missing: number;
}

/** A gateway sends the records that it numbered in their order, each again until it is acknowledged: what is not above the last is a copy. */
function newOf(arrivals: readonly AuditArrival[], kept: ReadonlyMap<string, number>): NewArrivals {
  const last = new Map<string, number>();
  let missing = 0;
  const fresh = arrivals.filter(({ gateway, seq }) => {
    const before = last.get(gateway) ?? kept.get(gateway) ?? 0;
    if (seq <= before) return false;
    missing += seq - before - 1;
    last.set(gateway, seq);
    return true;
  });
  return { fresh, last, missing };
}

async function append(client: pg.PoolClient, chain: AuditChain, arrivals: readonly AuditArrival[]): Promise<void> {
  if (arrivals.length === 0) return;
  const stored = await readChains(client, [...new Set(arrivals.map(({ tenant }) => tenant))]);
  const places = new Map<string, ChainPlace>();
  const links = arrivals.map(({ tenant, keptAtMs, record }) => {
    const link = chain.link({ tenant, keptAtMs, record }, places.get(tenant) ?? whereToGoOn(stored.get(tenant), chain));
    places.set(tenant, link);
    return link;
  });
  await writeLinks(client, links);
  const ends = [...places].map(([tenant, { no, hash }]) =>
    chain.signEnds({ tenant, base: stored.get(tenant)?.ends?.base ?? CHAIN_START, last: { no, hash } }),
  );
  await writeChains(client, ends);
}

/**
 * After the signed end. A chain that somebody has changed goes on all the same, for the records of today must be kept: where its
 * end is gone or is not signed, after the last record that is there, and the total of all records tells what is missing.
 */
function whereToGoOn(stored: StoredChain | undefined, chain: AuditChain): ChainPlace {
  const ends = stored?.ends ?? null;
  const record = stored?.record ?? CHAIN_START;
  const signed = ends !== null && chain.areEndsSigned(ends) ? ends.last : CHAIN_START;
  return record.no > signed.no ? record : signed;
}

interface ChainRow {
  readonly tenant: string;
  readonly base_no: number | null;
  readonly base_hash: Uint8Array | null;
  readonly last_no: number | null;
  readonly last_hash: Uint8Array | null;
  readonly signature: Uint8Array | null;
  readonly record_no: number | null;
  readonly record_hash: Uint8Array | null;
}

export interface StoredChain {
  /** Null: nothing says where it begins and ends. */
  readonly ends: ChainEnds | null;
  /** The last record that is there. */
  readonly record: ChainPlace | null;
}

export async function readChains(client: pg.ClientBase | pg.Pool, tenants: readonly string[]): Promise<ReadonlyMap<string, StoredChain>> {
  if (tenants.length === 0) return new Map();
  const rows = await run<ChainRow>(client, 'read-audit-chains', [tenants]);
  return new Map(rows.map((row) => [row.tenant, { ends: toEnds(row), record: toPlace(row.record_no, row.record_hash) }]));
}

function toEnds({
  tenant,
  base_no: baseNo,
  base_hash: baseHash,
  last_no: lastNo,
  last_hash: lastHash,
  signature,
}: ChainRow): ChainEnds | null {
  const base = toPlace(baseNo, baseHash);
  const last = toPlace(lastNo, lastHash);
  return base === null || last === null || signature === null ? null : { tenant, base, last, signature };
}

function toPlace(no: number | null, hash: Uint8Array | null): ChainPlace | null {
  return no === null || hash === null ? null : { no, hash };
}

async function writeLinks(client: pg.PoolClient, links: readonly AuditLink[]): Promise<void> {
  await run(client, 'insert-audit-records', [
    links.map(({ tenant }) => tenant),
    links.map(({ no }) => no),
    links.map(({ keptAtMs }) => keptAtMs),
    links.map(({ record }) => record),
    links.map(({ prevHash }) => prevHash),
    links.map(({ hash }) => hash),
    links.map(({ signature }) => signature),
  ]);
}

async function writeChains(client: pg.PoolClient, ends: readonly ChainEnds[]): Promise<void> {
  await run(client, 'upsert-audit-chains', [
    ends.map(({ tenant }) => tenant),
    ends.map(({ base }) => base.no),
    ends.map(({ base }) => base.hash),
    ends.map(({ last }) => last.no),
    ends.map(({ last }) => last.hash),
    ends.map(({ signature }) => signature),
  ]);
}
