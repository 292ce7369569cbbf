import type { Zone } from '../../time/zone.ts';
import type { FindEventType } from './journey-step.ts';

/** What a question is planned by. */
export interface JourneyContext {
  readonly find: FindEventType;
  readonly nowMs: number;
  readonly bucketsMax: number;
  /** As asked; what is read may be wider. */
  readonly range: { readonly zone: Zone; readonly fromMs: number; readonly toMs: number };
}
