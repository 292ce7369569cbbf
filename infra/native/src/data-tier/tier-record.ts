import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/** What runs, kept in the data folder from `up` to `down`. */
export interface TierRecord {
  readonly parts: readonly TierPart[];
  /** What Tidegate is told to use it. */
  readonly settings: Readonly<Record<string, string>>;
  /** Folders outside of the data folder, which go with it. */
  readonly folders: readonly string[];
}

export interface TierPart {
  readonly name: string;
  readonly port: number;
  readonly what: string;
}

export function writeTier(file: string, tier: TierRecord): void {
  writeFileSync(file, `${JSON.stringify(tier, null, 2)}\n`, { mode: 0o600 });
}

/** Null: nothing runs. */
export function readTier(file: string): TierRecord | null {
  if (!existsSync(file)) return null;
  // An earlier release wrote no folders.
  return { folders: [], ...(JSON.parse(readFileSync(file, 'utf8')) as Omit<TierRecord, 'folders'> & Partial<TierRecord>) };
}

/** Of a tier that has ended: nothing of it stays but its data. */
export function removeTier(file: string): void {
  for (const folder of readTier(file)?.folders ?? []) rmSync(folder, { recursive: true, force: true });
  rmSync(file, { force: true });
}
