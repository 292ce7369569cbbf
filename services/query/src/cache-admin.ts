/** Statistics of kept answers, their reset, and dropping by hand: `/v1/cache/stats`, `/v1/admin/cache`. */
import { adviseLifetime, errorRatePct, hitRatePct, ok, plainToKeptName, toIsoUtc } from '@tidegate/core';
import type { CacheClass, CompiledView } from '@tidegate/core';
import type { Exchange } from '@tidegate/http';
import { CACHE_DROP_SCHEMA, CACHE_QUERY, CACHE_RESET_SCHEMA, invalidRequest, readJsonBody, refuse, sendJson } from '@tidegate/http';
import type { CacheCounts, CellStore, ClassHour, KeptFigures } from '@tidegate/redis';
import type { z } from 'zod';
import type { ChangedNames } from './changed-names.ts';
import type { LifetimeOf } from './lifetimes.ts';
import type { Registry } from './registry.ts';

export interface CacheAdminDeps {
  readonly keptFigures: Omit<KeptFigures, 'add' | 'note'>;
  readonly store: Pick<CellStore, 'dropMarks'>;
  readonly names: Pick<ChangedNames, 'ofKept'>;
  readonly registry: Pick<Registry, 'packs'>;
  readonly lifetimeOf: LifetimeOf;
  readonly pseudonymOf: (tenant: string, id: string) => string;
  readonly nowMs: () => number;
}

type Answering = (exchange: Exchange) => Promise<void>;

export interface CacheHandlers {
  readonly readCacheStats: Answering;
  readonly resetCacheStats: Answering;
  readonly readCache: Answering;
  readonly listKeptNames: Answering;
  readonly adviseCache: Answering;
  readonly dropKept: Answering;
}

const BODY_BYTES_MAX = 16_384;
const NAMES_SHOWN = 1_000;
const KEPT_SHOWN = 10_000;
const HOUR_S = 3_600;

export function createCacheHandlers(deps: CacheAdminDeps): CacheHandlers {
  return {
    readCacheStats: async (exchange) => withQuery(exchange, async ({ key }) => sendJson(exchange, await statsOf(deps, exchange, key))),
    async resetCacheStats(exchange) {
      const { tenant } = exchange.caller;
      const asked = await readBody(exchange, CACHE_RESET_SCHEMA);
      if (asked === null) return;
      const key = asked.key === undefined ? null : shownName(deps, tenant, asked.key);
      await deps.keptFigures.reset(tenant, key);
      sendJson(exchange, { reset: true, key: asked.key ?? null });
    },
    readCache: async (exchange) =>
      withQuery(exchange, async ({ days }) => {
        const stats = await statsOf(deps, exchange, undefined);
        const hours = await hoursOf(deps, exchange.caller.tenant, days);
        const history = hours.map(({ of, hourS, ...counts }) => ({ class: of, hour: toIsoUtc(hourS * 1_000), ...rates(counts) }));
        sendJson(exchange, { ...stats, classes: classesOf(deps, exchange.caller.tenant).map(viewOfClass), history });
      }),
    listKeptNames: async (exchange) =>
      withQuery(exchange, async ({ class: of }) => sendJson(exchange, await keptNames(deps, exchange.caller.tenant, of))),
    adviseCache: async (exchange) =>
      withQuery(exchange, async ({ days }) => sendJson(exchange, { days, classes: await advice(deps, exchange.caller.tenant, days) })),
    async dropKept(exchange) {
      const asked = await readBody(exchange, CACHE_DROP_SCHEMA);
      if (asked === null) return;
      sendJson(exchange, { dropped: await drop(deps, exchange.caller.tenant, asked) });
    },
  };
}

async function withQuery(exchange: Exchange, answer: (query: z.output<typeof CACHE_QUERY>) => Promise<void>): Promise<void> {
  const asked = CACHE_QUERY.safeParse(Object.fromEntries(exchange.query));
  return asked.success ? answer(asked.data) : refuse(exchange, invalidRequest(asked.error));
}

/** Null: it was refused. */
async function readBody<S extends z.ZodType>(exchange: Exchange, schema: S): Promise<z.output<S> | null> {
  const hasBody =
    Number(exchange.request.headers['content-length'] ?? 0) > 0 || exchange.request.headers['transfer-encoding'] !== undefined;
  const body = hasBody ? await readJsonBody(exchange.request, BODY_BYTES_MAX) : ok({});
  if (!body.ok) {
    refuse(exchange, body.fault);
    return null;
  }
  const asked = schema.safeParse(body.value);
  if (asked.success) return asked.data;
  refuse(exchange, invalidRequest(asked.error));
  return null;
}

