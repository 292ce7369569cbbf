/** Plans of a route's statements as a terminal shows them, and which of them read a large table from one end to the other. */
import { z } from 'zod';
import { numberText, tableView } from './table-view.ts';

const NODE = z.looseObject({
  node: z.string(),
  relation: z.string().nullable(),
  index: z.string().nullable(),
  rows: z.number(),
  removed: z.number(),
});
const STATEMENT = z.looseObject({
  statement: z.string(),
  planning_ms: z.number(),
  execution_ms: z.number(),
  rows: z.number(),
  nodes: z.array(NODE),
  read_whole: z.record(z.string(), z.number()),
});
export const PLANS = z.looseObject({ status: z.number(), statements: z.array(STATEMENT) });

export interface RoutePlans {
  readonly route: string;
  readonly plans: z.infer<typeof PLANS>;
}

export interface LargeScan {
  readonly statement: string;
  readonly table: string;
  readonly rows: number;
}

export function largeScans({ plans }: RoutePlans, largeRows: number): readonly LargeScan[] {
  return plans.statements.flatMap(({ statement, read_whole: readWhole }) =>
    Object.entries(readWhole).flatMap(([table, rows]) => (rows >= largeRows ? [{ statement, table, rows }] : [])),
  );
}

const COLUMNS = [
  { name: 'statement', type: 'string' },
  { name: 'plan ms', type: 'decimal' },
  { name: 'run ms', type: 'decimal' },
  { name: 'rows', type: 'integer' },
  { name: 'passed over', type: 'integer' },
  { name: 'plan, from the top', type: 'string' },
] as const;

export function planView({ route, plans: { status, statements } }: RoutePlans): string {
  const tookMs = statements.reduce((sum, one) => sum + one.execution_ms, 0);
  const heading = `${route}: answers ${status}, ${statements.length} statements, ${numberText(tookMs)} ms`;
  if (statements.length === 0) return `${heading}\n`;
  const rows = statements.map(({ statement, planning_ms: planMs, execution_ms: runMs, rows: found, nodes }) => [
    ...[statement, planMs, runMs, found, nodes.reduce((sum, { removed }) => sum + removed, 0)],
    nodes.map(nodeText).join(' < '),
  ]);
  return `${heading}\n${tableView({ columns: [...COLUMNS], rows })}\n`;
}

function nodeText({ node, relation, index }: z.infer<typeof NODE>): string {
  const on = [index, relation].filter((name) => name !== null).join(' of ');
  return on === '' ? node : `${node} (${on})`;
}
