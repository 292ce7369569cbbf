/**
 * Plans of what a piece of work asks of Postgres: each statement is run once more before itself by EXPLAIN (ANALYZE), in the same
 * session, as the same role and with the same values. Whose work it is goes along with it through every await, as in `as-person.ts`;
 * work that nobody explains costs one look for each statement.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type pg from 'pg';
import { z } from 'zod';
import { run, statementName } from './statements.ts';

export interface PlanNode {
  /** As Postgres calls it: `Seq Scan`, `Index Only Scan`, `Sort`. */
  readonly node: string;
  readonly relation: string | null;
  readonly index: string | null;
  /** Given to the node above it, over all loops. */
  readonly rows: number;
  /** Rows that it looked at and passed over, over all loops. */
  readonly removed: number;
}

/** Conditions and values are left out: they name persons. */
export interface ExplainedStatement {
  /** The file of `sql/`, or `other`. */
  readonly statement: string;
  readonly planningMs: number;
  readonly executionMs: number;
  readonly rows: number;
  readonly nodes: readonly PlanNode[];
  /** Rows of each table that was read from one end to the other, by its name. */
  readonly readWhole: Readonly<Record<string, number>>;
}

/** Runs a piece of work and tells what each of its statements did; what it gives is put aside. Throws where a plan could not be had. */
export type Explain = (work: () => Promise<void>) => Promise<readonly ExplainedStatement[]>;

interface Explaining {
  readonly planned: Promise<Planned>[];
}

const explaining = new AsyncLocalStorage<Explaining>();

export function createExplain(pool: pg.Pool): Explain {
  return async function explain(work) {
    const planned: Promise<Planned>[] = [];
    const [worked] = await Promise.allSettled([explaining.run({ planned }, work)]);
    // A statement that fails for its plan is told by that: the work has only seen what came of it.
    const statements = await Promise.all(planned);
    if (worked.status === 'rejected') throw worked.reason;
    const rows = await rowsOfTables(pool, statements);
    return statements.map((one) => toExplained(one, rows));
  };
}

/** Whether plans are asked for: then nothing is to come from a cache, or of work that was begun for somebody else. */
export function isExplaining(): boolean {
  return explaining.getStore() !== undefined;
}

type Ask = (...given: unknown[]) => unknown;

/** Comments before it are of the file. */
const READS = /^(?:\s|--[^\n]*\n)*(?:SELECT|WITH|VALUES|TABLE|DECLARE)\b/i;
/** EXPLAIN (ANALYZE) would do it twice; a line of comment may hold the words. */
const CHANGES = /^(?!\s*--).*\b(?:INSERT|UPDATE|DELETE|MERGE|nextval|set_config)\b/im;

/**
 * Changes what the connection does with each statement that it is given from now on. The plan is asked for before the statement and at
 * once: whoever sends COMMIT without waiting would else have it run behind that, no longer as the role that the transaction was set to.
 */
export function explainOnConnection(client: pg.ClientBase): void {
  const ask: Ask = client.query.bind(client);
  const asked: Ask = (...given) => {
    const now = explaining.getStore();
    const query = now === undefined ? null : readQuery(given);
    if (query !== null) now?.planned.push(planOf(ask, query));
    return ask(...given);
  };
  Reflect.set(client, 'query', asked);
}

interface ReadQuery {
  readonly text: string;
  readonly values: unknown[];
}

/** Null: it is no reading, or one of the driver's own kinds (COPY). */
function readQuery([query, second]: readonly unknown[]): ReadQuery | null {
  const given: unknown = typeof query === 'object' && query !== null && !('submit' in query) ? query : { text: query };
  const parsed = QUERY.safeParse(given);
  if (!parsed.success) return null;
  const { text, values } = parsed.data;
  if (!READS.test(text) || CHANGES.test(text)) return null;
  return { text, values: values ?? (Array.isArray(second) ? second : []) };
}

const QUERY = z.object({ text: z.string(), values: z.array(z.unknown()).optional() });

