/** Hot cells in Redis. The scripts of `lua/chunk-*` and `lua/progress-*` hold the protocol; this file calls them. */
import type { Redis } from 'ioredis';
import type {
  Advance,
  Advanced,
  AdvanceOutcome,
  CellLimits,
  CellStore,
  ChangedMarks,
  ChunkContent,
  ChunkName,
  ChunkReading,
  ChunkVersion,
  NewEpoch,
} from './cell-store.ts';
import { CELL_LIMITS, splitContent } from './cell-store.ts';
import { fromFields, toFields } from './chunk-codec.ts';
import { answerKey, chunkKey, partKeys, progressKey } from './chunk-key.ts';
import { fillChunk } from './fill-chunk.ts';
import { createMarks, dropMarks } from './marks.ts';
import { createProgressDecoder, encodeProgress } from './progress-codec.ts';
import { createScript, isDamage, listOf, textOf } from './script-runner.ts';
import type { Script, ScriptReply } from './script-runner.ts';

export interface RedisCellsOptions {
  readonly client: Redis;
  readonly prefix: string;
  readonly limits?: CellLimits;
  /** Something kept could not be read and was dropped, as if it had never been there. */
  readonly onDamage?: () => void;
}

interface Scripts {
  readonly create: Script;
  readonly fill: Script;
  readonly read: Script;
  readonly split: Script;
  readonly update: Script;
  readonly advance: Script;
  readonly begin: Script;
}

interface Cells {
  readonly client: Redis;
  readonly onDamage: () => void;
  readonly prefix: string;
  readonly limits: CellLimits;
  readonly scripts: Scripts;
}

/** Fields of one call: Redis runs a script alone, so a call that takes long delays everybody. */
const FIELDS_PER_CALL = 2_000;
const KEYS_PER_CALL = 1_000;

/** The client stays the caller's: `close` ends nothing that it did not begin. */
export function createRedisCells({ client, prefix, limits = CELL_LIMITS, onDamage = () => undefined }: RedisCellsOptions): CellStore {
  const script = (...names: string[]): Script => createScript(client, ...names.map((name) => `${name}.lua`));
  const scripts = {
    create: script('chunk-create'),
    fill: script('chunk-fill'),
    read: script('chunk-read'),
    split: script('chunk-split'),
    update: script('cell-version', 'chunk-update'),
    advance: script('progress-advance'),
    begin: script('progress-begin'),
  };
  const cells: Cells = { client, onDamage, prefix, limits, scripts };
  const decodeProgress = createProgressDecoder();
  return {
    findPresent: async (names) => findPresent(client, prefix, names),
    update: async (name, content) => update(cells, chunkKey(prefix, name), content),
    advance: async (advances, changed) => advanceProgress(cells, advances, changed),
    beginEpoch: async (next) => beginEpoch(cells, next),
    async readProgress() {
      const { epoch, ...texts } = await orIfDamaged(
        cells,
        async () => client.hgetall(progressKey(prefix)),
        () => ({}) as Record<string, string>,
      );
      if (epoch === undefined) return null;
      const known = Object.entries(texts).map(([partition, text]) => decodeProgress(Number(partition), text));
      return { epoch, partitions: new Map(known.filter((one) => one !== null).map((one) => [one.partition, one])) };
    },
    async create(name, { token, epoch, brokenToken }) {
      const key = chunkKey(prefix, name);
      const make = async (): Promise<ScriptReply> => scripts.create.run([key], [token, epoch, limits.ttlMs, brokenToken ?? '']);
      const [kind, held] = listOf(await orIfDamaged(cells, make, async () => client.del(key).then(make)));
      const word = textOf(kind);
      return { kind: word === 'filled' || word === 'loading' ? word : 'created', token: textOf(held) };
    },
    fill: async (name, token, base) => fillChunk(cells, { key: chunkKey(prefix, name), token }, base),
    read: async (name, as) => read(cells, chunkKey(prefix, name), as),
    ...createMarks(client, prefix),
    readAnswer: async (tenant, key) =>
      orIfDamaged(
        cells,
        async () => client.getBuffer(answerKey(prefix, tenant, key)),
        () => null,
      ),
    async writeAnswer(tenant, key, { bytes, ttlMs }) {
      await client.set(answerKey(prefix, tenant, key), Buffer.from(bytes), 'PX', ttlMs);
    },
    close: async () => Promise.resolve(),
  };
}

