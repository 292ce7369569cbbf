/** What rules of a pack found about the person, and what of it holds no more. */
import { toIsoUtc } from '@tidegate/core';
import type { InsightStore } from '@tidegate/postgres';
import type { RegisteredPack } from '../registry.ts';
import type { ExportedPerson, ExportRow } from './section.ts';

/** Those that hold first, then the newest. */
const FINDINGS_MAX = 10_000;

export async function* insightRows(
  insights: Pick<InsightStore, 'list'>,
  { compiled: { pack }, insights: declared }: RegisteredPack,
  { tenant, subject }: ExportedPerson,
): AsyncGenerator<readonly ExportRow[]> {
  for (const insight of declared.keys()) {
    const found = await insights.list({ tenant, subject, pack, insight }, { withClosed: true, rowsMax: FINDINGS_MAX });
    yield found.map(({ id, finding, createdMs, seenMs, closedMs, isSuperseded }) => ({
      ...{ id, insight, finding, created_at: toIsoUtc(createdMs), seen_at: toIsoUtc(seenMs) },
      ...{ closed_at: closedMs === null ? null : toIsoUtc(closedMs), is_superseded: isSuperseded },
    }));
  }
}
