/** A row as the folder reads events: so a metric over rows is folded by the same rules as one over events. */
import type { ExactNumber } from '../event/exact-number.ts';
import { parseExact } from '../event/exact-number.ts';
import { DAY_MS } from '../time/civil.ts';
import type { DataKind } from '../event/canonical-shape.ts';
import type { EntityColumn } from '../pack/compiled-entity.ts';
import type { CompiledMetric } from '../pack/compiled.ts';
import { versionName } from '../pack/metric-versions.ts';
import type { EventView } from '../rollup/event-view.ts';
import type { EntityRowState, EntityState, EntityValue } from './entity-shape.ts';
import { shownValue } from './row-value.ts';

const NO_COLUMN = { columnName: '', column: 'text' } as const;

export class RowView implements EventView {
  private readonly metric: CompiledMetric;
  private readonly name: string;
  private readonly columns: ReadonlyMap<string, { readonly columnName: string; readonly column: EntityColumn }>;
  private row: EntityRowState | null = null;
  private placedMs = 0;

  constructor(metric: CompiledMetric) {
    this.metric = metric;
    this.name = versionName(metric);
    this.columns = new Map(metric.over?.entity.fields.map(({ name, columnName, column }) => [name, { columnName, column }]));
  }

  /** False: the row has no time that places it, so it counts nowhere. */
  look(row: EntityRowState): boolean {
    const placedMs = placedAt(this.metric, row.state);
    this.row = row;
    this.placedMs = placedMs ?? 0;
    return placedMs !== null;
  }

  tenant(): string {
    return this.metric.tenant;
  }

  /** Each metric version has a plan of its own. */
  type(): string {
    return this.name;
  }

  id(): string {
    return this.row?.key.id ?? '';
  }

  /** A row is of no sender. */
  source(): string {
    return '';
  }

  subject(): string {
    return this.row?.key.subject ?? '';
  }

  timeMs(): number {
    return this.placedMs;
  }

  kind(field: string): DataKind {
    const value = this.value(field);
    if (value === null) return 'absent';
    const { column } = this.columns.get(field) ?? NO_COLUMN;
    if (column === 'json') return 'other';
    if (column === 'numeric' || column === 'double') return 'number';
    return column === 'boolean' ? 'boolean' : 'string';
  }

  text(field: string): string {
    return this.kind(field) === 'string' ? String(this.shown(field)) : '';
  }

  json(field: string): string {
    const value = this.value(field);
    return value === null ? '' : String(value);
  }

  boolean(field: string): boolean {
    return this.value(field) === true;
  }

  exact(field: string): ExactNumber | null {
    return this.kind(field) === 'number' ? parseExact(String(this.value(field))) : null;
  }

  double(field: string): number {
    return this.kind(field) === 'number' ? Number(this.value(field)) : Number.NaN;
  }

  dimension(field: string): string | null {
    const kind = this.kind(field);
    return kind === 'absent' || kind === 'other' ? null : String(this.shown(field));
  }

  /** No measure over rows takes values among others, or goes by the id. */
  valueHash(): number {
    return 0;
  }

  subjectHash(): number {
    return 0;
  }

  copyId(): number {
    return 0;
  }

  private value(field: string): EntityValue | null {
    const { columnName } = this.columns.get(field) ?? NO_COLUMN;
    return this.row?.state.values.get(columnName)?.value ?? null;
  }

  private shown(field: string): EntityValue | null {
    const value = this.value(field);
    const { column } = this.columns.get(field) ?? NO_COLUMN;
    return value === null || column === 'numeric' ? value : shownValue(column, value);
  }
}

/** When a row counts for the metric; null: it has no such time. */
function placedAt({ over }: CompiledMetric, state: EntityState): number | null {
  const at = over?.at ?? null;
  if (at === null) return state.createdMs;
  const value = state.values.get(at.columnName)?.value;
  if (value === undefined) return null;
  return at.column === 'date' ? Number(value) * DAY_MS : Number(value);
}