async function statsOf(deps: CacheAdminDeps, { caller: { tenant } }: Exchange, key: string | undefined): Promise<object> {
  if (key !== undefined) {
    return { key, ...rates(await deps.keptFigures.one(tenant, shownName(deps, tenant, key))) };
  }
  const [classes, names] = await Promise.all([deps.keptFigures.classes(tenant), deps.keptFigures.top(tenant, NAMES_SHOWN)]);
  const sum = (what: keyof CacheCounts): number => classes.reduce((all, counts) => all + counts[what], 0);
  const overall = { hits: sum('hits'), misses: sum('misses'), errors: sum('errors'), writes: sum('writes') };
  return {
    overall: rates({ ...overall, changed: sum('changed'), evicted: sum('evicted') }),
    by_class: Object.fromEntries(classes.map(({ of, ...counts }) => [of, rates(counts)])),
    by_key: Object.fromEntries(names.map(({ name, ...counts }) => [name, rates(counts)])),
  };
}

function lookUps({ hits, misses }: Pick<CacheCounts, 'hits' | 'misses'>): object {
  return { hits, misses, total: hits + misses, hit_rate: hitRatePct(hits, misses) };
}

function rates(counts: CacheCounts): object {
  const { errors, writes, changed, evicted } = counts;
  return { ...lookUps(counts), errors, error_rate: errorRatePct(counts), writes, invalidations: changed, evictions: evicted };
}

/** As it is counted: a caller may give plain ids. */
function shownName({ registry, pseudonymOf }: CacheAdminDeps, tenant: string, name: string): string {
  for (const { view } of viewsOf(registry, tenant)) {
    const found = plainToKeptName(view, name, (id) => pseudonymOf(tenant, id));
    if (found !== null) return found;
  }
  return name;
}

interface ViewOfClass {
  readonly of: string;
  readonly view: CompiledView;
  readonly cache: CacheClass;
}

function viewsOf(registry: Pick<Registry, 'packs'>, tenant: string): readonly ViewOfClass[] {
  return registry
    .packs(tenant)
    .flatMap(({ views }) => [...views.values()])
    .flatMap((view) => (view.cache === null ? [] : [{ of: `${view.pack}.${view.cache.name}`, view, cache: view.cache }]));
}

interface KnownClass extends ViewOfClass {
  readonly ttlS: number;
  readonly maxStalenessS: number;
}

/** Classes that views name, each once. */
function classesOf({ registry, lifetimeOf }: CacheAdminDeps, tenant: string): readonly KnownClass[] {
  const known = new Map(viewsOf(registry, tenant).map((one) => [one.of, one]));
  return [...known.values()].map((one) => {
    const { ttlMs = 0, maxStalenessMs = 0 } = lifetimeOf(one.view) ?? {};
    return { ...one, ttlS: ttlMs / 1_000, maxStalenessS: maxStalenessMs / 1_000 };
  });
}

function viewOfClass({ of, cache, ttlS, maxStalenessS }: KnownClass): object {
  return { class: of, ttl_s: ttlS, max_staleness_s: maxStalenessS, env: cache.env, hit_aim_pct: cache.hitAimPct };
}

async function hoursOf({ keptFigures, nowMs }: CacheAdminDeps, tenant: string, days: number): Promise<readonly ClassHour[]> {
  const toS = Math.floor(nowMs() / 1_000 / HOUR_S) * HOUR_S;
  return keptFigures.hours(tenant, toS - days * 24 * HOUR_S, toS);
}

