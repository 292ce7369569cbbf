import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Ground } from './catalogue.ts';
import type { Outcome } from './history.ts';
import type { SmallDisk } from './small-disks.ts';
import type { Scene } from './stream-drill.ts';
import { ask, commitsIn, directUrl, untilSeen } from './taken-back.ts';

export interface DiskFullOptions {
  readonly ground: Ground;
  /** Under the data of each. */
  readonly disks: Readonly<Record<'postgres' | 'kafka', SmallDisk>>;
  /** Of the servers. */
  readonly logDir: string;
  /** Of both disks together; each is full for half of its share. */
  readonly durationMs: number;
}

const LOOK_EVERY_MS = 250;
const READY_WITHIN_MS = 60_000;

/**
 * The disk of Postgres runs full under load and is given room again, then that of Kafka. A server that ends because of it is started
 * again and again, as an orchestrator does; services are left alone, and have to be ready in the end by themselves.
 */
export async function diskFull(scene: Scene, options: DiskFullOptions): Promise<Readonly<Record<string, number>>> {
  const { ground, durationMs } = options;
  const fullMs = durationMs / 4;
  await delay(fullMs / 2);
  const postgres = await postgresFull(scene, options, fullMs);
  await delay(fullMs / 2);
  const kafka = await kafkaFull(scene, options, fullMs);
  await delay(fullMs / 2);
  const { services } = ground.tidegate;
  await Promise.all(services.names.map((name) => services.ready(name, READY_WITHIN_MS)));
  return { full_ms: Math.round(fullMs), ...postgres, ...kafka };
}

/** First rows find no room, then the write-ahead log, for which Postgres stops altogether. Events are taken all the time. */
async function postgresFull(
  scene: Scene,
  { ground, disks: { postgres: disk }, logDir }: DiskFullOptions,
  fullMs: number,
): Promise<Readonly<Record<string, number>>> {
  const url = directUrl(ground);
  const server = ground.tidegate.postgres;
  if (server === null) throw new Error('a disk that runs full needs a server of its own');
  const sinceMs = begin(scene, 'postgres', fullMs);
  disk.fill();
  const orchestrator = keepUp(server);
  await delay(fullMs / 2);
  // The next segment of the log has to be made now.
  await ask(url, 'SELECT pg_switch_wal()').catch(() => undefined);
  await delay(fullMs / 2);
  const meanwhile = outcomesSince(scene, sinceMs);
  disk.giveRoom();
  const roomMs = performance.now();
  const before = await untilSeen(
    'Postgres answers',
    () => commitsIn(url),
    () => true,
  );
  await untilSeen(
    'commits after there was room',
    () => commitsIn(url),
    (commits) => commits > before,
  );
  const backMs = Math.round(performance.now() - roomMs);
  scene.say(`Postgres has room: commits again after ${backMs} ms`);
  return {
    postgres_restarts: await orchestrator.stop(),
    postgres_no_space: noSpaceIn(logDir, 'postgres'),
    postgres_full_accepted: meanwhile.accepted,
    postgres_back_ms: backMs,
  };
}

/** Nothing can be taken: clients have to be told so. */
async function kafkaFull(
  scene: Scene,
  { ground, disks: { kafka: disk }, logDir }: DiskFullOptions,
  fullMs: number,
): Promise<Readonly<Record<string, number>>> {
  const server = ground.tidegate.kafka;
  if (server === null) throw new Error('a disk that runs full needs a broker of its own');
  const sinceMs = begin(scene, 'kafka', fullMs);
  disk.fill();
  const orchestrator = keepUp(server);
  await delay(fullMs);
  // On a busy machine the broker meets its full disk late.
  await untilSeen(
    'a request is refused while the disk of Kafka is full',
    () => Promise.resolve(outcomesSince(scene, sinceMs)),
    ({ refused, unanswered }) => refused + unanswered > 0,
  );
  disk.giveRoom();
  const roomMs = scene.history.nowMs();
  await untilSeen(
    'events are accepted after there was room',
    () => Promise.resolve(outcomesSince(scene, roomMs).accepted),
    (accepted) => accepted > 0,
  );
  const backMs = scene.history.nowMs() - roomMs;
  scene.say(`Kafka has room: events are accepted again after ${backMs} ms`);
  const { refused } = outcomesSince(scene, sinceMs);
  return {
    kafka_restarts: await orchestrator.stop(),
    kafka_no_space: noSpaceIn(logDir, 'kafka'),
    kafka_full_refused: refused,
    kafka_back_ms: backMs,
  };
}

function begin({ history, say }: Scene, target: string, forMs: number): number {
  say(`the disk of ${target} is full for ${forMs} ms`);
  const atMs = history.nowMs();
  history.write({ kind: 'fault', at_ms: atMs, fault: 'disk full', target, for_ms: forMs });
  return atMs;
}

interface Restartable {
  readonly pid: () => number;
  restart(): Promise<void>;
}

/** Starts a server again whenever it has ended; `stop` waits until it is up, and gives how often it was started. */
function keepUp(server: Restartable): { stop(): Promise<number> } {
  let isOver = false;
  const pids = new Set([server.pid()]);
  const run = async (): Promise<void> => {
    for (;;) {
      const isLast = isOver;
      const isUp = await server.restart().then(
        () => true,
        () => false,
      );
      pids.add(server.pid());
      if (isLast && isUp) return;
      await delay(LOOK_EVERY_MS);
    }
  };
  const running = run();
  return {
    async stop() {
      isOver = true;
      await running;
      return pids.size - 1;
    },
  };
}

/** Events whose fate clients were told, or not, and requests of which nothing was taken. */
function outcomesSince({ history }: Scene, sinceMs: number): { accepted: number; unanswered: number; refused: number } {
  const since = history.entries().filter((entry) => 'at_ms' in entry && entry.at_ms > sinceMs);
  const told = (outcome: Outcome): number => since.filter((entry) => entry.kind === 'outcome' && entry.outcome === outcome).length;
  const refused = since.filter((entry) => entry.kind === 'refused' && entry.status === 503).length;
  return { accepted: told('ok'), unanswered: told('unknown'), refused };
}

/** How often the server said that its disk was full; a drill in which it never was proves nothing. */
function noSpaceIn(logDir: string, server: string): number {
  const times = readFileSync(join(logDir, `${server}.log`), 'utf8').split('No space left on device').length - 1;
  if (times === 0) throw new Error(`the disk of ${server} was never full for it: that proves nothing`);
  return times;
}
