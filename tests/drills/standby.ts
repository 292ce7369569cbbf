import { setTimeout as delay } from 'node:timers/promises';
import { isWhole, type DatabaseTier, type Member, type Tidegate } from '@tidegate/native';
import type { Scene } from './stream-drill.ts';
import { ask, untilSeen } from './taken-back.ts';

type Figures = Readonly<Record<string, number>>;

/** What `REPLICA_LAG_MAX_MS` allows by default, a look each second, and a second for what the machine is late. */
const BEHIND_MS_MAX = 12_000;
const ASK_EVERY_MS = 200;
/** A pause of replay would be ended by Patroni within its next round. */
const LATE = '60s';
const DAYS = 70;
const DAY_MS = 86_400_000;

/**
 * Questions that standbys may answer are asked all the time, while both standbys replay what they get a minute late, and while
 * the one that answers is killed: each is answered, and none without what was counted twelve seconds before it was asked.
 */
export async function standbyLoss(scene: Scene, tier: DatabaseTier, of: { readonly durationMs: number }): Promise<Figures> {
  const asking = askWide(scene);
  const figures: Record<string, number> = {};
  const fault = (name: string, target: string): void =>
    scene.history.write({ kind: 'fault', at_ms: scene.history.nowMs(), fault: name, target, for_ms: 0 });
  const until = async (figure: string, server: string): Promise<void> => {
    const fromMs = performance.now();
    await untilSeen(
      `answers of the ${server}`,
      () => Promise.resolve(asking.last()),
      (last) => last.server === server && last.atMs > fromMs,
    );
    figures[figure] = Math.round(performance.now() - fromMs);
    scene.say(`${figure}: ${figures[figure]}`);
  };
  try {
    await until('first_standby_answer_ms', 'replica');
    await delay(of.durationMs / 3);
    fault('replay late', 'standbys');
    await tier.patroni.setParameter('recovery_min_apply_delay', LATE);
    await until('replay_late_primary_answers_ms', 'primary');
    await delay(of.durationMs / 3);
    await tier.patroni.setParameter('recovery_min_apply_delay', null);
    await until('replay_on_time_standby_answers_ms', 'replica');
    const used = await standbyInUse(tier);
    fault('kill', used.name);
    await used.kill();
    await until('standby_killed_other_answers_ms', 'replica');
    used.start();
    await untilSeen(
      'all members follow',
      () => tier.patroni.states(),
      (states) => isWhole(states, tier.patroni.members.length),
    );
    await delay(of.durationMs / 3);
  } finally {
    Object.assign(figures, await asking.stop());
  }
  return figures;
}

async function standbyInUse({ patroni, standbyUrl }: DatabaseTier): Promise<Member> {
  const [told] = await ask<{ port: number }>(standbyUrl, 'SELECT inet_server_port() AS port');
  const used = patroni.members.find(({ ports }) => ports.port === told?.port);
  if (used === undefined) throw new Error('nobody knows which standby answers');
  return used;
}

interface Asking {
  /** By whom the newest answer was given. */
  last(): { readonly server: string; readonly atMs: number };
  stop(): Promise<Figures>;
}

/** Asks more quarters of an hour than are kept in the cache, and looks how much was counted when it asked. */
function askWide({ tidegate, say }: Scene): Asking {
  let isOver = false;
  let last = { server: 'nobody', atMs: 0 };
  const counted: { readonly atMs: number; readonly events: number }[] = [];
  const figures = { questions: 0, failed_questions: 0, standby_answers: 0, stale_answers: 0 };
  const look = async (): Promise<void> => {
    const atMs = performance.now();
    const [row] = await ask<{ events: number }>(tidegate.addresses.databaseUrl, 'SELECT count(*)::int AS events FROM raw_event');
    if (row !== undefined) counted.push({ atMs, events: row.events });
  };
  const question = async (): Promise<void> => {
    const atMs = performance.now();
    const { events, server } = await askOnce(tidegate);
    last = { server, atMs };
    if (server === 'replica') figures.standby_answers += 1;
    const least = counted.findLast((one) => one.atMs < atMs - BEHIND_MS_MAX)?.events ?? 0;
    if (events < least) {
      figures.stale_answers += 1;
      say(`an answer of the ${server} has ${events} events, ${least} were counted ${BEHIND_MS_MAX} ms before`);
    }
  };
  const run = async (): Promise<void> => {
    for (; !isOver; await delay(ASK_EVERY_MS)) {
      figures.questions += 1;
      await look();
      await question().catch((error: unknown) => {
        figures.failed_questions += 1;
        say(`a question failed: ${String(error)}`);
      });
    }
  };
  const running = run();
  return {
    last: () => last,
    async stop() {
      isOver = true;
      await running;
      return figures;
    },
  };
}

async function askOnce({ gateway, apiKey }: Tidegate): Promise<{ events: number; server: string }> {
  const [from, to] = [-DAYS, 2].map((days) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10));
  const question = {
    metric: 'wiki.edits',
    kind: 'series',
    grain: 'quarter_hour',
    measures: ['edits'],
    fill: 'none',
    limit: 10_000,
    from,
    to,
  };
  const response = await fetch(`${gateway}/v1/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(question),
  });
  if (!response.ok) throw new Error(`${response.status} ${(await response.text()).slice(0, 200)}`);
  const answer = (await response.json()) as {
    readonly rows: readonly (readonly unknown[])[];
    readonly meta: { readonly read_from?: string };
  };
  const events = answer.rows.reduce((sum, [, edits]) => sum + Number(edits), 0);
  return { events, server: answer.meta.read_from ?? 'primary' };
}
