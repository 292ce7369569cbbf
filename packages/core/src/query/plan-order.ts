import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import type { Question } from './question.ts';
import type { AnswerColumn, AskedMeasure, PlannedDimension } from './shape.ts';

/** What rows are ordered by; ties are settled by bucket, then by the groups' stored texts. */
export type PlannedOrder =
  | { readonly by: 'bucket'; readonly descending: boolean }
  | { readonly by: 'group'; readonly at: number; readonly descending: boolean }
  | { readonly by: 'measure'; readonly at: number; readonly descending: boolean };

/** The column that stands for the order of time. */
const TIME_COLUMNS: Readonly<Partial<Record<Question['kind'], string>>> = { series: 'bucket', heatmap: 'weekday' };

interface Places {
  readonly groups: readonly PlannedDimension[];
  readonly measures: readonly AskedMeasure[];
}

/**
 * A series and a heatmap are in the order of time, a table begins with the greatest of its first measure that is no list, unless the question
 * says otherwise. Rows are not ordered by lists.
 */
export function planOrder(question: Question, columns: readonly AnswerColumn[], places: Places): Result<PlannedOrder> {
  const { order, kind } = question;
  if (order === undefined && (kind === 'series' || kind === 'heatmap')) return ok({ by: 'bucket', descending: false });
  if (order === undefined) return ok({ by: 'measure', at: Math.max(0, places.measures.findIndex(isOrderable)), descending: true });
  const descending = order.startsWith('-');
  const name = descending ? order.slice(1) : order;
  if (!columns.some((column) => column.name === name)) {
    return failed({ code: 'question_invalid', path: 'order', message: 'name a column of the answer' });
  }
  if (name === TIME_COLUMNS[kind]) return ok({ by: 'bucket', descending });
  const group = places.groups.findIndex((one) => one.name === name);
  if (group >= 0) return ok({ by: 'group', at: group, descending });
  const at = places.measures.findIndex((one) => one.name === name && isOrderable(one));
  if (at >= 0) return ok({ by: 'measure', at, descending });
  return failed({ code: 'question_invalid', path: 'order', message: 'rows have no order by a list: name another column' });
}

function isOrderable({ measure }: AskedMeasure): boolean {
  return measure.kind !== 'top_k' && measure.kind !== 'histogram';
}