interface RawNode {
  readonly 'Node Type': string;
  readonly Schema?: string | undefined;
  readonly 'Relation Name'?: string | undefined;
  readonly 'Index Name'?: string | undefined;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number | undefined;
  readonly Plans?: readonly RawNode[] | undefined;
}

const NODE: z.ZodType<RawNode> = z.object({
  'Node Type': z.string(),
  Schema: z.string().optional(),
  'Relation Name': z.string().optional(),
  'Index Name': z.string().optional(),
  'Actual Rows': z.number(),
  'Actual Loops': z.number(),
  'Rows Removed by Filter': z.number().optional(),
  get Plans() {
    return z.array(NODE).optional();
  },
});
const PLAN = z.object({ rows: z.tuple([z.object({ 'QUERY PLAN': z.tuple([z.unknown()]) })]) });
const PLANNED = z.object({ Plan: NODE, 'Planning Time': z.number(), 'Execution Time': z.number() });

interface Planned {
  readonly statement: string;
  readonly planned: z.infer<typeof PLANNED>;
}

function planOf(ask: Ask, { text, values }: ReadQuery): Promise<Planned> {
  const asked = ask({ text: `EXPLAIN (ANALYZE, VERBOSE, FORMAT JSON)\n${text}`, values });
  const planned = Promise.resolve(asked).then((answer) => ({
    statement: statementName(text),
    planned: PLANNED.parse(PLAN.parse(answer).rows[0]['QUERY PLAN'][0]),
  }));
  // It is waited for once the work is done; until then nobody hears of its failure.
  planned.catch(() => undefined);
  return planned;
}

function toExplained({ statement, planned }: Planned, rowsOf: ReadonlyMap<string, number>): ExplainedStatement {
  const nodes = nodesOf(planned.Plan);
  return {
    statement,
    planningMs: planned['Planning Time'],
    executionMs: planned['Execution Time'],
    rows: planned.Plan['Actual Rows'] * planned.Plan['Actual Loops'],
    nodes: nodes.map(toNode),
    readWhole: rowsReadWhole(nodes, rowsOf),
  };
}

/** From the top down. */
function nodesOf(node: RawNode): readonly RawNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

function toNode(node: RawNode): PlanNode {
  return {
    node: node['Node Type'],
    relation: node['Relation Name'] ?? null,
    index: node['Index Name'] ?? null,
    rows: Math.round(node['Actual Rows'] * node['Actual Loops']),
    removed: Math.round((node['Rows Removed by Filter'] ?? 0) * node['Actual Loops']),
  };
}

interface Scanned {
  readonly schema: string;
  readonly relation: string;
  /** Looked at, over all loops. */
  readonly rows: number;
}

function scannedBy(nodes: readonly RawNode[]): readonly Scanned[] {
  return nodes.flatMap((node) => {
    const { 'Node Type': type, 'Relation Name': relation, Schema: schema } = node;
    const { rows, removed } = toNode(node);
    return type === 'Seq Scan' && relation !== undefined && schema !== undefined ? [{ schema, relation, rows: rows + removed }] : [];
  });
}

/** As many as the table has by its statistics, or as were looked at where that is more: a LIMIT may have ended a scan that is long otherwise. */
function rowsReadWhole(nodes: readonly RawNode[], rowsOf: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const { schema, relation, rows } of scannedBy(nodes))
    found[relation] = Math.max(found[relation] ?? 0, rowsOf.get(placeOf(schema, relation)) ?? 0, rows);
  return found;
}

async function rowsOfTables(pool: pg.Pool, statements: readonly Planned[]): Promise<ReadonlyMap<string, number>> {
  const scanned = statements.flatMap(({ planned }) => scannedBy(nodesOf(planned.Plan)));
  if (scanned.length === 0) return new Map();
  const rows = await run<{ schema: string; relation: string; rows: number }>(pool, 'read-table-rows', [
    scanned.map(({ schema }) => schema),
    scanned.map(({ relation }) => relation),
  ]);
  return new Map(rows.map(({ schema, relation, rows: count }) => [placeOf(schema, relation), count]));
}

function placeOf(schema: string, relation: string): string {
  return `${schema}\n${relation}`;
}
