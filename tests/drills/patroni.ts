import { setTimeout as delay } from 'node:timers/promises';
import { isWhole, type DatabaseTier, type Member } from '@tidegate/native';
import type { Scene } from './stream-drill.ts';
import { commitsIn, untilSeen } from './taken-back.ts';

type Figures = Readonly<Record<string, number>>;

/** What becomes of the primary, and how it comes back. */
const ENDS: readonly {
  readonly name: string;
  readonly end: (primary: Member, tier: DatabaseTier) => Promise<void> | void;
  readonly back: (former: Member) => void;
}[] = [
  { name: 'killed', end: (primary) => primary.kill(), back: (former) => former.start() },
  { name: 'paused', end: (primary) => primary.pause(), back: (former) => former.resume() },
  { name: 'handed_over', end: (_primary, { patroni }) => patroni.switchOver(), back: () => undefined },
];

/**
 * The primary is killed, then stands still, then hands over, under load; Patroni decides who is next. A commit lies on a standby
 * before it is told of, so no position may go back; who was the primary has to come back as a standby by itself.
 */
export async function patroniFailover(scene: Scene, tier: DatabaseTier, of: { readonly durationMs: number }): Promise<Figures> {
  const figures: Record<string, number> = {};
  for (const { name, end, back } of ENDS) {
    await delay(of.durationMs / (ENDS.length + 1));
    const former = await leaderOf(tier);
    scene.history.write({ kind: 'fault', at_ms: scene.history.nowMs(), fault: name, target: former.name, for_ms: 0 });
    const endedMs = performance.now();
    const since = (): number => Math.round(performance.now() - endedMs);
    await end(former, tier);
    const next = await untilSeen(
      'another primary',
      () => leaderOf(tier),
      (leader) => leader.name !== former.name,
    );
    figures[`${name}_elected_ms`] = since();
    await untilCommitting(scene);
    figures[`${name}_writes_back_ms`] = since();
    scene.say(`${former.name} ${name}: ${next.name} commits after ${since()} ms`);
    back(former);
    const backMs = performance.now();
    await untilSeen(
      'all members follow',
      () => tier.patroni.states(),
      (states) => isWhole(states, tier.patroni.members.length),
    );
    figures[`${name}_rejoined_ms`] = Math.round(performance.now() - backMs);
  }
  await delay(of.durationMs / (ENDS.length + 1));
  return { failovers: ENDS.length, ...figures };
}

async function leaderOf({ patroni }: DatabaseTier): Promise<Member> {
  const name = (await patroni.states()).find(({ role }) => role === 'leader')?.name;
  const leader = patroni.members.find((member) => member.name === name);
  if (leader === undefined) throw new Error('there is no primary');
  return leader;
}

/** Resolves when a commit is seen that was not there when the primary could first be asked. */
export async function untilCommitting({ tidegate }: Scene): Promise<void> {
  const commits = (): Promise<number> => commitsIn(tidegate.addresses.databaseUrl);
  const seen = await untilSeen('the primary answers', commits, () => true);
  await untilSeen('aggregators commit again', commits, (now) => now > seen);
}
