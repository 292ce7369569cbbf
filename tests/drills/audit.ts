import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@tidegate/sdk';
import { auditTable, auditTopic } from './audit-refusals.ts';
import type { Scene } from './stream-drill.ts';
import { untilSeen } from './taken-back.ts';

/** A key that an admin asked for, and what the admin was told; status null: nothing. */
interface Change {
  readonly name: string;
  readonly traceId: string;
  readonly atMs: number;
  readonly status: number | null;
}

interface AuditRecord {
  readonly trace_id: string;
  readonly status_code: number | null;
  readonly route: string;
}

const CHANGE_EVERY_MS = 100;
const ANSWER_WITHIN_MS = 10_000;
const ROUTE = 'POST /v1/admin/keys';

/**
 * An admin makes keys all the time while the audit's topic refuses records, then while the table of its chains does, then while the
 * gateway is killed. Each key that is there has to stand in the chain, no key that was refused may be there, and the chain be whole.
 */
export async function auditRefuses(scene: Scene, of: { readonly durationMs: number }): Promise<Readonly<{ [figure: string]: number }>> {
  const { tidegate, history, say } = scene;
  const changing = makeKeys(scene);
  const partMs = of.durationMs / 6;
  await delay(partMs);
  const refusing = { topic: auditTopic(tidegate), table: auditTable(tidegate) };
  const during = async (store: keyof typeof refusing): Promise<readonly Change[]> => {
    history.write({ kind: 'fault', at_ms: history.nowMs(), fault: 'refuses', target: `audit ${store}`, for_ms: partMs });
    await refusing[store].refuse();
    const fromMs = history.nowMs();
    try {
      await delay(partMs);
      // An admin who is refused has waited for that.
      return await untilSeen(
        'changes that were answered meanwhile',
        () => Promise.resolve(changing.soFar().filter(({ atMs }) => atMs > fromMs)),
        (changes) => changes.length > 0,
      );
    } finally {
      await refusing[store].allow();
    }
  };
  const whileTopic = await during('topic');
  const allowedMs = history.nowMs();
  await untilSeen(
    'changes after the topic takes records',
    () => Promise.resolve(changing.soFar()),
    (changes) => changes.some(({ atMs, status }) => atMs > allowedMs && status === 201),
  );
  const backMs = history.nowMs() - allowedMs;
  if (countOf(whileTopic, 503) === 0) throw new Error('no change was refused while the topic took no record: that proves nothing');
  say(`the topic refused: ${whileTopic.length} changes, ${countOf(whileTopic, 503)} of them 503; made again after ${backMs} ms`);
  const whileTable = await during('table');
  say(`the table refused: ${whileTable.length} changes, ${countOf(whileTable, 201)} of them made`);
  await delay(partMs);
  await tidegate.services.kill('gateway');
  await tidegate.services.start('gateway');
  await delay(partMs);
  return {
    ...{ refused_by_topic: countOf(whileTopic, 503), made_by_topic: countOf(whileTopic, 201) },
    ...{ made_by_table: countOf(whileTable, 201), audit_back_ms: backMs },
    ...(await compare(scene, await changing.stop())),
  };
}

function countOf(changes: readonly Change[], status: number): number {
  return changes.filter((change) => change.status === status).length;
}

function makeKeys({ tidegate, history }: Scene): { soFar(): readonly Change[]; stop(): Promise<readonly Change[]> } {
  const changes: Change[] = [];
  let isOver = false;
  const make = async (name: string): Promise<void> => {
    const traceId = randomBytes(16).toString('hex');
    const atMs = history.nowMs();
    const status = await fetch(`${tidegate.gateway}/v1/admin/keys`, {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${tidegate.adminKey}`, 'content-type': 'application/json' },
        traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01`,
      },
      body: JSON.stringify({ name, scopes: ['query:read'] }),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    }).then(
      async (response) => {
        await response.body?.cancel();
        return response.status;
      },
      () => null,
    );
    changes.push({ name, traceId, atMs, status });
  };
  const run = async (): Promise<void> => {
    for (let made = 1; !isOver; made += 1, await delay(CHANGE_EVERY_MS)) await make(`audit-drill-${made}`);
  };
  const running = run();
  return {
    soFar: () => changes,
    async stop() {
      isOver = true;
      await running;
      return changes;
    },
  };
}

/** Of each key whether it is there, and whether the chain says that it was about to be made. */
async function compare({ tidegate, say }: Scene, changes: readonly Change[]): Promise<Readonly<{ [figure: string]: number }>> {
  const admin = createClient({ gateway: tidegate.gateway, apiKey: tidegate.adminKey, patienceMs: 30_000 });
  const { keys } = (await admin.call({ method: 'GET', path: '/v1/admin/keys' })) as { keys: readonly { name: string }[] };
  const there = new Set(keys.map(({ name }) => name));
  const made = changes.filter(({ name }) => there.has(name));
  // Records come to the chain behind the topic; the last key that was made is in it last.
  const last = made.at(-1)?.traceId;
  const announced = await untilSeen(
    'the chain has caught up',
    () => announcedIn(admin),
    (traces) => last === undefined || traces.has(last),
  );
  const unaudited = made.filter(({ traceId }) => !announced.has(traceId));
  const refused = changes.filter(({ name, status }) => status === 503 && there.has(name));
  const lost = changes.filter(({ name, status }) => status === 201 && !there.has(name));
  for (const { name } of unaudited) say(`${name} is there and nowhere in the chain`);
  for (const { name } of refused) say(`${name} was refused and is there`);
  const verified = (await admin.call({ method: 'GET', path: '/v1/admin/audit/verify' })) as { state: string; checked: number };
  return {
    ...{ changes: changes.length, made: made.length, chain_checked: verified.checked },
    ...{ unaudited: unaudited.length, made_though_refused: refused.length, lost_changes: lost.length },
    broken_chains: verified.state === 'whole' ? 0 : 1,
  };
}

/** Traces of the changes that were written down before they were made. */
async function announcedIn(admin: ReturnType<typeof createClient>): Promise<ReadonlySet<string>> {
  const traces = new Set<string>();
  for (let cursor: string | null = ''; cursor !== null;) {
    const path = `/v1/admin/audit?action=create&resource_type=keys&limit=1000${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const page = (await admin.call({ method: 'GET', path })) as { records: readonly AuditRecord[]; next_cursor: string | null };
    for (const { trace_id: trace, status_code: status, route } of page.records) if (route === ROUTE && status === null) traces.add(trace);
    cursor = page.next_cursor;
  }
  return traces;
}
