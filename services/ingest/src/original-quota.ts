/** How many bytes of refused originals of a tenant this process puts into rejected.v1 in a day (UTC). */
export interface OriginalQuota {
  /** False: there is no room for so many more. */
  take(tenant: string, bytes: number): boolean;
}

const DAY_MS = 86_400_000;

export function createOriginalQuota({ bytesMax, nowMs }: { readonly bytesMax: number; readonly nowMs: () => number }): OriginalQuota {
  const taken = new Map<string, number>();
  let day = 0;
  return {
    take(tenant, bytes) {
      const today = Math.floor(nowMs() / DAY_MS);
      if (today !== day) taken.clear();
      day = today;
      const used = (taken.get(tenant) ?? 0) + bytes;
      if (used > bytesMax) return false;
      taken.set(tenant, used);
      return true;
    },
  };
}
