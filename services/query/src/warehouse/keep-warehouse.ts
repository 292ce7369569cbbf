/**
 * Looks after exports that are there: files of those whose time is over go, and whoever is erased is taken out of the others. A walk is
 * the same when done twice; one that dies leaves it to the next.
 *
 * The manifest goes first and comes last, so nobody takes for whole what is not.
 */
import type { ObjectStore } from '@tidegate/archive';
import { decodeExactly } from '@tidegate/http';
import type { Person, WarehouseStore } from '@tidegate/postgres';
import { encodeManifest, manifestKeyOf } from './warehouse-manifest.ts';
import { pieceOf, readPlan } from './warehouse-plan.ts';
import { dropFiles, writePiece } from './write-piece.ts';
import type { WritePieceDeps } from './write-piece.ts';

export interface KeepWarehouseDeps extends Omit<WritePieceDeps, 'store'> {
  readonly objects: ObjectStore;
  readonly store: WarehouseStore;
  readonly nowMs: () => number;
  readonly onWithdrawn: (exportId: string, error: unknown) => void;
  readonly signal: AbortSignal;
}

export interface KeepWarehouse {
  dropExpired(): Promise<void>;
  /** False: an export is being made, or looked after by another process, so that the person may be in it yet: ask again. */
  takeOut(person: Person): Promise<boolean>;
}

export function createKeepWarehouse(deps: KeepWarehouseDeps): KeepWarehouse {
  const { store } = deps;
  return {
    async dropExpired() {
      for (const { exportId, tenant } of await store.toDrop()) await drop(deps, tenant, exportId);
    },
    async takeOut({ tenant, subject }) {
      if (await store.isMaking(tenant)) return false;
      const pieces = Map.groupBy(await store.piecesOf(tenant, subject), ({ exportId }) => exportId);
      let isOut = true;
      for (const [exportId, of] of pieces) {
        if (!(await store.hold(exportId, false))) isOut = false;
        else await anew(deps, { tenant, exportId, pieces: of.map(({ piece }) => piece) });
      }
      return isOut;
    },
  };
}

interface Anew {
  readonly tenant: string;
  readonly exportId: string;
  readonly pieces: readonly number[];
}

/** What cannot be made anew (its archive is not known here, say) is withdrawn: better no export than one with the person. */
async function anew(deps: KeepWarehouseDeps, { tenant, exportId, pieces }: Anew): Promise<void> {
  const { objects, store, signal, nowMs } = deps;
  const found = await store.find(tenant, exportId);
  try {
    if (found === null || found.complete === null) return await drop(deps, tenant, exportId);
    const plan = readPlan(decodeExactly(found.plan));
    await objects.delete(manifestKeyOf(tenant, exportId));
    for (const no of pieces) {
      const piece = pieceOf(plan, no);
      if (piece !== undefined) await writePiece(deps, { exportId, tenant, format: plan.format, piece, signal });
      await store.hold(exportId, true);
    }
    const files = await store.files(exportId, null);
    const manifest = encodeManifest({ exportId, tenant, plan, files, complete: found.complete, nowMs: nowMs() });
    await objects.put(manifestKeyOf(tenant, exportId), manifest);
    await store.release(exportId);
  } catch (error) {
    signal.throwIfAborted();
    deps.onWithdrawn(exportId, error);
    await drop(deps, tenant, exportId);
  }
}

async function drop({ objects, store }: Pick<KeepWarehouseDeps, 'objects' | 'store'>, tenant: string, exportId: string): Promise<void> {
  await objects.delete(manifestKeyOf(tenant, exportId));
  await dropFiles({ objects, store }, exportId, null);
  await store.drop(exportId);
}
