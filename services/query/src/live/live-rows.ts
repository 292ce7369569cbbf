export type LiveRow = readonly unknown[];

/** What changed of an answer's rows since a reader looked. */
export interface RowChanges {
  readonly rows: readonly LiveRow[];
  /** Keys of rows that are no longer there. */
  readonly removed: readonly LiveRow[];
}

interface KnownRow {
  readonly row: LiveRow;
  readonly text: string;
  readonly seq: number;
}

/**
 * Rows of an answer that is asked again and again, and when each last changed. A reader that was slow gets the newest state of
 * each row and none in between. A row is known by its first `keys` values.
 */
export class LiveRows {
  /** Rises with each answer that differs from the one before it. */
  seq = 0;
  private readonly keys: number;
  private known = new Map<string, KnownRow>();
  private readonly removedAt = new Map<string, { readonly key: LiveRow; readonly seq: number }>();

  constructor(keys: number) {
    this.keys = keys;
  }

  /** Whether anything is different now. */
  take(rows: readonly LiveRow[]): boolean {
    const next = new Map<string, KnownRow>();
    const seq = this.seq + 1;
    let isChanged = false;
    for (const row of rows) {
      const key = JSON.stringify(row.slice(0, this.keys));
      const text = JSON.stringify(row);
      const before = this.known.get(key);
      const isSame = before?.text === text;
      if (!isSame) isChanged = true;
      next.set(key, isSame ? before : { row, text, seq });
    }
    for (const [key, { row }] of this.known) {
      if (next.has(key)) continue;
      isChanged = true;
      this.removedAt.set(key, { key: row.slice(0, this.keys), seq });
    }
    for (const key of next.keys()) this.removedAt.delete(key);
    this.known = next;
    if (isChanged) this.seq = seq;
    return isChanged;
  }

  all(): readonly LiveRow[] {
    return [...this.known.values()].map(({ row }) => row);
  }

  since(seq: number): RowChanges {
    return {
      rows: [...this.known.values()].filter((one) => one.seq > seq).map(({ row }) => row),
      removed: [...this.removedAt.values()].filter((one) => one.seq > seq).map(({ key }) => key),
    };
  }

  /** Removed rows that are remembered: those of a range that moves with the time add up. */
  get removedCount(): number {
    return this.removedAt.size;
  }
}
