import type { DrillOptions, DrillReport } from './drill.ts';
import type { TierGround } from './own-tier.ts';
import { patroniFailover } from './patroni.ts';
import { poolerRestarts } from './pooler.ts';
import { standbyLoss } from './standby.ts';
import { streamDrill, type StreamDrillOptions } from './stream-drill.ts';

type TierDrill = (options: DrillOptions, ground: TierGround) => Promise<DrillReport>;
type Act = (ground: TierGround, durationMs: number) => StreamDrillOptions['act'];

const MINUTE_MS = 60_000;

/** `minutes`: how long clients send beside the faults, where the caller does not say. */
function onStream(drill: string, { minutes: usual, act }: { readonly minutes: number; readonly act: Act }): TierDrill {
  return (options, ground) => streamDrill({ ...options, ...ground, drill, act: act(ground, (options.minutes ?? usual) * MINUTE_MS) });
}

export const TIER_DRILLS = {
  patroni: onStream('patroni', {
    minutes: 1,
    act:
      ({ tier }, durationMs) =>
      (scene) =>
        patroniFailover(scene, tier, { durationMs }),
  }),
  pooler: onStream('pooler', {
    minutes: 1,
    act:
      ({ tier }, durationMs) =>
      (scene) =>
        poolerRestarts(scene, tier, { durationMs }),
  }),
  standby: onStream('standby', {
    minutes: 1,
    act:
      ({ tier }, durationMs) =>
      (scene) =>
        standbyLoss(scene, tier, { durationMs }),
  }),
} as const satisfies Readonly<Record<string, TierDrill>>;
