/** An event as a caller writes it; the id makes resending safe. */
export interface EventInput {
  /** 1 to 128 characters. */
  readonly id: string;
  readonly type: string;
  readonly subject?: string;
  readonly source?: string;
  /** RFC 3339, or epoch milliseconds. */
  readonly occurred_at: string | number;
  readonly schema_version?: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An event, or its JSON text as it shall be sent (numbers keep their digits that way). */
export type Sendable = EventInput | string;

export interface Rejection {
  /** Position among the events given to the sender, from 0. */
  readonly index: number;
  readonly id: string | null;
  readonly code: string;
  readonly path: string | null;
  readonly message: string;
}

/** The answer to one ingest request; indexes are positions in the request. */
export interface IngestAnswer {
  readonly accepted: number;
  readonly rejected: readonly Rejection[];
  readonly retry: readonly number[];
  readonly receipt: string | null;
}

export interface ReceiptState {
  readonly counted: boolean;
  readonly pending_events: number;
  readonly rejected_events: number;
  readonly complete_through: string | null;
  /** Whether the events were counted is not known; send them again unchanged, what was counted is dropped. */
  readonly log_changed?: true;
}

/**
 * A question whose answer is worked out from those to others: `trend`, `anomalies`, `forecast`, `correlate`, `compare` or
 * `distribution`. Each kind has members of its own, which `docs/reference/analyses.md` describes.
 */
export interface AnalysisQuestion {
  readonly metric: string;
  readonly kind: 'trend' | 'anomalies' | 'forecast' | 'correlate' | 'compare' | 'distribution';
  readonly [member: string]: unknown;
}

/**
 * A question about what persons did one after another, answered from raw events. Each kind has members of its own, which
 * `docs/reference/journeys.md` describes.
 */
export interface JourneyQuestion {
  readonly kind: 'funnel' | 'retention' | 'cohort' | 'stratify' | 'sessions' | 'experiment';
  readonly [member: string]: unknown;
}

/** A question to `POST /v1/query`; `docs/reference/http.md` describes every member. */
export interface Question {
  readonly metric: string;
  readonly kind?: 'series' | 'table' | 'summary' | 'heatmap';
  readonly measures?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly last?: string;
  readonly days?: number;
  readonly as_of?: string;
  readonly start?: string;
  readonly end?: string;
  readonly grain?: string;
  readonly zone?: string;
  readonly group_by?: readonly string[];
  readonly where?: Readonly<Record<string, unknown>>;
  readonly subject?: string;
  readonly fill?: 'zero' | 'null' | 'none';
  readonly order?: string;
  readonly limit?: number;
  readonly cursor?: string | null;
  readonly offset?: number;
  readonly rank?: boolean;
  readonly after?: string;
  readonly wait_ms?: number;
}

export interface AnswerColumn {
  readonly name: string;
  readonly type: string;
  readonly unit?: string;
}

type AnswerScalar = string | number | boolean | null;

/** One value of a `top_k` column: its true count lies between count - error and count. */
export interface AnswerTop {
  readonly value: AnswerScalar;
  readonly count: number;
  readonly error: number;
}

/** One bin of a `histogram` column: values from `from` on and below `to`; null where there is no end on that side. */
export interface AnswerBin {
  readonly from: AnswerScalar;
  readonly to: AnswerScalar;
  readonly count: number;
}

export type AnswerValue = AnswerScalar | readonly AnswerTop[] | readonly AnswerBin[];

export interface Answer {
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly (readonly AnswerValue[])[];
  readonly next_cursor: string | null;
  readonly meta: Readonly<Record<string, unknown>>;
}

type Members = Readonly<Record<string, unknown>>;

/** Anything but a JSON object counts as one without members. */
export function members(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Null when the body is not an ingest answer (a problem document has no `accepted`). */
export function toIngestAnswer(body: unknown): IngestAnswer | null {
  const { accepted, rejected, retry, receipt } = members(body);
  if (typeof accepted !== 'number') return null;
  return {
    accepted,
    rejected: listOf(rejected).map(toRejection),
    retry: listOf(retry).flatMap((entry) => {
      const { index } = members(entry);
      return typeof index === 'number' ? [index] : [];
    }),
    receipt: textOf(receipt),
  };
}

function toRejection(entry: unknown): Rejection {
  const { index, id, code, path, message } = members(entry);
  return {
    index: typeof index === 'number' ? index : -1,
    id: textOf(id),
    code: textOf(code) ?? 'unknown',
    path: textOf(path),
    message: textOf(message) ?? '',
  };
}

export function toReceiptState(body: unknown): ReceiptState {
  const { counted, pending_events: pending, rejected_events: rejected } = members(body);
  const { complete_through: through, log_changed: isLogChanged } = members(body);
  return {
    counted: counted === true,
    pending_events: typeof pending === 'number' ? pending : 0,
    rejected_events: typeof rejected === 'number' ? rejected : 0,
    complete_through: textOf(through),
    ...(isLogChanged === true ? { log_changed: true as const } : {}),
  };
}

export function toAnswer(body: unknown): Answer {
  const { columns, rows, next_cursor: cursor, meta } = members(body);
  return {
    columns: listOf(columns).map((column) => {
      const { name, type, unit } = members(column);
      return { name: textOf(name) ?? '', type: textOf(type) ?? '', ...(typeof unit === 'string' ? { unit } : {}) };
    }),
    rows: listOf(rows).map((row) => listOf(row).map(toValue)),
    next_cursor: textOf(cursor),
    meta: members(meta),
  };
}

function toValue(value: unknown): AnswerValue {
  if (!Array.isArray(value)) return toScalar(value);
  const entries = value.map(members);
  return entries.every((entry) => 'value' in entry) ? entries.map(toTop) : entries.map(toBin);
}

function toTop({ value, count, error }: Members): AnswerTop {
  return { value: toScalar(value), count: Number(count), error: Number(error) };
}

function toBin({ from, to, count }: Members): AnswerBin {
  return { from: toScalar(from), to: toScalar(to), count: Number(count) };
}

function toScalar(value: unknown): AnswerScalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
