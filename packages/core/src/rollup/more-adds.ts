import type { CarriedState } from './carried-state.ts';
import type { DistinctState } from './distinct-state.ts';
import type { MoreAdds } from './fold-plan.ts';
import type { HistogramState } from './histogram-state.ts';
import { absentInput } from './number-input.ts';
import type { NumberInput } from './number-input.ts';
import type { RollupState } from './state.ts';
import type { TopState } from './top-state.ts';
import type { EventStamp, ValueInput } from './value-input.ts';
import type { VarianceState } from './variance-state.ts';

/** What was read of the event at hand. */
export interface EventInputs {
  readonly inputs: readonly NumberInput[];
  readonly fields: readonly ValueInput[];
  /** Null where no measure of the plan goes by it. */
  readonly stamp: EventStamp | null;
}

const NO_INPUT = absentInput();

/** The measures beyond count, sum, extremes and quantiles. The casts hold because plan and state come from the same list of measures. */
export function addMore(state: RollupState, adds: MoreAdds, { inputs, fields, stamp }: EventInputs): void {
  for (const { measure, input } of adds.variances) (state[measure] as VarianceState).add(inputs[input] ?? NO_INPUT);
  for (const { measure, input } of adds.histograms) (state[measure] as HistogramState).add(inputs[input] ?? NO_INPUT);
  for (const { measure, input } of adds.distincts) addField(state[measure] as DistinctState, fields[input]);
  for (const { measure, input } of adds.tops) addField(state[measure] as TopState, fields[input]);
  if (stamp !== null) addCarried(state, adds, { inputs, fields, stamp });
}

function addCarried(state: RollupState, adds: MoreAdds, { inputs, fields, stamp }: EventInputs & { readonly stamp: EventStamp }): void {
  for (const { measure, input } of adds.numbers) (state[measure] as CarriedState).addNumber(stamp, inputs[input] ?? NO_INPUT);
  for (const { measure, input } of adds.texts) (state[measure] as CarriedState).addText(stamp, fields[input]?.text() ?? null);
}

function addField(state: DistinctState | TopState, field: ValueInput | undefined): void {
  if (field !== undefined) state.add(field);
}
