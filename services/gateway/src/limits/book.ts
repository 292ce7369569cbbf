import type {
  EffectiveLimits,
  Fault,
  InstallationLimits,
  LimitLayer,
  LimitsSource,
  PolicySource,
  Result,
  TenantLimits,
} from '@tidegate/core';
import {
  compileLimits,
  failed,
  INSTALLATION_LIMITS_SCHEMA,
  LIMITS_SCHEMA,
  lintReach,
  ok,
  SHIPPED_LAYER,
  TENANT_LIMITS_SCHEMA,
} from '@tidegate/core';
import type { Logger } from '@tidegate/telemetry';
import { z } from 'zod';
import { toLayers } from './layers.ts';

export interface LimitBookOptions {
  /** What the settings of the process say, over what is shipped. */
  readonly settings: Readonly<Record<string, PolicySource>>;
  readonly log: Logger;
}

type LimitsRecord = TenantLimits | InstallationLimits;

/** Every limit of the installation in memory, fed by the control topic; who is limited how is known without asking anyone. */
export interface LimitBook {
  /** Of a caller; nulls where nobody is authenticated. */
  limitsOf(tenant: string | null, keyId: string | null): EffectiveLimits;
  /** The same if the tenant's record were another one, which must have been checked. */
  limitsAsIf(tenant: string, keyId: string | null, own: TenantLimits): EffectiveLimits;
  /** Takes what the control topic says; null: it is gone. What cannot be read changes nothing. */
  putLimits(tenant: string, value: unknown): void;
  putPack(tenant: string, pack: string, value: unknown): void;
  /** What would be wrong with such a record of the tenant; `-` is the installation's own. */
  check(tenant: string, value: unknown): Result<LimitsRecord, readonly Fault[]>;
  /** The same of a tenant's. */
  checkTenants(tenant: string, value: unknown): Result<TenantLimits, readonly Fault[]>;
  /** What stands, as it was set; null: nothing was. */
  recordOf(tenant: string): LimitsRecord | null;
  /** Goes up with each change. */
  version(): number;
  /** Told of each change. */
  onChange(changed: () => void): void;
}

export const INSTALLATION = '-';
const PACK_LIMITS = z.object({ source: z.object({ limits: LIMITS_SCHEMA.optional() }) });

/** What was said, by whom. */
class Records {
  installation: InstallationLimits | null = null;
  readonly tenants = new Map<string, TenantLimits>();
  readonly #packs = new Map<string, Map<string, LimitsSource>>();
  readonly #settings: LimitBookOptions['settings'];

  constructor(settings: LimitBookOptions['settings']) {
    this.#settings = settings;
  }

