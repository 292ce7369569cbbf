import type { Exchange } from '@tidegate/http';
import { visibleRows } from '@tidegate/http';
import type { Asker } from './ask.ts';

/** Who asks over HTTP: for themself and now, so that a replica's rows are good enough. */
export function askerOf({ caller, signal }: Exchange): Asker {
  return { tenant: caller.tenant, rows: visibleRows(caller), signal, mayLag: true, takesTurns: true };
}
