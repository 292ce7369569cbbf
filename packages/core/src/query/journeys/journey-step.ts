/** An event type and conditions on its fields, checked against the pack and ready to be tried on events. */
import { failed, ok } from '../../fault/fault.ts';
import type { Result } from '../../fault/fault.ts';
import type { CompiledEventType, CompiledField } from '../../pack/compiled.ts';
import type { EventPredicate } from '../../pack/where.ts';
import { planWhere } from '../plan-where.ts';
import type { PlannedDimension } from '../shape.ts';
import type { JourneyEvent } from './journey.ts';
import type { JourneyStep } from './journey-question.ts';

/** Null: no pack of the tenant declares the type. */
export type FindEventType = (type: string) => CompiledEventType | null;

export interface PlannedStep {
  readonly type: string;
  /** Null: every event of the type. */
  readonly where: EventPredicate | null;
}

export function planStep(step: JourneyStep, path: string, find: FindEventType): Result<PlannedStep> {
  const type = find(step.event);
  if (type === null) return failed({ code: 'type_unknown', path: `${path}.event`, message: 'no pack of the tenant declares this type' });
  if (type.subject === 'none') {
    return failed({ code: 'question_invalid', path: `${path}.event`, message: 'events of this type are not about a person' });
  }
  const fields: PlannedDimension[] = [];
  for (const name of Object.keys(step.where)) {
    const field = findField(type, name, `${path}.where.${name}`);
    if (!field.ok) return field;
    fields.push({ name, type: field.value.type, index: fields.length });
  }
  const where = planWhere(step.where, fields);
  if (where.ok) return ok({ type: step.event, where: where.value });
  return failed({ ...where.fault, path: `${path}.${where.fault.path ?? 'where'}` });
}

/** A field whose values are kept as they are: what is sealed or hashed cannot be compared with anything. */
export function findField(type: CompiledEventType, name: string, path: string): Result<CompiledField> {
  const field = type.fieldByName.get(name);
  if (field === undefined) return failed({ code: 'field_unknown', path, message: 'the event type has no such field' });
  if (field.action === 'keep') return ok(field);
  return failed({ code: 'question_invalid', path, message: 'values of this field are not kept as they were sent' });
}

export function matches({ type, where }: PlannedStep, event: JourneyEvent): boolean {
  if (event.type !== type) return false;
  return where === null || (event.fields !== null && where(event.fields));
}

export function typesOf(steps: readonly PlannedStep[]): readonly string[] {
  return [...new Set(steps.map(({ type }) => type))];
}
