/** What a pack becomes once compiled: the one form that ingest, aggregator and query work with. */
import type { ExactNumber } from '../event/exact-number.ts';
import type { PersonalKind } from '../event/personal-text.ts';
import type { StoredGrain } from '../rollup/grain.ts';
import type { CompiledEntity, EntityField } from './compiled-entity.ts';
import type { CellRetention, EventRetention } from './retention.ts';
import type { SegmentMapping } from './segment.ts';

export type FieldType = 'string' | 'integer' | 'decimal' | 'number' | 'boolean' | 'timestamp' | 'date' | 'enum' | 'string_list' | 'json';
export type FieldAction = 'keep' | 'drop' | 'hash' | 'refuse' | 'pseudonymise' | 'seal';

/** How a field's value is made of another field's, before that one is dropped, hashed or sealed. */
export interface Derivation {
  readonly from: string;
  readonly as: 'year' | 'age' | 'value' | 'hash' | 'present' | 'table' | 'cases';
  /** Rising; the value becomes the name of the band that it lies in. */
  readonly bands?: readonly number[];
  /** By value of the other field; all texts, or all integers. */
  readonly table?: Readonly<Record<string, string | number>>;
  /** The first that fits gives the value. */
  readonly cases?: readonly DerivedCase[];
}

/** Fits where all conditions hold, and each number is at least that of the other field. */
export interface DerivedCase {
  readonly gives: string;
  readonly where: Where;
  /** By name of a field the other one. */
  readonly at_least: Readonly<Record<string, string>>;
}

/** Bounds of a number field; exact texts are compared exactly. */
export interface NumberBounds {
  readonly min?: string;
  readonly max?: string;
  readonly integer?: boolean;
}

export interface CompiledField {
  readonly name: string;
  readonly type: FieldType;
  readonly isOptional: boolean;
  readonly isDimension: boolean;
  readonly action: FieldAction;
  /** Whether the pack says that it names or describes a person. */
  readonly isSensitive: boolean;
  /** The value is made by ingest and must not be sent. */
  readonly derive?: Derivation;
  readonly values?: readonly string[];
  readonly maxLength?: number;
  /** A text that names an IANA time zone. */
  readonly format?: 'zone';
  readonly bounds?: NumberBounds;
  readonly boundsBy?: { readonly field: string; readonly of: Readonly<Record<string, NumberBounds>> };
  readonly valuesBy?: { readonly field: string; readonly of: Readonly<Record<string, readonly string[]>> };
  /** Most digits after the decimal point (type decimal). */
  readonly scaleMax?: number;
  readonly unit?: string;
}

export interface CompiledEventType {
  readonly type: string;
  readonly aliases: readonly string[];
  readonly subject: 'none' | 'optional' | 'required';
  /** Field that names the entity for the topic key of events without a subject. */
  readonly keyField?: string;
  readonly unknownMembers: 'refuse' | 'drop';
  readonly fields: readonly CompiledField[];
  readonly fieldByName: ReadonlyMap<string, CompiledField>;
}

export type MeasureKind =
  'count' | 'sum' | 'min' | 'max' | 'avg' | 'quantile' | 'variance' | 'histogram' | 'first' | 'last' | 'distinct' | 'top_k';

/** Rising bounds of a histogram, each as its exact value and as the nearest double. */
export interface HistogramBounds {
  readonly exact: readonly ExactNumber[];
  readonly doubles: readonly number[];
}

export interface CompiledMeasure {
  readonly name: string;
  readonly kind: MeasureKind;
  /** Absent for count; `subject` is the event's subject (distinct and top_k). */
  readonly field?: string;
  /** Of first, last and top_k: the type of the values that they answer with. */
  readonly valueType?: FieldType;
  /** Of a histogram. */
  readonly bounds?: HistogramBounds;
  /** Of top_k: values of an answer, and values that a cell counts. */
  readonly k?: number;
  readonly counters?: number;
  /** Of distinct: values that a cell counts exactly. */
  readonly exactTo?: number;
  /** How the field's numbers are held: exact (integer, decimal) or double. */
  readonly numbers: 'exact' | 'double';
  readonly unit?: string;
}

/** Operators of `where`, in packs and in questions. A value of a dimension is compared in the dimension's type. */
export type WhereOperator = 'eq' | 'ne' | 'in' | 'not_in' | 'lt' | 'lte' | 'gt' | 'gte' | 'prefix' | 'exists';
export type Scalar = string | number | boolean;
export type Where = Readonly<Record<string, Readonly<Partial<Record<WhereOperator, Scalar | readonly Scalar[] | boolean>>>>>;

/** One stored combination of dimensions, in the metric's dimension order. */
export interface CompiledSet {
  readonly setNo: number;
  readonly dimensions: readonly string[];
  /** Whether each subject has series of its own in this set. */
  readonly bySubject: boolean;
}

export interface CompiledDimension {
  readonly name: string;
  readonly type: FieldType;
  /** Of an enum. */
  readonly values?: readonly string[];
  /** Values that an event day admits, where the pack says; the others are counted as `_other`. */
  readonly valuesPerDay?: number;
}

export interface CompiledMetric {
  readonly tenant: string;
  readonly pack: string;
  readonly metric: string;
  readonly version: number;
  readonly title?: string;
  /** Types that change it: those that it counts, or those of its entity. */
  readonly eventTypes: readonly string[];
  /** What it counts instead of events: rows of an entity, each placed by this field (null: by when its first event occurred). */
  readonly over?: { readonly entity: CompiledEntity; readonly at: EntityField | null };
  readonly where?: Where;
  readonly dimensions: readonly CompiledDimension[];
  readonly sets: readonly CompiledSet[];
  /** In which its cells are kept, finest first. */
  readonly grains: readonly StoredGrain[];
  /** How long they are kept, where the pack says so. */
  readonly retention?: CellRetention;
  /** Sorted by name: the order of the state codec. */
  readonly measures: readonly CompiledMeasure[];
  /** Of a version that was made after events had come: the epoch second from which it holds all of them. Absent: all. */
  readonly historyFromS?: number;
}

export interface CompiledPack extends EventRetention {
  readonly tenant: string;
  readonly pack: string;
  readonly version: number;
  readonly title: string;
  readonly eventTypes: ReadonlyMap<string, CompiledEventType>;
  /** What no text may look like that is kept as it was sent. */
  readonly guard: readonly PersonalKind[];
  /** Whether the ids of its subjects are kept, sealed. */
  readonly keepsIds: boolean;
  readonly entities: ReadonlyMap<string, CompiledEntity>;
  readonly metrics: ReadonlyMap<string, CompiledMetric>;
  /** By `segmentKey`. */
  readonly segment: ReadonlyMap<string, SegmentMapping>;
}
