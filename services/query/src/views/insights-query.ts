/** Findings of an insight, as a view asks for them. */
import type { CompiledInsight, InsightsAsk, ViewValues } from '@tidegate/core';
import type { Asker } from '../ask.ts';

export interface InsightsQuery {
  readonly insight: CompiledInsight;
  readonly ask: Pick<InsightsAsk, 'subject' | 'closed' | 'limit'>;
  readonly wait: ViewValues['wait'];
  readonly asker: Asker;
}
