import type { Fault, Result } from '../fault/fault.ts';
import { failed, ok } from '../fault/fault.ts';
import type { ClassSource, LimitScope, PolicySource } from './limits-schema.ts';
import { SCOPES_BEFORE } from './limits-schema.ts';
import { DEFAULT_CLASS, POLICIES_BEFORE, SHIPPED_CLASSES, SHIPPED_POLICIES } from './limits-shipped.ts';
import type { BucketPolicy } from './policy.ts';
import { compilePolicy } from './policy.ts';
import { compileRoutePattern } from './route-pattern.ts';

/** A policy as it holds for one caller. */
export interface EffectivePolicy extends BucketPolicy {
  readonly scope: LimitScope;
  readonly mode: 'enforce' | 'shadow';
  readonly withoutRedis: 'open' | 'local' | 'closed';
  /** Who said so last: `shipped`, `installation`, `pack <name>`, `tier <name>`, `tenant`, `key`. */
  readonly source: string;
}

/** A class of routes and what counts for it. */
export interface EffectiveClass {
  readonly name: string;
  readonly cost: number;
  readonly before: 'always' | 'without_key' | 'never';
  /** Of its own, in the order of scopes; policies that are off are absent. */
  readonly policies: readonly EffectivePolicy[];
  readonly source: string;
}

/** One voice of the hierarchy; the later it stands, the more it weighs. */
export interface LimitLayer {
  readonly source: string;
  readonly policies: Readonly<Record<string, PolicySource>>;
  readonly classes: readonly ClassSource[];
}

/** The limits of one caller, ready to be asked. */
export interface EffectiveLimits {
  /** The class of a route, by method and path template. */
  classOf(method: string, path: string): EffectiveClass;
  readonly policies: ReadonlyMap<string, EffectivePolicy>;
  /** Asked before authentication, in the order of scopes. */
  readonly before: readonly EffectivePolicy[];
  /** Those that count all of a tenant, whatever the class. */
  readonly ofTenant: readonly EffectivePolicy[];
}

export const SHIPPED_LAYER: LimitLayer = { source: 'shipped', policies: SHIPPED_POLICIES, classes: SHIPPED_CLASSES };

interface NamedSource extends PolicySource {
  readonly source: string;
}

/**
 * Lays the layers over each other: of a policy each later one changes only the members that it names; of classes those of later
 * layers are asked first. Every fault is told, with the layer as the first word of its path.
 */
export function compileLimits(layers: readonly LimitLayer[]): Result<EffectiveLimits, readonly Fault[]> {
  const faults: Fault[] = [];
  const policies = new Map<string, EffectivePolicy>();
  const off = new Set<string>();
  for (const [name, merged] of mergePolicies(layers)) {
    const compiled = toEffective(name, merged);
    if (typeof compiled === 'string') faults.push(fault(`${merged.source}.policies.${name}`, compiled));
    else if (merged.mode === 'off') off.add(name);
    else policies.set(name, compiled);
  }
  const classes: ClassToMatch[] = [];
  for (const layer of [...layers].reverse()) {
    for (const declared of layer.classes) {
      const missing = declared.policies.filter((name) => !policies.has(name) && !off.has(name));
      for (const name of missing) faults.push(fault(`${layer.source}.classes.${declared.class}`, `there is no policy ${name}`));
      classes.push(toClass(declared, layer.source, policies));
    }
  }
  const last = toClass(DEFAULT_CLASS, 'shipped', policies);
  for (const { effective } of classes) faults.push(...tooDear(effective));
  if (faults.length > 0) return failed(faults);
  return ok({
    policies,
    before: inOrder(POLICIES_BEFORE, policies),
    ofTenant: [...policies.values()].filter(({ scope }) => scope === 'tenant'),
    classOf: createClassOf(classes, last.effective),
  });
}

function mergePolicies(layers: readonly LimitLayer[]): ReadonlyMap<string, NamedSource> {
  const merged = new Map<string, NamedSource>();
  for (const { source, policies } of layers) {
    for (const [name, change] of Object.entries(policies)) {
      const stands = merged.get(name);
      // Who changes the limit and says nothing of the burst means the shipped proportion of both.
      const burst = change.burst ?? (change.limit === undefined ? stands?.burst : scaledBurst(stands, change.limit));
      const { burst: _, ...others } = { ...stands, ...change, source };
      merged.set(name, burst === undefined ? others : { ...others, burst });
    }
  }
  return merged;
}

