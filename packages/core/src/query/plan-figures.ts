/** Which figures of a metric a question is answered with: measures, the set of dimensions that is read, and what counts persons. */
import { failed, ok } from '../fault/fault.ts';
import type { Result } from '../fault/fault.ts';
import type { CompiledMetric, CompiledSet } from '../pack/compiled.ts';
import { personsMeasure, planGroupMeasures, planMeasures } from './plan-measures.ts';
import type { Question } from './question.ts';
import type { AskedMeasure, PlannedDimension } from './shape.ts';

/** Rows of fewer than `k` persons are withheld. */
export interface SmallGroups {
  readonly k: number;
  /** The measure that counts the persons of a cell; null: each person has series of their own. */
  readonly persons: AskedMeasure | null;
}

interface PlannedFigures {
  readonly measures: readonly AskedMeasure[];
  readonly merged: readonly AskedMeasure[];
  readonly smallGroups: SmallGroups | null;
  readonly set: CompiledSet;
  readonly dimensions: readonly PlannedDimension[];
}

export function planFigures(question: Question, metric: CompiledMetric): Result<PlannedFigures> {
  const planned = (question.k === undefined ? planMeasures : planGroupMeasures)(metric, question.measures);
  if (!planned.ok) return planned;
  const measures = planned.value;
  const smallGroups = planSmallGroups(question, metric);
  if (!smallGroups.ok) return smallGroups;
  const set = chooseSet(question, metric, smallGroups.value);
  if (!set.ok) return set;
  const dimensions = placeDimensions(metric, set.value);
  const merged = mergedOf(measures, smallGroups.value);
  return ok({ measures, merged, smallGroups: smallGroups.value, set: set.value, dimensions });
}

function planSmallGroups({ k, subject, subjects, group_by: groupBy }: Question, metric: CompiledMetric): Result<SmallGroups | null> {
  if (k === undefined) return ok(null);
  const ofPersons =
    subject !== undefined ? 'subject' : subjects !== undefined ? 'subjects' : groupBy.includes('subject') ? 'group_by' : null;
  if (ofPersons !== null) {
    const message = 'shows persons one by one, which a question that withholds small groups does not';
    return failed({ code: 'groups_unprotected', path: ofPersons, message });
  }
  const persons = personsMeasure(metric, k);
  // What left a row of an entity is still a cell of the one who had it: series by person would count who is not there.
  if (persons !== null || metric.over === undefined) return ok({ k, persons });
  return failed({ code: 'groups_unprotected', path: 'metric', message: UNCOUNTED });
}

const UNCOUNTED = 'the metric does not count its persons: no distinct measure of subject, and no set with these dimensions and subject';

function mergedOf(measures: readonly AskedMeasure[], smallGroups: SmallGroups | null): readonly AskedMeasure[] {
  const persons = smallGroups?.persons ?? null;
  return persons === null ? measures : [...measures, persons];
}

/** The smallest stored combination that holds every dimension asked; sets by subject hold the most series. */
function chooseSet(question: Question, metric: CompiledMetric, smallGroups: SmallGroups | null): Result<CompiledSet> {
  const needed = new Set([...question.group_by, ...Object.keys(question.where)]);
  const countsBySeries = smallGroups?.persons === null;
  const needsSubject = needed.delete('subject') || namesPersons(question) || countsBySeries;
  for (const name of needed) {
    if (metric.dimensions.some((dimension) => dimension.name === name)) continue;
    const path = question.group_by.includes(name) ? 'group_by' : 'where';
    return failed({ code: 'dimension_unknown', path, message: 'the metric has no such dimension' });
  }
  if (Object.hasOwn(question.where, 'subject')) {
    return failed({ code: 'question_invalid', path: 'where.subject', message: 'name one subject by the member subject' });
  }
  const fitting = metric.sets.filter(
    (set) => [...needed].every((name) => set.dimensions.includes(name)) && (set.bySubject || !needsSubject),
  );
  const size = (set: CompiledSet): number => set.dimensions.length + (set.bySubject ? 1_000 : 0);
  const [smallest] = fitting.toSorted((a, b) => size(a) - size(b) || a.setNo - b.setNo);
  if (smallest !== undefined) return ok(smallest);
  if (countsBySeries) return failed({ code: 'groups_unprotected', path: 'group_by', message: UNCOUNTED });
  const message = 'no stored combination of dimensions holds all that group_by, where and subject name; the pack declares them as sets';
  return failed({ code: 'not_stored_together', path: 'group_by', message });
}

function namesPersons({ subject, subjects }: Question): boolean {
  return subject !== undefined || subjects !== undefined;
}

function placeDimensions(metric: CompiledMetric, set: CompiledSet): PlannedDimension[] {
  return set.dimensions.map((name, index) => ({
    name,
    index,
    type: metric.dimensions.find((dimension) => dimension.name === name)?.type ?? 'string',
  }));
}
