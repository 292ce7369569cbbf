import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startReplica } from '@tidegate/native';
import { createTcpProxy, tcpTargetOf } from '@tidegate/testkit';
import type { Ground } from './catalogue.ts';
import type { Scene } from './stream-drill.ts';
import { ask, commitsIn, directUrl, moveBehind, untilSeen } from './taken-back.ts';

/**
 * The primary dies under load and a standby that had not got its last commits takes its place, by hand as any manager of a cluster
 * would do it: what was lost has to be counted again from the log, once.
 */
export async function failover(
  scene: Scene,
  ground: Ground,
  of: { readonly durationMs: number },
): Promise<Readonly<Record<string, number>>> {
  const { history, say } = scene;
  const primary = ground.tidegate.postgres;
  if (primary === null) throw new Error('a failover needs a server of its own');
  const primaryUrl = directUrl(ground);
  // What the standby gets goes through here, so that it can be kept waiting.
  const link = await createTcpProxy(tcpTargetOf(primaryUrl));
  const dataDir = mkdtempSync(join(tmpdir(), 'tidegate-standby-'));
  try {
    const through = new URL(primaryUrl);
    through.port = String(link.port);
    const standby = await startReplica({ dataDir, of: through.href, log: () => undefined });
    ground.database.keep({ stop: () => standby.stop().finally(() => rmSync(dataDir, { recursive: true, force: true })) });
    const standbyUrl = new URL(primaryUrl);
    standbyUrl.port = new URL(standby.url).port;
    await untilSeen(
      'the standby follows',
      () => commitsIn(standbyUrl.href),
      (commits) => commits > 0,
    );
    await delay(of.durationMs / 2);
    link.stall();
    // Asked after the stall, so the standby has no more than these.
    const held = await commitsIn(primaryUrl);
    const before = await untilSeen(
      'commits that the standby lacks',
      () => commitsIn(primaryUrl),
      (commits) => commits > held,
    );
    history.write({ kind: 'fault', at_ms: history.nowMs(), fault: 'kill', target: 'postgres', for_ms: 0 });
    say('the primary is killed');
    const killedMs = performance.now();
    await primary.kill();
    await ground.proxy.cut();
    await link.cut();
    await ask(standbyUrl.href, 'SELECT pg_promote(true, 60)');
    const moved = await moveBehind(scene, ground, { by: 'failover', before, serverUrl: standby.url });
    const writesBackMs = Math.round(performance.now() - killedMs);
    await delay(of.durationMs / 2);
    return { failovers: 1, ...moved, writes_back_ms: writesBackMs };
  } finally {
    await link.close();
  }
}