function scaledBurst(stands: PolicySource | undefined, limit: number): number | undefined {
  if (stands?.burst === undefined || stands.limit === undefined) return undefined;
  return Math.max(1, Math.round((stands.burst * limit) / stands.limit));
}

/** The policy, or what is wrong with it. */
function toEffective(
  name: string,
  { scope, limit, window_s: windowS = 60, burst, mode, without_redis: withoutRedis, source }: NamedSource,
): EffectivePolicy | string {
  if (scope === undefined || limit === undefined) return 'a policy that stands nowhere else needs scope and limit';
  const compiled = compilePolicy({ name, limit, windowS, burst: burst ?? limit });
  if (!compiled.ok) return compiled.fault;
  const effective: EffectivePolicy = {
    ...compiled.value,
    scope,
    mode: mode === 'shadow' ? 'shadow' : 'enforce',
    withoutRedis: withoutRedis ?? 'open',
    source,
  };
  return effective;
}

interface ClassToMatch {
  readonly effective: EffectiveClass;
  readonly patterns: readonly ((method: string, path: string) => boolean)[];
}

function toClass(declared: ClassSource, source: string, policies: ReadonlyMap<string, EffectivePolicy>): ClassToMatch {
  return {
    effective: {
      name: declared.class,
      cost: declared.cost ?? 1,
      before: declared.before ?? 'always',
      policies: inOrder(declared.policies, policies),
      source,
    },
    patterns: declared.routes.map(compileRoutePattern),
  };
}

/** Routes are few and are asked for again and again: each is matched once. */
function createClassOf(classes: readonly ClassToMatch[], last: EffectiveClass): EffectiveLimits['classOf'] {
  const known = new Map<string, EffectiveClass>();
  return function classOf(method, path) {
    const route = `${method} ${path}`;
    let found = known.get(route);
    if (found === undefined) {
      found = classes.find(({ patterns }) => patterns.some((matches) => matches(method, path)))?.effective ?? last;
      known.set(route, found);
    }
    return found;
  };
}

/** In the order of scopes, so that the first that is empty names the refusal. */
function inOrder(names: readonly string[], policies: ReadonlyMap<string, EffectivePolicy>): readonly EffectivePolicy[] {
  return names.flatMap((name) => policies.get(name) ?? []).toSorted((a, b) => rankOf(a.scope) - rankOf(b.scope));
}

const RANKS: Readonly<Record<LimitScope, number>> = {
  ...{ ip: 0, network: 1, auth_failure: 2, global: 3 },
  ...{ tenant: 4, user: 5, api_key: 6, endpoint: 7, account: 8 },
};
function rankOf(scope: LimitScope): number {
  return RANKS[scope];
}

/** A request that costs more than a bucket holds would never be admitted. */
function tooDear({ name, cost, policies, source }: EffectiveClass): Fault[] {
  return policies
    .filter(({ burst }) => cost > burst)
    .map((policy) => fault(`${source}.classes.${name}`, `its cost is more than the burst of the policy ${policy.name}`));
}

/** Names of policies and classes by which a tenant or a pack would reach beyond itself. */
export function lintReach({ policies, classes }: Pick<LimitLayer, 'policies' | 'classes'>, source: string): readonly Fault[] {
  const shipped: Readonly<Record<string, PolicySource>> = SHIPPED_POLICIES;
  const reaching = Object.entries(policies).filter(([name, { scope }]) =>
    [scope, shipped[name]?.scope].some((one) => one !== undefined && SCOPES_BEFORE.has(one)),
  );
  return [
    ...reaching.map(([name]) =>
      fault(`${source}.policies.${name}`, 'counts before it is known whose request it is: the installation sets it'),
    ),
    ...classes.flatMap(({ class: name }) =>
      ['exempt', 'ingest', 'login'].includes(name) ? [fault(`${source}.classes.${name}`, 'is a class of the installation')] : [],
    ),
  ];
}

function fault(path: string, message: string): Fault {
  return { code: 'limits_invalid', path, message };
}
