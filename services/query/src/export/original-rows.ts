/** Refused events that name the person, as they came. All that are kept of the tenant are looked through: only opened they say whom. */
import { toIsoUtc } from '@tidegate/core';
import { decodeExactly } from '@tidegate/http';
import type { ErasureStore, KeptOriginal } from '@tidegate/postgres';
import type { OpenOriginal } from '@tidegate/runtime';
import { isAbout } from '@tidegate/runtime';
import type { ExportedPerson, ExportRow } from './section.ts';

export interface OriginalsDeps {
  readonly erasures: Pick<ErasureStore, 'keptOriginals'>;
  readonly openOriginal: OpenOriginal;
}

const PAGE_ROWS = 200;

export async function* originalRows(
  { erasures, openOriginal }: OriginalsDeps,
  { tenant, plain, subject, signal }: ExportedPerson,
): AsyncGenerator<readonly ExportRow[]> {
  for (let last: KeptOriginal | null = null; ;) {
    signal.throwIfAborted();
    const page: readonly KeptOriginal[] = await erasures.keptOriginals(tenant, last, PAGE_ROWS);
    for (const place of page) {
      const original = openOriginal(tenant, place.sealed);
      if (original === null || !isAbout(original, [plain, subject])) continue;
      const text = new TextDecoder().decode(original);
      yield [{ code: place.code, received_at: toIsoUtc(place.receivedAtMs), event: decodeExactly(text) ?? text }];
    }
    last = page.at(-1) ?? null;
    if (page.length < PAGE_ROWS) return;
  }
}
