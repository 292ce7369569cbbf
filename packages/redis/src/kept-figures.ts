/** What became of kept answers, counted over all instances by class, hour and name; and which names lie in the cache until when. */
import type { Redis } from 'ioredis';
import { answerKey } from './chunk-key.ts';
import { createScript } from './script-runner.ts';

/** Look-ups that found an answer or not, faults, answers put away; of the misses those whose answer had changed, or was gone early. */
export interface CacheCounts {
  readonly hits: number;
  readonly misses: number;
  readonly errors: number;
  readonly writes: number;
  readonly changed: number;
  readonly evicted: number;
}

export interface ClassCounts extends CacheCounts {
  /** `pack.class`. */
  readonly of: string;
}

export interface ClassHour extends ClassCounts {
  /** Its beginning, epoch seconds. */
  readonly hourS: number;
}

export interface NameCounts extends CacheCounts {
  readonly name: string;
}

export interface FiguresBatch {
  readonly id: string;
  readonly tenant: string;
  readonly hourS: number;
  readonly names: readonly NameCounts[];
  readonly classes: readonly ClassCounts[];
}

export interface KeptName {
  /** `pack.class`, a blank, the name. */
  readonly name: string;
  /** By which the answer was put away. */
  readonly key: string;
}

export interface KeptFigures {
  /** A batch is counted once, however often it is sent. */
  add(batch: FiguresBatch): Promise<void>;
  /** Since they were reset. */
  classes(tenant: string): Promise<readonly ClassCounts[]>;
  /** Oldest first. */
  hours(tenant: string, fromS: number, toS: number): Promise<readonly ClassHour[]>;
  /** The busiest first, ties by name. */
  top(tenant: string, count: number): Promise<readonly NameCounts[]>;
  one(tenant: string, name: string): Promise<NameCounts>;
  /** Of one name; or of all names and classes. Hours stay. */
  reset(tenant: string, name: string | null): Promise<void>;
  /** True: the same was noted before and had time left. */
  note(tenant: string, kept: KeptName, times: { readonly nowMs: number; readonly endMs: number }): Promise<boolean>;
  /** Names that may lie in the cache, at most so many. */
  kept(tenant: string, nowMs: number, max: number): Promise<readonly KeptName[]>;
  /** Bytes of memory of each answer; null: it is not there. */
  bytesOf(tenant: string, keys: readonly string[]): Promise<readonly (number | null)[]>;
}

const NAMES_MAX = 100_000;
const HOUR_S = 3_600;
/** A little longer than hours are shown. */
const HOUR_KEPT_MS = 91 * 86_400_000;
const SEPARATOR = '\u0000';
const NOTHING: CacheCounts = { hits: 0, misses: 0, errors: 0, writes: 0, changed: 0, evicted: 0 };
const MORE = ['errors', 'writes', 'changed', 'evicted'] as const;
const WHAT = ['hits', 'misses', ...MORE] as const;
/** Hashes with a field for each name. */
export const OF_NAMES = ['hits', 'more'] as const;

export function figuresKey(prefix: string, tenant: string, what: string): string {
  return `${prefix}:{c:${tenant}}:figures:${what}`;
}

type Keys = (tenant: string, what: string) => string;

export function createKeptFigures({ client, prefix }: { readonly client: Redis; readonly prefix: string }): KeptFigures {
  const keyOf: Keys = (tenant, what) => figuresKey(prefix, tenant, what);
  return {
    ...createCounting(client, keyOf),
    ...createNames(client, keyOf),
    bytesOf: async (tenant, keys) => Promise.all(keys.map(async (key) => client.memory('USAGE', answerKey(prefix, tenant, key)))),
  };
}