/** What lies in the cache by pattern, and what is there of classes that no pack declares any more. */
async function keptNames(deps: CacheAdminDeps, tenant: string, of: string | undefined): Promise<object> {
  const kept = (await deps.keptFigures.kept(tenant, deps.nowMs(), KEPT_SHOWN)).map(({ name, key }) => ({ ...splitName(name), key }));
  const asked = kept.filter((one) => of === undefined || one.of === of);
  const bytes = await deps.keptFigures.bytesOf(
    tenant,
    asked.map(({ key }) => key),
  );
  const declared = viewsOf(deps.registry, tenant);
  const groups = new Map<string, { class: string; pattern: string; entries: number; bytes: number; declared: boolean }>();
  for (const [at, one] of asked.entries()) {
    const size = bytes[at] ?? null;
    if (size === null) continue;
    const pattern = patternOf(declared, one);
    const id = `${one.of} ${pattern}`;
    const known = groups.get(id) ?? { class: one.of, pattern, entries: 0, bytes: 0, declared: declared.some((view) => view.of === one.of) };
    groups.set(id, { ...known, entries: known.entries + 1, bytes: known.bytes + size });
  }
  return { patterns: [...groups.values()], is_cut: kept.length === KEPT_SHOWN };
}

function splitName(text: string): { readonly of: string; readonly name: string } {
  const at = text.indexOf(' ');
  return { of: text.slice(0, at), name: text.slice(at + 1) };
}

function patternOf(declared: readonly ViewOfClass[], { of, name }: { readonly of: string; readonly name: string }): string {
  for (const { view, cache, of: known } of declared) {
    if (known === of && plainToKeptName(view, name, (id) => id) !== null) {
      return `${cache.name}:${(view.cacheKey ?? []).map((part, at) => (at % 2 === 1 ? `{${part}}` : part)).join('')}`;
    }
  }
  return `${name.split(':').slice(0, 2).join(':')}:…`;
}

async function advice(deps: CacheAdminDeps, tenant: string, days: number): Promise<readonly object[]> {
  const hours = await hoursOf(deps, tenant, days);
  const kept = await deps.keptFigures.kept(tenant, deps.nowMs(), KEPT_SHOWN);
  return classesOf(deps, tenant).map(({ of, cache, ttlS }) => {
    const own = hours.filter((hour) => hour.of === of);
    const sum = (what: keyof CacheCounts): number => own.reduce((all, counts) => all + counts[what], 0);
    const use = { hits: sum('hits'), misses: sum('misses'), changed: sum('changed'), evicted: sum('evicted'), writes: sum('writes') };
    const periodS = own.length === 0 ? 0 : days * 24 * HOUR_S;
    const keys = kept.filter(({ name }) => splitName(name).of === of).length;
    const advised = adviseLifetime({ ...use, ttlS, aimPct: cache.hitAimPct ?? AIM_PCT, keys, periodS });
    const told = { changes_per_hour: periodS === 0 ? 0 : (use.changed * HOUR_S) / periodS, evictions: use.evicted, keys };
    return {
      ...{ class: of, ttl_s: ttlS, hit_aim_pct: cache.hitAimPct ?? AIM_PCT },
      ...lookUps(use),
      ...told,
      advice: advised.advice,
      advised_ttl_s: advised.ttlS,
    };
  });
}

/** Of a class without an aim of its own. */
const AIM_PCT = 95;

type Drop = z.output<typeof CACHE_DROP_SCHEMA>;

/** How many marks were removed; answers under them are made anew. */
async function drop(deps: CacheAdminDeps, tenant: string, asked: Drop): Promise<number> {
  const names = await marksOf(deps, tenant, asked);
  if (names.length > 0) await deps.store.dropMarks([{ tenant, names }]);
  return names.length;
}

async function marksOf(deps: CacheAdminDeps, tenant: string, asked: Drop): Promise<readonly string[]> {
  const { names, pseudonymOf, keptFigures, nowMs } = deps;
  if (asked.class !== undefined) return [names.ofKept('class', asked.class)];
  if (asked.subject !== undefined) return [names.ofKept('person', pseudonymOf(tenant, asked.subject))];
  if (asked.key !== undefined) return [names.ofKept('name', shownName(deps, tenant, asked.key))];
  const fits = matcherOf(asked.pattern ?? '');
  const kept = await keptFigures.kept(tenant, nowMs(), Number.MAX_SAFE_INTEGER);
  const found = new Set(kept.map(({ name }) => splitName(name).name).filter(fits));
  return [...found].map((name) => names.ofKept('name', name));
}

/** `*` stands for any text. */
function matcherOf(pattern: string): (name: string) => boolean {
  const text = pattern.split('*').map((part) => part.replace(/[^\w]/g, String.raw`\$&`));
  const regexp = new RegExp(`^${text.join('.*')}$`, 's');
  return (name) => regexp.test(name);
}
