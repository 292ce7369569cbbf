import type { InstallationLimits, LimitLayer, LimitsSource, PolicySource, TenantLimits } from '@tidegate/core';
import { SHIPPED_LAYER } from '@tidegate/core';

type Settings = Readonly<Record<string, PolicySource>>;

/** Everything that was said, as far as it concerns one caller. */
export interface Voices {
  readonly settings: Settings;
  readonly installation: InstallationLimits | null;
  /** Of the caller's tenant, in the order of their names. */
  readonly packs: readonly (readonly [name: string, limits: LimitsSource])[];
  readonly tenant: string | null;
  readonly own: TenantLimits | null;
  readonly keyId: string | null;
}

/** shipped → settings → installation → packs → tier → tenant → key. */
export function toLayers({ settings, installation, packs, tenant, own, keyId }: Voices): readonly LimitLayer[] {
  return [
    SHIPPED_LAYER,
    { source: 'settings', policies: shippedOnly(settings), classes: [] },
    ...(installation === null ? [] : [{ source: 'installation', policies: installation.policies, classes: installation.classes }]),
    ...packs.map(([pack, limits]) => ({ source: `pack ${pack}`, policies: withSettings(limits, settings), classes: limits.classes })),
    ...tierOf(installation, tenant),
    ...(own === null ? [] : [{ source: 'tenant', policies: own.policies, classes: own.classes }]),
    ...keyOf(own, keyId),
  ];
}

function tierOf(installation: InstallationLimits | null, tenant: string | null): LimitLayer[] {
  const tier = tenant === null ? undefined : installation?.tenants[tenant];
  const told = tier === undefined ? undefined : installation?.tiers[tier];
  return told === undefined ? [] : [{ source: `tier ${tier ?? ''}`, policies: told.policies, classes: [] }];
}

function keyOf(own: TenantLimits | null, keyId: string | null): LimitLayer[] {
  const told = keyId === null ? undefined : own?.keys[keyId];
  return told === undefined ? [] : [{ source: 'key', policies: told.policies, classes: [] }];
}

/** Settings of a pack that is not in place change nothing. */
function shippedOnly(settings: Settings): LimitLayer['policies'] {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => Object.hasOwn(SHIPPED_LAYER.policies, name)));
}

/** Policies of a pack's own name may be set by the process too (`RATE_LIMIT_PER_MINUTE`). */
function withSettings({ policies }: LimitsSource, settings: Settings): LimitLayer['policies'] {
  const isOwn = (name: string): boolean => !Object.hasOwn(SHIPPED_LAYER.policies, name);
  return Object.fromEntries(
    Object.entries(policies).map(([name, policy]) => [name, isOwn(name) ? { ...policy, ...settings[name] } : policy]),
  );
}