function createCounting(client: Redis, keyOf: Keys): Pick<KeptFigures, 'add' | 'classes' | 'hours' | 'reset'> {
  const script = createScript(client, 'figures-add.lua');
  return {
    async add({ id, tenant, hourS, names, classes }) {
      const keys = ['busy', 'hits', `seen:${id}`, 'classes', `hour:${hourS}`, 'more'].map((what) => keyOf(tenant, what));
      const ofNames = names.flatMap((counts) => [
        counts.name,
        counts.hits + counts.misses,
        counts.hits,
        ...MORE.map((what) => counts[what]),
      ]);
      const ofClasses = classes.flatMap((counts) =>
        WHAT.flatMap((what) => (counts[what] === 0 ? [] : [`${counts.of} ${what}`, counts[what]])),
      );
      await script.run(keys, [NAMES_MAX, HOUR_KEPT_MS, names.length, ...ofNames, ...ofClasses]);
    },
    classes: async (tenant) => toClasses(await client.hgetall(keyOf(tenant, 'classes'))),
    async hours(tenant, fromS, toS) {
      const hours = Array.from({ length: Math.max(0, Math.floor((toS - fromS) / HOUR_S) + 1) }, (_, at) => fromS + at * HOUR_S);
      const told = await Promise.all(hours.map(async (hourS) => client.hgetall(keyOf(tenant, `hour:${hourS}`))));
      return told.flatMap((fields, at) => toClasses(fields).map((counts) => ({ ...counts, hourS: hours[at] ?? 0 })));
    },
    async reset(tenant, name) {
      if (name === null) await client.unlink(...['busy', 'hits', 'more', 'classes'].map((what) => keyOf(tenant, what)));
      else
        await Promise.all([client.zrem(keyOf(tenant, 'busy'), name), ...OF_NAMES.map(async (of) => client.hdel(keyOf(tenant, of), name))]);
    },
  };
}

function toClasses(fields: Readonly<Record<string, string>>): readonly ClassCounts[] {
  const found = new Map<string, ClassCounts>();
  for (const [field, count] of Object.entries(fields)) {
    const [of = '', what = ''] = field.split(' ');
    found.set(of, { ...NOTHING, ...found.get(of), of, [what]: Number(count) });
  }
  return [...found.values()].sort((a, b) => (a.of < b.of ? -1 : 1));
}

function createNames(client: Redis, keyOf: Keys): Pick<KeptFigures, 'top' | 'one' | 'note' | 'kept'> {
  return {
    async top(tenant, max) {
      const flat = await client.zrevrange(keyOf(tenant, 'busy'), 0, max - 1, 'WITHSCORES');
      const busy = Array.from({ length: flat.length / 2 }, (_, at) => ({ name: flat[2 * at] ?? '', total: Number(flat[2 * at + 1]) }));
      if (busy.length === 0) return [];
      const names = busy.map(({ name }) => name);
      const [hits = [], more = []] = await Promise.all(OF_NAMES.map(async (of) => client.hmget(keyOf(tenant, of), ...names)));
      const counted = busy.map(({ name, total }, at) => ({ name, ...countsOf(total, hits[at], more[at]) }));
      return counted.sort((a, b) => b.hits + b.misses - a.hits - a.misses || (a.name < b.name ? -1 : 1));
    },
    async one(tenant, name) {
      const [total, hits, more] = await Promise.all([
        client.zscore(keyOf(tenant, 'busy'), name),
        ...OF_NAMES.map(async (of) => client.hget(keyOf(tenant, of), name)),
      ]);
      return { name, ...countsOf(Number(total ?? 0), hits, more) };
    },
    async note(tenant, { name, key }, { nowMs, endMs }) {
      const member = `${name}${SEPARATOR}${key}`;
      const index = keyOf(tenant, 'kept');
      const asked = [client.zscore(index, member), client.zadd(index, endMs, member), client.zremrangebyscore(index, 0, nowMs)] as const;
      const [before] = await Promise.all(asked);
      return before !== null && Number(before) > nowMs;
    },
    async kept(tenant, nowMs, max) {
      const members = await client.zrangebyscore(keyOf(tenant, 'kept'), nowMs, '+inf', 'LIMIT', 0, max);
      return members.map((member) => ({ name: member.split(SEPARATOR)[0] ?? '', key: member.split(SEPARATOR)[1] ?? '' }));
    },
  };
}

function countsOf(total: number, hits: string | null | undefined, more: string | null | undefined): CacheCounts {
  const found = Number(hits ?? 0);
  const [errors = 0, writes = 0, changed = 0, evicted = 0] = (more ?? '').split(' ').map(Number);
  return { hits: found, misses: Math.max(0, total - found), errors, writes, changed, evicted };
}
