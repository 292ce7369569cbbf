import type { CompiledEventType, CompiledField, CompiledPack } from '../pack/compiled.ts';
import type { SegmentMapping } from '../pack/segment.ts';
import type { DerivedField } from './derive.ts';
import { compileDerived } from './derive.ts';
import type { FieldCheck } from './field-check.ts';
import { compileChecksByAnother, compileFieldCheck } from './field-check.ts';
import { NameTable } from './name-table.ts';
import type { PersonalGuard } from './personal-guard.ts';
import { compileGuard } from './personal-guard.ts';

/** An event type with its checks, ready to judge by. */
export interface JudgedType {
  readonly compiled: CompiledEventType;
  readonly pack: string;
  readonly packVersion: number;
  readonly names: NameTable;
  /** In the order of `compiled.fields`. */
  readonly checks: readonly FieldCheck[];
  /** Positions of fields that must be there. */
  readonly required: readonly number[];
  readonly dependentChecks: readonly DependentChecks[];
  /** Whether some field is dropped or replaced before it is stored. */
  readonly hasTreatment: boolean;
  /** Position of the entity id, or -1. */
  readonly keyField: number;
  /** Positions of fields that are sealed with the key of the event's person. */
  readonly sealed: readonly number[];
  readonly derived: readonly DerivedField[];
  /** Null: the pack has none. */
  readonly guard: PersonalGuard | null;
  /** Whether the id of the subject is kept, sealed. */
  readonly keepsId: boolean;
}

/** What a field may be beside each value of another; beside a value without an entry anything of its type. */
export interface DependentChecks {
  readonly field: number;
  readonly by: number;
  readonly of: ReadonlyMap<string, FieldCheck>;
}

/** The event types of one tenant. */
export class EventTypes {
  private readonly names: NameTable;
  /** By position in `names`. */
  private readonly types: readonly JudgedType[];
  /** How messages of Segment's become events, by `segmentKey`. */
  readonly segment: ReadonlyMap<string, SegmentMapping>;

  constructor(given: Iterable<CompiledPack>) {
    const packs = [...given];
    this.segment = new Map(packs.flatMap((pack) => [...pack.segment]));
    const judged = packs.flatMap((pack) => [...pack.eventTypes.values()].map((type) => compileJudgedType(pack, type)));
    const named = judged.flatMap((type) => [type.compiled.type, ...type.compiled.aliases].map((name) => ({ name, type })));
    this.types = named.map(({ type }) => type);
    this.names = new NameTable(named.map(({ name }) => name));
  }

  find(bytes: Uint8Array, start: number, end: number): JudgedType | undefined {
    return this.types[this.names.find(bytes, start, end)];
  }
}

function compileJudgedType(pack: CompiledPack, compiled: CompiledEventType): JudgedType {
  const position = (name: string): number => compiled.fields.findIndex((field) => field.name === name);
  return {
    compiled,
    pack: pack.pack,
    packVersion: pack.version,
    names: new NameTable(compiled.fields.map((field) => field.name)),
    checks: compiled.fields.map(compileFieldCheck),
    required: compiled.fields.flatMap((field, index) => (isRequired(field) ? [index] : [])),
    dependentChecks: compiled.fields.flatMap((field, index) =>
      compileChecksByAnother(field).map(({ by, of }) => ({ field: index, by: position(by), of })),
    ),
    hasTreatment: compiled.fields.some(isTreated),
    keyField: compiled.keyField === undefined ? -1 : position(compiled.keyField),
    sealed: compiled.fields.flatMap((field, index) => (field.action === 'seal' ? [index] : [])),
    derived: compileDerived(compiled.fields),
    guard: compileGuard(pack.guard, compiled.fields),
    keepsId: pack.keepsIds && compiled.subject !== 'none',
  };
}

function isRequired({ isOptional, action, derive }: CompiledField): boolean {
  return !isOptional && action !== 'refuse' && derive === undefined;
}

function isTreated({ action, derive }: CompiledField): boolean {
  return derive !== undefined || (action !== 'keep' && action !== 'refuse');
}