/** Most announced chunks are of nobody's interest, so one command for many tells most often that none of them is there. */
async function findPresent(client: Redis, prefix: string, names: readonly ChunkName[]): Promise<readonly ChunkName[]> {
  const keyed = names.map((name) => ({ name, key: chunkKey(prefix, name) }));
  const groups = Array.from({ length: Math.ceil(keyed.length / KEYS_PER_CALL) }, (_, at) =>
    keyed.slice(at * KEYS_PER_CALL, (at + 1) * KEYS_PER_CALL),
  );
  const found = groups.map(async (group) => {
    const count = await client.exists(...group.map(({ key }) => key));
    if (count === 0 || count === group.length) return count === 0 ? [] : group;
    const each = await Promise.all(group.map(async ({ key }) => client.exists(key)));
    return group.filter((_, at) => each[at] === 1);
  });
  return (await Promise.all(found)).flat().map(({ name }) => name);
}

async function orIfDamaged<T>({ onDamage }: Cells, action: () => Promise<T>, otherwise: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!isDamage(error)) throw error;
    onDamage();
    return otherwise();
  }
}

/** A chunk that cannot be read is one that is not there: the empty reply of a script means that. */
async function drop({ client }: Cells, key: string): Promise<ScriptReply> {
  await client.del(key);
  return [];
}

async function update(cells: Cells, key: string, content: ChunkContent): Promise<number | null> {
  let changed = 0;
  let parts = 1;
  for (const portion of portions(content)) {
    const send = async (): Promise<ScriptReply> => cells.scripts.update.run([key], [cells.limits.cellsMax * 4, ...portion]);
    // Part of the portion may be in it and in no list of changes; nobody reads it once it is gone, and progress waits for that.
    const reply = listOf(await orIfDamaged(cells, send, async () => drop(cells, key)));
    parts = Number(reply[0] ?? 0);
    if (parts !== 1) break;
    changed += Number(reply[1] ?? 0);
  }
  if (parts <= 1) return parts === 0 ? null : changed;
  const keys = partKeys(key, parts);
  const split = splitContent(content, parts).map(async (part, at) => (part.cells.length === 0 ? 0 : update(cells, keys[at] ?? key, part)));
  return (await Promise.all(split)).reduce<number>((sum, one) => sum + (one ?? 0), 0);
}

/** Fields in calls of bearable size; at least one call. */
function portions(content: ChunkContent): Uint8Array[][] {
  const fields = toFields(content);
  const calls: Uint8Array[][] = [];
  for (let at = 0; at === 0 || at < fields.length; at += FIELDS_PER_CALL) calls.push(fields.slice(at, at + FIELDS_PER_CALL));
  return calls;
}

async function advanceProgress(
  cells: Cells,
  advances: readonly Advance[],
  changed: readonly ChangedMarks[] = [],
): Promise<readonly Advanced[]> {
  const { keys, unless } = await dropMarks(cells, changed);
  const args = advances.flatMap(({ progress, offset, previousCommitNo }) => {
    const { partition, term, commitNo } = progress;
    return [partition, offset, term, commitNo, previousCommitNo, encodeProgress(progress)];
  });
  const marks = [...keys, ...unless.map(({ key }) => key)];
  const endings = unless.map(({ ending }) => ending);
  const send = async (): Promise<ScriptReply> =>
    cells.scripts.advance.run([progressKey(cells.prefix), ...marks], [endings.length, ...endings, ...args]);
  const reply = listOf(await orIfDamaged(cells, send, () => []));
  if (reply.length === 0) return advances.map(() => ({ outcome: 'lost', resumeAt: 0 }));
  return advances.map((_, at) => ({ outcome: outcomeOf(textOf(reply[2 * at])), resumeAt: Number(textOf(reply[2 * at + 1])) }));
}

