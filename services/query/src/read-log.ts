/** What an answer is made of, told before it is read (docs/design/answer-cache.md). */
export interface ReadLog {
  /** `person`: pseudonym of the one whom the question is about; null: of no one in particular. */
  metric(metric: string, person: string | null): Promise<void>;
  /** Rows of an entity: of one person, or the one that has this id, or any. */
  entity(of: EntityName, which: { readonly person: string | null; readonly id: string | null }): Promise<void>;
  /** No announcement tells when it changes. */
  untold(): void;
}

export interface EntityName {
  readonly pack: string;
  readonly entity: string;
}
