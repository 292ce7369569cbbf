/** What an export is made of, piece by piece: rows that stand at one place of it. */
export type ExportRow = Readonly<Record<string, unknown>>;

export interface Section {
  /** Names of the members under which the rows stand: `packs`, `fitness`, `entities`, `goal`. */
  readonly path: readonly string[];
  /** One row, or null, in place of a list. */
  readonly isSingle?: true;
  readonly rows: AsyncIterable<readonly ExportRow[]>;
}

export type Sections = AsyncIterable<Section>;

export interface ExportedPerson {
  readonly tenant: string;
  /** As the caller names the person. */
  readonly plain: string;
  /** The pseudonym. */
  readonly subject: string;
  readonly signal: AbortSignal;
}