function outcomeOf(word: string): AdvanceOutcome {
  return word === 'advanced' || word === 'old' || word === 'term' || word === 'lost' ? word : 'hole';
}

async function beginEpoch(cells: Cells, { seen, epoch, progress }: NewEpoch): Promise<boolean> {
  const pairs = progress.flatMap((one) => [one.partition, encodeProgress(one)]);
  const key = progressKey(cells.prefix);
  const send = async (): Promise<ScriptReply> => cells.scripts.begin.run([key], [seen ?? '', epoch, ...pairs]);
  return (await orIfDamaged(cells, send, async () => cells.client.del(key).then(send))) === 1;
}

type ReadAs = Parameters<CellStore['read']>[1];
const ABSENT: ChunkReading = { kind: 'absent', brokenToken: null };

async function read(cells: Cells, key: string, as: ReadAs): Promise<ChunkReading> {
  const reply = await readOne(cells, key, { ...as, at: 0 });
  if (reply.kind === 'absent') return ABSENT;
  if (reply.kind !== 'split') return readingOf(cells, [reply]);
  const parts = await Promise.all(partKeys(key, reply.parts).map(async (part, at) => readOne(cells, part, { ...as, at })));
  const whole = parts.filter((part) => part.kind !== 'absent' && part.kind !== 'split' && part.token === reply.token);
  // One part evicted or made by another loader: what is left may miss cells, so all of it counts as absent.
  return whole.length === parts.length ? readingOf(cells, whole as PartReply[]) : { kind: 'absent', brokenToken: reply.token };
}

interface PartReply {
  readonly kind: 'same' | 'version' | 'delta' | 'full';
  readonly token: string;
  readonly counter: number;
  readonly fields: readonly Uint8Array[];
}

type OneReply = { readonly kind: 'absent' } | { readonly kind: 'split'; readonly token: string; readonly parts: number } | PartReply;

async function readOne(cells: Cells, key: string, { epoch, known, changesOnly, at }: ReadAs & { readonly at: number }): Promise<OneReply> {
  const args = [epoch, known?.token ?? '', known?.counters[at] ?? -1, changesOnly === true ? 'changes' : ''];
  const ask = async (): Promise<ScriptReply> => cells.scripts.read.run([key], args);
  const [kind, token, number, ...fields] = listOf(await orIfDamaged(cells, ask, async () => drop(cells, key)));
  const word = textOf(kind);
  if (word === 'split') return { kind: word, token: textOf(token), parts: Number(textOf(number)) };
  if (!isPartKind(word)) return ABSENT_PART;
  const counter = Number(textOf(number));
  if (Number.isSafeInteger(counter)) return { kind: word, token: textOf(token), counter, fields: fields.filter(isBytes).map(plainBytes) };
  // A version that is no number would be taken for others of its kind.
  cells.onDamage();
  await drop(cells, key);
  return ABSENT_PART;
}

const ABSENT_PART = { kind: 'absent' } as const;
const PART_KINDS: ReadonlySet<string> = new Set<PartReply['kind']>(['same', 'version', 'delta', 'full']);

function isPartKind(word: string): word is PartReply['kind'] {
  return PART_KINDS.has(word);
}

/** A view that is no Buffer: `slice` of a Buffer shares memory where every other byte array copies. */
function plainBytes(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

function isBytes(reply: ScriptReply): reply is Buffer {
  return Buffer.isBuffer(reply);
}

/** Parts to one reading; it is whole only if every part is, else what some parts gave whole is taken as changes. */
function readingOf({ onDamage }: Cells, parts: readonly PartReply[]): ChunkReading {
  const version: ChunkVersion = { token: parts[0]?.token ?? '', counters: parts.map(({ counter }) => counter) };
  if (parts.every(({ kind }) => kind === 'same')) return { kind: 'same', version };
  if (parts.some(({ kind }) => kind === 'version')) return { kind: 'version', version };
  const content = fromFields(parts.flatMap(({ fields }) => fields));
  if (content === null) {
    onDamage();
    return { kind: 'absent', brokenToken: version.token };
  }
  return { kind: parts.every(({ kind }) => kind === 'full') ? 'full' : 'delta', version, content };
}