  layersOf(
    tenant: string | null,
    keyId: string | null,
    asIf: { own?: TenantLimits; installation?: InstallationLimits } = {},
  ): readonly LimitLayer[] {
    const packs = [...(this.#packs.get(tenant ?? '') ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const own = asIf.own ?? this.tenants.get(tenant ?? '') ?? null;
    return toLayers({ settings: this.#settings, installation: asIf.installation ?? this.installation, packs, tenant, own, keyId });
  }

  put(tenant: string, record: LimitsRecord | null): void {
    if (tenant === INSTALLATION) this.installation = record === null || isTenants(record) ? null : record;
    else if (record !== null && isTenants(record)) this.tenants.set(tenant, record);
    else this.tenants.delete(tenant);
  }

  /** Whether it changed anything. */
  putPack(tenant: string, pack: string, limits: LimitsSource | undefined): boolean {
    const packs = this.#packs.get(tenant) ?? new Map<string, LimitsSource>();
    this.#packs.set(tenant, packs);
    if (limits === undefined) return packs.delete(pack);
    packs.set(pack, limits);
    return true;
  }

  check(tenant: string, value: unknown): Result<LimitsRecord, readonly Fault[]> {
    const read = (tenant === INSTALLATION ? INSTALLATION_LIMITS_SCHEMA : TENANT_LIMITS_SCHEMA).safeParse(value);
    if (!read.success) return failed(read.error.issues.map(toFault));
    const { data } = read;
    const faults = isTenants(data) ? this.#faultsOfTenant(tenant, data) : faultsOf(this.layersOf(null, null, { installation: data }));
    return faults.length === 0 ? ok(data) : failed(faults);
  }

  #faultsOfTenant(tenant: string, own: TenantLimits): readonly Fault[] {
    const ofKeys = Object.entries(own.keys).flatMap(([keyId, { policies }]) => [
      ...lintReach({ policies, classes: [] }, 'key'),
      ...faultsOf(this.layersOf(tenant, keyId, { own })),
    ]);
    return [...lintReach(own, 'tenant'), ...faultsOf(this.layersOf(tenant, null, { own })), ...ofKeys];
  }
}

export function createLimitBook({ settings, log }: LimitBookOptions): LimitBook {
  const records = new Records(settings);
  const compiled = new Map<string, EffectiveLimits>();
  const listeners: (() => void)[] = [];
  let version = 0;

  function changed(): void {
    version += 1;
    compiled.clear();
    for (const listener of listeners) listener();
  }

  function orLeast(result: ReturnType<typeof compileLimits>, tenant: string | null): EffectiveLimits {
    if (result.ok) return result.value;
    // Each record was good when it was set; together they may not be, and limits that hold are better than none.
    log.error('limits_contradict', { detail: { tenant: tenant ?? INSTALLATION, path: result.fault[0]?.path ?? '' } });
    const least = compileLimits([SHIPPED_LAYER, { source: 'settings', policies: settings, classes: [] }]);
    if (!least.ok) throw new Error('the limits of the settings cannot be counted');
    return least.value;
  }

  return {
    limitsOf(tenant, keyId) {
      // Most keys have nothing of their own, and share what holds for their tenant.
      const hasOwn = keyId !== null && records.tenants.get(tenant ?? '')?.keys[keyId] !== undefined;
      const name = `${tenant ?? INSTALLATION}/${hasOwn ? keyId : ''}`;
      let found = compiled.get(name);
      if (found === undefined) {
        found = orLeast(compileLimits(records.layersOf(tenant, hasOwn ? keyId : null)), tenant);
        compiled.set(name, found);
      }
      return found;
    },
    limitsAsIf: (tenant, keyId, own) => orLeast(compileLimits(records.layersOf(tenant, keyId, { own })), tenant),
    putLimits(tenant, value) {
      const read = value === null ? ok(null) : records.check(tenant, value);
      if (!read.ok) return log.error('limits_record_unreadable', { detail: { tenant } });
      records.put(tenant, read.value);
      changed();
    },
    putPack(tenant, pack, value) {
      const read = PACK_LIMITS.safeParse(value);
      if (records.putPack(tenant, pack, read.success ? read.data.source.limits : undefined)) changed();
    },
    check: (tenant, value) => records.check(tenant, value),
    checkTenants(tenant, value) {
      const checked = records.check(tenant, value);
      if (!checked.ok) return checked;
      return isTenants(checked.value) ? ok(checked.value) : failed([]);
    },
    recordOf: (tenant) => (tenant === INSTALLATION ? records.installation : records.tenants.get(tenant)) ?? null,
    version: () => version,
    onChange: (listener) => void listeners.push(listener),
  };
}

function isTenants(value: LimitsRecord): value is TenantLimits {
  return 'keys' in value;
}

function faultsOf(layers: readonly LimitLayer[]): readonly Fault[] {
  const result = compileLimits(layers);
  return result.ok ? [] : result.fault;
}

function toFault(issue: z.core.$ZodIssue): Fault {
  const members = issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path;
  const message = issue.code === 'unrecognized_keys' ? 'there is no such member' : issue.message;
  return { code: 'limits_invalid', path: members.map(String).join('.'), message };
}
